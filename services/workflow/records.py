"""Records that move no token: contacts, progress notes and whatever a scope says it accepts (`hy:accepts`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from services.common.problems import Problem
from services.workflow import answers, cases, documents, editions, matters, remarks, seals, visibility
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.batches import Applied, Batch, Order, UnknownCase
from services.workflow.editions import Edition
from services.workflow.problems import refusal
from services.workflow.speakers import Speaker

MODE_CHANGE: Final = "mode_change"
"""The record that changes who handles a matter in which role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record somebody wants to add for a unit, beside a task or not; `cause` is a message id."""

    record: str
    data: Mapping[str, Any]
    unit: str | None
    task_id: str | None = None
    cause: str | None = None


def submit(conn: Connection, case_id: str, entry: Entry, speaker: Speaker, now: datetime) -> Applied:
    """Add a record to a running case for a unit that takes part in it.

    Raises `Problem` unknown_matter, wrong_unit, not_permitted, not_expected, missing_field, invalid_field.
    """
    batch = Batch(conn)
    batch.hold([case_id])
    try:
        batch.row(case_id)
    except UnknownCase:
        raise Problem("unknown_matter", 404) from None
    batch.catch_up(case_id, now)
    return _add(conn, batch, case_id, entry, speaker, now)


def submit_to_matter(conn: Connection, matter_id: str, entry: Entry, speaker: Speaker, now: datetime) -> Applied:
    """Add a record to that running case of a matter which accepts it for the unit.

    Raises `Problem` several_cases, not_expected where none accepts it, and what `submit` raises.
    """
    if matters.get(conn, matter_id) is None:
        raise Problem("unknown_matter", 404)
    batch = Batch(conn)
    running = [case["id"] for case in cases.of_matter(conn, matter_id) if case["status"] == "running"]
    batch.hold(running)
    for case_id in running:
        batch.catch_up(case_id, now)
    left = [case_id for case_id in running if batch.row(case_id)["status"] == "running"]
    return _add(conn, batch, _choose(conn, batch, left, entry, speaker), entry, speaker, now)


def _choose(conn: Connection, batch: Batch, running: Sequence[str], entry: Entry, speaker: Speaker) -> str:
    """The case that accepts the record; of several the one where the speaker may add it, then where the unit works."""
    wishes = {}
    for case_id in running:
        with suppress(Problem):
            wishes[case_id] = (Wish.of(conn, batch, case_id, entry, speaker), _roles(batch, case_id, entry))
    if not wishes:
        raise Problem("not_expected", 409)
    allowed = [case_id for case_id, (wish, roles) in wishes.items() if wish.is_granted(roles)]
    if not allowed:
        return next(iter(wishes))  # there it is refused with the reason
    working = [case_id for case_id in allowed if wishes[case_id][0].is_at_work()]
    found = working or allowed
    if len(found) > 1:
        raise Problem("several_cases", 409, cases=", ".join(found))
    return found[0]


def _add(conn: Connection, batch: Batch, case_id: str, entry: Entry, speaker: Speaker, now: datetime) -> Applied:
    record, unit = entry.record, entry.unit
    wish = Wish.of(conn, batch, case_id, entry, speaker)
    role = wish.role(_roles(batch, case_id, entry))
    schema = answers.record_schema(conn, wish.edition, record)
    answer = answers.check(conn, schema, record, entry.data, unit=unit, today=wish.edition.local_date(now))
    facts: dict[str, Any] = {"record": record, "task": entry.task_id, "data": answer.facts, "unit": unit, "role": role}
    if answer.notes:
        facts["warnings"] = [remarks.kept(note) for note in answer.notes]
    stimulus = e.Stimulus(kind="record", at=now, actor=speaker.acting(role, unit), data=facts)
    order = Order(case_id=case_id, stimulus=stimulus, cause=entry.cause, texts=answer.texts)
    try:
        applied = batch.run(order)
    except e.Unexpected as error:
        raise refusal(error.code) from error
    batch.close(now)
    return applied


def _roles(batch: Batch, case_id: str, entry: Entry) -> Sequence[str | None]:
    """The roles the diagram lets add the record now; raises `Problem` not_expected where it does not accept it."""
    try:
        found = e.roles(batch.look(case_id), entry.record, entry.task_id, entry.unit)
    except e.Unexpected as error:
        raise Problem("not_expected", 409) from error
    if not found:
        raise Problem("not_expected", 409)
    return found


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to add which record to which case, for which unit."""

    conn: Connection
    edition: Edition
    case: Mapping[str, Any]
    record: str
    unit: str | None
    speaker: Speaker

    @classmethod
    def of(cls, conn: Connection, batch: Batch, case_id: str, entry: Entry, speaker: Speaker) -> Wish:
        """The wish to add an entry to a locked case."""
        case = batch.row(case_id)
        edition = editions.get(conn, case["package_version"], case["diagrams"])
        return cls(conn, edition, case, entry.record, entry.unit, speaker)

    def is_granted(self, accepted: Sequence[str | None]) -> bool:
        """Whether the speaker may add it in one of the accepted roles."""
        try:
            self.role(accepted)
        except Problem:
            return False
        return True

    def is_at_work(self) -> bool:
        """Whether the unit has an open task in the case beside which the record is accepted."""
        c = t.task.c
        statement = select(c.accepts).where(c.case_id == self.case["id"], c.state == "open", c.unit == self.unit)
        return any(self.record in (accepts or ()) for accepts in self.conn.execute(statement).scalars())

    def role(self, accepted: Sequence[str | None]) -> str:
        """The first of the accepted roles in which the speaker may add it; raises `Problem` for nobody's business.

        None among them is the role in which the speaker has taken part in the case, for an office or a unit: what
        proposers may add, the diagram says.
        """
        if self.speaker.units and self.unit not in self.speaker.units:
            raise Problem("wrong_unit", 403)
        own = self._tasks()
        for wanted in accepted:
            if wanted is None:
                inside = (row for row in own if self._scope(row["role"]) != "proposer")
                found = next((str(row["role"]) for row in inside if self.speaker.owns(row)), None)
            else:
                found = wanted if self._may(wanted, bool(own)) else None
            if found is not None:
                return found
        raise Problem("not_permitted" if own else "wrong_unit", 403)

    def _tasks(self) -> list[RowMapping]:
        """The tasks the unit has had in the case, the latest first; all of them without a unit."""
        c = t.task.c
        statement = (
            select(c.role, c.unit, c.person, c.delegate)
            .where(c.case_id == self.case["id"])
            .order_by(c.opened_at.desc())
        )
        return [row for row in self.conn.execute(statement).mappings() if self.unit in (None, row["unit"])]

    def _may(self, role: str, takes_part: bool) -> bool:
        """Whether the speaker may act in a role the diagram names; a unit must have taken part in the case.

        Proposers act for themselves, whatever the unit, and for them who may enter their paper forms. A unit's own
        system has the roles that are held in a unit, and no others.
        """
        scope = self._scope(role)
        if scope == "proposer":
            matter = matters.get(self.conn, self.case["matter_id"])
            proposed = matter is not None and self.speaker.is_among(matters.proposers(matter))
            return proposed or self.speaker.stands_in(self.record)
        if self.speaker.units and scope not in ("unit", "assignment"):
            return False
        return takes_part and self.speaker.holds(role, self.unit)

    def _scope(self, role: str) -> str:
        known = self.edition.package.roles.get(role)
        return known.scope if known is not None else ""


