"""What each kind of reader sees of a matter that several handle."""

import pytest

from services.common.sights import Sight
from services.contracts.records import INNER, INTERNAL, RECORDS

ALL = Sight(everything=True, inside=True)
OFFICE = Sight(inside=True)
UNIT = Sight(inside=True, units=frozenset({"u_a"}))
DEPUTY = Sight()


def test_what_stays_with_one_unit_is_internal_too() -> None:
    """Both lists name record types that exist."""
    assert INNER < INTERNAL
    assert set(RECORDS) >= INTERNAL


@pytest.mark.parametrize(
    ("sees", "office", "own", "other"),
    [
        (ALL, True, True, True),
        (OFFICE, True, False, False),
        (UNIT, True, True, False),
        (DEPUTY, False, False, False),
    ],
)
def test_a_part_is_open_to_those_who_work_there(*, sees: Sight, office: bool, own: bool, other: bool) -> None:
    """Offices' steps to everybody who works on the matter, a unit's to itself and to who reads everything."""
    assert (sees.covers(None), sees.covers("u_a"), sees.covers("u_b")) == (office, own, other)


@pytest.mark.parametrize("record", sorted(RECORDS))
def test_records_are_read_by_their_kind(record: str) -> None:
    """Public ones by everybody, internal ones by those inside, inner ones by their unit."""
    readers = [sees.reads(record, "u_b") for sees in (ALL, UNIT, DEPUTY)]
    inside = [True, record not in INNER, record not in INTERNAL]
    assert readers == inside
    assert UNIT.reads(record, "u_a")


def test_the_date_of_the_reply_is_known_to_all() -> None:
    """Other deadlines only to those who see what they run for."""
    assert [sees.knows("reply", "u_b") for sees in (ALL, UNIT, DEPUTY)] == [True, True, True]
    assert [sees.knows("gate_office", "u_b") for sees in (ALL, UNIT, DEPUTY)] == [True, False, False]
