"""The library as it comes, with its own parser and its own expressions, and where it is known to be wrong."""

import re
from collections import Counter
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from tests.unit.workflow.engine.blocks import Block, Chain, Loop, Split, Task


class Stock:
    """A process on the stock engine."""

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

    def complete(self, element: str, number: int = 0) -> None:
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


def joins_early(block: Block) -> bool:
    """Whether the stock engine, in some order, lets an inclusive join go on while a token can still come to it.

    BPMN 2.0.2 §13.4 has the join wait while a token can still reach one of its empty flows. The stock engine looks for
    such tokens in two ways, and there are places neither sees:

    - It follows each token to the join by prediction, but only to the second exclusive or inclusive gateway on the
      way; a gateway where branches merge counts, as does the one a loop leaves by. What is beyond is not certain, and
      what is not certain it does not wait for.
    - It goes back from the join against the flows, at every merge along its first flow only, and takes for tokens what
      is READY or WAITING: not a multi-instance activity or a sub-process that runs, which is STARTED.

    So a join goes early when another branch has come and a token rests before two such gateways, on another than the
    first flow into a merge or inside such an activity. A loop around a sub-process is the smallest case.
    """
    if isinstance(block, Chain):
        return any(joins_early(part) for part in block.parts)
    if isinstance(block, Loop):
        return joins_early(block.body)
    if not isinstance(block, Split):
        return False
    taken = block.taken()
    here = block.kind == "inclusive" and len(taken) > 1
    return any(joins_early(branch) or (here and overlooks(branch)) for branch in taken)


def overlooks(block: Block, *, unsure: bool = False, last: bool = True, passed: bool = True) -> bool:
    """Whether the tokens in a part of a branch can rest where the join does not see them.

    unsure: prediction from the end of the part does not reach the join; last: the join comes right after the part;
    passed: the way back from the join comes through the part.
    """
    if isinstance(block, Loop):
        return overlooks(block.body, unsure=True, last=False, passed=passed)
    if isinstance(block, Split):
        unsure = unsure or (block.kind != "parallel" and not last)
        first = block.filed()[0][0]
        return all(
            overlooks(branch, unsure=unsure, last=False, passed=passed and branch is first) for branch in block.taken()
        )
    if isinstance(block, Chain) and not block.inside:
        rests = [block.parts[n:] for n in range(1, len(block.parts) + 1)]
        return any(
            overlooks(part, unsure=unsure or any(map(blurs, rest)), last=last and not rest, passed=passed)
            for part, rest in zip(block.parts, rests, strict=True)
        )
    alone = isinstance(block, Task) and not block.instances
    return unsure and not (alone and passed)


def blurs(block: Block) -> bool:
    """Whether a prediction ends in a part: it comes to a gateway with conditions on every way through."""
    if isinstance(block, Split) and block.kind == "parallel":
        return all(map(blurs, block.branches))
    if isinstance(block, Chain):
        return not block.inside and any(map(blurs, block.parts))
    return isinstance(block, (Split, Loop))