def addable(conn: Connection, task: Mapping[Any, Any], speaker: Speaker) -> list[str]:
    """The records that somebody may add beside a task of his."""
    found = []
    if task["state"] == "open" and task["accepts"]:
        edition, live = editions.get(conn, task["package_version"]), cases.live_state(conn, task["case_id"])
        case = {"id": task["case_id"], "matter_id": task["matter_id"]}
        for record in task["accepts"]:
            wish = Wish(conn, edition, case, record, task["unit"], speaker)
            if wish.is_granted(e.roles(live, record, task["id"], task["unit"])):
                found.append(record)
    return found


def offered(conn: Connection, case: Mapping[str, Any], live: e.Case, speaker: Speaker) -> dict[str, str | None]:
    """The records that somebody may add to a case as a whole, each with the unit he speaks for."""
    edition = editions.get(conn, case["package_version"])
    found: dict[str, str | None] = {}
    for record in e.accepted(live) if case["status"] == "running" else ():
        if record == MODE_CHANGE and not e.can_regroup(live):
            continue
        with suppress(Problem):
            found[record] = unit_for(conn, edition, case, live, record, speaker)
    return found


def unit_for(
    conn: Connection, edition: Edition, case: Mapping[str, Any], live: e.Case, record: str, speaker: Speaker
) -> str | None:
    """The unit for which somebody may add a record: his own that takes part, else none; raises `Problem`."""
    units = sorted({unit for _, unit in speaker.roles if unit})
    problem = Problem("not_expected", 409)
    for unit in (*units, None):
        accepted = e.roles(live, record, None, unit)
        try:
            if accepted:
                Wish(conn, edition, case, record, unit, speaker).role(accepted)
                return unit
        except Problem as refused:
            problem = refused
    raise problem


def of_case(conn: Connection, case_id: str, speaker: Speaker) -> Sequence[RowMapping]:
    """Records of one case that the speaker may read, the latest first."""
    return _read(conn, t.record.c.case_id == case_id, speaker)


def of_matter(conn: Connection, matter_id: str, speaker: Speaker) -> Sequence[RowMapping]:
    """Records of a matter over all its cases that the speaker may read, the latest first."""
    return _read(conn, t.record.c.matter_id == matter_id, speaker)


def _read(conn: Connection, where: Any, speaker: Speaker) -> Sequence[RowMapping]:
    found = conn.execute(select(t.record).where(where)).mappings().all()
    rows = sorted(found, key=_order, reverse=True)
    if rows:
        sees = visibility.sight(conn, rows[0]["matter_id"], speaker)
        rows = [row for row in rows if sees.reads(row["record"], row["unit"])]
    return seals.readable(conn, rows, speaker)


def _order(row: Mapping[Any, Any]) -> tuple[datetime, int, int]:
    """By time; at one instant by case and number: `m-2.r9` before `m-2.r10`."""
    case, _, number = str(row["id"]).rpartition(".r")
    return row["at"], int(case.rpartition("-")[2]), int(number)


def with_texts(conn: Connection, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """The records with their texts put back, for reading."""
    needed = set().union(*(documents.references(row["data"]) for row in rows))
    texts = documents.load(conn, needed)
    return [{**row, "data": documents.expand(row["data"], texts)} for row in rows]
