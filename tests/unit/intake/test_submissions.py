"""The form of a suggestion: what is refused, what is only unusual, in which words."""

from typing import Any

import pytest

from services.intake import submissions
from services.intake.problems import FAULTS, words
from services.intake.submissions import Fault
from tests.unit.intake.worlds import FORM


def faults(**changes: Any) -> list[tuple[str, str]]:
    """(path, code) of everything wrong with the usual form after changes."""
    return [(fault.path, fault.code) for fault in submissions.check({**FORM, **changes})[1]]


def test_the_usual_form_is_fine() -> None:
    """A complete suggestion has no faults and nothing unusual."""
    clean, found = submissions.check(FORM)
    assert found == []
    assert submissions.warnings(clean) == []
    assert submissions.check_length(clean) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": ""}, [("title", "required")]),
        ({"title": None}, [("title", "required")]),
        ({"title": "长" * 61}, [("title", "title_too_long")]),
        ({"lead_proposer": " "}, [("lead_proposer", "required")]),
        ({"body": {**FORM["body"], "analysis": " \n "}}, [("body.analysis", "part_empty")]),
        ({"body": {"situation": "有"}}, [("body.analysis", "part_empty"), ("body.request", "part_empty")]),
        ({"body": "全文"}, [("body", "invalid")]),
        ({"secrecy": "classified"}, [("secrecy", "classified_refused")]),
        ({"secrecy": "whatever"}, [("secrecy", "invalid")]),
        ({"co_proposers": ["d-1"]}, [("co_proposers", "lead_is_co")]),
        ({"co_proposers": ["d-2", "d-2"]}, [("co_proposers", "duplicate_entry")]),
        ({"points": ["好"] * 51}, [("points", "too_many")]),
        ({"points": ["长" * 501]}, [("points.0", "too_long")]),
        ({"submitted_when": "tomorrow"}, [("submitted_when", "invalid")]),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """Each broken rule gives its code at its place."""
    assert faults(**changes) == expected


def test_several_faults_come_together() -> None:
    """A deputy corrects everything at once, not one thing after the other."""
    assert len(faults(title="", lead_proposer="", secrecy="classified")) == 3


def test_a_body_of_20_000_characters_is_refused_with_both_numbers() -> None:
    """The text says how long it is and how long it may be, and that nothing is lost."""
    clean, _ = submissions.check({**FORM, "body": {**FORM["body"], "situation": "字" * 20_000}})
    (fault,) = submissions.check_length(clean)
    zh, en = words(fault)
    assert fault.code == "body_too_long"
    assert "20104" in zh
    assert "3000" in zh
    assert "保留" in zh
    assert "20104" in en


def test_a_short_body_is_refused() -> None:
    """Fewer than 100 characters are no concrete suggestion."""
    clean, _ = submissions.check({**FORM, "body": {"situation": "堵", "analysis": "窄", "request": "修"}})
    assert submissions.check_length(clean) == [Fault("body", "body_too_short", {"count": 3, "limit": 100})]


def test_a_session_may_set_other_limits() -> None:
    """The limits are the session's, ours are only the default."""
    clean, _ = submissions.check(FORM)
    assert submissions.check_length(clean, least=1, most=10)[0].params["limit"] == 10


def test_an_unusual_title_is_a_warning() -> None:
    """The pattern 关于……的建议 is usual, not compulsory."""
    clean, found = submissions.check({**FORM, "title": "修路"})
    assert found == []
    assert [fault.code for fault in submissions.warnings(clean)] == ["title_pattern"]


def test_control_characters_and_line_ends_are_tidied() -> None:
    """What a text field or a program may send along does not reach the database."""
    assert submissions.tidy({"a": [" 一\r\n二\x00\x07 "]}) == {"a": ["一\n二"]}
    assert submissions.check({**FORM, "title": "关于\n修路的\t建议"})[0]["title"] == "关于 修路的 建议"


def test_the_same_content_has_the_same_digest_however_it_is_written() -> None:
    """Order of fields and white space at the ends don't make another suggestion."""
    one, _ = submissions.check(FORM)
    two, _ = submissions.check({**dict(reversed(FORM.items())), "title": f" {FORM['title']} ", "points": []})
    other, _ = submissions.check({**FORM, "title": "关于修桥的建议"})
    assert submissions.digest(one) == submissions.digest(two)
    assert submissions.digest(one) != submissions.digest(other)


@pytest.mark.parametrize("sent", [{}, {"title": 3}, {"body": None}, {"co_proposers": "d-1"}, {"points": [None]}])
def test_no_input_breaks_the_check(sent: dict[str, Any]) -> None:
    """Whatever a program sends is answered with faults that have words in both languages."""
    _, found = submissions.check({**sent})
    assert found
    for fault in found:
        zh, en = words(fault)
        assert zh
        assert en
        assert "{" not in zh + en


def test_every_text_is_there_in_both_languages() -> None:
    """No fault leaves an English reader alone."""
    assert all(zh and en and zh != en for zh, en in FAULTS.values())
