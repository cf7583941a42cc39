"""Number series: drawn at the edge, without gaps, one per pattern, unit and year."""

from datetime import date

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import answers
from services.workflow import tables as t
from tests.unit.workflow.service.office import Office

SCHEMA = {
    "type": "object",
    "properties": {
        "doc_no": {"type": "string", "title": "文号", "x-series": "云函〔{year}〕{serial}号"},
        "note": {"type": "string", "title": "说明"},
    },
    "required": ["doc_no", "note"],
    "additionalProperties": False,
}


def ask(office: Office, unit: str, **data: str) -> str:
    """The number an answer gets."""
    with db.begin(office.engine) as conn:
        found = answers.check(conn, SCHEMA, None, data, unit=unit, today=date(2026, 3, 2))
    return str(found.facts["doc_no"])


def test_each_unit_counts_for_itself_and_a_refused_answer_leaves_no_gap(office: Office) -> None:
    """A faulty answer gives its number back; what somebody typed himself is left alone."""
    assert ask(office, "u_a", note="一") == "云函〔2026〕1号"
    with pytest.raises(Problem, match="missing_field"):
        ask(office, "u_a")
    assert ask(office, "u_a", note="二") == "云函〔2026〕2号"
    assert ask(office, "u_b", note="一") == "云函〔2026〕1号"
    assert ask(office, "u_a", note="三", doc_no="云函〔2026〕99号") == "云函〔2026〕99号"
    assert len(office.rows(t.series)) == 2
