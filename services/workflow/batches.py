"""Several cases stepped in one transaction: lock them, step in memory, write everything once.

Stepping touches no table, so an engine error leaves nothing half-done: the failed stimulus becomes an
incident and the other cases of the batch go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from services.common import connectors
from services.workflow import (
    backlogs,
    calendar_versions,
    documents,
    editions,
    effects,
    incidents,
    insides,
    live,
    replays,
    snapshots,
    store,
    unheard,
    versions,
)
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.calendars import Calendar
from services.workflow.effects import Scene
from services.workflow.live import Living


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One stimulus for one case. `texts` are those just split from its data; `cause` is a message id."""

    case_id: str
    stimulus: e.Stimulus
    cause: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    known_tasks: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    incident: int | None = None  # the incident this order retries


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of an order: a new log row `seq` with its effects, or an incident to be retried."""

    case_id: str
    seq: int | None
    effects: tuple[e.Effect, ...] = ()
    incident: int | None = None
    warnings: tuple[Mapping[str, str], ...] = ()

    @property
    def stimulus_id(self) -> str | None:
        """Name of the log row, e.g. `m1-1.7`."""
        return None if self.seq is None else f"{self.case_id}.{self.seq}"


class UnknownCase(LookupError):
    """There is no case of this id."""


@dataclass(slots=True)
class _Held:
    """A locked case: its row as it will be, what is alive of it, its last snapshot, the last row of its stored log."""

    row: dict[str, Any]
    living: Living
    snapshot: bytes | None
    stored: int
    stored_timers: list[Mapping[Any, Any]] | None = None


class Batch:
    """Use once, inside a transaction: `hold`, then `run` per order, then `close`."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._live = live.of(conn.engine)
        self._held: dict[str, _Held] = {}
        self._speakers: Mapping[str, tuple[str, ...]] | None = None
        self._mark: int | None = None
        self.changes = store.Changes()

    def hold(self, ids: Iterable[str]) -> None:
        """Lock the cases and get their live objects, from the cache or from their state."""
        rows = store.lock_cases(self._conn, set(ids))
        found = {key: self._live.take(key, row["last_hash"]) for key, row in rows.items()}
        cold = [key for key, living in found.items() if living is None]
        states = store.states(self._conn, cold) if cold else {}
        for key, row in rows.items():
            self._mark = row.pop("connectors")
            living = found[key] or Living(None, len(states[key]))
            self._held[key] = _Held(row, living, states.get(key), row["seq"])

    def row(self, case_id: str) -> dict[str, Any]:
        """The locked case's row as it will be written; raises `UnknownCase`."""
        if case_id not in self._held:
            raise UnknownCase(case_id)
        return self._held[case_id].row

    def run(self, order: Order) -> Applied:
        """Fire what is due before the stimulus, then step; raises `UnknownCase` and `engine.Unexpected`."""
        self.row(order.case_id)
        self.catch_up(order.case_id, order.stimulus.at, order.cause)
        return self._step(self._held[order.case_id], order)

    def look(self, case_id: str) -> e.Case:
        """The live case as it stands now, for reading only; raises `engine.EngineError`."""
        held = self._held[case_id]
        edition = editions.get(self._conn, held.row["package_version"], held.row["diagrams"])
        case = self._take(held, edition, calendar_versions.get(self._conn, held.row["calendar_version"]))
        held.living.case = case
        return case

    def refuse(self, order: Order, error: e.EngineError) -> Applied:
        """Keep a stimulus as an incident that has not been tried: what came before its step went wrong."""
        return self._incident(self.row(order.case_id), order, error)

    def catch_up(self, case_id: str, until: datetime, cause: str | None = None) -> int:
        """Fire the case's timers due by `until`, each at its due instant; how many fired."""
        held, fired = self._held[case_id], 0
        if held.row["next_due_at"] is not None and held.row["next_due_at"] <= until:
            self.changes.rescheduled.add(case_id)
        while (timer := self._next_timer(held, until)) is not None:
            unreached = backlogs.unreached(self._conn, case_id, timer["due_at"])
            facts = {"timer": timer["id"], **({"unreached": unreached} if unreached else {})}
            stimulus = e.Stimulus(kind="timer", at=timer["due_at"], actor={}, data=facts)
            self.changes.clear_timer(timer["id"])
            self._fire(held, Order(case_id=case_id, stimulus=stimulus, cause=cause))
            fired += 1
        return fired

    def _fire(self, held: _Held, order: Order) -> None:
        try:
            applied = self._step(held, order)
        except e.Unexpected:
            return  # the case no longer waits for it; the row is already gone
        if applied.incident is not None:
            timer_id = order.stimulus.data["timer"]
            self.changes.keep_timer(timer_id)

    def _next_timer(self, held: _Held, until: datetime) -> Mapping[Any, Any] | None:
        """The earliest timer due, stored ones and those set within this batch."""
        if held.stored_timers is None:
            due = held.row["next_due_at"]
            known = due is not None and due <= until
            held.stored_timers = list(store.due_timers(self._conn, held.row["id"], until)) if known else []
        gone = {*self.changes.timers_cleared, *self.changes.timers_held}
        stored = [row for row in held.stored_timers if row["id"] not in gone]
        fresh = [
            row for row in self.changes.timers.values() if row["case_id"] == held.row["id"] and row["due_at"] <= until
        ]
        return min([*stored, *fresh], key=lambda row: (row["due_at"], row["id"]), default=None)

    def _step(self, held: _Held, order: Order) -> Applied:
        stimulus = replace(order.stimulus, at=max(order.stimulus.at, held.row["last_at"]))
        row = self._row_after(held.row, stimulus)
        edition = editions.get(self._conn, row["package_version"], row["diagrams"])
        order = replace(order, stimulus=insides.pinned(stimulus, edition, self._by_themselves))
        calendar = calendar_versions.get(self._conn, row["calendar_version"])
        try:
            case, found = self._move(held, order.stimulus, edition, calendar)
            snapshot = self._snapshot(held, case, order.stimulus)
            self._check_subscriptions(row["id"], found)
        except e.Unexpected:
            raise
        except e.EngineError as error:
            return self._incident(row, order, error)
        previous = held.row["package_version"]
        held.row, held.living.case = row, case
        self._record(held, order, edition, found, snapshot, previous)
        warnings = tuple(stimulus.data.get("warnings") or ())
        return Applied(case_id=row["id"], seq=row["seq"], effects=tuple(found), warnings=warnings)

    def _row_after(self, row: dict[str, Any], stimulus: e.Stimulus) -> dict[str, Any]:
        """The case's row with the calendar or version a stimulus brings it to."""
        if stimulus.kind == "operator" and stimulus.data.get("verb") == "calendar":
            return {**row, "calendar_version": stimulus.data["calendar"]}
        if e.changes_version(stimulus):
            version = str(stimulus.data.get("version"))
            return {**row, "package_version": version, "diagrams": versions.diagrams(self._conn, version)}
        return row

    def _move(
        self, held: _Held, stimulus: e.Stimulus, edition: editions.Edition, calendar: Calendar
    ) -> tuple[e.Case, list[e.Effect]]:
        """The case after a stimulus, which may bring it to the version of `edition`, and what came of it."""
        verb = e.changes_version(stimulus)
        if not verb:
            case = self._take(held, edition, calendar)
            return case, e.step(case, stimulus)
        standing = editions.get(self._conn, held.row["package_version"], held.row["diagrams"])
        case = self._take(held, standing, calendar)
        if verb == "migrate":
            return e.migrate(case, stimulus, edition.bundle)
        return e.revert(case, replays.before_migration(self._conn, held.row), stimulus)

    def _take(self, held: _Held, edition: editions.Edition, calendar: Calendar) -> e.Case:
        """The live object under a version of its calendar, from the cache if it runs on the very same bundle.

        It leaves the row: only a step that succeeds puts it back.
        """
        case, held.living.case = held.living.case, None
        if case is None or case.bundle is not edition.bundle:
            case = self._restore(held, edition)
        return snapshots.under(case, calendar)

    def _restore(self, held: _Held, edition: editions.Edition) -> e.Case:
        """The case from its last snapshot and what its log has had since, stored or in this batch."""
        row = held.row
        if held.snapshot is None:
            held.snapshot = store.states(self._conn, [row["id"]])[row["id"]]
        case = e.load(
            row["id"], held.snapshot, edition.bundle, calendar_versions.get(self._conn, row["calendar_version"])
        )
        stored = snapshots.tail(self._conn, row["id"], row["state_seq"], held.stored)
        own = [one for one in self.changes.stimuli if one["case_id"] == row["id"] and one["seq"] > row["state_seq"]]
        return snapshots.play(case, [*stored, *own])

    def _snapshot(self, held: _Held, case: e.Case, stimulus: e.Stimulus) -> bytes | None:
        """The state, if it is to be written after this step."""
        rows = held.row["seq"] + 1 - held.row["state_seq"]
        return e.dump(case) if snapshots.is_due(held.living.size, rows, case, stimulus) else None

    def _check_subscriptions(self, case_id: str, found: Sequence[e.Effect]) -> None:
        pairs = {(x.name, x.key) for x in found if isinstance(x, e.Subscribed)}
        clash = store.taken(self._conn, case_id, pairs)
        if clash:
            name, key = min(clash)
            raise e.EngineError("subscription_taken", detail=f"{name} {key}")

    def _incident(self, row: Mapping[Any, Any], order: Order, error: e.EngineError) -> Applied:
        self.changes.documents.extend(documents.rows(order.texts, order.stimulus.at))
        number = incidents.open_(self._conn, row, order.stimulus, error, order.cause, number=order.incident)
        return Applied(case_id=row["id"], seq=None, incident=number)

    def _record(
        self,
        held: _Held,
        order: Order,
        edition: editions.Edition,
        found: Sequence[e.Effect],
        snapshot: bytes | None,
        previous: str | None = None,
    ) -> None:
        row, stimulus = held.row, order.stimulus
        entry = replays.log_row(row, stimulus, order.cause)
        row.update(seq=entry["seq"], last_hash=entry["hash"], last_at=stimulus.at)
        if snapshot is not None:
            held.snapshot, held.living.size, row["state_seq"] = snapshot, len(snapshot), entry["seq"]
        self.changes.stimuli.append(entry)
        self.changes.documents.extend(documents.rows(order.texts, stimulus.at))
        scene = self._scene(held, order, edition, found)
        if stimulus.kind == "start":
            scene.emit("case.opened.v1", effects.case_words(scene))
        elif previous != row["package_version"]:
            effects.migrated(scene, str(previous))
        effects.translate(scene, found)
        held.living.remember(scene.tasks, scene.deadlines, found, edition.version)
        row.update(status=scene.status if row["status"] == "running" else row["status"])
        row.update(outcome=scene.outcome or row["outcome"], state_name=scene.state_name or row["state_name"])
        if row["status"] == "ended" and row["ended_at"] is None:
            row["ended_at"] = stimulus.at
        self.changes.cases[row["id"]] = _case_update(row, held.snapshot if row["state_seq"] > held.stored else None)

    def _scene(self, held: _Held, order: Order, edition: editions.Edition, found: Sequence[e.Effect]) -> Scene:
        row = held.row
        deadlines, tasks = self._earlier(held.living, found, order.known_tasks)
        return Scene(
            case_id=row["id"],
            matter_id=row["matter_id"],
            matter_no=row["matter_no"],
            title=row["title"],
            process=row["process"],
            edition=edition,
            seq=row["seq"],
            at=order.stimulus.at,
            actor=dict(order.stimulus.actor),
            cause=order.cause,
            texts=self._texts(order.texts, found, tasks),
            deadlines=deadlines,
            tasks=tasks,
            connectors_of=self._connectors_of,
            changes=self.changes,
            warnings=order.stimulus.data.get("warnings") or (),
        )

    def _connectors_of(self, unit: str) -> tuple[str, ...]:
        """Who speaks for a unit, looked up once per batch."""
        if self._speakers is None:
            self._speakers = connectors.by_unit(self._conn, t.directory, self._mark)
        return self._speakers.get(unit, ())

    def _by_themselves(self) -> frozenset[str]:
        return insides.by_themselves(self._conn, self._mark)

    def _earlier(
        self, living: Living, found: Sequence[e.Effect], known: Mapping[str, Mapping[Any, Any]]
    ) -> tuple[dict[str, dict[str, Any]], dict[str, Mapping[Any, Any]]]:
        """Deadline and task rows of earlier steps that the effects refer to, by id."""
        limit_ids, task_ids = effects.wanted(found)
        tasks = {key: row for key, row in known.items() if key in task_ids}
        tasks |= {key: living.tasks[key] for key in task_ids & living.tasks.keys()}
        if task_ids - tasks.keys():
            tasks |= {r["id"]: r for r in store.tasks(self._conn, task_ids - tasks.keys())}
        moved = {tasks[effect.task_id]["deadline_id"] for effect in found if isinstance(effect, e.TaskChanged)}
        limit_ids |= moved - {None}
        limits = {key: living.deadlines[key] for key in limit_ids & living.deadlines.keys()}
        if limit_ids - limits.keys():
            limits |= {r["id"]: dict(r) for r in store.deadlines(self._conn, limit_ids - limits.keys())}
        return limits, tasks

    def _texts(
        self, own: Mapping[str, str], found: Sequence[e.Effect], tasks: Mapping[str, Mapping[Any, Any]]
    ) -> Mapping[str, str]:
        """Texts behind all references in what is sent or recorded, this stimulus' and earlier ones."""
        needed: set[str] = set()
        for effect in found:
            if isinstance(effect, e.Recorded | e.Sent | e.Noticed):
                needed |= documents.references(effect.data)
            elif isinstance(effect, e.TaskOpened):
                needed |= documents.references(effect.initial) | documents.references(effect.question)
            elif isinstance(effect, e.TaskChanged | e.TaskMigrated):
                row = tasks[effect.task_id]
                needed |= documents.references(row["initial"]) | documents.references(row["question"])
        missing = needed - own.keys()
        return {**own, **documents.load(self._conn, missing)} if missing else own

    def begin(self, row: dict[str, Any], order: Order, vars_: Mapping[str, Any]) -> Applied:
        """Start a new case whose row (without state) is given; `order.stimulus` is of kind `start`."""
        edition = editions.get(self._conn, row["package_version"], row["diagrams"])
        order = replace(order, stimulus=insides.pinned(order.stimulus, edition, self._by_themselves))
        calendar = calendar_versions.get(self._conn, row["calendar_version"])
        try:
            case, found = e.start(row["id"], order.stimulus, edition.bundle, calendar)
            state = e.dump(case)
            self._check_subscriptions(row["id"], found)
        except e.EngineError as error:
            return self._failed_start(row, order, error, vars_)
        held = self._held[row["id"]] = _Held(row, Living(case), state, row["seq"])
        self._record(held, order, edition, found, state)
        del self.changes.cases[row["id"]]
        own = [timer["due_at"] for timer in self.changes.timers.values() if timer["case_id"] == row["id"]]
        columns = {c.name for c in t.case_.c}
        whole = {**row, "state": state, "next_due_at": min(own, default=None)}
        self.changes.new_cases.append({key: value for key, value in whole.items() if key in columns})
        return Applied(case_id=row["id"], seq=row["seq"], effects=tuple(found))

    def _failed_start(
        self, row: Mapping[Any, Any], order: Order, error: e.EngineError, vars_: Mapping[str, Any]
    ) -> Applied:
        again = {
            "process": row["process"],
            "matter_id": row["matter_id"],
            "package_version": row["package_version"],
            "vars": dict(vars_),
            "parent": row["parent_case_id"],
        }
        self.changes.documents.extend(documents.rows(order.texts, order.stimulus.at))
        number = incidents.open_(
            self._conn, row, order.stimulus, error, order.cause, start=again, number=order.incident
        )
        return Applied(case_id=row["id"], seq=None, incident=number)

    def close(self, now: datetime) -> None:
        """Write everything, wake early messages that are awaited now, park those nobody will, keep the live cases."""
        store.flush(self._conn, self.changes, now)
        if self.changes.ended:
            matters = {self._held[key].row["matter_id"] for key in self.changes.ended}
            unheard.park_about(self._conn, matters)
        for key, held in self._held.items():
            if held.living.case is not None and held.row["status"] == "running":
                self._live.put(key, held.row["last_hash"], held.living)


def _case_update(row: Mapping[Any, Any], state: bytes | None) -> dict[str, Any]:
    return {"b_id": row["id"], "b_state": state, **{f"b_{name}": row[name] for name in _SAVED}}


_SAVED: Final = (
    *("seq", "last_hash", "last_at", "status", "outcome", "state_name"),
    *("package_version", "calendar_version", "ended_at", "state_seq"),
)
