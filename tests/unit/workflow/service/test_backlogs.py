"""A unit's own system that takes nothing: its people are told another way, and silence does not count as consent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, update
from structlog.testing import capture_logs

from services.common import db, directories, outbox
from services.workflow import backlogs, loops, outages, replays, traffic
from services.workflow import tables as t
from tests.unit.common.letters import Turns
from tests.unit.common.test_loops import FakeTransport
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import NOW, Office, publish, somebody
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]

RULE = "unreached: {after_hours: 4, notice: unreached}\ndeadlines: D_limits"
VERSION = "testcity-2026.2"


@pytest.fixture
def asked(office: Office) -> str:
    """Units a and b are asked; b has a system of its own, and a package that says how long it may be silent."""
    files = package.files(2)
    files["package.yaml"] = files["package.yaml"].decode().replace("deadlines: D_limits", RULE, 1).encode()
    files |= {f"texts/unreached.{language}.txt": b"x\n\ny\n" for language in ("zh", "en")}
    publish(office, 2, files)
    case_id = office.start("m1", VERSION)
    office.decide(case_id, "u_a", "u_b")
    return case_id


def relay(office: Office) -> None:
    """Everything that waits in the outbox is sent."""
    with db.begin(office.engine) as conn:
        outbox.mark(conn, t.outbox_, [row.message_id for row in outbox.pending(conn, t.outbox_, 500)], office.clock.at)


def look(office: Office, lying: int) -> dict[str, object]:
    """The relay has looked at the queue of the county's system; what is known of it now."""
    backlogs.note(office.engine, "county", lying, office.clock.at)
    (row,) = office.rows(t.backlog)
    return {name: row[name] for name in ("untaken", "since")}


def told(office: Office) -> list[list[dict[str, str]]]:
    """Whom notices about untaken tasks went to."""
    return [data["to"] for data in office.sent("notice.requested.v1") if data["template"] == "unreached"]


def test_the_holder_of_an_untaken_task_is_told_once_when_patience_is_over(office: Office, asked: str) -> None:
    """Neither too early, nor twice, nor about what was taken; the outage is noted, and over when it is."""
    relay(office)
    assert look(office, 1) == {"untaken": 1, "since": NOW}
    office.later(hours=3)
    look(office, 1)
    assert (told(office), office.rows(t.outage)) == ([], [])
    office.later(hours=1)
    for _ in range(2):
        look(office, 1)
    assert told(office) == [[{"role": "liaison", "unit": "u_b"}]]
    (found,) = office.rows(t.outage)
    assert (found["connector"], found["began"], found["ended"], found["noted_by"]) == ("county", NOW, None, None)
    office.later(hours=1)
    assert look(office, 0) == {"untaken": 0, "since": None}
    assert office.rows(t.outage)[0]["ended"] == office.clock.at
    look(office, 0)
    assert len(told(office)) == len(office.rows(t.outage)) == 1


def test_what_cannot_even_be_sent_has_not_been_taken_either(office: Office, asked: str) -> None:
    """A full queue or a locked account counts from the moment the message was written."""
    office.later(hours=5)
    assert look(office, 0) == {"untaken": 1, "since": NOW}
    assert told(office) == [[{"role": "liaison", "unit": "u_b"}]]


def test_a_task_done_on_the_web_meanwhile_worries_nobody(office: Office, asked: str) -> None:
    """The messages still lie there, but there is nothing left to tell."""
    relay(office)
    (task,) = [one for one in office.open(asked) if one["unit"] == "u_b"]
    office.complete(task["id"], {"note": "同意"}, somebody("liaison", "u_b"))
    relay(office)
    office.later(hours=9)
    assert look(office, 2)["untaken"] == 2
    assert told(office) == []


def test_a_package_that_says_nothing_of_it_tells_nobody(office: Office) -> None:
    """How long a system may be silent is the package's to say."""
    office.decide(office.start("m1"), "u_b")
    relay(office)
    office.later(days=9)
    look(office, 1)
    assert (told(office), office.rows(t.outage)) == ([], [])


def units_of_timers(office: Office, case_id: str) -> list[list[str]]:
    """What the timers of a case were told of units that were not reached."""
    with db.read(office.engine) as conn:
        stimuli = [replays.stimulus_of(row) for row in replays.log(conn, case_id)]
    return [one.data.get("unreached", []) for one in stimuli if one.kind == "timer"]


