"""Drafts: their deputy's own, co-signed by those who agree to what is written, submitted once."""

from typing import Any

import pytest
from flask import Flask

from services.common import db
from services.common.problems import Problem
from services.intake import directory, drafts, matters, tables
from tests.unit.intake.readers import WRITTEN, Reader, key_of
from tests.unit.intake.worlds import FORM, PASSWORD, ZONE, World

TEXT = {name: value for name, value in FORM.items() if name != "lead_proposer"}


def save(world: World, *, draft_id: str = "draft-1", person: str = "d-1", **changes: Any) -> None:
    """A deputy saves what he has typed."""
    with db.begin(world.engine) as conn:
        drafts.save(conn, draft_id, person, {**TEXT, **changes}, world.clock.now())


def invite(world: World, *people: str) -> int:
    """The draft's deputy asks others."""
    with db.begin(world.engine) as conn:
        return drafts.invite(conn, "draft-1", "d-1", people, world.clock.now())


def answer(world: World, agrees: bool, person: str = "d-2", seen: str = "") -> None:
    """An invited deputy answers what he reads now."""
    with db.begin(world.engine) as conn:
        digest = seen or drafts.invitation(conn, "draft-1", person).digest
        drafts.answer(conn, "draft-1", person, digest, agrees, world.clock.now())


def answers(world: World) -> dict[str, str]:
    """What the invited deputies say."""
    with db.read(world.engine) as conn:
        return {one.person_id: one.answer for one in drafts.invited(conn, "draft-1")}


def submit(world: World) -> matters.Submitted:
    """The draft is handed in."""
    origin = matters.Origin(scope="liyun", own_name="d-1")
    with db.begin(world.engine) as conn:
        return drafts.submit(conn, "draft-1", "d-1", origin=origin, now=world.clock.now(), zone=ZONE)


def refusal(act: Any) -> str:
    """The code of a refusal."""
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.code


def test_a_draft_may_be_incomplete_and_is_saved_again(world: World) -> None:
    """Nothing is checked but secrecy; the newest text is kept."""
    save(world, title="关于", body={})
    world.clock.pass_(minutes=1)
    save(world, title="关于停车")
    (row,) = world.rows(tables.draft)
    assert (row["form"]["title"], row["saved_at"]) == ("关于停车", world.clock.now())


def test_classified_text_is_not_kept(world: World) -> None:
    """Not even as a draft."""
    assert refusal(lambda: save(world, secrecy="classified")) == "invalid_form"
    assert world.rows(tables.draft) == []


def test_somebody_else_s_draft_does_not_exist(world: World) -> None:
    """Neither to read nor to save, invite, submit or delete."""
    save(world)
    with db.begin(world.engine) as conn:
        for act in (
            lambda: drafts.get(conn, "draft-1", "d-2"),
            lambda: drafts.save(conn, "draft-1", "d-2", TEXT, world.clock.now()),
            lambda: drafts.invite(conn, "draft-1", "d-2", ["d-1"], world.clock.now()),
            lambda: drafts.invitation(conn, "draft-1", "d-2"),
            lambda: drafts.discard(conn, "draft-1", "d-2"),
        ):
            assert refusal(act) == "unknown_draft"
    assert len(world.rows(tables.draft)) == 1


def test_only_current_deputies_are_invited_and_each_once(world: World) -> None:
    """Nobody of another level, nobody who has left, not oneself."""
    save(world)
    assert invite(world, "d-2", "d-2", "d-1") == 1
    assert invite(world, "d-2") == 0
    assert refusal(lambda: invite(world, "d-3")) == refusal(lambda: invite(world, "p-edu")) == "invalid_form"
    assert answers(world) == {"d-2": "waiting"}


def test_submitting_takes_those_who_agreed(world: World) -> None:
    """The draft is gone, the matter is joint; submitting again gives the same matter."""
    save(world)
    invite(world, "d-2")
    answer(world, agrees=True)
    done = submit(world)
    assert submit(world).matter_id == done.matter_id
    (said,) = world.sent("matter.submitted.v1")
    assert [one["id"] for one in said.data["co_proposers"]] == ["d-2"]
    assert world.rows(tables.draft) == world.rows(tables.invitation) == []


