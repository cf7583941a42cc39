"""Programmes of a season: what is written wrong is refused, and fates are put together in order."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.huiyin import programmes
from services.huiyin.programmes import BadProgramme, Programme
from services.workflow import scenarios

SCRIPT = scenarios.load("""
given: {at: 2026-02-10, matters: [{matter_id: m1, lead_proposer: d1}]}
when:
  - {do: task_a, at: 2026-02-10T15:00, who: {role: office, account: li.jing}, data: {x: 1}}
  - {message: reply.delivered, at: 2026-02-11}
""")
WRITTEN: dict[str, Any] = {
    "title": "一年",
    "title_en": "a year",
    "begin": "2026-02-01",
    "end": "2026-09-01",
    "hours": ["09:40"],
    "sessions": [],
    "usual": {"task_a": {"after": [1, 4], "data": {"x": 1}}, "task_b": None},
    "fates": {
        "slow": {"lines": [{"do": "task_a", "after": 9}], "handling": {"lead": "u1"}},
        "open": {"like": "slow", "lines": [{"do": "task_b"}], "until": "task_c"},
    },
    "matters": [
        {
            "session": "s1",
            "submitted": "2026-02-10",
            "submitted_when": "in_session",
            "matters": {"m1": {"script": True}, "m2": "open", "m3": {"fate": ["slow"], "submitted": "2026-03-01"}},
        }
    ],
}


def load(tmp_path: Path, **changes: Any) -> Programme:
    """Read it from a file, changed."""
    file = tmp_path / "year.yaml"
    file.write_text(yaml.safe_dump({**WRITTEN, **changes}, allow_unicode=True), "utf-8")
    return programmes.load(file, SCRIPT)


def test_a_fate_begins_with_those_it_is_like(tmp_path: Path) -> None:
    """Lines in order, open ends together, handling laid over each other."""
    script, second, third = load(tmp_path).entries
    assert [(line.do, line.after) for line in second.fate.lines] == [("task_a", (9, 9)), ("task_b", (1, 3))]
    assert (second.fate.until, second.fate.handling) == ({"task_c"}, {"lead": "u1"})
    assert (third.submitted, third.fates) == ("2026-03-01", ("slow",))
    assert script.fate.only
    assert [(line.do, line.who, line.at) for line in script.fate.lines] == [
        ("task_a", "li.jing", "2026-02-10T15:00:00")
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fate": {}}, "unknown fate"),
        ({"usual": {"task_a": {"afterwards": 1}}}, "unknown afterwards"),
        ({"fates": {"slow": {"lines": [{"do": "task_a", "record": "contact"}]}}}, "exactly one of"),
        ({"fates": {"slow": {"like": "slow"}}}, "like itself"),
        ({"matters": [{**WRITTEN["matters"][0], "matters": {"m1": "unheard"}}]}, "no fate unheard"),
    ],
)
def test_a_slip_of_the_pen_is_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    """A misspelt key must not quietly change what a year shows."""
    with pytest.raises(BadProgramme, match=words):
        load(tmp_path, **changes)
