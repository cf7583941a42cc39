"""More random blocks: every element and event the engine executes, each with a model that knows nothing of the engine.

With those of `blocks` they are what the random runs draw; `test_random_shapes.py` says that none is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.blocks import (
    Action,
    Block,
    Catch,
    Chain,
    ChainRun,
    Ids,
    Loop,
    Run,
    Split,
    Task,
    orders,
)

RULE = "<spiffworkflow:calledDecisionId>route</spiffworkflow:calledDecisionId>"


class Once(Run):
    """Waits for one thing."""

    def __init__(self, action: Action) -> None:
        self.action, self.over = action, False

    def actions(self) -> Iterator[Action]:
        if not self.over:
            yield self.action

    def act(self, action: Action) -> bool:
        mine = not self.over and action == self.action
        self.over = self.over or mine
        return mine

    def is_over(self) -> bool:
        return self.over


class Passed(Run):
    """Waits for nothing."""

    def actions(self) -> Iterator[Action]:
        yield from ()

    def act(self, action: Action) -> bool:
        return False

    def is_over(self) -> bool:
        return True


@dataclass
class Plain(Block):
    """A node by itself: somebody does it, a message or timer is awaited, or nobody has to do anything."""

    kind: str

    def draw(self, ids: Ids) -> str:
        key = self.entry = self.exit = ids.draw(self.kind)
        message = d.message(key, key="matter.matter_id", data="{'n': 1}")
        if self.kind in ("receiveTask", "sendTask", "throw"):
            ids.messages.append(key)
        drawn = {
            "receiveTask": lambda: d.node("receiveTask", key, message),
            "sendTask": lambda: d.node("sendTask", key, message),
            "throw": lambda: d.node("intermediateThrowEvent", key, message),
            "none": lambda: d.node("intermediateThrowEvent", key),
            "rule": lambda: d.node("businessRuleTask", key, ext=RULE),
            "timer": lambda: d.node("intermediateCatchEvent", key, d.timer(duration="PT2H")),
        }
        return drawn[self.kind]() if self.kind in drawn else d.node(self.kind, key)

    def run(self) -> Run:
        waits = {"receiveTask": "message", "timer": "timer", "task": "task", "manualTask": "task"}
        return Once((waits[self.kind], self.entry)) if self.kind in waits else Passed()


@dataclass
class Condition(Block):
    """Waits until so many records have been added to the case; `on_task`: an event on a task, which it interrupts."""

    number: int
    on_task: bool = False

    def draw(self, ids: Ids) -> str:
        key = self.entry = self.exit = ids.draw("condition")
        self.world = ids.world
        definition = s.conditional(f"get(records, 'contact', 0) >= {self.number}")
        if not self.on_task:
            return d.node("intermediateCatchEvent", key, definition)
        alarm, self.after, self.exit = ids.draw("alarm"), ids.draw("after"), ids.draw("merge")
        xml = d.node("manualTask", key) + d.boundary(alarm, key, definition) + d.user(self.after)
        xml += d.node("exclusiveGateway", self.exit) + ids.flows(key, self.exit)
        return xml + ids.flows(alarm, self.after, self.exit)

    def run(self) -> Run:
        return WatchedRun(self) if self.on_task else ConditionRun(self)


class ConditionRun(Passed):
    """See `Condition`."""

    def __init__(self, block: Condition) -> None:
        self.block = block

    def is_over(self) -> bool:
        return self.block.world.records >= self.block.number


class WatchedRun(Run):
    """See `Condition`, on a task."""

    def __init__(self, block: Condition) -> None:
        self.block, self.open = block, block.entry
        self.advance()

    def actions(self) -> Iterator[Action]:
        if self.open:
            yield ("task", self.open)

    def act(self, action: Action) -> bool:
        if not self.open or action != ("task", self.open):
            return False
        self.open = ""
        return True

    def advance(self) -> None:
        if self.open == self.block.entry and self.block.world.records >= self.block.number:
            self.open = self.block.after

    def is_over(self) -> bool:
        return not self.open


@dataclass
class Choice(Block):
    """An event gateway: the first of several events takes its branch."""

    branches: list[Block]
    kinds: list[str]

    def draw(self, ids: Ids) -> str:
        self.entry, self.exit, self.events = ids.draw("choice"), ids.draw("merge"), []
        xml = d.node("eventBasedGateway", self.entry) + d.node("exclusiveGateway", self.exit)
        for branch, kind in zip(self.branches, self.kinds, strict=False):
            key = ids.draw(kind)
            self.events.append(("timer" if kind == "timer" else "message", key))
            if kind != "timer":
                ids.messages.append(key)
            definition = d.timer(duration="PT3H") if kind == "timer" else d.message(key, key="matter.matter_id")
            tag = "receiveTask" if kind == "receive" else "intermediateCatchEvent"
            xml += d.node(tag, key, definition) + branch.draw(ids)
            xml += ids.flows(self.entry, key, branch.entry) + ids.flows(branch.exit, self.exit)
        return xml

    def run(self) -> Run:
        return ChoiceRun(self)


class ChoiceRun(Run):
    """See `Choice`."""

    def __init__(self, block: Choice) -> None:
        self.block, self.taken = block, list[Run]()

    def children(self) -> list[Run]:
        return self.taken

    def actions(self) -> Iterator[Action]:
        if not self.taken:
            yield from self.block.events
        for run in self.taken:
            yield from run.actions()

    def act(self, action: Action) -> bool:
        if not self.taken and action in self.block.events:
            self.taken = [self.block.branches[self.block.events.index(action)].run()]
            return True
        return any(run.act(action) for run in self.taken)

    def is_over(self) -> bool:
        return bool(self.taken) and self.taken[0].is_over()


@dataclass
class Box(Block):
    """A sub-process, transaction or called process around a block; once, or so many times at once or in a row."""

    body: Block
    how: str  # "subProcess" | "transaction" | "callActivity"
    repeat: str = ""  # "" | "at once" | "in a row" | "loop"
    number: int = 1

    def draw(self, ids: Ids) -> str:
        inside = self.body.draw(ids)
        begin, finish, key = ids.draw("begin"), ids.draw("finish"), ids.draw("box")
        inside += d.node("startEvent", begin) + self.end(finish)
        inside += ids.flows(begin, self.body.entry) + ids.flows(self.body.exit, finish)
        if self.repeat == "at once":
            ids.together.append(key)
        loop = {
            "": lambda: "",
            "at once": lambda: d.each(f"list_{self.number}", f"item_{key}"),
            "in a row": lambda: d.each(f"list_{self.number}", f"item_{key}", sequential=True),
            "loop": lambda: d.node("standardLoopCharacteristics", f"loop_{key}", loopMaximum=str(self.number)),
        }[self.repeat]()
        self.entry = self.exit = key
        if self.how != "callActivity":
            return d.node(self.how, key, inside, loop)
        ids.processes.append(d.process(f"process_{key}", inside))
        return d.node("callActivity", key, loop, calledElement=f"process_{key}")

    def end(self, key: str) -> str:
        """The end event of what is inside."""
        return d.node("endEvent", key)

    def run(self) -> Run:
        one = Chain([self.body], inside=True)
        if self.repeat == "at once":
            return Together([one.run() for _ in range(self.number)])
        number = self.number if self.repeat else 1
        return ChainRun(Chain([one] * number)) if number else Passed()


class Together(Run):
    """Instances at once: what is open in them is told apart by their place, `element@place`, outer places last."""

    def __init__(self, runs: list[Run]) -> None:
        self.runs = runs

    def children(self) -> list[Run]:
        return self.runs

    def actions(self) -> Iterator[Action]:
        for place, run in enumerate(self.runs):
            yield from ((kind, f"{element}@{place}") for kind, element in run.actions())

    def act(self, action: Action) -> bool:
        element, _, place = action[1].rpartition("@")
        return bool(element) and int(place) < len(self.runs) and self.runs[int(place)].act((action[0], element))

    def is_over(self) -> bool:
        return all(run.is_over() for run in self.runs)


@dataclass
class Guarded(Box):
    """A box with a boundary event on it, or that ends by a terminate event.

    `guard` is "timer", "message", "error", "escalation", "cancel" or "terminate"; `beside`: it does not interrupt.
    """

    guard: str = "timer"
    beside: bool = False

    def end(self, key: str) -> str:
        """It throws what its boundary event catches."""
        definition = {
            "error": s.error("e"),
            "escalation": s.escalation("e"),
            "cancel": "<bpmn:cancelEventDefinition/>",
            "terminate": "<bpmn:terminateEventDefinition/>",
        }.get(self.guard, "")
        return d.node("endEvent", key, definition)

    def draw(self, ids: Ids) -> str:
        if self.guard == "cancel":
            self.how = "transaction"
        xml, box = super().draw(ids), self.entry
        if self.guard == "terminate":
            return xml
        self.alarm, self.after = ids.draw("alarm"), ids.draw("after")
        if self.guard == "message":
            ids.messages.append(self.alarm)
        definition = {
            "timer": d.timer(duration="PT1H"),
            "message": d.message(self.alarm, key="matter.matter_id"),
            "error": s.error("e"),
            "escalation": s.escalation("e"),
            "cancel": "<bpmn:cancelEventDefinition/>",
        }[self.guard]
        xml += d.boundary(self.alarm, box, definition, interrupting=not self.beside)
        xml += d.user(self.after, ext=d.hy("task", role="r"))
        self.exit = ids.draw("merge" if not self.beside else "on")
        xml += d.node("exclusiveGateway", self.exit) + ids.flows(box, self.exit)
        if not self.beside:
            return xml + ids.flows(self.alarm, self.after, self.exit)
        stop = ids.draw("stop")
        return xml + d.node("endEvent", stop) + ids.flows(self.alarm, self.after, stop)

    def run(self) -> Run:
        return GuardedRun(self)


class GuardedRun(Run):
    """See `Guarded`."""

    def __init__(self, block: Guarded) -> None:
        self.block, self.late, self.armed = block, 0, block.guard in ("timer", "message")
        self.inner: ChainRun | None = ChainRun(Chain([block.body], inside=True))
        self.thrown = False
        self.advance()

    def children(self) -> list[Run]:
        return [self.inner] if self.inner is not None else []

    def actions(self) -> Iterator[Action]:
        if self.inner is not None:
            yield from self.inner.actions()
            if self.armed:
                yield (self.block.guard, self.block.alarm)
        yield from [("task", self.block.after)] * self.late if self.late else ()

    def act(self, action: Action) -> bool:
        if self.inner is not None and self.armed and action == (self.block.guard, self.block.alarm):
            self.armed = False
            self.happen()
        elif self.late and action == ("task", self.block.after):
            self.late -= 1
        elif self.inner is None or not self.inner.act(action):
            return False
        self.advance()
        return True

    def happen(self) -> None:
        """The boundary event comes."""
        self.late += 1
        if not self.block.beside:
            self.inner = None

    def advance(self) -> None:
        if self.inner is not None and self.inner.current is None and not self.thrown:
            self.thrown = True
            if self.block.guard == "terminate":
                self.inner = None
            elif self.block.guard in ("error", "escalation", "cancel"):
                self.happen()
        if self.inner is not None and self.inner.is_over():
            self.inner = None

    def is_over(self) -> bool:
        return self.inner is None and (self.block.beside or not self.late)


@dataclass
class Signalled(Block):
    """Two branches: when the task of one is done, it throws a signal for which the other waits.

    `how`: "catch", or a task with a boundary event, "interrupting" or "beside".
    """

    how: str

    def draw(self, ids: Ids) -> str:
        self.world = ids.world
        self.entry, self.exit = ids.draw("fork"), ids.draw("join")
        self.first, throw, self.other, self.after = (ids.draw(name) for name in ("first", "throw", "other", "after"))
        self.signal = ids.draw("signal")
        ids.signals.append(self.signal)
        definition = s.signal(self.signal)
        user = {"ext": d.hy("task", role="r")}
        xml = d.node("parallelGateway", self.entry) + d.node("parallelGateway", self.exit) + d.user(self.first, **user)
        xml += d.node("intermediateThrowEvent", throw, definition) + d.user(self.after, **user)
        xml += ids.flows(self.entry, self.first, throw, self.exit)
        if self.how == "catch":
            xml += d.node("intermediateCatchEvent", self.other, definition)
            return xml + ids.flows(self.entry, self.other, self.after, self.exit)
        alarm, merge = ids.draw("alarm"), ids.draw("merge")
        xml += d.user(self.other, **user)
        xml += d.boundary(alarm, self.other, definition, interrupting=self.how == "interrupting")
        xml += d.node("exclusiveGateway", merge) + ids.flows(self.entry, self.other, merge, self.exit)
        if self.how == "interrupting":
            return xml + ids.flows(alarm, self.after, merge)
        stop = ids.draw("stop")
        return xml + d.node("endEvent", stop) + ids.flows(alarm, self.after, stop)

    def run(self) -> Run:
        return SignalledRun(self)


class SignalledRun(Run):
    """See `Signalled`. `waiting`: the other branch can hear the signal."""

    def __init__(self, block: Signalled) -> None:
        self.block, self.first, self.waiting, self.late = block, True, True, 0

    def actions(self) -> Iterator[Action]:
        if self.first:
            yield ("task", self.block.first)
        if self.waiting and self.block.how != "catch":
            yield ("task", self.block.other)
        yield from [("task", self.block.after)] * self.late

    def act(self, action: Action) -> bool:
        if self.first and action == ("task", self.block.first):
            self.block.world.throw(self.block.signal)
            self.first = False
        elif self.waiting and self.block.how != "catch" and action == ("task", self.block.other):
            self.waiting = False
        elif self.late and action == ("task", self.block.after):
            self.late -= 1
        else:
            return False
        return True

    def hear(self, name: str) -> None:
        if self.waiting and name == self.block.signal:
            self.waiting = self.block.how == "beside"
            self.late += 1

    def is_over(self) -> bool:
        return not self.first and not self.waiting and (self.block.how == "beside" or not self.late)


HOW = st.sampled_from(["subProcess", "transaction", "callActivity"])


def leaves() -> st.SearchStrategy[Block]:
    """Blocks without others inside."""
    kinds = ["receiveTask", "sendTask", "throw", "none", "rule", "timer", "task", "manualTask"]
    return st.one_of(
        st.builds(Task, instances=st.integers(0, 3), timer=st.sampled_from(["", "interrupting", "reminder"])),
        st.builds(Catch),
        st.builds(Plain, st.sampled_from(kinds)),
        st.builds(Condition, st.integers(1, 2), st.booleans()),
        st.builds(Signalled, st.sampled_from(["catch", "interrupting", "beside"])),
    )


def shapes() -> st.SearchStrategy[Block]:
    """Random blocks of every kind."""

    def larger(smaller: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
        several = st.lists(smaller, min_size=2, max_size=3)
        kinds = st.sampled_from(["parallel", "inclusive", "exclusive"])
        chosen = st.lists(st.booleans(), min_size=3, max_size=3)
        awaited = st.lists(st.sampled_from(["timer", "message", "receive"]), min_size=3, max_size=3)
        guards = st.sampled_from(["timer", "message", "error", "escalation", "cancel", "terminate"])
        return st.one_of(
            st.builds(Chain, several, st.booleans()),
            st.builds(Split, kinds, several, chosen, orders()),
            st.builds(Loop, smaller, st.integers(1, 3), st.booleans()),
            st.builds(Choice, several, awaited),
            st.builds(Box, smaller, HOW),
            st.builds(Box, smaller, HOW, st.sampled_from(["at once", "in a row"]), st.integers(0, 3)),
            st.builds(Box, smaller, HOW, st.just("loop"), st.integers(1, 3)),
            st.builds(Guarded, smaller, HOW, guard=guards),
            st.builds(Guarded, smaller, HOW, guard=st.sampled_from(["timer", "escalation"]), beside=st.just(True)),
        )

    return st.recursive(leaves(), larger, max_leaves=6)
