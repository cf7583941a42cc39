"""What the public sees of a matter: nothing, unless the newest decision on publication says so.

Of a published matter the public sees its title, stage, lead unit and due date, each reply as far as it was decided,
and the stages it went through; the text of the suggestion only where the deputy wished that. Drafts, returns,
contacts and telephone numbers are never shown; numbers that slipped into a text are hidden (`disclosures`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from services.intake import disclosures, ledger, store, store_files, store_ledger
from services.intake import tables as t

REPLY_DEADLINE: Final = "reply"
"""The deadline that the public is shown; a package gives its deadline of the reply this name."""
PUBLIC_STATES: Final = frozenset(
    {"submitted", "admitted", "handed_over", "in_handling", "replied", "redo"}
    | {"completed", "following_up", "closed_out", "archived"}
)
_LEADING: Final = frozenset({"lead", "sole", "separate_handler"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One unit's reply as it was decided: in full, as a summary, or redacted (`form`)."""

    unit: str | None
    title: str
    doc_no: str
    issued_at: datetime
    outcome_class: str | None
    form: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Everything the public sees of one matter; `body` is None where the deputy wished no publication.

    `main`: the published matter it is merged into.
    """

    matter: Row[Any]
    lead: str
    co_count: int
    state: str
    units: tuple[str, ...]
    due: date | None
    answers: tuple[Answer, ...]
    stages: tuple[tuple[datetime, str], ...]
    body: Mapping[str, str] | None
    main: Row[Any] | None
    files: tuple[Row[Any], ...]


def is_public(conn: Connection, matter: Row[Any]) -> bool:
    """Say whether the public may read this matter now: its own secrecy decides, whatever the process recorded."""
    return store.published(conn, matter.tracker) is not None


def find(conn: Connection, code: str) -> Item | None:
    """Return the published matter with this code; None for every other code, whatever the reason."""
    matter = store.published(conn, code)
    if matter is None:
        return None
    proposers = store.proposers(conn, matter.id)
    milestones = ledger.in_order(store_ledger.milestones_of(conn, matter.id))
    return Item(
        matter=matter,
        lead=proposers[0].name,
        co_count=len(proposers) - 1,
        state=public_state([matter.state, *(row.state for row in reversed(milestones))]),
        units=_leading(store_ledger.rows_of(conn, t.led_unit, [matter.id])),
        due=_due(store_ledger.rows_of(conn, t.led_deadline, [matter.id])),
        answers=_answers(conn, matter.id),
        stages=_stages(matter, milestones),
        body=_body(matter) if matter.extra.get("wish_publish_text") else None,
        main=_main(conn, matter),
        files=_files(conn, matter),
    )


def _files(conn: Connection, matter: Row[Any]) -> tuple[Row[Any], ...]:
    """The deputy's attachments, where the newest decision opens them and the deputy wished the text to be public."""
    decision = store_ledger.newest(store_ledger.records_of(conn, [matter.id], ["publication"]))
    opened = decision is not None and decision.data.get("decision") == "publish" and decision.data.get("attachments")
    if not opened or not matter.extra.get("wish_publish_text"):
        return ()
    attached = store_files.of_matter(conn, matter.id)
    return tuple(one for one in attached if one.unit is None and one.state != "infected")


def _main(conn: Connection, matter: Row[Any]) -> Row[Any] | None:
    """The main matter, where the public may read that too; of any other not even the number."""
    main = store.matter(conn, matter.merged_into) if matter.merged_into is not None else None
    return store.published(conn, main.tracker) if main is not None else None


def public_state(states: Iterable[str]) -> str:
    """The first of these states that the public may read: what units return or review is theirs."""
    return next((state for state in states if state in PUBLIC_STATES), "in_handling")


def _answers(conn: Connection, matter_id: str) -> tuple[Answer, ...]:
    """Each unit's reply under the newest decision about it; one issued after that was not decided yet."""
    decisions = store_ledger.records_of(conn, [matter_id], ["publication"])
    letters = store.letters(conn, matter_id)
    found = []
    for unit in dict.fromkeys(letter.unit for letter in letters):
        decision = store_ledger.newest(row for row in decisions if row.unit in (unit, None) or unit is None)
        decided = [one for one in letters if one.unit == unit and decision is not None and one.issued_at <= decision.at]
        if decision is not None and decided and decision.data.get("decision") == "publish":
            found.append(_answer(decided[-1], decision.data))
    return tuple(found)


def _answer(letter: Row[Any], decision: Mapping[str, Any]) -> Answer:
    form = decision.get("form") or "summary"
    text = letter.data.get("body_text") if form == "full_text" else decision.get("summary_text")
    return Answer(
        unit=letter.unit,
        title=disclosures.redact(letter.data.get("title") or ""),
        doc_no=letter.data.get("doc_no") or "",
        issued_at=letter.issued_at,
        outcome_class=letter.data.get("outcome_class"),
        form=form,
        text=disclosures.redact(text or ""),
    )


def _leading(units: Sequence[Row[Any]]) -> tuple[str, ...]:
    leading = tuple(row.unit for row in units if row.role in _LEADING)
    return leading or tuple(row.unit for row in units if not row.role)


def _due(deadlines: Sequence[Row[Any]]) -> date | None:
    """The latest date of the reply that is or was in force."""
    dates = [row.due for row in deadlines if row.name == REPLY_DEADLINE and row.due is not None]
    return max(dates, default=None)


def _stages(matter: Row[Any], milestones: Sequence[Row[Any]]) -> tuple[tuple[datetime, str], ...]:
    """The stages in their order, each once in a row."""
    reached = [(matter.submitted_at, "submitted"), *((row.at, row.state) for row in milestones)]
    shown = [pair for pair in reached if pair[1] in PUBLIC_STATES]
    return tuple(pair for n, pair in enumerate(shown) if n == 0 or pair[1] != shown[n - 1][1])


def _body(matter: Row[Any]) -> Mapping[str, str]:
    return {part: disclosures.redact(text) for part, text in matter.body.items()}
