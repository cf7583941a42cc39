"""Random graphs of gateways that are no blocks at all, against the token game of the standard (BPMN 2.0.2 §13.4).

Flows go anywhere: branches meet where they never parted, joins starve, several tokens stand on one flow, loops go round
joins. The game holds tokens on flows, knows nothing of the engine, and follows every order in which tokens may move.
"""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.workflow.engine import check_bpmn
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine.driving import Driver

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
GATEWAYS = {"xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway"}
Marking = frozenset[tuple[str, int]]
"""Tokens by the flow they stand on, and tasks by their name."""


@dataclass(frozen=True)
class Graph:
    """Nodes by name with their kind ("task", "xor", "and", "or"); flows as (source, target, condition holds)."""

    nodes: dict[str, str]
    flows: tuple[tuple[str, str, bool], ...]

    def into(self, node: str) -> list[int]:
        """The flows that lead to a node."""
        return [number for number, (_, target, _) in enumerate(self.flows) if target == node]

    def out(self, node: str) -> list[int]:
        """The flows that leave a node, the default flow last."""
        return [number for number, (source, _, _) in enumerate(self.flows) if source == node]

    def draw(self) -> bytes:
        """As BPMN; the last flow out of a gateway is its default."""
        parts = [d.START, d.END]
        for name, kind in self.nodes.items():
            leaving = self.out(name)
            chooses = kind in ("xor", "or") and len(leaving) > 1
            parts.append(
                d.user(name, ext=d.hy("task", role="r"))
                if kind == "task"
                else d.node(GATEWAYS[kind], name, **({"default": f"f{leaving[-1]}"} if chooses else {}))
            )
        flows = d.Flows()
        for number, (source, target, holds) in enumerate(self.flows):
            leaving = self.out(source)
            asks = self.nodes.get(source) in ("xor", "or") and len(leaving) > 1 and number != leaving[-1]
            parts.append(flows(source, target, id=f"f{number}", condition=str(holds).lower() if asks else ""))
        return d.document(d.process("P", *parts))


def taken(graph: Graph, node: str) -> list[int]:
    """The flows a token takes out of a node."""
    leaving, kind = graph.out(node), graph.nodes.get(node, "")
    if kind == "and" or len(leaving) < 2:
        return leaving
    wanted = [number for number in leaving[:-1] if graph.flows[number][2]]
    return (wanted if kind == "or" else wanted[:1]) or leaving[-1:]


def upstream(graph: Graph, flow: int, but: str) -> set[str]:
    """Nodes and flows (`f1`) from which a flow can be reached without passing a node."""
    seen, stack = {f"f{flow}"}, [graph.flows[flow][0]]
    while stack:
        node = stack.pop()
        if node != but and node not in seen:
            seen.add(node)
            for number in graph.into(node):
                seen.add(f"f{number}")
                stack.append(graph.flows[number][0])
    return seen


def fires(graph: Graph, tokens: Counter[str], node: str) -> list[int] | None:
    """The flows from which a join takes a token now, or None while it waits."""
    into = graph.into(node)
    filled = [number for number in into if tokens[f"f{number}"]]
    empty = [number for number in into if not tokens[f"f{number}"]]
    if graph.nodes[node] == "and":
        return None if empty else into
    if not filled or not empty:
        return filled or None
    near = set().union(*(upstream(graph, number, node) for number in filled))
    far = set().union(*(upstream(graph, number, node) for number in empty))
    elsewhere = {place for place in +tokens if place not in {f"f{number}" for number in filled}}
    return None if elsewhere & (far - near) else filled


def moves(graph: Graph, tokens: Counter[str]) -> list[Counter[str]]:
    """Every way in which one token (or one set at a join) can move by itself."""
    found = []
    for place in +tokens:
        if not place.startswith("f"):
            continue
        node = graph.flows[int(place[1:])][1]
        kind = graph.nodes.get(node, "end")
        if kind in ("and", "or"):
            consumed = fires(graph, tokens, node)
            if consumed is None or f"f{consumed[0]}" != place:
                continue
        else:
            consumed = [int(place[1:])]
        after = tokens - Counter(f"f{number}" for number in consumed)
        after.update(
            [node] if kind == "task" else [f"f{number}" for number in ([] if kind == "end" else taken(graph, node))]
        )
        found.append(after)
    return found


