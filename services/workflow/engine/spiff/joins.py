"""Gateways with BPMN's token rules (BPMN 2.0.2 §13.4): a waiting join task *is* a token on its incoming flow.

The library remembers arrivals by looking at finished tasks, so a join inside a loop sees those of earlier rounds and
fires early or wrecks the tree; it also merges branches by overwriting, so the branch that finishes last takes back
what another has changed. Here tokens wait, are consumed once, and only what a branch changed is merged.
"""

from collections.abc import Iterable
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.defaults import ExclusiveGateway as LibraryExclusive
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway as LibraryInclusive
from SpiffWorkflow.bpmn.specs.defaults import ParallelGateway as LibraryParallel

from services.workflow.engine.problems import EngineError
from services.workflow.engine.spiff.trees import WAITING, CaseTask, same_data

_GONE = object()


def apply_changes(base: dict[str, Any], branch: dict[str, Any], onto: dict[str, Any]) -> None:
    """Carry over to `onto` what `branch` has added, changed or removed against `base`; dictionaries key by key."""
    for key, value in branch.items():
        old = base.get(key, _GONE)
        if same_data(old, value):
            continue
        if isinstance(old, dict) and isinstance(value, dict) and isinstance(onto.get(key), dict):
            onto[key] = dict(onto[key])
            apply_changes(old, value, onto[key])
        else:
            onto[key] = value
    for key in base:
        if key not in branch:
            onto.pop(key, None)


def path(task: CaseTask) -> list[CaseTask]:
    """The tasks from the root down to this one."""
    steps: list[CaseTask] = []
    step: CaseTask | None = task
    while step is not None:
        steps.append(step)
        step = step.parent
    return steps[::-1]


def common_ancestor(tasks: Iterable[CaseTask]) -> CaseTask:
    """The lowest task above (or among) all of these."""
    paths = [path(task) for task in tasks]
    found = paths[0][0]
    for level in zip(*paths, strict=False):
        if any(task is not level[0] for task in level):
            break
        found = level[0]
    return found


def merged(tokens: list[CaseTask]) -> dict[str, Any]:
    """The data behind a join: what stood where the branches parted, with the changes of every branch.

    Branches that parted later are merged first, so that a branch never takes back what was changed before it began;
    where two changed the same thing, the one that arrived last is right.
    """
    return merge_below([(path(token), token) for token in tokens], 0)


def merge_below(ways: list[tuple[list[CaseTask], CaseTask]], depth: int) -> dict[str, Any]:
    """Merge the tokens below one task; `ways` are their paths from the root, all the same down to `depth`."""
    if len(ways) == 1:
        return dict(ways[0][1].parent.data)
    branches: dict[int, list[tuple[list[CaseTask], CaseTask]]] = {}
    for way, token in ways:
        branches.setdefault(way[depth + 1].id, []).append((way, token))
    if len(branches) == 1:
        return merge_below(ways, depth + 1)
    base = ways[0][0][depth].data
    result = dict(base)
    for branch in sorted(branches.values(), key=arrival):
        apply_changes(base, merge_below(branch, depth + 1), result)
    return result


def arrival(branch: list[tuple[list[CaseTask], CaseTask]]) -> int:
    """When the last token of a branch arrived."""
    return max(token.last_state_change for _, token in branch)


class TokenJoin(BpmnTaskSpec):
    """What the joining gateways share. `incoming` decides which tokens are consumed now."""

    def tokens(self, my_task: CaseTask) -> list[CaseTask]:
        """Every token waiting at this join, oldest first."""
        here = [task for task in my_task.workflow.waiting.values() if task.task_spec is self]
        return sorted(here, key=lambda token: token.last_state_change)

    def ready_tokens(self, my_task: CaseTask, tokens: list[CaseTask]) -> list[CaseTask] | None:
        """The tokens to consume, or None while the join has to wait."""
        raise NotImplementedError

    def sources_of(self, flow: str) -> frozenset[str]:
        """The specs from which `flow` (an input of this gateway) can be reached without passing this gateway."""
        cache: dict[str, frozenset[str]] = self.__dict__.setdefault("_sources", {})
        if flow not in cache:
            seen, stack = {flow}, [flow]
            while stack:
                for name in self._wf_spec.task_specs[stack.pop()]._inputs:
                    if name not in seen and name != self.name:
                        seen.add(name)
                        stack.append(name)
            cache[flow] = frozenset(seen)
        return cache[flow]

    def _update_hook(self, my_task: CaseTask) -> bool:
        my_task._set_state(WAITING)
        tokens = self.tokens(my_task)
        consumed = self.ready_tokens(my_task, tokens)
        if consumed is None:
            return False
        if my_task not in consumed:  # an older token of the same flow goes first; it carries on instead
            consumed[-1].task_spec._update(consumed[-1])
            return False
        my_task.data = merged(consumed)
        for token in consumed:
            if token is not my_task:
                token.cancel()
        return True


