"""What a query string asks of the ledger, for page, export and HTTP interface alike."""

from collections.abc import Collection, Mapping
from typing import Final

from services.common.auth import Actor
from services.common.problems import Problem
from services.contracts.codes import ASSIGNMENT_ROLES, MATTER_KINDS, MATTER_STATES, OUTCOME_CLASSES
from services.intake import grants, standings
from services.intake.listings import SORTS, TEXT_MAX, Filter

CODES: Final[Mapping[str, Collection[str]]] = {
    "state": MATTER_STATES,
    "class": OUTCOME_CLASSES,
    "kind": MATTER_KINDS,
    "role": ASSIGNMENT_ROLES,
    "standing": standings.STANDINGS,
    "merged": standings.PLACES,
    "sort": {*SORTS, *(f"-{name}" for name in SORTS)},
}
ID_MAX: Final = 128


def asked(args: Mapping[str, str]) -> Filter:
    """Read a filter; unknown codes are refused (`bad_filter`), not silently dropped."""
    for name, known in CODES.items():
        if args.get(name) and args[name] not in known:
            raise Problem("bad_filter", 400, value=f"{name}={args[name][:ID_MAX]}")
    return Filter(
        session=_text(args, "session", ID_MAX),
        unit=_text(args, "unit", ID_MAX),
        role=args.get("role", ""),
        state=args.get("state", ""),
        outcome_class=args.get("class", ""),
        kind=args.get("kind", ""),
        topic=_text(args, "topic", ID_MAX),
        delegation=_text(args, "delegation", ID_MAX),
        standing=args.get("standing", ""),
        merged=args.get("merged", ""),
        overdue=args.get("overdue") == "1",
        key=args.get("key") == "1",
        text=_text(args, "q", TEXT_MAX),
        sort=args.get("sort", "").removeprefix("-") or "due",
        descending=args.get("sort", "").startswith("-"),
    )


def query(wanted: Filter) -> dict[str, str]:
    """Write a filter as the arguments of a query string."""
    named = {
        "session": wanted.session,
        "unit": wanted.unit,
        "role": wanted.role,
        "state": wanted.state,
        "class": wanted.outcome_class,
        "kind": wanted.kind,
        "topic": wanted.topic,
        "delegation": wanted.delegation,
        "standing": wanted.standing,
        "merged": wanted.merged,
        "overdue": "1" if wanted.overdue else "",
        "key": "1" if wanted.key else "",
        "q": wanted.text,
        "sort": "" if (wanted.sort, wanted.descending) == ("due", False) else f"{'-' * wanted.descending}{wanted.sort}",
    }
    return {name: value for name, value in named.items() if value}


def scope(actor: Actor, given: frozenset[str]) -> grants.Scope:
    """Return what somebody may see of the ledger, or refuse who sees nothing."""
    seen = grants.scope(actor, given)
    if seen.nothing:
        raise Problem("not_permitted", 403)
    return seen


def _text(args: Mapping[str, str], name: str, most: int) -> str:
    return args.get(name, "").replace("\x00", "")[:most]