def settled(graph: Graph, begin: set[Marking]) -> set[Marking]:
    """Every state that may come of these when everything has moved that can; nothing for one that never rests."""
    seen, rest, stack = set(begin), set[Marking](), list(begin)
    while stack:
        now = stack.pop()
        nexts = [frozenset(after.items()) for after in moves(graph, Counter(dict(now)))]
        if not nexts:
            rest.add(now)
        for after in nexts:
            if after not in seen:
                assume(len(seen) < 400 and sum(dict(after).values()) < 12)
                seen.add(after)
                stack.append(after)
    return rest


def tasks_of(graph: Graph, marking: Marking) -> Counter[str]:
    """The tasks that are open in a state."""
    return Counter({place: number for place, number in marking if graph.nodes.get(place) == "task"})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random graphs in which every node can be reached and has a way on; every circle has a task."""
    kinds = draw(st.lists(st.sampled_from(["task", "task", "xor", "and", "or", "or"]), min_size=4, max_size=9))
    nodes = {f"n{number}": kind for number, kind in enumerate(kinds)}
    names, flows = list(nodes), [("start", "n0", True)]
    for number, name in enumerate(names):
        ahead = [*names[number + 1 :], "end"][:4]
        targets = [draw(st.sampled_from(ahead))]
        if nodes[name] != "task":
            back = [before for before in names[: number + 1] if nodes[before] == "task"]
            targets += draw(st.lists(st.sampled_from([*ahead, *ahead, *back]), max_size=3))
        flows += [(name, target, draw(st.booleans())) for target in dict.fromkeys(targets)]
    graph = Graph(nodes, tuple(flows))
    assume(not [found for found in check_bpmn("p.bpmn", graph.draw()) if found.severity == "error"])
    return graph


def play(graph: Graph, data: st.DataObject) -> None:
    """Step by step the engine is in one of the states the game allows."""
    states = settled(graph, {frozenset({("f0", 1)})})
    driver = Driver(graph.draw())
    for _ in range(12):
        open_ = driver.tasks()
        states = {state for state in states if tasks_of(graph, state) == open_}
        assert states, open_
        assert driver.case.is_finished in {not state for state in states}
        if not open_:
            break
        name = data.draw(st.sampled_from(sorted(open_)))
        begin = set()
        for state in states:
            tokens = Counter(dict(state)) - Counter([name])
            tokens.update(f"f{number}" for number in taken(graph, name))
            begin.add(frozenset(tokens.items()))
        states = settled(graph, begin)
        driver.complete(name, data.draw(st.integers(0, open_[name] - 1)))
    driver.check()


def test_what_an_inclusive_join_has_just_sent_on_counts() -> None:
    """It may come back to the flow on which nothing waits; so the token that arrives next waits for it."""
    flows = ("start n0", "n0 n3", "n0 n2", "n1 n3", "n2 n3", "n2 end", "n2 n4", "n3 n4", "n4 end", "n4 n1")
    pairs = tuple((*flow.split(), flow == "start n0") for flow in flows)
    driver = Driver(Graph({"n0": "and", "n1": "task", "n2": "xor", "n3": "xor", "n4": "or"}, pairs).draw())
    assert driver.tasks() == {"n1": 1}


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(graphs(), st.data())
def test_the_engine_plays_the_token_game(graph: Graph, data: st.DataObject) -> None:
    """Whatever is drawn, tasks open and cases end (or starve) as the standard's rules of tokens allow."""
    play(graph, data)


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=SLOW)
@given(graphs(), st.data())
def test_the_engine_plays_the_token_game_for_long(graph: Graph, data: st.DataObject) -> None:
    """The same, at length."""
    play(graph, data)