def oldest_per_flow(join: Any, tokens: list[CaseTask]) -> dict[str, list[CaseTask]]:
    """The oldest tokens of the incoming flows, by the spec they come from: one for each flow from there."""
    flows: dict[str, list[CaseTask]] = {}
    for token in tokens:
        name = token.parent.task_spec.name
        here = flows.setdefault(name, [])
        if len(here) < join._inputs.count(name):
            here.append(token)
    return flows


class ParallelGateway(TokenJoin, LibraryParallel):
    """Takes exactly one token from every incoming flow."""

    def ready_tokens(self, my_task: CaseTask, tokens: list[CaseTask]) -> list[CaseTask] | None:  # noqa: D102
        if len(self._inputs) == 1:
            return [my_task]
        flows = oldest_per_flow(self, tokens)
        if any(len(flows.get(name, ())) < self._inputs.count(name) for name in self._inputs):
            return None
        return [token for here in flows.values() for token in here]

    def starves(self, workflow: Any) -> bool:
        """Whether tokens are here or can still come, but never one on every incoming flow."""
        here = {task.parent.task_spec.name for task in workflow.waiting.values() if task.task_spec is self}
        elsewhere = {task.task_spec.name for task in workflow.open.values() if task.task_spec is not self}
        fed = [name in here or not elsewhere.isdisjoint(self.sources_of(name)) for name in set(self._inputs)]
        return any(fed) and not all(fed)

    def _run_hook(self, _my_task: CaseTask) -> bool:
        return True


class InclusiveGateway(TokenJoin, LibraryInclusive):
    """Waits while a token elsewhere can still reach an empty incoming flow and no filled one."""

    def ready_tokens(self, my_task: CaseTask, tokens: list[CaseTask]) -> list[CaseTask] | None:  # noqa: D102
        flows = oldest_per_flow(self, tokens)
        if len(self._inputs) == 1:
            return [my_task]
        empty = [name for name in self._inputs if name not in flows]
        for task in my_task.workflow.open.values():
            if task.task_spec is self and task._state & WAITING:
                continue
            # what has fired here a moment ago stands before whatever comes next
            places = {spec.name for spec in self.outputs} if task.task_spec is self else {task.task_spec.name}
            far = any(not places.isdisjoint(self.sources_of(flow)) for flow in empty)
            if far and not any(not places.isdisjoint(self.sources_of(flow)) for flow in flows):
                return None
        return [token for here in flows.values() for token in here]

    def _run_hook(self, my_task: CaseTask) -> bool:
        matches, defaults = self._get_matching_outputs(my_task)
        if not matches and not defaults:
            raise EngineError("no_flow", element=self.name)
        my_task._sync_children(matches or defaults)
        return True


class ExclusiveGateway(LibraryExclusive):
    """The first flow whose condition holds, else the default."""

    def _run_hook(self, my_task: CaseTask) -> bool:
        specs = my_task.workflow.spec.task_specs
        for condition, name in self.cond_task_specs:
            if condition is not None and condition._matches(my_task):
                my_task._sync_children([specs[name]])
                return True
        if self.default_task_spec is None:
            raise EngineError("no_flow", element=self.name)
        my_task._sync_children([specs[self.default_task_spec]])
        return True


def absorb(token: CaseTask, older: CaseTask) -> None:
    """Let a token at the end of a process take over from an older one there, with what its branch has changed.

    Else every reminder ever sent would wait here until the process ends. The older one stays while others are open in
    its branch: where they parted from it is what their changes are compared with.
    """
    fork = common_ancestor([token, older])
    branch = path(older)[len(path(fork))]
    if any(
        task is not older and (task is branch or task.is_descendant_of(branch)) for task in token.workflow.open.values()
    ):
        return
    token.parent.data = merged([older, token])  # the end event before it, which nobody else comes from
    older.cancel()


class EndJoin(TokenJoin, _EndJoin):
    """The end of a process: waits for every token."""

    def ready_tokens(self, my_task: CaseTask, tokens: list[CaseTask]) -> list[CaseTask] | None:  # noqa: D102
        if all(task.task_spec is self for task in my_task.workflow.open.values()):
            return tokens
        if my_task is tokens[-1]:
            for older in tokens[:-1]:
                absorb(my_task, older)
        return None

    def _run_hook(self, _my_task: CaseTask) -> bool:
        return True
