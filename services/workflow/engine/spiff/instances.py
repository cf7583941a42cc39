"""Multi-instance and loop activities.

The library cannot end one instance (it wants every child COMPLETED), fails in the second round of a loop, loses the
order and the key of results and leaves the item variable behind. Here the wrapper keeps its items and results, an
instance may be cancelled or added, and each round begins afresh.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from SpiffWorkflow.spiff.specs.defaults import ParallelMultiInstanceTask as LibraryParallel
from SpiffWorkflow.spiff.specs.defaults import SequentialMultiInstanceTask as LibrarySequential
from SpiffWorkflow.spiff.specs.defaults import StandardLoopTask as LibraryLoop

from services.workflow.engine.problems import EngineError, Unexpected
from services.workflow.engine.spiff.joins import apply_changes
from services.workflow.engine.spiff.trees import (
    CANCELLED,
    FINISHED,
    FUTURE,
    READY,
    STARTED,
    CaseTask,
    copy_data,
)

MAX_INSTANCES = 1000


def add_instance(wrapper: CaseTask, spec_name: str, data: dict[str, Any], position: int) -> CaseTask:
    """Start one instance below its wrapper."""
    child = wrapper._add_child(wrapper.workflow.spec.task_specs[spec_name], FUTURE)
    child.triggered = True
    child.data = dict(data)
    child.internal_data["position"] = position
    child.task_spec._update(child)
    return child


class Instances:
    """What parallel and sequential instances share.

    `internal_data` of the wrapper: `items` [key or None, item], `keyed` (the input is a dictionary), `results` by
    position, `next` position to begin, how many have `completed`.
    """

    task_spec: str
    cardinality: str | None
    condition: str | None
    data_input: Any
    data_output: Any
    input_item: Any
    output_item: Any

    def items(self, my_task: CaseTask, source: Any) -> list[list[Any]]:
        """Key (or None for a list) and item of each instance."""
        if isinstance(source, Mapping):
            items = [[key, item] for key, item in source.items()]
        elif isinstance(source, list):
            items = [[None, item] for item in source]
        else:
            raise EngineError("instances_not_a_list", element=my_task.task_spec.name, detail=type(source).__name__)
        if len(items) > MAX_INSTANCES:
            raise EngineError("too_many_instances", element=my_task.task_spec.name, detail=str(len(items)))
        return items

    def source(self, my_task: CaseTask) -> Any:
        """The collection, or the numbers 0…n-1 of a cardinality."""
        if self.data_input is not None:
            return self.data_input.get(my_task)
        count = my_task.workflow.script_engine.evaluate(my_task, self.cardinality)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise EngineError("instances_not_a_number", element=my_task.task_spec.name, detail=repr(count)[:80])
        return list(range(min(count, MAX_INSTANCES + 1)))

    def _update_hook(self, my_task: CaseTask) -> bool:
        if my_task._state in (READY, STARTED):
            return my_task._state == READY
        my_task._inherit_data()
        again = my_task.internal_data.get("again")
        my_task.internal_data = self.resumed(**again) if again else self.begun(my_task)
        my_task._set_state(STARTED)
        self.start_instances(my_task)
        return self.is_over(my_task) and self.collect(my_task)

    def begun(self, my_task: CaseTask) -> dict[str, Any]:
        """What the wrapper knows before its first instance."""
        source = self.source(my_task)
        keyed, items = isinstance(source, Mapping), self.items(my_task, source)
        return {"items": items, "keyed": keyed, "results": {}, "next": 0, "completed": 0}

    def resumed(self, given: list[Any], come: list[Any]) -> dict[str, Any]:
        """The same where results were given in an earlier run and only those that come are still to do it."""
        count = len(given)
        items = [[None, item] for item in (*given, *come)]
        results = {str(position): result for position, result in enumerate(given)}
        return {"items": items, "keyed": False, "results": results, "next": count, "completed": count}

    def start_instances(self, my_task: CaseTask) -> None:
        """Start what may run now."""
        raise NotImplementedError

    def start_next(self, my_task: CaseTask) -> None:
        """Start the instance of the next item."""
        position = my_task.internal_data["next"]
        my_task.internal_data["next"] = position + 1
        item = my_task.internal_data["items"][position][1]
        data = {self.input_item.bpmn_id: item} if self.input_item is not None else {}
        add_instance(my_task, self.task_spec, data, position)

    def add(self, my_task: CaseTask, item: Any, key: Any) -> None:
        """One more item: begun at once, in sequence when its turn comes. Raises Unexpected."""
        items, keyed = my_task.internal_data["items"], my_task.internal_data["keyed"]
        if keyed and not isinstance(key, str):
            raise Unexpected("bad_key", element=self.name, detail=str(key))  # type: ignore[attr-defined]
        if keyed and key in {known for known, _ in items}:
            raise Unexpected("already_instance", element=self.name, detail=key)  # type: ignore[attr-defined]
        if len(items) >= MAX_INSTANCES:
            raise Unexpected("too_many_instances", element=self.name, detail=str(len(items)))  # type: ignore[attr-defined]
        items.append([key if keyed else None, copy_data(item)])
        my_task.workflow.kept = None
        self.begin_added(my_task)

    def begin_added(self, my_task: CaseTask) -> None:
        """Begin an item that has been added, if it may run now."""

    def instances(self, my_task: CaseTask) -> Iterator[CaseTask]:
        """The instances begun so far."""
        return (child for child in my_task.children if child.task_spec.name == self.task_spec)

    def is_over(self, my_task: CaseTask) -> bool:
        """Whether every item has had its instance and every instance is finished."""
        begun = my_task.internal_data["next"] >= len(my_task.internal_data["items"])
        return begun and all(child._state & FINISHED for child in self.instances(my_task))

    def merge_child(self, _workflow: Any, child: CaseTask) -> None:
        """An instance has completed: keep its result and see whether that was the last."""
        my_task = child.parent
        my_task.internal_data["completed"] += 1
        position = str(child.internal_data["position"])
        if self.data_output is not None and self.output_item is not None:
            my_task.internal_data["results"][position] = copy_data(child.data.get(self.output_item.bpmn_id))
        else:
            own = {self.input_item.bpmn_id} if self.input_item is not None else set()
            theirs = {key: value for key, value in child.data.items() if key not in own}
            base = {key: value for key, value in my_task.parent.data.items() if key not in own}
            apply_changes(base, theirs, my_task.data)
        if self.condition:
            engine = my_task.workflow.script_engine
            if engine.evaluate(child, self.condition, external_context=self.numbers(my_task)):
                self.stop(my_task, but=child)
        self.advance(my_task)

    def numbers(self, my_task: CaseTask) -> dict[str, int]:
        """What a completion condition may count, under the names of BPMN and of Camunda."""
        facts = my_task.internal_data  # finished instances do not stay in the tree
        active = sum(not child._state & FINISHED for child in self.instances(my_task))
        ended = facts["next"] - facts["completed"] - active
        counts = {"": len(facts["items"]), "Completed": facts["completed"], "Terminated": ended, "Active": active}
        return {f"{name}Of{kind}Instances": number for kind, number in counts.items() for name in ("number", "nr")}

    def advance(self, my_task: CaseTask) -> None:
        """Go on after an instance has ended, by itself or by somebody."""
        if my_task._state != STARTED:
            return
        if self.is_over(my_task):
            self.collect(my_task)
            my_task._ready()

    def stop(self, my_task: CaseTask, but: CaseTask) -> None:
        """The completion condition holds: end the other instances, begin no more."""
        my_task.internal_data["next"] = len(my_task.internal_data["items"])
        for child in self.instances(my_task):
            if child is not but:
                child.cancel()

    def collect(self, my_task: CaseTask) -> bool:
        """Put the results into the output variable: a list in the order of the items, or a dictionary by their keys."""
        if self.data_output is None or self.output_item is None:
            return True
        items, results = my_task.internal_data["items"], my_task.internal_data["results"]
        order = sorted(results, key=int)
        if my_task.internal_data["keyed"]:
            output: Any = {items[int(position)][0]: results[position] for position in order}
        else:
            output = [results[position] for position in order]
        my_task.data[self.data_output.bpmn_id] = output
        return True

    def _on_complete_hook(self, my_task: CaseTask) -> None:
        my_task.internal_data = {}
        super()._on_complete_hook(my_task)  # type: ignore[misc]


class ParallelMultiInstanceTask(Instances, LibraryParallel):
    """All instances at once."""

    def start_instances(self, my_task: CaseTask) -> None:  # noqa: D102
        while my_task.internal_data["next"] < len(my_task.internal_data["items"]):
            self.start_next(my_task)

    def begin_added(self, my_task: CaseTask) -> None:  # noqa: D102
        self.start_next(my_task)


class SequentialMultiInstanceTask(Instances, LibrarySequential):
    """One instance after the other."""

    def start_instances(self, my_task: CaseTask) -> None:  # noqa: D102
        if my_task.internal_data["next"] < len(my_task.internal_data["items"]):
            self.start_next(my_task)

    def advance(self, my_task: CaseTask) -> None:  # noqa: D102
        running = any(not child._state & FINISHED for child in self.instances(my_task))
        if my_task._state == STARTED and not running:
            self.start_instances(my_task)
        super().advance(my_task)


class StandardLoopTask(LibraryLoop):
    """Repeats while its condition holds, at most `loopMaximum` times."""

    def _update_hook(self, my_task: CaseTask) -> bool:
        if my_task._state in (READY, STARTED):
            return my_task._state == READY
        my_task._inherit_data()
        my_task.internal_data = {"next": 0}
        if self.test_before and self.loop_complete(my_task):
            return True
        my_task._set_state(STARTED)
        self.repeat(my_task)
        return False

    def repeat(self, my_task: CaseTask) -> None:
        """Begin the next round."""
        position = my_task.internal_data["next"]
        my_task.internal_data["next"] = position + 1
        add_instance(my_task, self.task_spec, my_task.data, position)

    def loop_complete(self, my_task: CaseTask) -> bool:
        """Whether the loop has had its last round."""
        rounds = my_task.internal_data["next"]
        if rounds >= (MAX_INSTANCES if self.maximum is None else min(self.maximum, MAX_INSTANCES)):
            return True
        engine = my_task.workflow.script_engine
        return self.condition is not None and not engine.evaluate(my_task, self.condition)

    def merge_child(self, _workflow: Any, child: CaseTask) -> None:
        """A round has completed."""
        my_task = child.parent
        my_task.data = dict(child.data)
        self.advance(my_task)

    def advance(self, my_task: CaseTask) -> None:
        """Go on after a round has ended."""
        if my_task._state != STARTED:
            return
        if self.loop_complete(my_task):
            my_task._ready()
        else:
            self.repeat(my_task)


def is_instance(task: CaseTask) -> bool:
    """Whether the task is one instance (or round) of a wrapper, not something placed where the wrapper has ended."""
    wrapper = getattr(task.parent, "task_spec", None)
    return isinstance(wrapper, Instances | StandardLoopTask) and task.task_spec.name == wrapper.task_spec


def cancel_instance(task: CaseTask) -> None:
    """End one instance and let its wrapper go on without it."""
    wrapper = task.parent
    task.cancel()
    if task._state == CANCELLED:
        wrapper.task_spec.advance(wrapper)
