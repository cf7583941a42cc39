"""The table of elements in docs says what the program does: every line is a diagram that is checked and run."""

import re

from services.workflow.engine import check_bpmn, conformance
from services.workflow.engine.conformance_words import INSTEAD
from tests.unit.workflow.engine import specimens


def test_the_page_says_what_the_program_does() -> None:
    """Written anew from checking and running every specimen, docs/elements.md comes out the same."""
    assert specimens.TABLE.read_text("utf-8") == specimens.table()


def test_nothing_the_check_knows_is_missing_on_the_page() -> None:
    """Every node and event is drawn somewhere, and every advice of the check is given on the page."""
    text = b"".join(specimens.every()).decode()
    for name in (*conformance.NODES, *conformance.REFUSED_NODES, *conformance.TRIGGERS):
        assert re.search(rf"<bpmn:{name}[ >/]", text), name
    given = {found.cure for content in specimens.every() for found in check_bpmn("p.bpmn", content)}
    assert {chinese for chinese, _ in INSTEAD.values()} <= given