@pytest.fixture
def timed(office: Office) -> str:
    """As `asked`, with a reminder when the term for opinions is over."""
    files = package.files(2)
    timer = (
        '<bpmn:boundaryEvent id="evt_late" name="期满" attachedToRef="task_opinion" cancelActivity="false">'
        '<bpmn:timerEventDefinition id="ted_late"><bpmn:timeDuration>P10D</bpmn:timeDuration>'
        "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        '<bpmn:exclusiveGateway id="gw_late" default="flow_gw_late_end_quiet"/>'
        '<bpmn:endEvent id="end_quiet"/><bpmn:endEvent id="end_unreached" name="未送达"><bpmn:extensionElements>'
        '<hy:record type="progress_note" data="{\'text\': unreached[0]}"/></bpmn:extensionElements></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="flow_late" sourceRef="evt_late" targetRef="gw_late"/>'
        '<bpmn:sequenceFlow id="flow_gw_late_end_quiet" sourceRef="gw_late" targetRef="end_quiet"/>'
        '<bpmn:sequenceFlow id="flow_unreached" sourceRef="gw_late" targetRef="end_unreached">'
        "<bpmn:conditionExpression>'u_b' in unreached</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    mark = '<bpmn:intermediateCatchEvent id="evt_letter"'
    files["main.bpmn"] = files["main.bpmn"].decode().replace(mark, timer + mark, 1).encode()
    publish(office, 2, files)
    case_id = office.start("m1", VERSION)
    office.decide(case_id, "u_a", "u_b")
    relay(office)
    return case_id


def test_a_timer_knows_which_units_were_not_reached(office: Office, timed: str) -> None:
    """The diagram decides by it, the log keeps it, and replay comes to the same."""
    look(office, 1)
    office.later(days=12)
    office.turn()
    assert units_of_timers(office, timed) == [["u_b"]]
    assert [row["data"] for row in office.rows(t.record) if row["record"] == "progress_note"] == [{"text": "u_b"}]
    assert office.replayed(timed)


def test_a_system_that_was_taken_out_leaves_nobody_unreached(office: Office, timed: str) -> None:
    """Nobody counts its queue any more, and its unit works on the web: what was last known of it is no excuse."""
    look(office, 1)
    with db.begin(office.engine) as conn:
        directories.apply(conn, t.directory, {"kind": "connector", "id": "county", "version": 2, "body": None})
    office.later(days=12)
    office.turn()
    assert units_of_timers(office, timed) == [[]]


def test_what_goes_wrong_about_one_system_holds_up_no_message(office: Office, asked: str) -> None:
    """The relay sends, and sees the other systems, although what was sent to one cannot be read."""
    office.directory("connector", "town", units=["u_a"])
    relay(office)
    with db.begin(office.engine) as conn:
        conn.execute(update(t.outbox_).where(t.outbox_.c.target == "county").values(body=b"{"))
    office.start("m2")
    bus = FakeTransport()
    with capture_logs() as logs:
        loops.relay(bus, office.engine, office.clock, Turns(2))  # type: ignore[arg-type]
    assert bus.taken
    assert [row["connector"] for row in office.rows(t.backlog)] == ["town"]
    assert [(one["event"], one["connector"]) for one in logs] == [("backlog_unseen", "county")]


def test_an_outage_that_was_noted_counts_while_it_lasts(office: Office, timed: str) -> None:
    """Of one connector or of all; neither before nor after."""
    with db.begin(office.engine) as conn:
        outages.note(conn, "other", NOW, None, "机房搬迁", "a")
        outages.note(conn, None, NOW, NOW + timedelta(days=2), "停电", "a")
        number = outages.note(conn, None, NOW + timedelta(days=5), None, "断网", "a")
        assert backlogs.unreached(conn, timed, NOW + timedelta(days=1)) == ["u_b"]  # u_a has no system of its own
        assert backlogs.unreached(conn, timed, NOW + timedelta(days=3)) == []
        outages.end(conn, number, NOW + timedelta(days=6))
    office.later(days=12)
    office.turn()
    assert units_of_timers(office, timed) == [[]]
    assert office.replayed(timed)


def test_what_is_sent_again_lies_behind_everything_else(office: Office, asked: str) -> None:
    """The newest sent are those that lie untaken, whichever was written first."""
    relay(office)
    second = office.start("m2", VERSION)
    office.decide(second, "u_b")
    office.later(hours=1)
    relay(office)
    look(office, 0)
    first = office.rows(t.outbox_, t.outbox_.c.target == "county")[0]
    with db.begin(office.engine) as conn:
        assert traffic.resend(conn, "other", [first["id"]]) == 0
        assert traffic.resend(conn, "county", [first["id"], 999_999]) == 1
    office.later(hours=1)
    relay(office)
    assert look(office, 1)["since"] == office.clock.at
    with db.read(office.engine) as conn:
        assert [one.task["case_id"] for one in backlogs.tasks(conn, "county")] == [asked]
        assert list(backlogs.tasks(conn, "county", second)) == []
        states = [one.state for one in traffic.messages(conn, "county", {}) if not one.incoming]
    assert states == ["untaken", "taken"]


def test_what_was_refused_is_found_without_a_look_at_everything(office: Office) -> None:
    """A connector's messages are kept for ever; the list of connectors counts the refused of each."""
    plans: list[str] = []

    def explain(conn: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        if "'parked'" in statement and not statement.startswith("EXPLAIN"):
            plans.extend(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given))

    speaker = somebody("administrator", None, "messages.manage")
    with db.read(office.engine) as conn, listening(office.engine, explain):
        traffic.lines(conn, speaker, NOW)
        traffic.messages(conn, "county", {"way": "in", "trouble": "1"})
    assert len(plans) == 2
    assert all("ix_inbox_troubled" in plan for plan in plans)


@contextmanager
def listening(engine: Engine, heard: Callable[..., None]) -> Iterator[None]:
    """Something hears of every statement."""
    event.listen(engine, "before_cursor_execute", heard)
    yield
    event.remove(engine, "before_cursor_execute", heard)


@pytest.fixture
def admin(office: Office, people: dict[str, Person]) -> Person:
    """An administrator."""
    roles = [{"role": "administrator", "unit": None}]
    office.directory("person", "p-admin", name="管理员", kind="staff", active=True)
    office.directory("account", "a-admin", login="admin", person_id="p-admin", epoch=1, active=True, roles=roles)
    return Person(people["office"].client.application, "a-admin")


def test_pages_show_a_system_to_its_unit_and_to_administrators(
    office: Office, people: dict[str, Person], admin: Person, asked: str
) -> None:
    """Last contact, what lies there, every message with its reason; others learn nothing of it."""
    office.receive("task.complete.v1", {"task_id": "x"}, channel="county", id="c-1")
    office.turn()
    relay(office)
    office.later(hours=5)
    look(office, 2)
    assert "本单位业务系统的往来" in people["other"].page("/tasks")
    assert "本单位业务系统的往来" not in people["liaison"].page("/tasks")
    for reader in (people["other"], admin):
        listed = reader.page("/connectors")
        assert all(text in listed for text in ("county", "单位u_b", "中断", "2026-03-02 09:00"))
        shown = reader.page("/connectors/county")
        assert all(
            text in shown
            for text in ("task.complete.v1", "wrong_schema", "未取走", "任务久未取走", "关于增设盲道的建议")
        )
        assert "task.complete.v1" not in reader.page("/connectors/county?way=out")
        assert "没有符合条件的消息" in reader.page("/connectors/county?q=nothing")
        assert "已取走" not in re.sub(r"<option.*?</option>", "", reader.page("/connectors/county?trouble=1"))
        link = re.search(r"/connectors/county/in/\d+", shown)
        assert link
        assert "c-1" in reader.page(link[0])
    assert "县" not in people["liaison"].page("/connectors")
    for path in ("/connectors/county", "/connectors/none", "/connectors/county/out/1", "/connectors/county/in/99"):
        people["liaison"].page(path, 404)
    admin.page("/connectors/county/in/99", 404)
    people["d1"].page("/connectors", 403)


def test_messages_are_sent_again_and_outages_noted_by_page(
    office: Office, people: dict[str, Person], admin: Person, asked: str
) -> None:
    """A fault comes back with what was filled in; only administrators note outages."""
    relay(office)
    (sent,) = office.rows(t.outbox_, t.outbox_.c.target == "county")
    assert people["other"].send("/connectors/county/resend", id=[str(sent["id"]), "no"])[0] == 303
    assert "1 条消息将重新发出" in people["other"].page("/connectors/county")
    assert office.rows(t.outbox_, t.outbox_.c.target == "county")[0]["published_at"] is None
    assert people["liaison"].send("/connectors/county/resend", id=str(sent["id"]))[0] == 404
    admin.send("/connectors/county/resend")
    assert "请先选择" in admin.page("/connectors/county")
    status, page = admin.send("/connectors/county/outages", began="2026-03-02T10:00", reason="机房停电", ended="昨天")
    assert (status, "请填写日期和时间" in page, "机房停电" in page) == (422, True, True)
    for never in ("0001-01-01T00:00", "9999-12-31T23:59-14:00"):
        assert "请填写日期和时间" in admin.send("/connectors/county/outages", began=never, reason="停电")[1]
    late = {"began": "2026-03-02T10:00", "ended": "2026-03-02T09:00", "reason": "机房停电"}
    assert "结束时间早于开始时间" in admin.send("/connectors/county/outages", **late)[1]
    assert "请填写原因" in admin.send("/connectors/county/outages", began="2026-03-02T10:00", reason=" ")[1]
    assert people["other"].send("/connectors/county/outages", **late)[0] == 403
    assert admin.send("/connectors/county/outages", began="2026-03-02T08:00", reason="停电", everyone="1")[0] == 303
    (row,) = office.rows(t.outage)
    assert (row["connector"], row["began"], row["noted_by"]) == (None, NOW - timedelta(hours=1), "a-admin")
    assert "全部接入方" in admin.page("/connectors/county")
    assert admin.send(f"/connectors/county/outages/{row['id']}/end")[0] == 303
    assert admin.send(f"/connectors/county/outages/{row['id']}/end")[0] == 404
    assert office.rows(t.outage)[0]["ended"] == office.clock.at
