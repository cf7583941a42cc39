"""Whether the tokens of a process can still all come to its end: the token game of the standard, on the diagram alone.

Who places a token where he likes may leave a parallel join behind that waits for ever. Here every choice is free: any
flow of a gateway may be taken, any event may come. So what cannot end here cannot end at all.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition, TerminateEventDefinition
from SpiffWorkflow.spiff.specs.event_definitions import ErrorEventDefinition

from services.workflow.engine.spiff.events import BoundaryEvent, BoundaryEventJoin, EndEvent, EventBasedGateway
from services.workflow.engine.spiff.joins import EndJoin, ExclusiveGateway, InclusiveGateway, ParallelGateway
from services.workflow.engine.spiff.trees import CaseTask

MOST = 5_000
"""Markings that are looked at; a process with more ways to go on is taken to have an end."""

Place = tuple[str, str]
"""Where a token is: the element, and the element it came from where it waits for others at a join."""
Marking = tuple[Place, ...]

ENDS_ALL = (TerminateEventDefinition, ErrorEventDefinition, CancelEventDefinition)


class Game:
    """The token game of one process."""

    def __init__(self, spec: Any) -> None:
        self.specs: dict[str, Any] = spec.task_specs
        joins = [one for one in self.specs.values() if isinstance(one, InclusiveGateway) and len(one.inputs) > 1]
        self.in_any_order = bool(joins) or any(ends_all(one) for one in self.specs.values())

    def arrive(self, source: str, spec: Any) -> Marking:
        """The place of a token that comes to an element; none where it is over."""
        if isinstance(spec, EndJoin | BoundaryEventJoin):
            return ()
        name = str(spec.name).removesuffix(".BoundaryEventSplit") if isinstance(spec, BoundaryEventSplit) else spec.name
        waits = isinstance(spec, ParallelGateway | InclusiveGateway) and len(spec.inputs) > 1
        return ((name, source if waits else ""),)

    def leave(self, name: str, outputs: list[Any]) -> Marking:
        """The places of the tokens that leave an element by some of its flows."""
        return tuple(chain.from_iterable(self.arrive(name, spec) for spec in outputs))

    def ways(self, name: str) -> list[Marking]:
        """What may become of a token in an element, at each choice."""
        spec = self.specs[name]
        outputs = list(spec.outputs)
        if isinstance(spec, ExclusiveGateway | EventBasedGateway):
            return [self.leave(name, [one]) for one in outputs]
        if isinstance(spec, InclusiveGateway):
            return [self.leave(name, list(some)) for some in subsets(outputs)]
        caught = [self.leave(one.name, one.outputs) for one in self.events_on(name) if one.cancel_activity]
        return [*caught, self.leave(name, outputs)]

    def events_on(self, name: str) -> list[Any]:
        """The boundary events of an activity."""
        split = self.specs.get(f"{name}.BoundaryEventSplit")
        return [one for one in split.outputs if isinstance(one, BoundaryEvent)] if split is not None else []

    def fired(self, marking: Marking, name: str) -> Marking | None:
        """The tokens a join takes now; None while it waits."""
        spec, here = self.specs[name], Counter(source for element, source in marking if source and element == name)
        if isinstance(spec, ParallelGateway):
            needed = Counter(one.name for one in spec.inputs)
            return tuple((name, source) for source in needed.elements()) if needed <= here else None
        elsewhere = {element for element, source in marking if not (source and element == name)}
        elsewhere |= {event.name for element in elsewhere for event in self.events_on(element)}
        empty = [one.name for one in spec.inputs if one.name not in here]
        far = {element for element in elsewhere if any(element in spec.sources_of(flow) for flow in empty)}
        if any(not any(element in spec.sources_of(flow) for flow in here) for element in far):
            return None
        return tuple((name, source) for source in here)

    def moves(self, marking: Marking) -> Iterator[list[Marking]]:
        """For each join that can fire and each token that can go on: every state that may come of it."""
        for name in dict.fromkeys(element for element, source in marking if source):
            consumed = self.fired(marking, name)
            if consumed is not None:
                yield [after(marking, consumed, way) for way in self.ways(name)]
        for place in dict.fromkeys(place for place in marking if not place[1]):
            yield [after(marking, (place,), way) for way in self.ways(place[0])]

    def following(self, marking: Marking) -> list[Marking]:
        """The states to look at next.

        A token that waits for nobody goes on sooner or later, whatever the others do: so one at a time is enough.
        """
        found = self.moves(marking)
        return list(chain.from_iterable(found)) if self.in_any_order else next(found, [])

    def stuck(self, begin: Marking) -> list[str]:
        """The joins that wait in vain if the tokens cannot all come to the end; empty if they can."""
        seen, stack, dead = {begin}, [begin], set[str]()
        while stack:
            marking = stack.pop()
            if not marking or len(seen) > MOST or any(ends_all(self.specs[name]) for name, _ in marking):
                return []
            following = self.following(marking)
            dead |= {name for name, source in marking if source} if not following else set()
            stack += (fresh := [one for one in dict.fromkeys(following) if one not in seen])
            seen.update(fresh)
        return sorted(dead) or sorted({name for name, _ in begin})


def ends_all(spec: Any) -> bool:
    """Whether an element ends its whole process, whatever else stands in it."""
    return isinstance(spec, EndEvent) and isinstance(spec.event_definition, ENDS_ALL)


def subsets(outputs: list[Any]) -> Iterator[tuple[Any, ...]]:
    """The flows an inclusive gateway may take: one, several or all; of many only one or all."""
    sizes = range(1, len(outputs) + 1) if len(outputs) < 6 else (1, len(outputs))
    return chain.from_iterable(combinations(outputs, size) for size in sizes)


def after(marking: Marking, consumed: Marking, produced: Marking) -> Marking:
    """A state without some tokens and with others."""
    left = Counter(marking)
    left.subtract(consumed)
    left.update(produced)
    return tuple(sorted(left.elements()))


def lost_joins(workflow: Any, tokens: list[CaseTask], taken: list[CaseTask], anchor: CaseTask, entry: Any) -> list[str]:
    """The joins that would wait in vain if some tokens of a process were `taken` and one placed at `entry`.

    Empty where all can come to the end, and where they could not before either. `anchor` is what the new one hangs on.
    """
    game = Game(workflow.spec)
    gone = {token.id for token in taken}
    standing = [(token.id in gone, place) for token in tokens for place in place_of(game, token)]
    placed = [*(place for is_gone, place in standing if not is_gone), *game.arrive(anchor.task_spec.name, entry)]
    lost = game.stuck(tuple(sorted(placed)))
    return lost if lost and not game.stuck(tuple(sorted(place for _, place in standing))) else []


def place_of(game: Game, token: CaseTask) -> Marking:
    """Where a token of a case is; none for events on activities, which have no token of their own."""
    return (
        () if isinstance(token.task_spec, BoundaryEvent) else game.arrive(token.parent.task_spec.name, token.task_spec)
    )
