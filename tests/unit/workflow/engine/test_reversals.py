"""A migration taken back: the case is what it was, and everything that was told is put right."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.workflow import engine as e
from services.workflow.engine import Bundle, Stimulus, canonical
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.blocks import Block, blocks
from tests.unit.workflow.engine.driving import Driver, calendar
from tests.unit.workflow.engine.test_migrations import move, target
from tests.unit.workflow.engine.test_random_moves import go_on
from tests.unit.workflow.engine.test_random_runs import SLOW
from tests.unit.workflow.engine.wholes import variables, whole

REPLY = d.hy("deadline", name_="reply")
LATE = d.timer(ext=d.hy("timer", deadline="reply", offset="-5d"))
CATCH = d.node("intermediateCatchEvent", "wait", d.message("go"))


def take_back(driver: Driver, before: e.Case, bundle: Bundle) -> None:
    """Take back the migration that was the last thing that happened."""
    stimulus = Stimulus("operator", driver.case.now, {}, {"verb": "revert", "version": bundle.version})
    driver.case, driver.effects = e.revert(driver.case, before, stimulus)
    driver.log.append(stimulus)
    driver.bundle = bundle
    driver.save()


def refused(driver: Driver, before: e.Case, bundle: Bundle) -> str:
    """Take it back, or say why that cannot be."""
    try:
        take_back(driver, before, bundle)
    except e.Unexpected as refusal:
        return refusal.code
    return ""


class Seen:
    """What somebody knows who has heard every effect: open tasks, running deadlines, timers and subscriptions."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.rest: dict[str, Any] = {}

    def hear(self, effects: Iterable[e.Effect]) -> None:
        """Take in the effects of one step."""
        for effect in effects:
            match effect:
                case e.TaskOpened() | e.TaskMigrated():
                    names = {field.name for field in fields(e.TaskMigrated)}
                    facts = {key: value for key, value in asdict(effect).items() if key in names}
                    self.tasks[effect.task_id] = {"delegate": None, **facts}
                case e.TaskClosed():
                    self.tasks.pop(effect.task_id)
                case e.TimerSet():
                    self.rest[effect.timer_id] = (effect.due_at, effect.element)
                case e.Subscribed():
                    self.rest[effect.subscription_id] = (effect.name, effect.key, effect.element)
                case e.DeadlineSet() | e.DeadlineMoved():
                    self.rest[effect.deadline_id] = (effect.name, effect.due_at, effect.rule)
                case e.TimerCleared():
                    del self.rest[effect.timer_id]
                case e.Unsubscribed():
                    del self.rest[effect.subscription_id]
                case e.DeadlineCleared():
                    del self.rest[effect.deadline_id]

    def copy(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Everything known now."""
        return dict(self.tasks), dict(self.rest)


def without_counters(case: e.Case) -> dict[str, Any]:
    """What a case is, whichever numbers have been drawn."""
    return {**canonical(case), "counters": {}}


def pairs(old: bytes, new: bytes, data: st.DataObject) -> dict[str, str]:
    """Each element of one diagram with any element of the same kind in another."""
    found: list[defaultdict[str, list[str]]] = [defaultdict(list), defaultdict(list)]
    for xml, by_kind in zip((old, new), found, strict=True):
        for kind, element in re.findall(r'<bpmn:(\w+) id="([^"]+)"', xml.decode()):
            by_kind[kind].append(element)
    mine, others = found
    kinds = sorted((mine.keys() & others.keys()) - {"process", "startEvent"})
    return {one: data.draw(st.sampled_from(others[kind])) for kind in kinds for one in mine[kind]}


def go_and_come_back(old: Block, new: Block, data: st.DataObject) -> None:
    """Wherever a case can stand in another diagram, it goes on afterwards as if it had never been there."""
    (xml, _), (other, _) = whole(old), whole(new)
    driver = Driver(xml, variables())
    first, bundle = driver.bundle, target(other)
    names = pairs(xml, other, data)
    seen = Seen()
    seen.hear(driver.effects)
    for _ in range(12):
        before, told, known = driver.case, without_counters(driver.case), seen.copy()
        try:
            move(driver, bundle, map=names)
        except e.Unexpected:
            pass
        else:
            seen.hear(driver.effects)
            again = e.load("C1", e.dump(before), first, calendar())
            code = refused(driver, again, first)
            if code:  # the other diagram has let a token go on
                assert code == "migration_acted"
                return
            seen.hear(driver.effects)
            assert (without_counters(driver.case), seen.copy()) == (told, known)
        if not go_on(driver, data):
            break
        seen.hear(driver.effects)
    versions = {bundle.version: bundle}
    assert canonical(e.replay("C1", driver.log, first, calendar(), versions)) == canonical(driver.case)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(blocks(), blocks(), st.data())
def test_a_migration_taken_back_leaves_no_trace(old: Block, new: Block, data: st.DataObject) -> None:
    """Wherever a case can stand in another diagram, it goes on afterwards as if it had never been there."""
    go_and_come_back(old, new, data)


@pytest.mark.long
@settings(max_examples=2000, deadline=None, suppress_health_check=SLOW)
@given(blocks(), blocks(), st.data())
def test_a_migration_taken_back_leaves_no_trace_for_long(old: Block, new: Block, data: st.DataObject) -> None:
    """The same, at length."""
    go_and_come_back(old, new, data)


def test_dates_forms_timers_and_what_a_process_listens_to_come_back() -> None:
    """What the target computed, began and ended is put right under the old ids; new ones are not used twice."""
    task = d.hy("task", role="r", deadline="reply", form="one")
    stop = d.hy("interrupt", message="stop", to="a")
    late = d.boundary("late", "a", LATE, interrupting=False) + d.user("b")
    way = ("start a end", "late b end")
    old = s.sketch(d.user("a", ext=task + REPLY) + late, *way, ext=stop, messages=["stop"])
    driver = Driver(old, D03_dmn=s.DEADLINES)
    first, before, told = driver.bundle, driver.case, canonical(driver.case)
    seen = Seen()
    seen.hear(driver.effects)
    known = seen.copy()
    other = d.user("a", ext=d.hy("task", role="q", deadline="reply", form="two") + REPLY)
    bundle = target(s.sketch(other, "start a end"), s.DEADLINES.replace(b"3m", b"1m"))
    move(driver, bundle, dates="recompute")
    seen.hear(driver.effects)
    assert seen.copy() != known
    take_back(driver, e.load("C1", e.dump(before), first, calendar()), first)
    seen.hear(driver.effects)
    assert (seen.copy(), canonical(driver.case)) == (known, told)
    driver.complete("a")
    assert driver.case.is_finished


def test_only_the_last_thing_that_happened_is_taken_back() -> None:
    """A case that has gone on since, was never migrated, or is named another version is left as it is."""
    xml = s.sketch(d.user("a") + d.user("b"), "start a b end")
    driver = Driver(xml)
    first = driver.bundle
    stimulus = Stimulus("operator", driver.case.now, {}, {"verb": "revert", "version": first.version})
    with pytest.raises(e.Unexpected, match="nothing_to_revert"):
        e.revert(driver.case, None, stimulus)
    move(driver, target(xml))
    driver.complete("a")
    with pytest.raises(e.Unexpected, match="nothing_to_revert"):
        e.replay("C1", [*driver.log, stimulus], first, calendar(), {driver.bundle.version: driver.bundle})


def test_what_the_target_has_done_cannot_be_unsaid() -> None:
    """Where the target let a token go on at once, taking it back is refused with the reason."""
    driver = Driver(s.sketch(d.user("a") + CATCH, "start wait a end", messages=["go"]))
    first, before = driver.bundle, driver.case
    gone = e.load("C1", e.dump(before), first, calendar())
    move(driver, target(s.sketch(d.user("a") + CATCH, "start wait a end", messages=["go"])))
    driver.step("message", subscription=next(iter(driver.case.waits)), data={})
    stimulus = Stimulus("operator", driver.case.now, {}, {"verb": "revert", "version": first.version})
    with pytest.raises(e.Unexpected, match="migration_acted"):
        e.revert(driver.case, gone, stimulus)
