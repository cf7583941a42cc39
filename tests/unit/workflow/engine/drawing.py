"""Draws small BPMN diagrams for tests: a process is a list of element strings, flows are chains of ids."""

import re
from collections.abc import Iterable
from itertools import count, pairwise
from typing import Any

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions '
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:hy="urn:huiyin:bpmn:1" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'targetNamespace="urn:test">'
)


def quoted(value: str) -> str:
    """An attribute value."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def hy(name: str, **attributes: str) -> str:
    """One hy: element."""
    return f"<hy:{name} " + " ".join(f'{k.rstrip("_")}="{quoted(v)}"' for k, v in attributes.items()) + "/>"


def node(tag: str, key: str, *inside: str, ext: str = "", **attributes: str) -> str:
    """Any flow node; `ext` are its extension elements."""
    text = "".join(f' {k}="{quoted(v)}"' for k, v in attributes.items())
    extension = f"<bpmn:extensionElements>{ext}</bpmn:extensionElements>" if ext else ""
    return f'<bpmn:{tag} id="{key}"{text}>{extension}{"".join(inside)}</bpmn:{tag}>'


def user(key: str, *inside: str, ext: str = "", **attributes: str) -> str:
    """A user task."""
    return node("userTask", key, *inside, ext=ext, **attributes)


def script(key: str, text: str) -> str:
    """A script task."""
    return node("scriptTask", key, f"<bpmn:script>{quoted(text)}</bpmn:script>")


def timer(key: str = "", *, date: str = "", duration: str = "", cycle: str = "", ext: str = "") -> str:
    """A timer definition."""
    body = "".join(
        f"<bpmn:{tag} xsi:type='bpmn:tFormalExpression'>{value}</bpmn:{tag}>"
        for tag, value in (("timeDate", date), ("timeDuration", duration), ("timeCycle", cycle))
        if value
    )
    extension = f"<bpmn:extensionElements>{ext}</bpmn:extensionElements>" if ext else ""
    return f"<bpmn:timerEventDefinition>{extension}{body}</bpmn:timerEventDefinition>"


def message(name: str, **attributes: str) -> str:
    """A message definition with our key."""
    extension = f"<bpmn:extensionElements>{hy('message', **attributes)}</bpmn:extensionElements>" if attributes else ""
    return f'<bpmn:messageEventDefinition messageRef="msg_{name}">{extension}</bpmn:messageEventDefinition>'


def each(
    collection: str,
    item: str,
    output: str = "",
    result: str = "",
    *,
    sequential: bool = False,
    until: str = "",
) -> str:
    """Multi-instance characteristics."""
    out = f"<bpmn:loopDataOutputRef>{output}</bpmn:loopDataOutputRef>" if output else ""
    out_item = f'<bpmn:outputDataItem id="{result}"/>' if result else ""
    condition = f"<bpmn:completionCondition>{quoted(until)}</bpmn:completionCondition>" if until else ""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        f"<bpmn:loopDataInputRef>{collection}</bpmn:loopDataInputRef>{out}"
        f'<bpmn:inputDataItem id="{item}"/>{out_item}{condition}</bpmn:multiInstanceLoopCharacteristics>'
    )


def boundary(key: str, on: str, definition: str, *, interrupting: bool = True) -> str:
    """A boundary event."""
    return node("boundaryEvent", key, definition, attachedToRef=on, cancelActivity=str(interrupting).lower())


class Flows:
    """Numbers sequence flows; ids are unique over a whole test."""

    def __init__(self) -> None:
        self.numbers = count(1)

    def __call__(self, *keys: str, condition: str = "", id: str = "") -> str:
        """A chain of flows; a condition goes on the first."""
        parts: list[str] = []
        for source, target in pairwise(keys):
            text = (
                f"<bpmn:conditionExpression xsi:type='bpmn:tFormalExpression'>{quoted(condition)}"
                "</bpmn:conditionExpression>"
                if condition and not parts
                else ""
            )
            key = id if id and not parts else f"flow_{next(self.numbers)}"
            parts.append(
                f'<bpmn:sequenceFlow id="{key}" sourceRef="{source}" targetRef="{target}">{text}</bpmn:sequenceFlow>'
            )
        return "".join(parts)


def process(key: str, *inside: str, ext: str = "") -> str:
    """An executable process."""
    extension = f"<bpmn:extensionElements>{ext}</bpmn:extensionElements>" if ext else ""
    return f'<bpmn:process id="{key}" isExecutable="true">{extension}{"".join(inside)}</bpmn:process>'


def document(*inside: str, messages: Iterable[str] = (), signals: Iterable[str] = ()) -> bytes:
    """A whole file."""
    named = "".join(f'<bpmn:message id="msg_{name}" name="{name}"/>' for name in messages)
    named += "".join(f'<bpmn:signal id="sig_{name}" name="{name}"/>' for name in signals)
    return (HEAD + named + "".join(inside) + "</bpmn:definitions>").encode()


def upside_down(xml: bytes) -> bytes:
    """The file with a picture in which what stands later in the file is drawn higher."""
    keys = re.findall(r'<bpmn:(?:\w+(?:Task|Gateway|Event)|subProcess) id="([^"]+)"', xml.decode())
    shapes = "".join(
        f'<bpmndi:BPMNShape bpmnElement="{key}"><dc:Bounds x="0" y="{-place}" width="9" height="9"/></bpmndi:BPMNShape>'
        for place, key in enumerate(keys)
    )
    names = 'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    plane = f'<bpmndi:BPMNDiagram {names}><bpmndi:BPMNPlane bpmnElement="P">{shapes}</bpmndi:BPMNPlane>'
    return xml.replace(b"</bpmn:definitions>", f"{plane}</bpmndi:BPMNDiagram></bpmn:definitions>".encode())


START: Any = node("startEvent", "start")
END: Any = node("endEvent", "end")
