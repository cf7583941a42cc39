"""A modeler without a window: opens a diagram, moves, adds and removes what is drawn, and saves it."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from lxml import etree

_NAMES: Final = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "hy": "urn:huiyin:bpmn:1",
}
_ROOM: Final = 120
"""Height of a new lane."""


class Box(NamedTuple):
    """Where something is drawn."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2


class Drawing:
    """An open diagram of one process."""

    def __init__(self, path: Path) -> None:
        self._root = etree.fromstring(path.read_bytes())

    def content(self) -> bytes:
        """What is saved."""
        written: bytes = etree.tostring(self._root, encoding="UTF-8", xml_declaration=True)
        return written

    def find(self, id_: str) -> etree._Element:
        """The one element of this id."""
        return self._one(f"//bpmn:*[@id='{id_}']")

    def add_lane(self, id_: str, name: str, *nodes: str) -> Box:
        """A lane below the others, with these nodes; where it is drawn."""
        pool = self._bounds(self._one("//bpmn:participant").get("id"))
        box = Box(float(pool.get("x")) + 30, float(pool.get("y")) + float(pool.get("height")), 0, _ROOM)
        box = box._replace(width=float(pool.get("width")) - 30)
        pool.set("height", f"{float(pool.get('height')) + _ROOM:g}")
        inside = "".join(f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>" for node in nodes)
        self._add(self._one("//bpmn:laneSet"), f'<bpmn:lane id="{id_}" name="{name}">{inside}</bpmn:lane>')
        self._draw(id_, box)
        return box

    def add_node(self, xml: str, box: Box) -> None:
        """A task, an event or a gateway, and where it is drawn."""
        self._draw(str(self._add(self._one("//bpmn:process"), xml).get("id")), box)

    def add_flow(self, id_: str, source: str, target: str, name: str = "", condition: str = "") -> None:
        """A flow between two nodes that are there."""
        when = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{}</bpmn:conditionExpression>'
        self._add(
            self._one("//bpmn:process"),
            f'<bpmn:sequenceFlow id="{id_}" name="{name}" sourceRef="{source}" targetRef="{target}">'
            f"{when.format(condition) if condition else ''}</bpmn:sequenceFlow>",
        )
        self._add(self._plane(), f'<bpmndi:BPMNEdge id="{id_}_di" bpmnElement="{id_}"/>')
        for node, end in ((source, "outgoing"), (target, "incoming")):
            self._hang(node, end, id_)
        self._draw_flow(id_)

    def retarget(self, flow: str, target: str) -> None:
        """A flow ends at another node."""
        found = self.find(flow)
        for end in self.find(found.get("targetRef")).xpath(f"bpmn:incoming[text()='{flow}']", namespaces=_NAMES):
            end.getparent().remove(end)
        found.set("targetRef", target)
        self._hang(target, "incoming", flow)
        self._draw_flow(flow)

    def flows_to(self, node: str) -> list[str]:
        """The flows that end at a node."""
        return [str(one.get("id")) for one in self._all(f"//bpmn:sequenceFlow[@targetRef='{node}']")]

    def cut(self, node: str) -> None:
        """Take out a node with one way in and one way out; what came to it goes on to the next."""
        [onward] = self._all(f"//bpmn:sequenceFlow[@sourceRef='{node}']")
        [flow] = self.flows_to(node)
        target = str(onward.get("targetRef"))
        self.retarget(flow, target)
        for gone in (node, str(onward.get("id"))):
            said = f"//bpmn:*[@id='{gone}'] | //bpmndi:*[@bpmnElement='{gone}']"
            for element in self._all(f"{said} | //bpmn:flowNodeRef[.='{gone}'] | //bpmn:incoming[.='{gone}']"):
                element.getparent().remove(element)

    def box(self, id_: str) -> Box:
        """Where an element is drawn."""
        found = self._bounds(id_)
        return Box(*(float(found.get(side)) for side in Box._fields))

    def _draw(self, id_: str, box: Box) -> None:
        place = " ".join(f'{side}="{value:g}"' for side, value in box._asdict().items())
        shape = f'<bpmndi:BPMNShape id="{id_}_di" bpmnElement="{id_}"><dc:Bounds {place}/></bpmndi:BPMNShape>'
        self._add(self._plane(), shape)

    def _draw_flow(self, flow: str) -> None:
        """From the middle of one node across to the other and up or down."""
        edge = self._one(f"//bpmndi:BPMNEdge[@bpmnElement='{flow}']")
        for old in list(edge):
            edge.remove(old)
        ends = [self.box(str(self.find(flow).get(side))).middle for side in ("sourceRef", "targetRef")]
        for x, y in (ends[0], (ends[1][0], ends[0][1]), ends[1]):
            self._add(edge, f'<di:waypoint x="{x:g}" y="{y:g}"/>')

    def _hang(self, node: str, end: str, flow: str) -> None:
        """`incoming` and `outgoing` stand before a node's own details, behind its extension elements."""
        parent = self.find(node)
        before = parent.xpath("bpmn:extensionElements | bpmn:incoming | bpmn:outgoing", namespaces=_NAMES)
        new = self._add(parent, f"<bpmn:{end}>{flow}</bpmn:{end}>")
        parent.insert(parent.index(before[-1]) + 1 if before else 0, new)

    def _bounds(self, id_: str) -> etree._Element:
        return self._one(f"//bpmndi:BPMNShape[@bpmnElement='{id_}']/dc:Bounds")

    def _plane(self) -> etree._Element:
        return self._one("//bpmndi:BPMNPlane")

    def _one(self, path: str) -> etree._Element:
        [found] = self._all(path)
        return found

    def _all(self, path: str) -> list[etree._Element]:
        found: list[etree._Element] = self._root.xpath(path, namespaces=_NAMES)
        return found

    def _add(self, parent: etree._Element, xml: str) -> etree._Element:
        names = " ".join(f'xmlns:{name}="{uri}"' for name, uri in _NAMES.items())
        [new] = etree.fromstring(f"<x {names}>{xml}</x>")
        parent.append(new)
        return new
