"""Verbs every task has, whatever the diagram draws: who may use them, and what they ask. One door for all ways in.

A unit never hands a matter on by itself (domain 4-actors): inside the unit its people pass tasks on, ask each other
and take back what they have done; everything beyond takes a grant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from services.common import form_schemas
from services.common.problems import FieldError, Problem
from services.workflow import answers, editions, picklists, tasks, verb_forms
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.answers import Answer
from services.workflow.batches import Applied, Batch, Order
from services.workflow.picklists import Place
from services.workflow.problems import refusal
from services.workflow.speakers import Speaker

OPERATE: Final = "cases.operate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """`own`: whoever may do the task may use it; `owner`: only whoever it is for, not his delegate.

    A task for one person inside a unit is passed on by others of its role, too: he may be away. Holders of one of the
    `grants` may use it on any task.
    """

    own: bool = False
    owner: bool = False
    grants: frozenset[str] = frozenset({OPERATE})


VERBS: Final[Mapping[str, Verb]] = {
    "return": Verb(own=True),
    "transfer": Verb(),
    "reassign": Verb(owner=True),
    "delegate": Verb(owner=True, grants=frozenset()),
    "undelegate": Verb(owner=True),
    "consult": Verb(own=True),
    "withdraw_consult": Verb(own=True),
    "urge": Verb(grants=frozenset({"tasks.urge"})),
    "recall": Verb(own=True, grants=frozenset()),
    "add_co_handler": Verb(),
}
"""Any other verb of the engine takes the grant `cases.operate`."""
_ENGINE: Final[Mapping[str, str]] = {"reassign": "transfer"}


def form_of(conn: Connection, row: Mapping[Any, Any], verb: str, speaker: Speaker) -> dict[str, Any]:
    """The form of a verb on a task, its pick lists written out; raises `Problem` not_found."""
    if verb not in verb_forms.FORMS:
        raise Problem("not_found", 404)
    place = Place.of(row)
    schema = verb_forms.of(verb, place, anywhere=OPERATE in speaker.grants)
    edition = editions.get(conn, row["package_version"])
    resolved = form_schemas.resolve(schema, picklists.of(conn, edition, place))
    people = resolved["properties"].get("person", {})
    if "enum" in people and not (verb == "reassign" and row["person"] not in (None, speaker.person)):
        people["enum"] = [person for person in people["enum"] if person != speaker.person]
    return resolved


def may(row: Mapping[Any, Any], verb: str, speaker: Speaker) -> bool:
    """Whether somebody may use a verb on a task as it stands; the engine may still say no."""
    rule = VERBS.get(verb, Verb())
    if verb == "recall":
        return row["closed_account"] is not None and row["closed_account"] == speaker.actor.get("account")
    if rule.grants & speaker.grants:
        return True
    if verb in _TO_COLLEAGUES and row["person"] is not None and row["unit"] is None:
        return False  # a deputy's own word is nobody else's
    if rule.owner:
        colleague = verb == "reassign" and row["unit"] is not None and speaker.holds(row["role"], row["unit"])
        return speaker.is_owner(row) or colleague
    return rule.own and speaker.may(row) and not tasks.is_delegated(row, speaker)


def available(conn: Connection, row: Mapping[Any, Any], speaker: Speaker) -> list[str]:
    """The verbs to offer somebody beside an open task, in the order of the table."""
    found = [verb for verb in VERBS if verb in _BESIDE_A_TASK and may(row, verb, speaker)]
    left_out = {"undelegate"} if row["delegate"] is None else {"delegate", "reassign"}
    left_out |= {"reassign"} if "transfer" in found and row["unit"] is None else set()
    if row["beside"] is not None:
        left_out |= {"return", "transfer", "reassign", "delegate", "consult", "undelegate"}
    elif not tasks.can_return(conn, row):
        left_out.add("return")
    return [verb for verb in found if verb not in left_out]


_TO_COLLEAGUES: Final = frozenset({"reassign", "delegate", "consult"})
_BESIDE_A_TASK: Final = frozenset({"return", "transfer", "reassign", "delegate", "undelegate", "consult", "urge"})


def use(
    conn: Connection,
    task_id: str,
    verb: str,
    data: Mapping[str, Any],
    speaker: Speaker,
    now: datetime,
    *,
    unit: str | None = None,
    cause: str | None = None,
) -> Applied:
    """Use a verb on a task, as an operator stimulus; `unit` is whom a connector says it speaks for.

    Raises `Problem` as `tasks.complete` does; urged_today for a second reminder on one day, recall_late when somebody
    has gone on, the other `recall_…` when it could never be taken back, and not_expected where the diagram has no
    place for the verb.
    """
    batch = Batch(conn)
    batch.hold([tasks.case_of(task_id)])
    row = tasks.find(conn, task_id)
    check(conn, row, verb, speaker, unit)
    if verb != "recall":
        tasks.check_open(row)
        tasks.settle_clock(conn, batch, row, now)
    else:
        batch.catch_up(row["case_id"], now)
        if batch.row(row["case_id"])["status"] == "ended":
            raise Problem("recall_ended", 409)
    answer = _answer(conn, row, verb, data, speaker, now)
    stimulus = e.Stimulus(
        kind="operator",
        at=now,
        actor=speaker.acting_on(row),
        data={**_prepared(verb, answer.facts), "verb": _ENGINE.get(verb, verb), "task": task_id},
    )
    order = Order(case_id=row["case_id"], stimulus=stimulus, cause=cause, texts=answer.texts)
    return tasks.finish(batch, order, lambda applied: _check_recalled(conn, verb, applied))


def check(conn: Connection, row: RowMapping, verb: str, speaker: Speaker, unit: str | None = None) -> None:
    """Raise `Problem` for who may not use a verb on a task; `unit` is whom a connector says it speaks for."""
    if unit is not None and (unit != row["unit"] or unit not in speaker.units):
        raise Problem("wrong_unit", 403)
    target: Mapping[Any, Any] = row
    if verb == "withdraw_consult":
        if row["beside"] is None:
            raise Problem("not_expected", 409)
        target = tasks.find(conn, row["beside"])
    if may(target, verb, speaker):
        return
    if not speaker.grants & {OPERATE, "tasks.urge"}:
        tasks.check_speaker(target, speaker)
    if tasks.is_delegated(target, speaker):
        raise Problem("delegated", 409)
    raise Problem("not_permitted", 403)


def _answer(
    conn: Connection, row: RowMapping, verb: str, data: Mapping[str, Any], speaker: Speaker, now: datetime
) -> Answer:
    if verb not in verb_forms.FORMS:
        return Answer(dict(data), dict(data), {}, ())
    edition = editions.get(conn, row["package_version"])
    schema = form_of(conn, row, verb, speaker)
    answer = answers.check(conn, schema, None, data, unit=row["unit"], today=edition.local_date(now))
    named = {name for name in ("person", "role", "unit") if answer.facts.get(name)}
    if verb in _SOMEBODY and not named:
        raise _missing("unit" if verb == "transfer" else "person", *_CHOOSE)
    if verb == "consult" and named == {"unit"}:
        raise _missing("role", *_CHOOSE)
    if verb == "urge" and not answer.facts.get("again") and urged_today(conn, row, edition, now):
        raise Problem("urged_today", 409, errors=[FieldError("again", "urged_today", *_URGED)])
    return answer


_SOMEBODY: Final = frozenset({"transfer", "reassign", "consult"})
_CHOOSE: Final = ("请选择交给谁", "choose who it is for")
_URGED: Final = ("今天已催办过，确需再次催办请勾选", "urged already today; tick this to urge again")


def _missing(path: str, zh: str, en: str) -> Problem:
    return Problem("missing_field", 422, errors=[FieldError(path, "missing_field", zh, en)])


def urged_today(conn: Connection, row: RowMapping, edition: editions.Edition, now: datetime) -> bool:
    """Whether somebody has urged the task on this day before."""
    c = t.record.c
    latest = (
        select(c.at)
        .where(c.case_id == row["case_id"], c.record == "reminder", c.task_id == row["id"])
        .order_by(c.at.desc())
        .limit(1)
    )
    at = conn.execute(latest).scalar()
    return at is not None and edition.local_date(at) == edition.local_date(now)


def _prepared(verb: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the engine gets: a reminder is a record of its own."""
    if verb != "urge":
        return dict(facts)
    return {"reminder": {key: value for key, value in facts.items() if key != "again"}}


def _check_recalled(conn: Connection, verb: str, applied: Applied) -> None:
    gone = [effect.task_id for effect in applied.effects if isinstance(effect, e.TaskClosed)]
    if verb == "recall" and _has_begun(conn, gone):
        raise Problem("recall_late", 409)


def _has_begun(conn: Connection, task_ids: Sequence[str]) -> bool:
    """Whether somebody has taken one of the tasks or written a draft for it."""
    claimed = select(t.task.c.id).where(t.task.c.id.in_(task_ids), t.task.c.claimed_by.is_not(None))
    begun = select(t.draft.c.task_id).where(t.draft.c.task_id.in_(task_ids))
    return conn.execute(claimed.union(begun)).first() is not None


def recall_hindrance(conn: Connection, case: e.Case, row: Mapping[Any, Any]) -> Problem | None:
    """Why whoever has done a task cannot take it back as things stand; None if it can be."""
    opened = e.recallable(case, row["id"])
    if opened is None:
        return refusal(e.unrecallable(case, row["id"]))
    return Problem("recall_late", 409) if _has_begun(conn, opened) else None
