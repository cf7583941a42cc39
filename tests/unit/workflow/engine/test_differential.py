"""Random diagrams on the stock engine and on ours, in the same random order: the same tasks are open at every step.

Only what the stock engine does right: user tasks, sub-processes, multi-instance, exclusive, parallel and inclusive
gateways, loops around parts without joins.
"""

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from tests.unit.workflow.engine.blocks import Block, Chain, Loop, Split, Task, variables, whole
from tests.unit.workflow.engine.driving import Driver

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def simple_blocks(*, joins: bool = True) -> st.SearchStrategy[Block]:
    """Random blocks the stock engine runs as BPMN says; without joins inside loops."""
    leaf = st.one_of(st.builds(Task), st.builds(Task, instances=st.integers(1, 3)) if joins else st.builds(Task))

    def larger(smaller: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
        several = st.lists(smaller, min_size=2, max_size=3)
        chosen = st.lists(st.booleans(), min_size=3, max_size=3)
        kinds = ["parallel", "inclusive", "exclusive"] if joins else ["exclusive"]
        shapes = [
            st.builds(Chain, several, st.booleans()),
            st.builds(Split, st.sampled_from(kinds), several, chosen),
        ]
        if joins:
            shapes.append(st.builds(Loop, simple_blocks(joins=False), st.integers(1, 3)))
        return st.one_of(*shapes)

    return st.recursive(leaf, larger, max_leaves=6 if joins else 3)


class Stock:
    """The library as it comes, with its own parser and its own expressions."""

    def __init__(self, xml: bytes, data: dict[str, Any]) -> None:
        parser = SpiffBpmnParser()
        parser.add_bpmn_xml(etree.fromstring(python(xml)), "p.bpmn")
        spec, inner = parser.get_spec("P"), parser.get_subprocess_specs("P")
        self.workflow = BpmnWorkflow(spec, inner)
        self.workflow.task_tree.set_data(**data)
        self.workflow.do_engine_steps()

    def ready(self) -> list[Any]:
        """The tasks that wait for somebody."""
        return [task for task in self.workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual]

    def tasks(self) -> Counter[str]:
        """Open tasks by element."""
        return Counter(task.task_spec.name.removesuffix(" [child]") for task in self.ready())

    def complete(self, element: str, number: int) -> None:
        """Complete an open task."""
        same = [task for task in self.ready() if task.task_spec.name.removesuffix(" [child]") == element]
        task = same[number]
        task.data[f"res_{element}"] = {"done": element}
        task.run()
        self.workflow.do_engine_steps()


def python(xml: bytes) -> bytes:
    """The drawn scripts and conditions in the library's own language; fields of a record as keys."""
    text = xml.decode().replace(">true</bpmn:conditionExpression>", ">True</bpmn:conditionExpression>")
    text = text.replace(">false</bpmn:conditionExpression>", ">False</bpmn:conditionExpression>")
    text = re.sub(r"= counts\.(n_\d+) \+ 1 if counts\.\1 else 1", r'= counts.get("\1", 0) + 1', text)
    text = re.sub(r"counts\.(n_\d+)(?=\s*=)", r'counts["\1"]', text)
    return re.sub(r"counts\.(n_\d+)(?= &lt;)", r'counts.get("\1", 0)', text).encode()


def compare(block: Block, data: st.DataObject) -> None:
    """Run both engines side by side to the end."""
    xml, _ = whole(block)
    ours, stock = Driver(xml, variables()), Stock(xml, variables())
    for _ in range(200):
        open_tasks = ours.tasks()
        assert open_tasks == stock.tasks()
        assert ours.case.is_finished == stock.workflow.is_completed()
        if not open_tasks:
            break
        element = data.draw(st.sampled_from(sorted(open_tasks)))
        number = data.draw(st.integers(0, open_tasks[element] - 1))
        ours.complete(element, number, done=element)
        stock.complete(element, number)
    assert ours.case.is_finished


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(simple_blocks(), st.data())
def test_both_engines_open_the_same_tasks(block: Block, data: st.DataObject) -> None:
    """Step by step in one random order, stock and ours have the same tasks open, and both end."""
    compare(block, data)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=SLOW)
@given(simple_blocks(), st.data())
def test_both_engines_open_the_same_tasks_for_long(block: Block, data: st.DataObject) -> None:
    """The same, at length."""
    compare(block, data)