@pytest.mark.parametrize("agrees", [None, False])
def test_who_refused_or_has_not_answered_does_not_co_sign(world: World, agrees: bool | None) -> None:
    """Silence is no signature."""
    save(world)
    invite(world, "d-2")
    if agrees is not None:
        answer(world, agrees=agrees)
    submit(world)
    (said,) = world.sent("matter.submitted.v1")
    assert said.data["co_proposers"] == []


def test_an_answer_is_given_to_a_text(world: World) -> None:
    """Changed text opens the question again; what has nothing to do with the text does not."""
    save(world)
    invite(world, "d-2")
    answer(world, agrees=True)
    save(world, wish_units=["edu"])
    assert answers(world) == {"d-2": "agreed"}
    save(world, points=["增加车位"])
    assert answers(world) == {"d-2": "changed"}
    save(world)
    assert answers(world) == {"d-2": "agreed"}
    save(world, title="关于增加公交站的建议")
    submit(world)
    assert world.sent("matter.submitted.v1")[0].data["co_proposers"] == []


def test_an_answer_to_a_text_that_has_just_changed_is_not_taken(world: World) -> None:
    """The deputy reads it again."""
    save(world)
    invite(world, "d-2")
    with db.read(world.engine) as conn:
        seen = drafts.invitation(conn, "draft-1", "d-2").digest
    save(world, points=["增加车位"])
    assert refusal(lambda: answer(world, agrees=True, seen=seen)) == "draft_changed"
    assert answers(world) == {"d-2": "waiting"}


def test_an_answer_may_be_changed_until_submission(world: World) -> None:
    """And an invitation taken back."""
    save(world)
    invite(world, "d-2")
    answer(world, agrees=True)
    answer(world, agrees=False)
    assert answers(world) == {"d-2": "refused"}
    with db.begin(world.engine) as conn:
        drafts.uninvite(conn, "draft-1", "d-1", "d-2")
    assert refusal(lambda: answer(world, agrees=True)) == "unknown_draft"


def test_a_draft_that_is_not_complete_is_not_submitted(world: World) -> None:
    """The draft stays."""
    save(world, title="")
    assert refusal(lambda: submit(world)) == "invalid_form"
    assert len(world.rows(tables.draft)) == 1


# --- pages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def other(app: Flask) -> Reader:
    """The deputy who is invited."""
    han = Reader(app.test_client())
    han.sign_in("han")
    return han


def begin(reader: Reader, **more: Any) -> str:
    """A deputy writes and saves; where the draft is."""
    reader.sign_in("liyun")
    key = key_of(reader.client.get("/matters/new").text)
    sent = {**WRITTEN, "submission_key": key, "action": "draft", **more}
    place = reader.post("/matters/new", **sent).location
    assert reader.post("/matters/new", **sent).location == place  # a second click
    return str(place)


def test_a_suggestion_is_written_in_two_sittings(reader: Reader, world: World) -> None:
    """Saved, listed, found again, submitted; a double click leads to the same matter."""
    place = begin(reader)
    assert place.startswith("/matters/drafts/")
    assert FORM["title"] in reader.client.get("/matters/drafts").text
    assert "草稿 1 份" in reader.client.get("/").text
    page = reader.client.get(place).text
    assert "早晚高峰拥堵" in page
    done = reader.post(place, **WRITTEN, action="submit").location
    assert done.startswith("/matters/")
    assert reader.post(place, **WRITTEN, action="submit").location == done
    assert "没有草稿" in reader.client.get("/matters/drafts").text
    assert len(world.rows(tables.matter)) == 1


def test_invited_deputies_are_asked_and_named_only_if_they_agree(
    reader: Reader,
    other: Reader,
    world: World,
) -> None:
    """Home page, text, answer; the lead is told whom submitting does not wait for."""
    place = begin(reader, action="submit", co_proposers=["d-2"])
    invitation = place.replace("drafts", "invitations")
    assert "还没有答复" in reader.client.get(place).text
    assert invitation in other.client.get("/").text
    assert "早晚高峰拥堵" in other.client.get(invitation).text
    page = reader.post(place, **WRITTEN, action="submit")
    assert page.status_code == 422
    assert "韩若溪还没有答复" in page.text
    seen = other.client.get(invitation).text.split('name="seen" value="')[1].split('"')[0]
    assert other.post(invitation, answer="agree", seen=seen).status_code == 303
    assert invitation not in other.client.get("/").text
    assert "同意联名" in reader.client.get(place).text
    assert reader.post(place, **WRITTEN, action="submit").status_code == 303
    assert {row["person_id"] for row in world.rows(tables.proposer)} == {"d-1", "d-2"}
    assert other.client.get(invitation).status_code == 404


