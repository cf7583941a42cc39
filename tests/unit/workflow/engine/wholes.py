"""A random block as a whole process, with its execution: records start branches beside it, a message interrupts it."""

from collections.abc import Iterator
from typing import Any

from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine.blocks import Action, Block, Chain, ChainRun, Ids, World

CODES = "<bpmn:error id='err_e' name='e' errorCode='e'/><bpmn:escalation id='esc_e' name='e' escalationCode='e'/>"


class WholeRun(ChainRun):
    """A process: the block, and what records have started. `terminating`: the end of the block ends everything."""

    def __init__(self, block: Block, world: World, *, terminating: bool = False) -> None:
        super().__init__(Chain([block]))
        self.world, self.terminating = world, terminating
        world.everything = self
        self.asides, self.gone, self.together = 0, "", list[str]()

    def actions(self) -> Iterator[Action]:
        if self.gone:
            yield from [("task", "gone_task")] * (self.gone == "going")
        elif not (self.terminating and self.current is None):
            yield from super().actions()
            yield from [("task", "aside")] * self.asides

    def act(self, action: Action) -> bool:
        if action == ("task", "gone_task"):
            self.gone = "gone"
        elif action == ("task", "aside"):
            self.asides -= 1
        else:
            return super().act(action)
        return True

    def add_record(self) -> None:
        """A record is added, which starts a branch."""
        self.asides += 1
        self.world.records += 1
        self.hear("")

    def interrupt(self) -> None:
        """The message that interrupts the process has come."""
        self.gone = "going"

    def is_finished(self) -> bool:
        """Whether the case has ended."""
        return bool(self.gone == "gone" or (not self.gone and self.current is None and not any(self.actions())))


def whole(block: Block, *, terminating: bool = False) -> tuple[bytes, WholeRun]:
    """A block as a process `P`, and its execution. Records of type `contact` start a task `aside` beside it; the
    message `withdrawn` interrupts it.
    """
    ids = Ids()
    body = block.draw(ids)
    end = d.node("endEvent", "end", "<bpmn:terminateEventDefinition id='all'/>") if terminating else d.END
    around = d.START + end + ids.flows("start", block.entry) + ids.flows(block.exit, "end")
    for name in ("aside", "gone_task"):
        around += d.user(name, ext=d.hy("task", role="r", result=name)) + d.node("endEvent", f"{name}_end")
        around += ids.flows(name, f"{name}_end")
    marks = d.hy("accepts", record="contact", to="aside") + d.hy("interrupt", message="withdrawn", to="gone_task")
    codes = "".join(ids.processes) + CODES
    xml = d.document(codes, d.process("P", around, body, ext=marks), messages=ids.messages, signals=ids.signals)
    run = WholeRun(block, ids.world, terminating=terminating)
    run.together = ids.together
    return xml, run


def variables() -> dict[str, Any]:
    """The variables the drawn diagrams use."""
    return {"counts": {}, "n": 1, **{f"list_{n}": list(range(n)) for n in range(4)}}
