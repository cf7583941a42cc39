"""Submitting: once, numbered, announced, or refused with a reason."""

from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.contracts import messages
from services.intake import directory, matters, tables
from tests.unit.intake.worlds import DIRECTORY, FORM, World


def refused(world: World, **changes: Any) -> Problem:
    """The refusal of the usual suggestion with changes."""
    with pytest.raises(Problem) as caught:
        world.submit(**changes)
    return caught.value


def test_a_suggestion_gets_a_number_and_is_announced(world: World) -> None:
    """Row, number and message come from one transaction and tell the same."""
    done = world.submit(co_proposers=["d-2"], points=["增加车位"], wish_units=["edu"], topic="城建环资")
    (said,) = world.sent("matter.submitted.v1")
    assert done.matter_no == "183001"
    assert said.id == f"{done.matter_id}.submitted"
    assert said.subject == done.matter_id
    assert said.data["matter_no"] == "183001"
    assert said.data["lead_proposer"] == {"id": "d-1", "name": "李云"}
    assert said.data["co_proposers"] == [{"id": "d-2", "name": "韩若溪"}]
    assert said.data["session"]["process_version"] == "yunting-2026.1"
    assert messages.validate(said.type, said.data) == said.data


def test_serials_count_up_without_gaps(world: World) -> None:
    """A refused suggestion takes no number."""
    assert world.submit(key="1").matter_no == "183001"
    refused(world, key="2", title="")
    assert world.submit(key="3").matter_no == "183002"
    assert world.submit(key="4", matter_kind="proposal").matter_no == "提183001"


def test_after_the_last_day_of_the_session_the_other_series_counts(world: World) -> None:
    """The day ends where the office is: 16:30 UTC on the 25th is the 26th in Shanghai."""
    world.clock.at = world.clock.at.replace(day=25, hour=15, minute=59)
    assert world.submit(key="1").matter_no == "183001"
    world.clock.pass_(minutes=2)
    assert world.submit(key="2").matter_no == "闭2026-001"
    assert world.sent("matter.submitted.v1")[-1].data["submitted_when"] == "inter_session"


def test_the_same_key_and_content_give_the_same_matter(world: World) -> None:
    """A second click and a retry after a lost answer change nothing."""
    first, second = world.submit(), world.submit()
    assert first.created
    assert not second.created
    assert (first.matter_id, first.matter_no) == (second.matter_id, second.matter_no)
    assert len(world.sent("matter.submitted.v1")) == 1


def test_a_retry_means_the_same_after_the_directory_changed(world: World) -> None:
    """The deputy's term has ended and another session is current: the matter is there all the same."""
    first = world.submit()
    with db.begin(world.engine) as conn:
        directory.put(conn, "person", "d-1", {"name": "李云", "kind": "deputy", "active": False}, world.clock.now())
        directory.put(conn, "session", "s-18-3", {**DIRECTORY["sessions"][0], "open": False}, world.clock.now())
    assert world.submit().matter_id == first.matter_id


def test_the_same_key_with_other_content_is_a_conflict(world: World) -> None:
    """A key never means two suggestions."""
    world.submit()
    problem = refused(world, title="关于另一件事的建议")
    assert (problem.code, problem.status) == ("duplicate_conflict", 409)
    assert len(world.rows(tables.matter)) == 1


def test_keys_of_different_people_don_t_meet(world: World) -> None:
    """One account cannot burn another's keys."""
    assert world.submit(scope="a").matter_id != world.submit(scope="b").matter_id


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"lead_proposer": "d-99"}, "lead_proposer", "unknown_deputy"),
        ({"lead_proposer": "d-3"}, "lead_proposer", "unknown_deputy"),
        ({"lead_proposer": "d-4"}, "lead_proposer", "unknown_deputy"),
        ({"lead_proposer": "p-edu"}, "lead_proposer", "unknown_deputy"),
        ({"co_proposers": ["d-2", "d-99"]}, "co_proposers.1", "unknown_deputy"),
        ({"wish_units": ["nowhere"]}, "wish_units.0", "unknown_unit"),
        ({"session_id": "s-0"}, "session_id", "unknown_session"),
        ({"secrecy": "classified"}, "secrecy", "classified_refused"),
    ],
)
def test_what_the_directory_does_not_know_is_refused(
    world: World, changes: dict[str, Any], path: str, code: str
) -> None:
    """Unknown, former and foreign deputies cannot propose; nothing of a refused suggestion is kept."""
    problem = refused(world, **changes)
    assert problem.code == "invalid_form"
    assert [(error.path, error.code) for error in problem.errors] == [(path, code)]
    assert world.rows(tables.matter) == world.rows(tables.submission) == []


def test_classified_matters_are_sent_offline(world: World) -> None:
    """The refusal says what to do instead."""
    (error,) = refused(world, secrecy="classified").errors
    assert "线下" in error.text
    assert "offline" in error.text_en


def test_a_deputy_cannot_lead_in_another_s_name(world: World) -> None:
    """Only the congress office enters for others."""
    with db.begin(world.engine) as conn, pytest.raises(Problem) as caught:
        matters.check(conn, {**FORM, "lead_proposer": "d-2"}, origin=matters.Origin(scope="liyun", own_name="d-1"))
    assert [error.code for error in caught.value.errors] == ["not_own_name"]


def test_an_unusual_title_is_accepted_with_a_warning(world: World) -> None:
    """The caller may tell the writer."""
    assert [warning.code for warning in world.submit(title="修路").warnings] == ["title_pattern"]


def test_a_session_with_its_own_limits_and_pattern(world: World) -> None:
    """Limits and numbers are data of the session."""
    body = {
        **DIRECTORY["sessions"][0],
        "number_patterns": {"suggestion": {"in_session": "第{serial:03}号"}},
        "limits": {"body_max": 150},
    }
    body.pop("id")
    with db.begin(world.engine) as conn:
        directory.put(conn, "session", "s-18-3", body, world.clock.now())
    assert [error.code for error in refused(world).errors] == ["body_too_long"]
    short = {"situation": "情" * 50, "analysis": "析" * 50, "request": "请" * 20}
    assert world.submit(body=short).matter_no == "第001号"
