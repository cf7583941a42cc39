"""A matter of a season: whose line is whose, and what people say."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.huiyin.phrases import Speech
from services.huiyin.programmes import Entry, Fate, Line
from services.huiyin.stories import Story
from services.workflow import calendars

FORM = {
    "title": "关于路灯的建议",
    "lead_proposer": "d1",
    "co_proposers": ["d2"],
    "points": ["修好路灯", "公布电话"],
    "handling": {"lead": "u1", "co_handlers": ["u2"]},
    "answers": ["已经修好。"],
}


def story(*lines: Line, **fate: Any) -> Story:
    """A matter with these lines."""
    told = Fate(lines=lines, **fate)
    entry = Entry(matter="m1", session="s1", submitted="", submitted_when="in_session", fates=(), fate=told)
    return Story(entry, FORM, 7, lines=list(lines))


def task(element: str, unit: str | None = None, person: str | None = None) -> dict[str, Any]:
    """An open task."""
    return {"element": element, "unit": unit, "person": person, "matter_no": "155007"}


def test_a_line_is_used_once_and_by_whom_it_means() -> None:
    """The co-handler's line is not the lead's, the second deputy's not the first's; none comes twice."""
    second, late = Line(do="task_rate", person=2), Line(do="task_opinion", unit=2, late=3)
    known = story(second, late)
    assert known.take(task("task_opinion", "u1")) is None
    assert known.take(task("task_opinion", "u2")) is late
    assert known.take(task("task_opinion", "u2")) is None
    assert known.take(task("task_rate", person="d1")) is None
    assert known.take(task("task_rate", person="d2")) is second


def test_lines_beside_a_task_wait_for_it() -> None:
    """A record or a withdrawal comes when such a task opens, whoever does that task."""
    beside = Line(record="contact", when="task_draft", unit=1)
    known = story(beside)
    assert known.take_beside(task("task_draft", "u2")) == []
    assert known.take_beside(task("task_draft", "u1")) == [beside]
    assert known.lines == []


def test_people_speak_of_their_matter_and_of_the_day() -> None:
    """Expressions, dates by the calendar, and a reply that answers every point."""
    folder = Path("processes/calendars")
    speech = Speech(
        calendar=calendars.parse({path.name: path.read_bytes() for path in folder.glob("cn-*.yaml")}),
        people={"d1": {"name": "沈若川"}},
        units={"u1": {"name": "市城管局"}},
        sessions={"s1": {"year": 2026}},
        staff={"u1": {"unit_head": "孙丽"}},
        words={"ordinals": "一二三", "point": "{ordinal}、{point}:{answer}", "answer": "正在研究。"},
    )
    known = story(handling={"lead": "u1"})
    now = datetime(2026, 2, 10, 2, tzinfo=UTC)
    said = {
        "title": "='第' + str(matter.no) + '号 ' + proposers[0].name",
        "until": "@0d",
        "signer": "=staff.unit_head",
        "body": "=points",
        "units": "=division",
        "year": ["=session.year", "=initial.year"],
    }
    assert speech.say(said, speech.about(known, task("task_draft", "u1"), now, {"year": 1})) == {
        "title": "第155007号 沈若川",
        "until": "2026-02-10",
        "signer": "孙丽",
        "body": "一、修好路灯:已经修好。二、公布电话:正在研究。",
        "units": [{"unit": "u1", "role": "lead"}, {"unit": "u2", "role": "co_handler"}],
        "year": [2026, 1],
    }
