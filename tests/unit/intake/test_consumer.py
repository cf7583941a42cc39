"""Messages that arrive: letters are delivered once, agencies submit what they may and get an answer."""

import io
from typing import Any

import pytest

from services.common import db
from services.contracts.envelopes import Message
from services.intake import cabinets, files, tables
from tests.unit.intake.papers import PDF
from tests.unit.intake.worlds import FORM, START, Case, World


def submission(message_id: str = "ext-1", **changes: Any) -> Message:
    """What a congress system sends."""
    data = {**FORM, "matter_kind": "suggestion", "external_ref": "GZ-7", **changes}
    return Message(
        id=message_id, type="matter.submit.v1", source="/agency/congress", subject="GZ-7", time=START, data=data
    )


def answers(world: World, channel: str = "congress") -> list[Message]:
    """What intake answered a connector."""
    targets = {row["message_id"]: row["target"] for row in world.rows(tables.outbox)}
    return [message for message in world.sent() if targets[message.id] == channel]


def test_a_letter_is_delivered_once(world: World) -> None:
    """A repeated letter is stored and reported once; the key of the report is the letter."""
    case = Case(world.submit().matter_id)
    letter = case.letter()
    again = Message(**{**{name: getattr(letter, name) for name in Message.__slots__}, "id": "c-1.99.1"})
    world.receive(letter, letter)
    world.receive(again)
    world.work()
    (said,) = world.sent("reply.delivered.v1")
    assert said.data["letter_id"] == "c-1.letter.0"
    assert said.data["recipients"] == ["d-1"]
    assert said.causation_id == letter.id
    assert len(world.rows(tables.letter)) == 1
    assert {row["state"] for row in world.rows(tables.inbox)} == {"done"}


def test_a_congress_system_submits_over_the_bus(world: World) -> None:
    """Accepted, announced, answered; the message id is the idempotency key."""
    world.receive(submission(), channel="congress")
    world.work()
    (said,) = world.sent("matter.submitted.v1")
    (answer,) = answers(world)
    assert said.causation_id == "ext-1"
    assert (answer.type, answer.data["original_id"]) == ("command.accepted.v1", "ext-1")
    assert answer.subject == said.subject
    assert world.rows(tables.matter)[0]["entered_by"] == "connector:congress"


def test_a_congress_system_hands_in_files_it_has_brought(world: World) -> None:
    """Its own alone, by their ids; the same message again changes nothing."""
    cabinet = cabinets.of(world.settings.files)
    for file_id, by in (("f-1", "connector:congress"), ("f-2", "connector:bureau")):
        with cabinet.receive(io.BytesIO(PDF)) as arrival, db.begin(world.engine) as conn:
            at = world.clock.now()
            files.keep(conn, cabinet, arrival, file_id=file_id, name="a.pdf", place=files.Place(), by=by, at=at)
    world.receive(submission(), submission("ext-2", attachments=["f-2"]), channel="congress")
    world.receive(submission("ext-3", attachments=["f-1"]), channel="congress")
    world.work()
    world.receive(submission("ext-3", attachments=["f-1"]), channel="congress")
    world.work()
    assert [answer.data.get("path") for answer in answers(world)] == [None, "attachments.0", None]
    assert [said.data.get("attachments", [{}])[0].get("file_id") for said in world.sent("matter.submitted.v1")] == [
        None,
        "f-1",
    ]


def test_a_bureau_cannot_submit(world: World) -> None:
    """Nobody speaks for the deputies but a congress system."""
    world.receive(submission(), channel="bureau")
    world.work()
    (answer,) = answers(world, "bureau")
    assert (answer.type, answer.data["code"]) == ("message.rejected.v1", "not_permitted")
    assert world.rows(tables.matter) == []


