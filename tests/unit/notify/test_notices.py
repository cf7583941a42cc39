"""Whom a notice reaches, in which words, and that it does so once."""

from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.notify import notices
from services.notify.ways import Ways
from tests.unit.notify.worlds import AT, World

LIAISON = {"role": "unit_liaison", "unit": "housing"}


def states(world: World) -> dict[tuple[str, str], tuple[str, str | None]]:
    """(person, channel) → (state, reason)."""
    return {(row["person_id"], row["channel"]): (row["state"], row["reason"]) for row in world.deliveries()}


def test_a_notice_reaches_each_person_by_each_channel(world: World) -> None:
    """Holders of the role in the unit and the person named; people who left get nothing."""
    world.notice([LIAISON, {"person": "d-1"}])
    assert states(world) == {
        ("p-liaison", "inapp"): ("delivered", None),
        ("p-liaison", "mail"): ("waiting", None),
        ("d-1", "inapp"): ("delivered", None),
        ("d-1", "mail"): ("waiting", None),
    }


def test_every_delivery_that_cannot_be_says_why(world: World) -> None:
    """No account, no address: suppressed with a reason, not forgotten."""
    world.notice([{"person": "d-2"}, {"role": "gov_office"}])
    assert states(world) == {
        ("d-2", "inapp"): ("suppressed", "no_account"),
        ("d-2", "mail"): ("suppressed", "no_address"),
        ("d-2", "paper"): ("waiting", None),
        ("p-office", "inapp"): ("delivered", None),
        ("p-office", "mail"): ("suppressed", "no_address"),
    }


def test_the_same_notice_is_told_once(world: World) -> None:
    """Another message with the same notice id changes nothing, whatever it says."""
    world.notice([LIAISON])
    before = world.deliveries()
    world.notice([LIAISON, {"person": "d-1"}])
    assert world.deliveries() == before


def test_somebody_meant_twice_is_told_once(world: World) -> None:
    """As holder of the role and by name."""
    world.notice([LIAISON, {"person": "p-liaison"}])
    assert len(world.deliveries(channel="inapp")) == 1


def test_a_role_of_a_unit_is_not_told_to_other_units(world: World) -> None:
    """The liaison of the housing bureau, not the one next door."""
    world.notice([LIAISON])
    assert {row["person_id"] for row in world.deliveries()} == {"p-liaison"}


@pytest.mark.parametrize("to", [{"role": "deputy"}, {"role": "nobody"}, {"person": "p-unknown"}, {}])
def test_an_address_without_people_keeps_the_notice(world: World, to: dict[str, Any]) -> None:
    """Nobody is told, least of all every deputy of the city; the notice itself is there to be found."""
    world.notice([to])
    assert world.deliveries() == []
    assert len(world.notices()) == 1


def test_the_texts_are_those_of_the_package(world: World) -> None:
    """Chinese and English, subject in one line."""
    world.notice([LIAISON])
    (notice,) = world.notices()
    assert notice["texts"]["zh"] == {
        "subject": "催办：第061031号",
        "body": "《关于加装电梯的建议》请于2026-03-13前办理。",
    }
    assert notice["texts"]["en"]["subject"] == "Reminder: 061031"
    assert notice["fault"] is None


@pytest.mark.parametrize("template", ["broken", "missing"])
def test_a_broken_template_never_loses_the_notice(world: World, template: str) -> None:
    """The reader gets a plain text that names the matter; the fault is kept."""
    world.notice([LIAISON], template=template)
    (notice,) = world.notices()
    assert notice["texts"]["zh"]["subject"] == "办理通知：061031 关于加装电梯的建议"
    assert f"{template}.zh" in notice["fault"]
    assert len(world.deliveries()) == 2


def test_a_task_is_told_in_the_message_centre_only(world: World) -> None:
    """And settled for everybody when it is closed, read or not."""
    message = world.task()
    (row,) = world.deliveries()
    assert (row["notice_id"], row["person_id"], row["channel"]) == (message.id, "p-liaison", "inapp")
    assert row["settled_at"] is None
    world.close()
    (row,) = world.deliveries(channel="inapp")
    assert row["settled_at"] == AT
    assert row["read_at"] is None


