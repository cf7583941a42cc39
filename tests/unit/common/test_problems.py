"""Every code has words in both languages, and a problem becomes the same document everywhere."""

import pytest

from services.common import problems
from services.common.problems import FieldError, Problem, Rejected
from services.contracts import rejections


def test_every_rejection_code_has_words() -> None:
    """Whatever a message may be refused for can be said in Chinese and English."""
    assert set(rejections.REJECTIONS) <= problems.known()


def test_a_problem_is_an_rfc_9457_document() -> None:
    """type, title, status, detail and our extensions: English title, code, wrong fields."""
    wrong = FieldError("points.0.text", "missing_field", "此项必填", "required")
    document = problems.document(Problem("invalid_form", 422, errors=[wrong]), instance="/api/matters")

    assert document == {
        "type": "urn:huiyin:problem:invalid_form",
        "title": "填写内容有误",
        "title_en": "some fields are wrong",
        "status": 422,
        "detail": "填写内容有误 / some fields are wrong",
        "code": "invalid_form",
        "errors": [{"path": "points.0.text", "code": "missing_field", "text": "此项必填", "text_en": "required"}],
        "instance": "/api/matters",
    }


def test_a_service_adds_its_own_words_with_places_to_fill() -> None:
    """Registering twice is harmless, giving a code a second meaning is not."""
    table = {"test_too_many": ("最多 {most} 件", "at most {most}")}
    problems.register(table)
    problems.register(table)

    assert Problem("test_too_many", most=3).texts == ("最多 3 件", "at most 3")
    with pytest.raises(ValueError, match="test_too_many"):
        problems.register({"test_too_many": ("别的", "else")})


def test_a_code_without_words_fails_where_it_is_raised() -> None:
    """Not at the edge, where it would hide the reason."""
    with pytest.raises(KeyError):
        Problem("no_such_code")


def test_whether_to_try_again_follows_the_code() -> None:
    """too_early may succeed later, task_closed never; our own outage always may."""
    assert Rejected("too_early").retryable
    assert not Rejected("task_closed").retryable
    assert Problem("unavailable", 503).retryable
    assert Rejected("task_closed", retryable=True).retryable
