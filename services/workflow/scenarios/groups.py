"""What a merge of matters 并案 tells the cases of a scenario before they hear it, as `workflow.merges` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.workflow import engine as e
from services.workflow.scenarios.worlds import World

MESSAGES: Final = frozenset({"matter.merged", "matter.separated"})


def change(world: World, matter: str, message: Mapping[str, Any]) -> None:
    """Put a matter into the group of `message.main`, without one out of its group; raises `engine.EngineError`."""
    before, after = _main(world.matters[matter]), _main(message)
    world.matters[matter] = {**world.matters[matter], "main": _named(world, after)}
    for main in {before, after} - {None}:
        others = [key for key, facts in world.matters.items() if _main(facts) == main]
        world.matters[str(main)] = {**world.matters[str(main)], "merged": [_named(world, key) for key in others]}
    touched = {matter, before, after}
    for running in [one for one in world.cases.values() if one.matter in touched and one.outcome is None]:
        facts = {name: world.matters[running.matter][name] for name in ("main", "merged")}
        world.step(running.id, e.Stimulus("matter", world.now, {}, {"facts": facts}), "matter")


def _main(facts: Mapping[str, Any]) -> str | None:
    main = facts.get("main")
    return None if main is None else str(main["matter_id"])


def _named(world: World, matter: str | None) -> dict[str, Any] | None:
    return None if matter is None else {"matter_id": matter, "matter_no": world.matters[matter]["matter_no"]}
