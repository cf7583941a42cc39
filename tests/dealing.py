"""How `pytest -n` deals the tests out; the only module that needs pytest-xdist."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from tests.workers import TOGETHER


class Dealing(LoadFileScheduling):
    """Files stay whole and keep their order; what belongs together goes to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return TOGETHER.get(file, file)

    def remove_node(self, node: WorkerController) -> str | None:
        """A worker is gone: who begins where it ended does not run again what killed it."""
        units = self.assigned_work[node]
        deadly = next((test for unit in units.values() for test, done in unit.items() if not done), None)
        for scope, unit in list(units.items()):
            if deadly in unit:
                unit[str(deadly)] = True
            if all(unit.values()):
                del units[scope]
        super().remove_node(node)
        return deadly
