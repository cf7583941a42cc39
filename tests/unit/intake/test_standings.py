"""How a session is counted: handed over, waiting, not taken up and withdrawn add up; merged matters count singly."""

import pytest

from services.common import db
from services.intake import listings, standings, statistics, withdrawals
from services.intake.grants import Scope
from services.intake.listings import Filter
from tests.unit.intake.groups import handled, merge, separate, three, told
from tests.unit.intake.readers import Reader
from tests.unit.intake.test_exports import sheet, table
from tests.unit.intake.worlds import World

ALL = Scope(everything=True)


def head(world: World, wanted: Filter = Filter()) -> statistics.Head:  # noqa: B008  frozen
    """The numbers; each is what its filter lists, and those of where matters stand add up."""
    with db.read(world.engine) as conn:
        found = statistics.head(conn, ALL, wanted, world.clock.now())
        for count in (*found.standings, found.merged):
            assert len(list(listings.every(conn, ALL, count.filter, world.clock.now()))) == count.number
    assert sum(count.number for count in found.standings) == found.total.number
    return found


def standing(world: World) -> dict[str, int]:
    """The numbers by where matters stand, without those that are zero."""
    return {count.code: count.number for count in head(world).standings if count.number}


def listed(world: World, **wanted: str) -> list[str | None]:
    """The numbers of the matters a filter lists."""
    with db.read(world.engine) as conn:
        found = listings.every(conn, ALL, Filter(sort="no", **wanted), world.clock.now())
        return [line.no for line in found]


def test_every_matter_stands_somewhere(world: World) -> None:
    """Received = handed over + waiting + not taken up + withdrawn."""
    first, second, _ = three(world)
    told(world, second, "not_admitted")
    world.submit(key="8")
    with db.begin(world.engine) as conn:
        withdrawals.ask(conn, first, person_id=None, reason="已解决", now=world.clock.now())
    assert standing(world) == {"handed_over": 1, "waiting": 1, "not_admitted": 1, "withdrawn": 1}


def test_what_is_merged_stands_where_its_main_matter_stands(world: World) -> None:
    """Handed over or not with that; one group of three matters that count as three."""
    first, second, third = three(world)
    merge(world, first, [second, third])
    told(world, second, "merged")
    told(world, third, "merged")
    assert standing(world) == {"handed_over": 3}
    told(world, first, "pre_handover")
    assert standing(world) == {"waiting": 3}
    told(world, first, "handed_over", "replied")
    told(world, second, "replied", "redo")
    found = head(world)
    assert (found.total.number, found.groups, found.merged.number) == (3, 1, 3)
    assert standing(world) == {"handed_over": 3}


def test_groups_are_counted_within_the_filter(world: World) -> None:
    """Two groups; a filter that leaves some out counts what it shows."""
    first, second, third = three(world)
    fourth = handled(world, "4")
    merge(world, first, [second])
    merge(world, third, [fourth])
    assert (head(world).groups, head(world).merged.number) == (2, 4)
    narrow = head(world, Filter(text="183004"))
    assert (narrow.groups, narrow.merged.number) == (1, 1)
    separate(world, fourth)
    assert (head(world).groups, head(world).merged.number) == (1, 2)


def test_the_ledger_is_filtered_by_the_place_in_a_group(world: World) -> None:
    """Main matters, those merged into one, both, and the rest."""
    first, second, third = three(world)
    handled(world, "4")
    merge(world, first, [second, third])
    wanted = {place: listed(world, merged=place) for place in standings.PLACES}
    assert wanted == {
        "group": ["183001", "183002", "183003"],
        "main": ["183001"],
        "other": ["183002", "183003"],
        "none": ["183004"],
    }


@pytest.mark.parametrize("query", ["merged=secret", "standing=secret"])
def test_unknown_places_are_refused(reader: Reader, query: str) -> None:
    """Not silently dropped."""
    reader.sign_in("clerk")
    assert reader.client.get(f"/ledger?{query}").status_code == 400


def test_the_export_shows_groups_line_by_line_and_in_numbers(reader: Reader, world: World) -> None:
    """Three matters, one group."""
    first, second, third = three(world)
    merge(world, first, [second, third])
    reader.sign_in("clerk")
    assert [row["并案"] for row in table(reader, "?sort=no")] == [
        "主件，并第183002、183003号",
        "并入第183001号",
        "并入第183001号",
    ]
    numbers = dict(sheet(reader, number=1))
    assert numbers["收到"] == numbers["已交办"] == 3
    assert numbers["并案（1组）"] == 3
    assert len(table(reader, "?merged=other")) == 2
