"""Random graphs and random targets of moves, against the token game of the standard played to its end.

A move is refused exactly where the case could still come to its end and after it no longer could, whatever is chosen.
"""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from services.workflow.engine import Unexpected, canonical
from services.workflow.engine.spiff.trees import element_of
from services.workflow.engine.verbs import tokens_of
from tests.unit.workflow.engine.driving import Driver
from tests.unit.workflow.engine.test_random_graphs import Graph, Marking, fires, graphs

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


class Sketch:
    """A graph of blocks in the making: every split has its join, so that every token comes to the end."""

    def __init__(self) -> None:
        self.nodes: dict[str, str] = {}
        self.flows: list[tuple[str, str, bool]] = []

    def add(self, kind: str) -> str:
        """One more node."""
        name = f"n{len(self.nodes)}"
        self.nodes[name] = kind
        return name

    def block(self, draw: st.DrawFn, depth: int) -> tuple[str, str]:
        """A task, or a split with its join and blocks between them; where it begins and ends."""
        kind = draw(st.sampled_from(["task", "and", "and", "xor", "or"])) if depth else "task"
        first = self.add(kind)
        if kind == "task":
            return first, first
        last = self.add(kind)
        for _ in range(2):
            begin, end = self.block(draw, depth - 1)
            if draw(st.booleans()):
                more, after = self.block(draw, 0)
                self.flows.append((end, more, True))
                end = after
            self.flows += [(first, begin, True), (end, last, True)]
        return first, last


@st.composite
def sound(draw: st.DrawFn) -> Graph:
    """Random graphs of nested blocks, perhaps with a way back from the end of everything."""
    sketch = Sketch()
    begin, end = sketch.block(draw, 2)
    if sketch.nodes[end] == "xor" and draw(st.booleans()):
        sketch.flows.append((end, sketch.add("task"), False))
        sketch.flows.append((list(sketch.nodes)[-1], begin, True))
    return Graph(sketch.nodes, (("start", begin, True), *sketch.flows, (end, "end", True)))


def choices(graph: Graph, node: str) -> list[list[int]]:
    """The flows a token may take out of a node, whatever the conditions say."""
    leaving, kind = graph.out(node), graph.nodes.get(node, "")
    if kind == "xor":
        return [[number] for number in leaving]
    if kind == "or":
        return [list(some) for size in range(1, len(leaving) + 1) for some in combinations(leaving, size)]
    return [leaving]


def nexts(graph: Graph, tokens: Counter[str]) -> list[Counter[str]]:
    """Every way in which one token (or one set at a join) can move, people included."""
    found = []
    for place in +tokens:
        if place in graph.nodes:
            node, consumed = place, [place]
        else:
            node = graph.flows[int(place[1:])][1]
            kind, consumed = graph.nodes.get(node, "end"), [place]
            if kind == "task":
                found.append(tokens - Counter(consumed) + Counter([node]))
                continue
            if kind in ("and", "or"):
                fired = fires(graph, tokens, node)
                if fired is None or f"f{fired[0]}" != place:
                    continue
                consumed = [f"f{number}" for number in fired]
        for flows in choices(graph, node):
            found.append(tokens - Counter(consumed) + Counter(f"f{number}" for number in flows))
    return found


def can_end(graph: Graph, begin: Counter[str]) -> bool:
    """Whether all tokens can come to the end."""
    first: Marking = frozenset((+begin).items())
    seen, stack = {first}, [first]
    while stack:
        now = stack.pop()
        if not now:
            return True
        for after in nexts(graph, Counter(dict(now))):
            marking = frozenset((+after).items())
            if marking not in seen:
                assume(len(seen) < 3000 and sum(after.values()) < 12)
                seen.add(marking)
                stack.append(marking)
    return False


def standing(graph: Graph, driver: Driver) -> Counter[str]:
    """The tokens of a case as the game has them: in tasks, or on the flow on which they wait at a join."""
    found: Counter[str] = Counter()
    for token in tokens_of(driver.case.workflow):
        node = element_of(token)
        if graph.nodes.get(node) == "task":
            found[node] += 1
        elif node in graph.nodes:
            pair = (element_of(token.parent), node)
            found[next(f"f{n}" for n, flow in enumerate(graph.flows) if flow[:2] == pair)] += 1
    return found


def play(graph: Graph, data: st.DataObject) -> None:
    """Some tasks are done, then some are sent anywhere; again and again."""
    driver = Driver(graph.draw())
    for _ in range(data.draw(st.integers(1, 6))):
        if not driver.tasks():
            break
        if data.draw(st.booleans()):
            driver.complete(data.draw(st.sampled_from(sorted(driver.tasks()))))
            continue
        chosen = data.draw(st.lists(st.sampled_from(sorted(driver.case.tasks)), min_size=1, max_size=3, unique=True))
        to = data.draw(st.sampled_from(sorted(name for name, kind in graph.nodes.items() if kind == "task")))
        entries = [driver.case.tasks[number] for number in chosen]
        was = standing(graph, driver)
        moved = was - Counter(entry["element"] for entry in entries) + Counter([to])
        expected, before = can_end(graph, moved) or not can_end(graph, was), canonical(driver.case)
        try:
            driver.step("operator", verb="move", cancel=[entry["id"] for entry in entries], to=to)
        except Unexpected as refused:
            assert refused.code == "never_ends"  # noqa: PT017
            assert canonical(driver.case) == before
            assert not expected
            event("refused")
        else:
            assert expected
            event("moved")
    driver.check()


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(st.one_of(graphs(), sound(), sound()), st.data())
def test_moves_that_leave_a_join_waiting_in_vain_are_refused_and_no_others(graph: Graph, data: st.DataObject) -> None:
    """Refused with nothing changed, or the case can still come to its end."""
    play(graph, data)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=SLOW)
@given(st.one_of(graphs(), sound(), sound()), st.data())
def test_moves_are_refused_exactly_where_the_case_could_never_end_for_long(graph: Graph, data: st.DataObject) -> None:
    """The same, at length."""
    play(graph, data)