def test_our_own_channel_carries_no_submissions(world: World) -> None:
    """A submission without a connector is nobody's."""
    world.receive(submission())
    world.work()
    assert world.rows(tables.matter) == []


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"lead_proposer": "d-99"}, "unknown_deputy", "lead_proposer"),
        ({"secrecy": "classified"}, "invalid_field", "secrecy"),
        ({"body": {"situation": "情" * 2000, "analysis": "析" * 2000, "request": "请"}}, "invalid_field", "body"),
        ({"session_id": "s-0"}, "invalid_field", "session_id"),
    ],
)
def test_a_refusal_names_the_field_in_stable_codes(world: World, changes: dict[str, Any], code: str, path: str) -> None:
    """The sender learns what is wrong, where, and that sending it again will not help."""
    world.receive(submission(**changes), channel="congress")
    world.work()
    (answer,) = answers(world)
    assert (answer.data["code"], answer.data["path"], answer.data["retryable"]) == (code, path, False)
    assert answer.data["text"] != answer.data["text_en"]
    assert world.rows(tables.matter) == []


def test_a_deputy_s_own_name_is_not_asked_of_a_congress_system(world: World) -> None:
    """It enters for many deputies."""
    world.receive(submission("1"), submission("2", lead_proposer="d-2"), channel="congress")
    world.work()
    assert [row["lead_proposer"] for row in world.rows(tables.matter) if row["no"] == "183002"] == ["d-2"]


def received(letter_id: str, message_id: str, **changes: Any) -> Message:
    """A receipt of a letter."""
    data = {"letter_id": letter_id, "receipt_no": "HZ-31", "received_at": "1999-01-01T00:00:00Z", **changes}
    return Message(
        id=message_id, type="letter.received.v1", source="/agency/congress", subject="GZ-7", time=START, data=data
    )


def test_a_letter_goes_back_to_the_congress_system_and_is_received(world: World) -> None:
    """With the id it handed the matter in under; the first receipt stays, at the time it came."""
    world.receive(submission(), channel="congress")
    world.work()
    (matter,) = world.rows(tables.matter)
    case = Case(matter["id"])
    sent = case.letter(), case.letter("c-1.letter.1", redo_round=1)
    for letter in sent:
        world.receive(letter)
    world.work()
    first, second = [said for said in answers(world) if said.type == "letter.issued.v1"]
    assert (first.data["submission_id"], first.data["matter_no"]) == ("ext-1", matter["no"])
    assert (first.data["redo_round"], second.data["redo_round"]) == (0, 1)
    assert first.data["data"] == sent[0].data["data"]
    letter_id = first.data["letter_id"]
    for message_id, changes in (("r-1", {}), ("r-1", {}), ("r-2", {"receipt_no": "HZ-32"})):
        world.receive(received(letter_id, message_id, **changes), channel="congress")
    world.work()
    kept = {row["id"]: (row["sent_to"], row["received_at"], row["receipt_no"]) for row in world.rows(tables.letter)}
    assert kept[letter_id] == ("congress", world.clock.now(), "HZ-31")
    assert kept[second.data["letter_id"]] == ("congress", None, None)
    accepted = [said.data["original_id"] for said in answers(world) if said.type == "command.accepted.v1"]
    assert accepted == ["ext-1", "r-1", "r-2"]


def test_nobody_else_gets_or_receives_a_letter(world: World) -> None:
    """Neither another connector, nor for a letter that was sent to nobody or that there is not."""
    case = Case(world.submit().matter_id)
    world.receive(case.letter())
    world.work()
    assert [said for said in answers(world) if said.type == "letter.issued.v1"] == []
    for number, (channel, letter_id) in enumerate(
        [("congress", "c-1.letter.0"), ("bureau", "c-1.letter.0"), ("congress", "none")]
    ):
        world.receive(received(letter_id, f"r-{number}"), channel=channel)
    world.work()
    refused = [said.data["code"] for channel in ("congress", "bureau") for said in answers(world, channel)]
    assert refused == ["not_permitted"] * 3
    assert world.rows(tables.letter)[0]["received_at"] is None
