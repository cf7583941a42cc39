"""Random block-structured processes, and an independent model of what BPMN says they do.

A block draws itself as BPMN and makes a `Run`, which knows nothing of the engine: which tasks are open, timers and
messages are awaited, and what each of them leads to. The tests hold the engine to it, event by event.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from hypothesis import strategies as st

from tests.unit.workflow.engine import drawing as d

Action = tuple[str, str]
"""What can happen next: ("task" | "timer" | "message", element)."""


class World:
    """What all executions of a case share: records that were added, and the whole, for signals reach everything."""

    def __init__(self) -> None:
        self.records = 0
        self.everything: Run | None = None

    def throw(self, name: str) -> None:
        """A signal is thrown; who waits for it goes on before whoever throws it."""
        if self.everything is not None:
            self.everything.hear(name)


class Ids:
    """Draws element ids and flows for one diagram."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.flows = d.Flows()
        self.messages: list[str] = []
        self.signals: list[str] = []
        self.processes: list[str] = []
        self.together: list[str] = []
        self.world = World()

    def draw(self, prefix: str) -> str:
        """A new id."""
        return f"{prefix}_{next(self.numbers)}"


class Run:
    """One execution of a block."""

    def actions(self) -> Iterator[Action]:
        """What can happen next; an element occurs once for each of its open instances."""
        raise NotImplementedError

    def act(self, action: Action) -> bool:
        """Let it happen, if it is ours."""
        raise NotImplementedError

    def is_over(self) -> bool:
        """Whether the token has left the block."""
        raise NotImplementedError

    def children(self) -> list["Run"]:
        """The executions inside this one."""
        return []

    def hear(self, name: str) -> None:
        """A signal is thrown somewhere, or (without a name) something else has happened beside the tokens."""
        for child in self.children():
            child.hear(name)
        self.advance()

    def advance(self) -> None:
        """Go on as far as nobody has to do anything."""


class Block:
    """Draws itself between an entry and an exit element and says what it does."""

    entry: str
    exit: str

    def draw(self, ids: Ids) -> str:
        """The XML; sets `entry` and `exit`."""
        raise NotImplementedError

    def run(self) -> Run:
        """A new execution."""
        raise NotImplementedError


@dataclass
class Task(Block):
    """A user task, in so many parallel instances, perhaps with a timer on it."""

    instances: int = 0
    timer: str = ""  # "" | "interrupting" | "reminder"

    def draw(self, ids: Ids) -> str:
        key = self.entry = self.exit = self.name = ids.draw("task")
        loop = d.each(f"list_{self.instances}", f"item_{key}", f"out_{key}", f"res_{key}") if self.instances else ""
        hy = d.hy("task", role="r", result=f"res_{key}")
        parts = [d.user(key, loop, ext=hy)]
        if self.timer:
            self.alarm, self.after = ids.draw("timer"), ids.draw("late")
            definition = d.timer(duration="PT1H")
            parts.append(d.boundary(self.alarm, key, definition, interrupting=self.timer == "interrupting"))
            parts.append(d.user(self.after, ext=d.hy("task", role="r")))
        if self.timer == "interrupting":
            self.exit = ids.draw("xor")
            parts += [d.node("exclusiveGateway", self.exit)]
            parts += [ids.flows(key, self.exit), ids.flows(self.alarm, self.after, self.exit)]
        elif self.timer:
            stop = ids.draw("stop")
            parts += [d.node("endEvent", stop), ids.flows(self.alarm, self.after, stop)]
        return "".join(parts)

    def run(self) -> Run:
        return TaskRun(self)


