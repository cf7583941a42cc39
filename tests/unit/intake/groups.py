"""Matters that can be merged, and merging them as the congress office does."""

from collections.abc import Sequence
from dataclasses import replace

from services.common import db
from services.common.auth import Actor
from services.intake import ledger, merges, tables
from tests.unit.intake.worlds import Case, World, package

CLERK = Actor(account_id="clerk", person_id="p-clerk", name="王登记", roles=(("congress_office", None),))
WHY = "三件建议都是同一条路"
INTERRUPTS = ["matter.merged", "matter.withdrawn"]


def drawn(world: World) -> None:
    """The package draws merging."""
    with db.begin(world.engine) as conn:
        ledger.apply(conn, replace(package(interrupts=INTERRUPTS), id="package.zz"))


def three(world: World) -> list[str]:
    """Three matters 183001 to 183003 in handling, under a package that draws merging; the second is han's."""
    drawn(world)
    return [handled(world, str(n), lead) for n, lead in enumerate(("d-1", "d-2", "d-1"), 1)]


def handled(world: World, key: str, lead: str = "d-1") -> str:
    """A matter that a unit is handling."""
    matter_id = world.submit(key=key, lead_proposer=lead, title=f"关于第{key}段路的建议").matter_id
    case = Case(matter_id, f"c-{key}", at=world.clock.now())
    world.receive(case.milestone("admitted"), case.milestone("in_handling"))
    world.work()
    world.clock.pass_(minutes=5)
    return matter_id


def merge(world: World, main: str, others: Sequence[str], reason: str = WHY) -> Sequence[str]:
    """Merge as the office would."""
    with db.begin(world.engine) as conn:
        return merges.merge(conn, main, others, CLERK, reason, world.clock.now())


def separate(world: World, matter_id: str, reason: str = "不是同一路段") -> str:
    """Take it out again as the office would."""
    with db.begin(world.engine) as conn:
        return merges.separate(conn, matter_id, CLERK, reason, world.clock.now())


def told(world: World, matter_id: str, *states: str) -> None:
    """The process of a merged matter reaches states."""
    world.clock.pass_(minutes=5)
    case = Case(matter_id, f"c-of-{matter_id[:8]}-{world.clock.now():%H%M}", at=world.clock.now())
    world.receive(*(case.milestone(state) for state in states))
    world.work()
    world.clock.pass_(minutes=5)


def groups(world: World) -> dict[str, str | None]:
    """Into what each matter is merged, by number."""
    rows = world.rows(tables.matter)
    numbers = {row["id"]: row["no"] for row in rows}
    return {row["no"]: numbers.get(row["merged_into"]) for row in sorted(rows, key=lambda row: row["no"])}