def test_a_task_that_goes_to_another_unit_is_told_there(world: World) -> None:
    """The same task id, opened again: settled for the first, new for the second."""
    world.task()
    world.close()
    world.task(unit="urban")
    settled = {row["person_id"]: row["settled_at"] is not None for row in world.deliveries(channel="inapp")}
    assert settled == {"p-liaison": True, "p-other": False}


def test_a_task_whose_case_changes_its_version_is_not_told_again(world: World) -> None:
    """Its people have been told; what is asked of them now they see on its page."""
    first = world.task()
    world.task(previous_version="yunting-2026.1")
    assert [row["notice_id"] for row in world.deliveries(channel="inapp")] == [first.id]


@pytest.mark.parametrize(("role", "unit", "person"), [("deputy", None, "d-1"), ("unit_liaison", "urban", "p-liaison")])
def test_a_task_for_one_person_is_told_to_nobody_else(world: World, role: str, unit: str | None, person: str) -> None:
    """Not to all who hold the role, in the unit or anywhere."""
    world.task(role=role, unit=unit, person=person)
    assert [row["person_id"] for row in world.deliveries(channel="inapp")] == [person]


def test_mail_goes_where_and_if_the_person_wants(world: World) -> None:
    """One's own address counts before the directory's; who wants no mail gets none."""
    world.wish("p-liaison", addresses={"mail": "own@mail.example"})
    world.wish("d-1", choices={"notice": {"mail": False}})
    world.notice([LIAISON, {"person": "d-1"}])
    mails = {
        row["person_id"]: (row["state"], row["reason"], row["address"]) for row in world.deliveries(channel="mail")
    }
    assert mails["p-liaison"] == ("waiting", None, "own@mail.example")
    assert mails["d-1"][:2] == ("suppressed", "not_wanted")


def test_another_try_goes_to_where_the_person_is_now(world: World) -> None:
    """A suppressed mail is sent after an address was entered; what was delivered is not tried again."""
    world.notice([{"role": "gov_office"}])
    (mail,) = world.deliveries(channel="mail")
    (inapp,) = world.deliveries(channel="inapp")
    world.wish("p-office", addresses={"mail": "li@office.example"})
    with db.begin(world.engine) as conn:
        notices.retry(conn, mail["id"], world.ways, AT)
        with pytest.raises(Problem, match="not_unreached"):
            notices.retry(conn, inapp["id"], world.ways, AT)
    (mail,) = world.deliveries(channel="mail")
    assert (mail["state"], mail["address"]) == ("waiting", "li@office.example")


def test_nothing_is_tried_again_for_who_has_left_or_by_a_channel_that_is_gone(world: World) -> None:
    """Whoever asks is told so, and the delivery stays as it ended."""
    world.notice([{"person": "d-2"}])
    (mail,) = world.deliveries(channel="mail")
    with db.begin(world.engine) as conn, pytest.raises(Problem, match="channel_gone"):
        notices.retry(conn, mail["id"], Ways({}, world.ways.zone), AT)
    world.leave("d-2")
    with db.begin(world.engine) as conn, pytest.raises(Problem, match="person_left"):
        notices.retry(conn, mail["id"], world.ways, AT)
    assert world.deliveries(channel="mail") == [mail]


def test_nothing_is_tried_again_for_who_does_not_want_it(world: World) -> None:
    """A wish holds whoever presses the button, and he is told so."""
    world.wish("d-1", choices={"notice": {"mail": False}})
    world.notice([{"person": "d-1"}])
    (mail,) = world.deliveries(channel="mail")
    with db.begin(world.engine) as conn, pytest.raises(Problem, match="still_not_wanted"):
        notices.retry(conn, mail["id"], world.ways, AT)
    assert world.deliveries(channel="mail") == [mail]