class TaskRun(Run):
    """See `Task`."""

    def __init__(self, block: Task) -> None:
        self.block, self.left = block, block.instances or 1
        self.armed, self.late = bool(block.timer), 0

    def actions(self) -> Iterator[Action]:
        yield from [("task", self.block.name)] * self.left
        if self.armed and self.left:
            yield ("timer", self.block.alarm)
        if self.late:
            yield ("task", self.block.after)

    def act(self, action: Action) -> bool:
        if self.left and action == ("task", self.block.name):
            self.left -= 1
        elif self.left and self.armed and action == ("timer", self.block.alarm):
            self.armed, self.late = False, 1
            if self.block.timer == "interrupting":
                self.left = 0
        elif self.late and action == ("task", self.block.after):
            self.late = 0
        else:
            return False
        return True

    def is_over(self) -> bool:
        interrupting = self.block.timer == "interrupting"
        return not self.left and not (interrupting and self.late)


@dataclass
class Catch(Block):
    """Waits for a message."""

    def draw(self, ids: Ids) -> str:
        key = self.entry = self.exit = ids.draw("catch")
        ids.messages.append(key)
        return d.node("intermediateCatchEvent", key, d.message(key, key="matter.matter_id"))

    def run(self) -> Run:
        return CatchRun(self)


class CatchRun(Run):
    """See `Catch`."""

    def __init__(self, block: Catch) -> None:
        self.block, self.over = block, False

    def actions(self) -> Iterator[Action]:
        if not self.over:
            yield ("message", self.block.entry)

    def act(self, action: Action) -> bool:
        mine = not self.over and action == ("message", self.block.entry)
        self.over = self.over or mine
        return mine

    def is_over(self) -> bool:
        return self.over


@dataclass
class Chain(Block):
    """One after the other; with `inside`, wrapped in a sub-process."""

    parts: list[Block]
    inside: bool = False

    def draw(self, ids: Ids) -> str:
        xml = "".join(part.draw(ids) for part in self.parts)
        for before, after in zip(self.parts, self.parts[1:], strict=False):
            xml += ids.flows(before.exit, after.entry)
        self.entry, self.exit = self.parts[0].entry, self.parts[-1].exit
        if not self.inside:
            return xml
        begin, finish, key = ids.draw("begin"), ids.draw("finish"), ids.draw("sub")
        xml += d.node("startEvent", begin) + d.node("endEvent", finish)
        xml += ids.flows(begin, self.entry) + ids.flows(self.exit, finish)
        self.entry = self.exit = key
        return d.node("subProcess", key, xml)

    def run(self) -> Run:
        return ChainRun(self)


class ChainRun(Run):
    """See `Chain`. A reminder left over in a sub-process keeps the sub-process; elsewhere it keeps what is around."""

    def __init__(self, block: Chain) -> None:
        self.block, self.position, self.old = block, 0, []
        self.current: Run | None = block.parts[0].run()
        self.advance()

    def children(self) -> list[Run]:
        return self.everything()

    def everything(self) -> list[Run]:
        return [*self.old, *([self.current] if self.current else [])]

    def actions(self) -> Iterator[Action]:
        for run in self.everything():
            yield from run.actions()

    def act(self, action: Action) -> bool:
        if not any(run.act(action) for run in self.everything()):
            return False
        self.advance()
        return True

    def advance(self) -> None:
        while self.current is not None and self.current.is_over():
            if any(True for _ in self.current.actions()):
                self.old.append(self.current)
            self.position += 1
            more = self.position < len(self.block.parts)
            self.current = self.block.parts[self.position].run() if more else None

    def is_over(self) -> bool:
        if self.current is not None:
            return False
        return not self.block.inside or not any(True for _ in self.actions())


