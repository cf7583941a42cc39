"""What every answer to a form must keep."""

from services.workflow import rules

FORM = {
    "properties": {
        "step": {"enum": ["content"], "default": "content", "x-widget": "hidden"},
        "unit": {"x-widget": "hidden"},
        "text": {"type": "string"},
    }
}


def test_nobody_answers_what_is_known_already() -> None:
    """Hidden fields are what the task opened with, else their default; what is sent for them counts for nothing."""
    forged = {"step": "leader", "unit": "other", "text": "好"}
    assert rules.settle_hidden(FORM, forged, {"unit": "housing"}) == {
        "step": "content",
        "unit": "housing",
        "text": "好",
    }
    assert rules.settle_hidden(FORM, {"text": "好"}, None) == {"step": "content", "text": "好"}
