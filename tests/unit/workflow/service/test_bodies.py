"""What a request has to bring: a JSON object, and nothing else is taken for one."""

import pytest
from flask import Flask

from services.common.problems import Problem
from services.workflow.api import bodies

WRONG = ['"x"', "[]", "null", "1", "{", '{"cases": ', "\x00"]


@pytest.mark.parametrize("sent", WRONG)
@pytest.mark.parametrize("read", [bodies.read, bodies.read_any])
def test_what_is_no_object_is_refused(sent: str, read: object) -> None:
    """Spoilt JSON is not an empty wish: it would do for all what was meant for some."""
    assert callable(read)
    with Flask("t").test_request_context(data=sent, content_type="application/json"), pytest.raises(Problem) as found:
        read()
    assert (found.value.code, found.value.status) == ("bad_request", 400)


def test_an_object_is_read_and_no_body_is_an_empty_wish() -> None:
    """Only where a body may be left out."""
    with Flask("t").test_request_context(data='{"cases": ["a"]}', content_type="application/json"):
        assert bodies.read() == bodies.read_any() == {"cases": ["a"]}
    with Flask("t").test_request_context():
        assert bodies.read_any() == {}
        with pytest.raises(Problem):
            bodies.read()