@dataclass
class Split(Block):
    """Branches: all of them (parallel), some of them (inclusive) or one (exclusive); the last drawn is the default.

    The flows to them stand in the file in an order of their own.
    """

    kind: str
    branches: list[Block]
    chosen: list[bool]
    order: tuple[int, ...] = (0, 1, 2)

    def draw(self, ids: Ids) -> str:
        self.entry, self.exit = ids.draw("split"), ids.draw("join")
        tag = f"{self.kind}Gateway"
        default = ids.draw("default") if self.kind != "parallel" else ""
        extra = {"default": default} if default else {}
        xml = d.node(tag, self.entry, **extra) + d.node(tag, self.exit)
        for branch in self.branches:
            xml += branch.draw(ids) + ids.flows(branch.exit, self.exit)
        for branch, holds in self.filed():
            if default and branch is self.branches[-1]:
                xml += ids.flows(self.entry, branch.entry, id=default)
            else:
                condition = ("true" if holds else "false") if default else ""
                xml += ids.flows(self.entry, branch.entry, condition=condition)
        return xml

    def filed(self) -> list[tuple[Block, bool]]:
        """The branches in the order of their flows in the file, each with whether its condition holds."""
        places = [place for place in self.order if place < len(self.branches)]
        return [(self.branches[place], self.chosen[place]) for place in places]

    def taken(self) -> list[Block]:
        """The branches that get a token."""
        if self.kind == "parallel":
            return self.branches
        wanted = [branch for branch, holds in self.filed() if holds and branch is not self.branches[-1]]
        return (wanted if self.kind == "inclusive" else wanted[:1]) or self.branches[-1:]

    def run(self) -> Run:
        return SplitRun(self)


class SplitRun(Run):
    """See `Split`."""

    def __init__(self, block: Split) -> None:
        self.runs = [branch.run() for branch in block.taken()]

    def children(self) -> list[Run]:
        return self.runs

    def actions(self) -> Iterator[Action]:
        for run in self.runs:
            yield from run.actions()

    def act(self, action: Action) -> bool:
        return any(run.act(action) for run in self.runs)

    def is_over(self) -> bool:
        return all(run.is_over() for run in self.runs)


@dataclass
class Loop(Block):
    """Repeats its body so many times by a counter variable. In the file the way on may stand before the way back."""

    body: Block
    rounds: int
    on_first: bool = False

    def draw(self, ids: Ids) -> str:
        self.entry, add, self.exit = ids.draw("again"), ids.draw("add"), ids.draw("enough")
        counter, default = ids.draw("n"), ids.draw("leave")
        xml = d.node("exclusiveGateway", self.entry) + self.body.draw(ids)
        xml += d.script(
            add, f"{counter} = counts.{counter} + 1 if counts.{counter} else 1\ncounts.{counter} = {counter}"
        )
        xml += d.node("exclusiveGateway", self.exit, default=default)
        xml += ids.flows(self.entry, self.body.entry) + ids.flows(self.body.exit, add, self.exit)
        reset = ids.draw("reset")
        back = ids.flows(self.exit, self.entry, condition=f"counts.{counter} < {self.rounds}")
        on = ids.flows(self.exit, reset, id=default)
        xml += d.script(reset, f"counts.{counter} = 0") + (on + back if self.on_first else back + on)
        self.exit = reset
        return xml

    def run(self) -> Run:
        return ChainRun(Chain([self.body] * self.rounds))


def orders() -> st.SearchStrategy[tuple[int, ...]]:
    """The order of the flows of a gateway in the file."""
    return st.permutations(range(3)).map(tuple)


def blocks() -> st.SearchStrategy[Block]:
    """Random blocks."""
    leaf = st.one_of(
        st.builds(Task),
        st.builds(Task, timer=st.sampled_from(["interrupting", "reminder"])),
        st.builds(Task, instances=st.integers(1, 3), timer=st.sampled_from(["", "interrupting", "reminder"])),
        st.builds(Catch),
    )

    def larger(smaller: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
        several = st.lists(smaller, min_size=2, max_size=3)
        return st.one_of(
            st.builds(Chain, several, st.booleans()),
            st.builds(
                Split,
                st.sampled_from(["parallel", "inclusive", "exclusive"]),
                several,
                st.lists(st.booleans(), min_size=3, max_size=3),
                orders(),
            ),
            st.builds(Loop, smaller, st.integers(1, 3), st.booleans()),
        )

    return st.recursive(leaf, larger, max_leaves=7)
