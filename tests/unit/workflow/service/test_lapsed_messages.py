"""Messages a case has sent to itself: they wait for a part of it, and no longer than the case."""

import re

import pytest

from services.common import db
from services.workflow import cases, messages
from services.workflow import tables as t
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import Office, publish
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]
LETTER = '<bpmn:intermediateCatchEvent id="evt_letter" name="等待送达">'
EVENT = """<bpmn:intermediate{way}Event id="{id}" name="告知">
  <bpmn:extensionElements><hy:message key="{key}"/></bpmn:extensionElements>
  <bpmn:messageEventDefinition id="med_{id}" messageRef="msg_{name}"/></bpmn:intermediate{way}Event>
  <bpmn:sequenceFlow id="flow_{id}" sourceRef="{id}" targetRef="{to}"/>"""
NAMES = "".join(f'<bpmn:message id="msg_{name}" name="unit.{name}"/>' for name in ("own", "other"))


def told(way: str, own: str, other: str, to: str) -> str:
    """Two message events in a row."""
    first = EVENT.format(way=way, id=f"{way}_own", name="own", key=own, to=f"{way}_other")
    return first + EVENT.format(way=way, id=f"{way}_other", name="other", key=other, to=to)


def files(own: str = "case.id + '/u_a'") -> dict[str, bytes]:
    """The small package; behind the decision it tells a part of itself, and the matter, what nobody waits for."""
    found = package.files(revision=2)
    main, follow = found["main.bpmn"].decode(), found["follow.bpmn"].decode()
    main = main.replace('targetRef="task_opinion"', 'targetRef="Throw_own"')
    main = main.replace(LETTER, told("Throw", own, "matter.matter_id + '/u_a'", "task_opinion") + LETTER)
    follow = follow.replace('targetRef="call_inside"', 'targetRef="Catch_own"')
    follow = follow.replace(
        '<bpmn:endEvent id="f_end"', told("Catch", "'x'", "'y'", "call_inside") + '<bpmn:endEvent id="f_end"'
    )
    both = {"main.bpmn": main, "follow.bpmn": follow}
    named = {name: text.replace("<bpmn:process ", f"{NAMES}<bpmn:process ").encode() for name, text in both.items()}
    return {**found, **named}


def states(office: Office) -> dict[str, str]:
    """What became of the messages the case has sent, by their names."""
    return {row["name"]: row["state"] for row in office.rows(t.early_message, t.early_message.c.kind == "message")}


def end(office: Office, case_id: str) -> None:
    """An operator ends the case."""
    with db.begin(office.engine) as conn:
        verb = {"verb": "move", "cancel": "all", "to": "evt_withdrawn"}
        cases.operate(conn, case_id, verb, {}, office.clock.now())


def test_what_a_case_has_sent_to_itself_goes_when_it_ends(office: Office) -> None:
    """Its own message lapses; one for somebody else, and that of another case, wait on."""
    version = publish(office, files=files())
    first, second = office.start("m1", version), office.start("m2", version)
    for case_id in (first, second):
        office.decide(case_id, "u_a")
    assert [row["state"] for row in office.rows(t.early_message)] == ["waiting"] * 4
    end(office, first)
    office.turn()
    found = {(row["case_id"], row["name"]): row["state"] for row in office.rows(t.early_message)}
    assert found.pop((first, "unit.own")) == "lapsed"
    assert set(found.values()) == {"waiting"}
    with db.read(office.engine) as conn:
        assert {(row["case_id"], row["name"]) for row in messages.early(conn)} == found.keys()


def test_a_case_of_a_longer_number_is_another_case(office: Office) -> None:
    """`m1-1` is not meant by the key `m1-10/u_a`."""
    office.decide(case_id := office.start("m1", publish(office, files=files("case.id + '0/u_a'"))), "u_a")
    end(office, case_id)
    assert states(office) == {"unit.own": "waiting", "unit.other": "waiting"}


@pytest.mark.parametrize("ends", [True, False])
def test_a_delivery_that_comes_too_late_lapses_too(office: Office, ends: bool) -> None:
    """It was awaited when it was sent, and before a worker took it up nobody waited any more."""
    case_id = office.start("m1", publish(office, files=files()))
    office.decide(case_id, "u_a")
    with db.begin(office.engine) as conn:
        conn.execute(t.early_message.update().values(state="ready"))
    if ends:
        end(office, case_id)
    office.turn()
    assert states(office) == {"unit.own": "lapsed" if ends else "waiting", "unit.other": "waiting"}


def test_the_page_says_since_when_and_from_which_case_a_message_waits(
    office: Office, people: dict[str, Person]
) -> None:
    """The case can be looked at; what came from another service says so; where nothing waits, that is said."""
    assert "没有这样的消息" in people["office"].page("/incidents")
    case_id = office.start("m1", publish(office, files=files()))
    office.later(hours=3)
    office.decide(case_id, "u_a")
    delivered = {"matter_id": "m1", "letter_id": "m1-1.x", "recipients": ["d1"]}
    office.receive("reply.delivered.v1", {**delivered, "delivered_at": office.clock.now().isoformat()})
    office.turn()
    page = people["office"].page("/incidents")
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page, re.S)
    own, other, letter = (re.sub(r"<[^>]+>|\s+", " ", row).split() for row in rows)
    assert own == ["unit.own", "m1-1/u_a", "m1-1", "2026-03-02", "12:00"]
    assert other == ["unit.other", "m1/u_a", "m1-1", "2026-03-02", "12:00"]
    assert letter == ["reply.delivered", "m1-1.x", "受理服务", "2026-03-02", "12:00"]
    assert 'href="/cases/m1-1"' in page
