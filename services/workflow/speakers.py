"""Who acts on a case, and for which role and unit they may speak: a person signed in, or a connector."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from services.common.auth import Actor

STAND_INS: Mapping[str, str] = {"feedback": "feedback.enter"}
"""Records that somebody with a grant may enter for another: paper feedback forms (domain 5-process P7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """`actor` are the codes that go into the log. A connector has `units` and neither roles nor grants.

    `person` is somebody of the directory; a task may be for that person alone. `former` are units whose history is
    the speaker's to read, because his own units succeed them.
    """

    actor: Mapping[str, Any]
    roles: tuple[tuple[str, str | None], ...] = ()
    grants: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    account: str | None = None
    person: str | None = None
    former: frozenset[str] = frozenset()

    def holds(self, role: str, unit: str | None) -> bool:
        """Whether this speaker may act in `role` for `unit`; a role held without a unit counts everywhere."""
        if unit is not None and unit in self.units:
            return True
        return any(held == role and where in (None, unit) for held, where in self.roles)

    def knows(self, role: str) -> bool:
        """Whether the role is held at all, for whichever unit: then another unit was meant."""
        return bool(self.units) or any(held == role for held, _ in self.roles)

    def owns(self, task: Mapping[Any, Any]) -> bool:
        """Whether the task is this speaker's: by name where it is for one person, else by role and unit.

        A unit's own system speaks for everybody there. Whoever acts for the owner owns it too.
        """
        return self.acts_for(task) or self.is_owner(task)

    def is_owner(self, task: Mapping[Any, Any]) -> bool:
        """Whether the task is this speaker's own, not as somebody's delegate."""
        if task["person"] is None or task["unit"] in self.units:
            return self.holds(task["role"], task["unit"])
        return bool(task["person"] == self.person)

    def acts_for(self, task: Mapping[Any, Any]) -> bool:
        """Whether this speaker has been asked to act for whoever the task is for."""
        return self.person is not None and task["delegate"] == self.person

    def may(self, task: Mapping[Any, Any]) -> bool:
        """Whether this speaker may do the task: as its owner, or by standing in for a paper form."""
        return self.owns(task) or self.stands_in(task["record"])

    def stands_in(self, record: str | None) -> bool:
        """Whether this speaker may enter another's record."""
        return STAND_INS.get(record or "") in self.grants

    def is_among(self, people: Collection[str]) -> bool:
        """Whether the speaker is one of these people."""
        return self.person is not None and self.person in people

    def acting(self, role: str | None, unit: str | None) -> dict[str, Any]:
        """The actor as logged for an act in this role and unit."""
        return {**self.actor, "role": role, "unit": unit}

    def acting_on(self, task: Mapping[Any, Any]) -> dict[str, Any]:
        """The actor as logged for an act on a task; a delegate is logged with the name of whom he acts for."""
        actor = self.acting(task["role"], task["unit"])
        if not self.acts_for(task):
            return actor
        return {**actor, "on_behalf_of": (task["delegated_by"] or {}).get("name")}


def person(actor: Actor, grants: frozenset[str]) -> Speaker:
    """Somebody signed in. Deputies do nothing as a body: what is for a deputy names the person."""
    return Speaker(
        actor={"account": actor.account_id, "person": actor.person_id, "name": actor.name},
        roles=tuple(pair for pair in actor.roles if pair != ("deputy", None)),
        grants=grants,
        account=actor.account_id,
        person=actor.person_id,
        former=actor.former,
    )


def connector(channel: str, units: Collection[str], claimed: Mapping[str, Any]) -> Speaker:
    """A unit's own system: the queue proves the connector, the person in the message is a claim."""
    actor = {"account": f"connector:{channel}", "name": claimed.get("name"), "claim": claimed.get("claim")}
    return Speaker(
        actor={key: value for key, value in actor.items() if value is not None},
        units=frozenset(units),
    )
