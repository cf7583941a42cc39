"""Messages from intake for cases that have ended: parked with the reason, replayed or discarded, not kept waiting."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from services.common import db, inbox, parked
from services.workflow import tables as t
from services.workflow import ticker, unheard
from tests.unit.workflow.service.office import Office
from tests.unit.workflow.service.test_lapsed_messages import end
from tests.unit.workflow.service.test_web import Person, app

__all__ = ["app"]
WITHDRAWN = {"matter_id": "m1", "reason": "已解决", "withdrawn_at": "2026-03-02T09:00:00+08:00"}


def delivered(letter_id: str) -> dict[str, Any]:
    """Body of `reply.delivered`."""
    at = "2026-03-02T09:00:00+08:00"
    return {"matter_id": "m1", "letter_id": letter_id, "delivered_at": at, "recipients": ["d1"]}


def aside(office: Office) -> dict[str, tuple[str, str]]:
    """What is parked: the code and the words by message id."""
    with db.read(office.engine) as conn:
        return {row["message_id"]: (row["code"], row["error"]) for row in parked.find(conn, t.inbox_, {})}


def waiting(office: Office) -> list[str]:
    """The names of the early messages that wait."""
    return [row["name"] for row in office.rows(t.early_message, t.early_message.c.state == "waiting")]


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("letter", ["m1-1.other", "m1-1/other"])
def test_a_letter_of_an_ended_case_is_parked(office: Office, letter: str, early: bool) -> None:
    """Whether it came before or after the end, and though another case goes on; the words name the case."""
    first, second = office.start("m1"), office.start("m1")
    if not early:
        end(office, first)
    message = office.receive("reply.delivered.v1", delivered(letter))
    office.turn()
    if early:
        assert (waiting(office), aside(office)) == (["reply.delivered"], {})
        end(office, first)
    assert second == "m1-2"
    code, words = aside(office)[message]
    assert code == "case_ended"
    assert "流程实例 m1-1 已结束" in words
    assert "the case m1-1 has ended" in words
    assert waiting(office) == []


def test_a_case_of_a_longer_number_is_another_case(office: Office) -> None:
    """A letter of `m1-10` waits for it, though `m1-1` has ended and others go on."""
    first = office.start("m1")
    office.start("m1")
    end(office, first)
    office.receive("reply.delivered.v1", delivered("m1-10.letter"))
    office.turn()
    assert (waiting(office), aside(office)) == (["reply.delivered"], {})


def test_what_is_for_the_matter_waits_for_its_last_case(office: Office) -> None:
    """It is parked with the end of the last one, and not while one is asked for."""
    first, second = office.start("m1"), office.start("m1")
    numbered = {"matter_id": "m1", "matter_no": "155009"}
    message = office.receive("matter.numbered.v1", numbered)
    office.turn()
    end(office, first)
    assert waiting(office) == ["matter.numbered"]
    asked = {"message_id": "s", "kind": "start", "name": "follow", "key": "m1", "matter_id": "m1", "case_id": second}
    with db.begin(office.engine) as conn:
        conn.execute(t.early_message.insert().values(**asked, data={}, state="ready", at=office.clock.now()))
    end(office, second)
    assert waiting(office) == ["matter.numbered"]
    with db.begin(office.engine) as conn:
        conn.execute(t.early_message.delete().where(t.early_message.c.message_id == "s"))
        assert unheard.park(conn) == 1
    assert aside(office)[message][0] == "all_cases_ended"


def test_a_matter_without_a_case_yet_is_not_over(office: Office) -> None:
    """What comes before the first case waits for it."""
    office.receive("reply.delivered.v1", delivered("m1-1.letter"))
    office.turn()
    assert (waiting(office), aside(office)) == (["reply.delivered"], {})


def test_what_the_message_says_is_kept_though_no_case_hears_it(office: Office) -> None:
    """The matter has its number, and the message lies in the inbox once."""
    end(office, office.start("m1"))
    message = office.receive("matter.numbered.v1", {"matter_id": "m1", "matter_no": "155009"})
    office.turn()
    assert office.rows(t.matter)[0]["matter_no"] == "155009"
    assert list(aside(office)) == [message]


def test_a_replayed_message_is_heard_or_parked_again(office: Office) -> None:
    """A case that waits for it by then gets it; where none does, the administrator is told again."""
    end(office, office.start("m1"))
    message = office.receive("matter.withdrawn.v1", WITHDRAWN)
    office.turn()
    ids = [row["id"] for row in office.rows(t.inbox_, t.inbox_.c.message_id == message)]
    for later in (False, True):
        if later:
            office.start("m1")
        with db.begin(office.engine) as conn:
            assert inbox.replay(conn, t.inbox_, ids) == ids
        office.turn()
        assert (message in aside(office)) is not later
    assert [row["status"] for row in office.rows(t.case_)] == ["ended", "ended"]
    assert waiting(office) == []


def test_a_replayed_message_waits_for_a_case_that_goes_on(office: Office) -> None:
    """It is an early one again, and delivered as soon as it is awaited."""
    end(office, office.start("m1"))
    message = office.receive("reply.delivered.v1", delivered("letter"))
    office.turn()
    assert list(aside(office)) == [message]
    office.start("m1")
    with db.begin(office.engine) as conn:
        inbox.replay(conn, t.inbox_, [row["id"] for row in office.rows(t.inbox_)])
    office.turn()
    assert (waiting(office), aside(office)) == (["reply.delivered"], {})


def test_the_ticker_parks_what_a_race_left_waiting(office: Office) -> None:
    """The case ended while the message was being stored: neither saw the other."""
    end(office, office.start("m1"))
    office.receive("reply.delivered.v1", delivered("m1-1.letter"))
    office.turn()
    with db.begin(office.engine) as conn:
        conn.execute(t.early_message.update().values(state="waiting"))
        conn.execute(t.inbox_.update().values(state="done", code=None, error=None))
    ticker.sweep(office.engine)
    assert [code for code, _ in aside(office).values()] == ["case_ended"]


def test_the_administrator_reads_why_and_discards_it(office: Office, app: Flask) -> None:
    """On the page of incidents; a discarded message is found by its state, and can still be replayed."""
    office.directory("person", "p-root", name="某管理员", kind="staff", active=True)
    held = [["administrator", None]]
    office.directory("account", "a-root", login="root", person_id="p-root", epoch=1, active=True, roles=held)
    root = Person(app, "a-root")
    end(office, office.start("m1"))
    office.receive("reply.delivered.v1", delivered("m1-1.letter"))
    office.turn()
    page = root.page("/incidents")
    assert "流程实例 m1-1 已结束" in page
    assert 'formaction="/parked/discard"' in page
    [row] = office.rows(t.inbox_, t.inbox_.c.state == "parked")
    assert root.send("/parked/discard", id=str(row["id"]))[0] == 303
    assert "没有搁置的消息" in root.page("/incidents")
    assert "reply.delivered.v1" in root.page("/parked?state=discarded")
    assert 'formaction="/parked/discard"' not in root.page(f"/parked/{row['id']}")
    root.send("/parked/replay", id=str(row["id"]))
    office.turn()
    assert [code for code, _ in aside(office).values()] == ["case_ended"]
