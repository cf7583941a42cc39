"""Random diagrams on the stock engine and on ours, in the same random order: the same tasks are open at every step.

Only what the stock engine does right: user tasks, sub-processes, multi-instance, exclusive, parallel and inclusive
gateways, loops around parts without joins; no inclusive join that would go on early (`stock.joins_early`).
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.workflow.engine.blocks import Block, Chain, Loop, Split, Task, orders
from tests.unit.workflow.engine.driving import Driver
from tests.unit.workflow.engine.stock import Stock, joins_early
from tests.unit.workflow.engine.wholes import variables, whole

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def simple_blocks(*, joins: bool = True) -> st.SearchStrategy[Block]:
    """Random blocks of what the stock engine can do; without joins inside loops."""
    leaf = st.one_of(st.builds(Task), st.builds(Task, instances=st.integers(1, 3)) if joins else st.builds(Task))

    def larger(smaller: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
        several = st.lists(smaller, min_size=2, max_size=3)
        chosen = st.lists(st.booleans(), min_size=3, max_size=3)
        kinds = ["parallel", "inclusive", "exclusive"] if joins else ["exclusive"]
        shapes = [
            st.builds(Chain, several, st.booleans()),
            st.builds(Split, st.sampled_from(kinds), several, chosen, orders()),
        ]
        if joins:
            shapes.append(st.builds(Loop, simple_blocks(joins=False), st.integers(1, 3), st.booleans()))
        return st.one_of(*shapes)

    return st.recursive(leaf, larger, max_leaves=6 if joins else 3)


def right_blocks() -> st.SearchStrategy[Block]:
    """Random blocks the stock engine runs as BPMN says, with a task behind them that shows when they have ended."""
    return simple_blocks().filter(lambda block: not joins_early(block)).map(lambda block: Chain([block, Task()]))


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
@given(right_blocks(), st.data())
def test_both_engines_open_the_same_tasks(block: Block, data: st.DataObject) -> None:
    """Step by step in one random order, stock and ours have the same tasks open, and both end."""
    compare(block, data)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=SLOW)
@given(right_blocks(), st.data())
def test_both_engines_open_the_same_tasks_for_long(block: Block, data: st.DataObject) -> None:
    """The same, at length."""
    compare(block, data)


def either(way: int) -> Block:
    """One of two tasks: the one whose flow stands first in the file, or second."""
    return Split("exclusive", [Task(), Task()], [True, True, True], (way, 1 - way, 2))


def all_of(*branches: Block) -> Block:
    """Branches side by side."""
    return Split("parallel", [*branches], [True, True, True])


@pytest.mark.parametrize(
    ("branch", "wrong"),
    [
        (Loop(Chain([Task(), Task()], inside=True), 1), True),
        (Loop(Task(instances=2), 1), True),
        (Loop(either(1), 1), True),
        (Loop(either(0), 1), False),
        (Loop(Task(), 2), False),
        (Chain([Task(instances=1), either(0)]), True),
        (Chain([either(1), Task(), either(0)]), True),
        (Chain([either(1), Task()]), True),
        (Chain([Task(), either(1)]), False),
        (all_of(either(1), either(1)), True),
        (all_of(either(1), Task()), False),
        (either(1), False),
    ],
)
def test_the_stock_engine_overlooks_tokens_and_ours_does_not(branch: Block, wrong: bool) -> None:
    """When the other branch has come, the stock engine leaves these behind at the inclusive join; ours waits."""
    other, after = Task(), Task()
    block = Chain([Split("inclusive", [other, branch, Task()], [True, True, False]), after])
    xml, _ = whole(block)
    ours, stock = Driver(xml, variables()), Stock(xml, variables())
    ours.complete(other.name)
    stock.complete(other.name)
    assert joins_early(block) == wrong
    assert (after.name in stock.tasks()) == wrong
    assert after.name not in ours.tasks()
