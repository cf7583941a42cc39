"""Withdrawing: at once or by request, refused with a reason, never after the reply."""

from typing import Any

import pytest
from sqlalchemy import select

from services.common import db
from services.common.problems import Problem
from services.contracts.envelopes import Message
from services.intake import ledger, store, tables, withdrawals
from tests.unit.intake.worlds import START, Case, World, package

ENTRIES = {"matter.submitted": "suggestion_intake", "withdrawal.requested": "withdrawal"}


def withdraw(world: World, matter_id: str, person: str | None = "d-1", reason: str = "已自行解决") -> bool:
    """Withdraw as the lead deputy would."""
    with db.begin(world.engine) as conn:
        return withdrawals.ask(conn, matter_id, person_id=person, reason=reason, now=world.clock.now())


def refusal(world: World, matter_id: str, **who: Any) -> str:
    """The code of the refusal."""
    with pytest.raises(Problem) as caught:
        withdraw(world, matter_id, **who)
    return caught.value.code


def joint(world: World) -> str:
    """A joint matter under a package that hears the co-signers."""
    with db.begin(world.engine) as conn:
        ledger.apply(conn, package(entries=ENTRIES))
    return world.submit(co_proposers=["d-2"]).matter_id


def said(matter_id: str, type_: str, **data: Any) -> Message:
    """What the diagram of the withdrawal throws."""
    body = {"matter_id": matter_id, **data}
    return Message(id="c-2.3.1", type=type_, source="/workflow", subject=matter_id, time=START, data=body)


def row(world: World, matter_id: str) -> Any:
    """The matter as it is stored."""
    with db.read(world.engine) as conn:
        return conn.execute(select(tables.matter).where(tables.matter.c.id == matter_id)).one()


def state(world: World) -> str:
    """What the ledger says about the only matter."""
    return str(world.rows(tables.led_matter)[0]["state"])


def test_the_lead_deputy_withdraws_with_a_reason(world: World) -> None:
    """The withdrawal is stored, shown and announced; the announcement coming back changes nothing."""
    matter_id = world.submit().matter_id
    assert withdraw(world, matter_id)
    (message,) = world.sent("matter.withdrawn.v1")
    assert message.data["reason"] == "已自行解决"
    world.receive(message)
    world.work()
    assert {found["state"] for found in world.rows(tables.inbox)} == {"done"}
    assert state(world) == "withdrawn"
    assert len(world.sent("matter.withdrawn.v1")) == 1


@pytest.mark.parametrize(
    ("person", "reason", "code"),
    [("d-2", "想撤", "not_lead_proposer"), ("d-1", " ", "invalid_form"), ("d-1", "长" * 501, "invalid_form")],
)
def test_a_withdrawal_may_be_refused(world: World, person: str, reason: str, code: str) -> None:
    """A co-signer alone cannot withdraw; a withdrawal is in writing."""
    matter_id = world.submit(co_proposers=["d-2"]).matter_id
    assert refusal(world, matter_id, person=person, reason=reason) == code
    assert world.sent("matter.withdrawn.v1") == []


def test_a_withdrawn_or_unknown_matter_cannot_be_withdrawn(world: World) -> None:
    """Once is enough."""
    matter_id = world.submit().matter_id
    withdraw(world, matter_id)
    assert refusal(world, matter_id) == "already_withdrawn"
    assert refusal(world, "m-0") == "unknown_matter"


def test_a_number_of_a_withdrawn_matter_is_not_given_again(world: World) -> None:
    """The series goes on behind it."""
    withdraw(world, world.submit(key="1").matter_id)
    assert world.submit(key="2").matter_no == "183002"


def test_after_the_reply_a_matter_cannot_be_withdrawn(world: World) -> None:
    """Also when a redo has taken it back into handling; and the office cannot either."""
    matter_id = world.submit().matter_id
    case = Case(matter_id)
    world.receive(case.milestone("replied"), case.milestone("redo"), case.milestone("in_handling"))
    world.work()
    assert refusal(world, matter_id) == refusal(world, matter_id, person=None) == "already_replied"


def test_a_delivered_letter_alone_counts_as_the_reply(world: World) -> None:
    """The milestone may still be on its way."""
    matter_id = world.submit().matter_id
    world.receive(Case(matter_id).letter())
    world.work()
    assert refusal(world, matter_id) == "already_replied"


def test_a_joint_matter_is_withdrawn_at_once_where_nobody_is_to_be_heard(world: World) -> None:
    """Its package has no entry for the request, or does not say."""
    with db.begin(world.engine) as conn:
        ledger.apply(conn, package())
    assert withdraw(world, world.submit(co_proposers=["d-2"]).matter_id)


def test_a_joint_matter_is_asked_for(world: World) -> None:
    """The request goes to the process; the matter goes on, and there is one request at a time."""
    matter_id = joint(world)
    assert not withdraw(world, matter_id)
    (message,) = world.sent("withdrawal.requested.v1")
    assert (message.data["reason"], message.data["by"]["id"]) == ("已自行解决", "d-1")
    assert world.sent("matter.withdrawn.v1") == []
    assert state(world) == "submitted"
    assert refusal(world, matter_id) == "withdrawal_pending"


def test_a_single_proposer_needs_nobody_s_consent(world: World) -> None:
    """Also under a package that hears co-signers."""
    joint(world)
    assert withdraw(world, world.submit(key="k-2").matter_id)


def test_the_diagram_withdraws_with_the_deputy_s_reason(world: World) -> None:
    """All agreed: intake marks it and says nothing more, the process has said it already."""
    matter_id = joint(world)
    withdraw(world, matter_id)
    world.clock.pass_(days=3)
    at = world.clock.now().isoformat()
    world.receive(said(matter_id, "matter.withdrawn.v1", reason="联名代表均同意", withdrawn_at=at))
    world.work()
    found = row(world, matter_id)
    assert (found.withdrawn_at, found.withdrawal_requested_at) == (world.clock.now(), None)
    assert found.withdrawal_reason == "已自行解决"
    assert state(world) == "withdrawn"
    assert world.sent("matter.withdrawn.v1") == []


def test_a_refused_request_is_cleared_and_may_be_made_again(world: World) -> None:
    """The deputy reads why; the second request is another message."""
    matter_id = joint(world)
    withdraw(world, matter_id)
    world.receive(said(matter_id, "withdrawal.refused.v1", reason="韩若溪不同意"))
    world.work()
    found = row(world, matter_id)
    assert (found.withdrawal_requested_at, found.withdrawal_refusal) == (None, "韩若溪不同意")
    world.clock.pass_(minutes=5)
    withdraw(world, matter_id)
    assert row(world, matter_id).withdrawal_refusal is None
    assert len({message.id for message in world.sent("withdrawal.requested.v1")}) == 2


def test_the_version_of_the_running_case_decides_who_is_heard(world: World) -> None:
    """The session may have moved on to another version meanwhile."""
    with db.begin(world.engine) as conn:
        ledger.apply(conn, package(version="yunting-2026.2", revision=2, entries=ENTRIES))
    matter_id = world.submit(co_proposers=["d-2"]).matter_id
    opened = {"process": "suggestion_handling", "process_version": "yunting-2026.2"}
    world.receive(Case(matter_id).say("case.opened.v1", opened))
    world.work()
    with db.read(world.engine) as conn:
        found = store.matter(conn, matter_id)
        assert found is not None
        assert withdrawals.needs_consent(conn, found)
