"""What means something in BPMN and nothing to the engine: refused, for what is accepted runs as it is drawn."""

from collections.abc import Iterator
from typing import Any

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = ("{http://camunda.org/schema/1.0/bpmn}", "{http://camunda.org/schema/zeebe/1.0}")
FOREIGN_COLLECTION = ("}collection", "}elementVariable", "}loopCharacteristics")
"""How other vendors (Flowable, Activiti and their like) name what a multi-instance goes through."""

BOOLEANS = (
    "isExecutable",
    "cancelActivity",
    "isSequential",
    "isForCompensation",
    "triggeredByEvent",
    "testBefore",
)


def spell_out(root: Any) -> None:
    """Write the truth values of a file as words; XML Schema lets them be 1 and 0 as well."""
    for node in root.iter():
        for name in BOOLEANS:
            value = node.get(name)
            if value is not None and value.strip() in ("0", "1"):
                node.set(name, "true" if value.strip() == "1" else "false")


def of_node(node: Any) -> Iterator[str]:
    """What a node says that would be passed over, as keys of `conformance_words.INSTEAD`."""
    if node.find(f"{BPMN}eventDefinitionRef") is not None:
        yield "eventDefinitionRef"
    if node.get("eventGatewayType") == "Parallel":
        yield "parallelEventGateway"
    if node.get("isForCompensation") == "true":
        yield "compensateEventDefinition"
    if any(node.get(name, "1") != "1" for name in ("startQuantity", "completionQuantity")):
        yield "quantities"
    for loop in node.iterfind(f"{BPMN}multiInstanceLoopCharacteristics"):
        yield from of_instances(node, loop)


def of_instances(node: Any, loop: Any) -> Iterator[str]:
    """What the characteristics of a multi-instance say that would be passed over."""
    within = loop.iterfind(f"{BPMN}extensionElements/*")
    names = [key for part in (loop, *within) for key in (part.tag, *part.attrib) if isinstance(key, str)]
    if any(key.startswith(CAMUNDA) or key.endswith(FOREIGN_COLLECTION) for key in names):
        yield "camundaInstances"
    elif names_own_data(node, loop):
        yield "taskDataInstances"
    if loop.get("behavior", "All") != "All":
        yield "instanceEvents"


def names_own_data(node: Any, loop: Any) -> bool:
    """Whether the collection is an input or output of the activity itself, which is only drawn."""
    tags = [f"{BPMN}dataInput", f"{BPMN}dataOutput"]
    own = {data.get("id") for drawn in node.iterfind(f"{BPMN}ioSpecification") for data in drawn.iter(*tags)}
    names = [loop.findtext(f"{BPMN}{tag}") for tag in ("loopDataInputRef", "loopDataOutputRef")]
    return any(name and name.strip() in own for name in names)
