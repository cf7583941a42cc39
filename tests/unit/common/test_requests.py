"""What comes in over HTTP is fit for every database before a view sees it."""

import json
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.exceptions import BadRequest

from services.common.problems import Problem
from services.common.requests import Request


@pytest.fixture
def app() -> Flask:
    """An app that reads requests as ours do."""
    made = Flask("reading")
    made.request_class = Request
    return made


def read(app: Flask, body: bytes) -> Any:
    """The JSON of a request."""
    with app.test_request_context("/", method="POST", data=body, content_type="application/json"):
        return request.get_json(silent=True)


def test_queries_and_forms_lose_what_no_database_keeps(app: Flask) -> None:
    """NUL goes, everything else stays, names and repetitions too."""
    form = {"na\x00me": ["a\x00", "b"], "text": "一\r\n二"}
    with app.test_request_context("/?q=a%00b&q=c", method="POST", data=form):
        assert request.args.getlist("q") == ["ab", "c"]
        assert request.form.to_dict(flat=False) == {"name": ["a", "b"], "text": ["一\r\n二"]}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"a": [1, "x\\u0000"]}', "a.1"),
        (b'{"a": {"b": "\\ud83d"}}', "a.b"),
        (b'{"\\u0000": 1}', ""),
        (b'{"a": 1e400}', "a"),
        (b'{"a": NaN}', "a"),
        (b'{"a": 9223372036854775808}', "a"),
        (b"[" * 90_000 + b"]" * 90_000, ""),
        (b'{"a":' * 200 + b"1" + b"}" * 200, ".".join("a" * 100)),
    ],
)
def test_json_that_cannot_be_kept_is_refused_with_its_place(app: Flask, body: bytes, path: str) -> None:
    """Whoever sent it learns where to look."""
    with pytest.raises(Problem) as refused:
        read(app, body)
    (error,) = refused.value.errors
    assert (refused.value.code, refused.value.status, error.path) == ("bad_request", 400, path)
    assert error.text
    assert error.text_en


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"a": ' + b"9" * 5000 + b"}"])
def test_what_is_no_json_is_nothing_or_a_bad_request(app: Flask, body: bytes) -> None:
    """As in Flask itself: None for who asks silently."""
    assert read(app, body) is None
    with (
        app.test_request_context("/", method="POST", data=body, content_type="application/json"),
        pytest.raises(BadRequest),
    ):
        request.get_json()


def test_ordinary_json_passes() -> None:
    """Texts of any language, numbers, nothing, nests."""
    found = {"a": ["😀 建议", 1.5, -(2**63) + 1, None, True, {"b": []}]}
    app = Flask("reading")
    app.request_class = Request
    assert read(app, json.dumps(found).encode()) == found
