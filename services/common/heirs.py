"""Which unit answers for one that was reformed (机构改革): the `successor` its entry in the directory names."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Table, select


def of(conn: Connection, unit: Table, units: Collection[str]) -> dict[str, str]:
    """Who answers now for those of these units that have a successor, or whose successor has one."""
    steps: dict[str, str] = {}
    left = set(units)
    while left:
        query = select(unit.c.id, unit.c.body["successor"].as_string()).where(unit.c.id.in_(left))
        found = {row[0]: str(row[1]) for row in conn.execute(query) if row[1]}
        steps |= found
        left = set(found.values()) - steps.keys()
    return {one: _last(steps, one) for one in units if one in steps}


def former(conn: Connection, unit: Table, units: Collection[str]) -> frozenset[str]:
    """The units for which one of these answers now."""
    after = unit.c.body["successor"].as_string()
    gone = [row.id for row in conn.execute(select(unit.c.id, after.label("after"))) if row.after] if units else []
    return frozenset(one for one, last in of(conn, unit, gone).items() if last in units)


def _last(steps: Mapping[str, str], unit: str) -> str:
    seen = {unit}
    while (after := steps.get(unit)) is not None and after not in seen:
        seen.add(after)
        unit = after
    return unit
