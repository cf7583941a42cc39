"""What a page may ask a compiled package: names on the diagrams, boxes around steps, local fields of records."""

from pathlib import Path

import pytest

import services
from services.workflow import editions, packages
from services.workflow.editions import Edition

LULING = Path(services.__file__).resolve().parent.parent / "processes/luling/2026"


@pytest.fixture(scope="module")
def edition() -> Edition:
    """The package of Luling, which draws sub-processes."""
    return editions.compile_(packages.load(LULING))


def test_an_element_is_called_as_the_diagram_says(edition: Edition) -> None:
    """Tasks and events of every process; an id that no diagram has stays an id."""
    assert edition.element_name("task_handover") == "交办"
    assert edition.element_name("evt_receipt_due") == "退办期满"
    assert edition.element_name("gone_in_this_version") == "gone_in_this_version"


def test_the_boxes_of_a_process_lead_out_to_the_case(edition: Edition) -> None:
    """From a called process through the sub-processes around the call; the case's own process is in no box."""
    assert edition.boxes_of("reply_review") == {"call_review", "sub_handling", "sub_reply_period"}
    assert edition.boxes_of("sub_handling") == {"sub_handling", "sub_reply_period"}
    assert edition.boxes_of("suggestion_handling") == set()


def test_local_fields_have_the_titles_of_the_forms(edition: Edition) -> None:
    """A record is read with the fields a locality has added to it."""
    assert edition.local_fields("handover")["handed_over_on"]["title"] == "交办日期"
    assert edition.local_fields("acceptance") == {}
