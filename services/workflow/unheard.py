"""Messages from intake that nobody can wait for any more: parked for an administrator, with the reason.

A letter is for the case that issued it: its id begins with that of the case (`case.id + '.…'`, `case.id + '/…'`). Any
other message is for all cases of its matter, those included that are asked for or could not start yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update

from services.common import inbox, logs, problems, questions
from services.common.bus import EVENTS
from services.workflow import tables as t

_log = logs.get(__name__)
_early: Final = t.early_message.c
_asked = t.early_message.alias("asked")
_case: Final = t.case_.c
_OF_MATTER = _case.matter_id == _early.matter_id
_BEGINS = func.substr(_early.key, 1, func.length(_case.id) + 1).in_([_case.id + ".", _case.id + "/"])
_ENDED_CASE = (
    select(func.min(_case.id)).where(_OF_MATTER, _case.status == "ended", _BEGINS).correlate(t.early_message)
).scalar_subquery()
_STARTS = select(1).where(_asked.c.kind == "start", _asked.c.state == "ready", _asked.c.matter_id == _early.matter_id)
_STUCK = select(1).where(
    t.incident.c.matter_id == _early.matter_id, t.incident.c.state == "open", t.incident.c.start.is_not(None)
)
_ALL_ENDED = and_(
    select(1).where(_OF_MATTER).correlate(t.early_message).exists(),
    ~select(1).where(_OF_MATTER, _case.status != "ended").correlate(t.early_message).exists(),
    ~_STARTS.correlate(t.early_message).exists(),
    ~_STUCK.correlate(t.early_message).exists(),
)
_UNHEARD = select(_early.id, _early.message_id, _early.name, _early.matter_id, _ENDED_CASE.label("ended_case")).where(
    _early.state == "waiting", _early.case_id.is_(None), or_(_ENDED_CASE.is_not(None), _ALL_ENDED)
)
_ABOUT = _UNHEARD.where(_early.matter_id == bindparam("b_matter_id"))


def park(conn: Connection, *among: ColumnElement[bool]) -> int:
    """Park what waits for nobody among these early messages; how many. Replaying gives one another try."""
    rows = conn.execute(_UNHEARD.where(*among)).mappings().all()
    _park(conn, rows)
    return len(rows)


def park_about(conn: Connection, matter_ids: Iterable[str]) -> None:
    """The same among those about matters of which a case has just ended."""
    _park(conn, questions.ask(conn, _ABOUT, [{"b_matter_id": matter_id} for matter_id in sorted(matter_ids)]))


def _park(conn: Connection, rows: Iterable[Mapping[Any, Any]]) -> None:
    for row in rows:
        conn.execute(update(t.early_message).where(_early.id == row["id"]).values(state="lapsed"))
        code = "case_ended" if row["ended_case"] else "all_cases_ended"
        words = problems.texts(code, case=row["ended_case"] or "", matter=row["matter_id"])
        inbox.park_known(conn, t.inbox_, EVENTS, row["message_id"], code, " / ".join(words))
        _log.warning("message_parked", message_id=row["message_id"], type=row["name"], channel=EVENTS, error=code)
