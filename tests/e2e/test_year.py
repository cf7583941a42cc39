"""The demo year: two sessions of matters in every stage and class, and the same in every detail when played again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from services.common import db
from services.huiyin import sightings
from services.huiyin.clients import Client
from services.huiyin.stories import Story
from services.workflow import tables as t
from tests.e2e import cities
from tests.e2e.cities import PlayedYear

pytestmark = pytest.mark.timeout(600)
AGAIN_UNTIL: Final = "2025-04-11T18:00"
"""The second play ends early: the two busiest months tell whether chance has a say."""
STAGES: Final = frozenset(
    {"under_admission", "not_admitted", "pre_handover", "handed_over", "return_requested", "reassigned", "accepted"}
    | {"in_handling", "reply_in_review", "reply_returned", "replied", "awaiting_feedback", "feedback_closed", "redo"}
    | {"completed", "following_up", "closed_out", "withdrawn", "submitted", "admitted"}
)
OPEN: Final = frozenset(
    {"task_admission", "task_pre_handover", "task_pre_handover_comment", "task_handover", "task_receipt"}
    | {"task_return_decision", "task_contact", "task_prepare", "task_draft", "task_countersign", "task_gate_head"}
    | {"task_extension", "task_review_leader", "task_feedback", "task_redo_order", "task_progress"}
)


@pytest.fixture(scope="session")
def matters(year: PlayedYear) -> dict[str, dict[str, Any]]:
    """What intake says of every matter, by its name in the programme."""
    client, watcher = year.stage.client, year.year.script.cast.holder("congress_office", None)
    stories = year.season.stories.values()
    return {story.name: client.get(f"/api/v1/matters/{story.matter_id}", watcher) for story in stories}


def test_every_fate_went_as_written(year: PlayedYear, matters: Mapping[str, Any]) -> None:
    """At least 60 matters of two sessions, and no line of a fate without its occasion."""
    assert year.season.unplayed == []
    assert len(matters) >= 60
    assert Counter(matter["session_id"] for matter in matters.values()).keys() == {"yunting-15-4", "yunting-15-5"}


def test_every_stage_and_class_is_there(year: PlayedYear, matters: Mapping[str, Any]) -> None:
    """Whoever looks for an example of anything finds one, and everything that waits for somebody waits somewhere."""
    reached = {event["code"] for matter in matters.values() for event in matter["events"]}
    assert STAGES - reached == set()
    assert {task["element"] for task in year.season.open.values()} >= OPEN
    assert {matter["outcome_class"] for matter in matters.values()} >= {"solved", "in_progress", "planned", "deferred"}


def test_the_first_suggestion_goes_the_way_of_the_walk(year: PlayedYear, matters: Mapping[str, Any]) -> None:
    """What the demo prints is what is found in the year."""
    assert matters["demo-01"]["no"] == "155001"
    assert matters["demo-01"]["state"] == "closed_out"
    assert year.season.stories["demo-01"].lines == []


def test_what_the_clock_takes_away_after_its_date_has_expired(year: PlayedYear) -> None:
    """Nobody revoked it."""
    c = t.task.c
    ended = select(c.reason, c.closed_by, c.due_at, c.closed_at).where(c.reason.in_(("expired", "revoked")))
    with db.begin(year.stage.installation.engines["workflow"]) as conn:
        rows = conn.execute(ended).all()
    late = [row for row in rows if row.due_at is not None and row.due_at <= row.closed_at]
    assert {row.reason for row in late if not row.closed_by.get("account")} == {"expired"}


def test_played_again_it_is_the_same(year: PlayedYear, tmp_path: Path) -> None:
    """Ids, numbers, states, and every step with its time, its deadline and who did it."""
    programme = replace(year.year.programme, end=AGAIN_UNTIL)
    with cities.played(replace(year.year, programme=programme), tmp_path / "again") as again:
        end = again.stage.clock.now().isoformat()
        known = {name: story for name, story in again.season.stories.items() if story.matter_id}
        assert len(known) > 20
        for name, story in known.items():
            first = told(year, year.season.stories[name], end)
            assert told(again, story, end) == first, name
            assert len(first) > 1, name


def told(played: PlayedYear, story: Story, end: str) -> list[Any]:
    """Everything that happened to a matter until an instant."""
    client: Client = played.stage.client
    seen = sightings.look(client, played.year.script.cast.watcher, story.matter_id)
    steps = [step for case in seen.cases for step in case["steps"] if step["at"] <= end]
    return [[story.matter_id, *(step[name] for name in sorted(step))] for step in steps]
