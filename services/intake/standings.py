"""Where matters stand in the count of a session: received = handed over + waiting + not taken up + withdrawn.

A matter that is merged stands where its main one stands. As SQL over a matter and its ledger line.
"""

from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from services.contracts.codes import Codes, Label
from services.intake import tables as t

STANDINGS: Final[Codes] = {
    "handed_over": Label("已交办", "handed over"),
    "waiting": Label("未交办", "not handed over yet"),
    "not_admitted": Label("不作为建议", "not taken up"),
    "withdrawn": Label("已撤回", "withdrawn"),
}
PLACES: Final[Codes] = {
    "group": Label("全部并案", "all merged"),
    "main": Label("主件", "main matters"),
    "other": Label("并入主件的", "merged into one"),
    "none": Label("没有并案", "not merged"),
}
"""The places a matter may have in a group, as the ledger is filtered by them."""
_WAITING: Final = ("draft", "submitted", "under_admission", "admitted", "pre_handover", "not_admitted", "withdrawn")
_OUT: Final = ("not_admitted", "withdrawn")
_other = t.matter.alias("of_the_group")
_main_line = t.led_matter.alias("main_line")


def standing() -> ColumnElement[str]:
    """The standing of a matter, one of `STANDINGS`."""
    own = t.led_matter.c.state
    main = select(_main_line.c.state).where(_main_line.c.matter_id == t.matter.c.merged_into).scalar_subquery()
    leading = case((own == "merged", func.coalesce(main, "submitted")), else_=own)
    return case((own.in_(_OUT), own), (leading.in_(_WAITING), "waiting"), else_="handed_over")


def group() -> ColumnElement[str | None]:
    """The id of the main matter of a matter's group; null where it is in none."""
    return case((t.matter.c.merged_into.is_not(None), t.matter.c.merged_into), (_is_main(), t.matter.c.id))


def has_place(place: str) -> ColumnElement[bool]:
    """Whether a matter has this place, one of `PLACES`."""
    is_other, is_main = t.matter.c.merged_into.is_not(None), _is_main()
    if place == "group":
        return or_(is_other, is_main)
    if place == "none":
        return and_(~is_other, ~is_main)
    return is_main if place == "main" else is_other


def _is_main() -> ColumnElement[bool]:
    return exists().where(_other.c.merged_into == t.matter.c.id)