def test_submitting_without_waiting_says_so_first(reader: Reader, world: World) -> None:
    """The confirmation covers those who were named, nobody invited later."""
    place = begin(reader, co_proposers=["d-2"])
    assert 'name="confirmed" value="d-2"' in reader.post(place, **WRITTEN, action="submit").text
    assert reader.post(place, **WRITTEN, action="submit", confirmed="d-9").status_code == 422
    assert reader.post(place, **WRITTEN, action="submit", confirmed="d-2").status_code == 303
    assert [row["person_id"] for row in world.rows(tables.proposer)] == ["d-1"]


def test_drafts_are_nobody_else_s_business(reader: Reader, app: Flask) -> None:
    """Not the clerk's, not another deputy's; taking an invitation back closes the door."""
    place = begin(reader, co_proposers=["d-2"])
    invitation = place.replace("drafts", "invitations")
    for login, status in (("clerk", 403), ("edu", 403), ("han", 404)):
        somebody = Reader(app.test_client())
        somebody.sign_in(login, PASSWORD)
        assert somebody.client.get(place).status_code == status
        assert somebody.post(f"{place}/discard").status_code == status
    reader.post(f"{place}/uninvite", person="d-2")
    assert somebody.client.get(invitation).status_code == 404
    assert reader.post(f"{place}/discard").location == "/matters/drafts"
    assert reader.client.get(place).status_code == 404


def test_a_draft_deleted_elsewhere_is_saved_again(reader: Reader, world: World) -> None:
    """No text gets lost in a second window."""
    place = begin(reader)
    reader.post(f"{place}/discard")
    assert reader.post(place, **WRITTEN, action="draft").location == place
    assert len(world.rows(tables.draft)) == 1


def test_taking_an_invitation_back_keeps_what_was_typed(reader: Reader, world: World) -> None:
    """The button belongs to the form."""
    place = begin(reader, co_proposers=["d-2"])
    reader.post(f"{place}/uninvite", **{**WRITTEN, "title": "关于停车的建议"}, person="d-2")
    assert world.rows(tables.draft)[0]["form"]["title"] == "关于停车的建议"
    assert world.rows(tables.invitation) == []


def test_a_faulty_draft_is_kept_and_shown_with_what_is_wrong(reader: Reader, world: World) -> None:
    """Submitting saves first."""
    place = begin(reader)
    page = reader.post(place, **{**WRITTEN, "title": ""}, action="submit")
    assert page.status_code == 422
    assert "请填写“标题”" in page.text
    assert world.rows(tables.draft)[0]["form"].get("title") in (None, "")


def test_a_clerk_names_co_signers_directly(app: Flask, world: World) -> None:
    """A paper form carries their signatures."""
    clerk = Reader(app.test_client())
    clerk.sign_in("clerk")
    key = key_of(clerk.client.get("/matters/new").text)
    sent = {**WRITTEN, "lead_proposer": "d-1", "co_proposers": ["d-2"], "source": "paper", "matter_kind": "suggestion"}
    assert clerk.post("/matters/new", submission_key=key, **sent).status_code == 303
    assert len(world.rows(tables.proposer)) == 2


def test_a_deputy_who_has_left_does_not_co_sign(world: World) -> None:
    """Agreed, then left before it was submitted: the form says so and the draft stays."""
    save(world)
    invite(world, "d-2")
    answer(world, agrees=True)
    with db.begin(world.engine) as conn:
        gone = {"name": "韩若溪", "kind": "deputy", "level": "市", "active": False}
        directory.put(conn, "person", "d-2", gone, world.clock.now())
    assert refusal(lambda: submit(world)) == "invalid_form"
    assert len(world.rows(tables.draft)) == 1
