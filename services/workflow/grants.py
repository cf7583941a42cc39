"""Which grants a person's roles give: from the versions in use, and what an empty installation needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from services.common import db
from services.common.auth import Actor
from services.workflow import versions

BUILT_IN: Final = {
    "administrator": frozenset({"cases.operate", "messages.manage", "calendars.manage", "processes.read"}),
    "process_owner": frozenset({"processes.read", "processes.edit", "processes.approve"}),
}
"""Without these nobody could publish the first package or repair a broken one."""


def grants_of(engine: Engine) -> Callable[[Actor], frozenset[str]]:
    """The function the web asks for a person's grants."""

    def find(actor: Actor) -> frozenset[str]:
        held = {role for role, _ in actor.roles}
        built_in = [BUILT_IN[role] for role in held & BUILT_IN.keys()]
        with db.read(engine) as conn:
            return versions.grants_of(conn, held).union(*built_in)

    return find
