"""Files as other modelers save them, whole, with all their decoration: accepted, and run to every end they have."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from services.workflow.engine import check_bpmn
from tests.unit.workflow.engine.driving import Driver

FOLDER = Path(__file__).parent / "vendors"


@dataclass(frozen=True)
class Journey:
    """One way through a file: variables it starts with, what each task answers in turn, events that come by name.

    `end` is the end event the last token comes to, or several of which any may be the last.
    """

    file: str
    process: str
    end: str
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    events: frozenset[str] = frozenset()
    variables: dict[str, Any] = field(default_factory=dict)


def way(file: str, process: str, end: str, *events: str, answers: Any = None, **variables: Any) -> Journey:
    """A journey; the answers of a task that comes once may stand without a list."""
    listed = {key: said if isinstance(said, list) else [said] for key, said in (answers or {}).items()}
    return Journey(file, process, end, listed, frozenset(events), variables)


ENTERED = {"enter": {"amount": 800}}
DISH = {"Task_1hcentk": [{"dish": "stone"}, {"dish": "soup"}]}
CLIENT = {"home": False, "rating": 3}
JOURNEYS = [
    way("camunda7.bpmn", "loan", "granted", answers={**ENTERED, "approve": {"approved": True}}),
    way("camunda7.bpmn", "loan", "granted called", "remind", answers={**ENTERED, "approve": {"approved": True}}),
    way("camunda7.bpmn", "loan", "refused", answers={**ENTERED, "approve": {"approved": False}}),
    way("camunda8.bpmn", "order", "Event_done", "Event_paid", customer=CLIENT,
        answers={"Activity_check": {"amount": 5000}}),
    way("camunda8.bpmn", "order", "Event_cancelled", "Event_late", customer={"home": True},
        answers={"Activity_check": {"amount": 5}}),
    way("flowable.bpmn20.xml", "holiday", "theEnd", days=2),
    way("flowable.bpmn20.xml", "holiday", "theEnd", days=9),
    way("flowable.bpmn20.xml", "holiday", "lapsed", "expired", days=9),
    way("activiti.bpmn20.xml", "expense", "end", voters=4, answers={"pay": {"balance": 7}}),
    way("activiti.bpmn20.xml", "expense", "poor", voters=1, answers={"pay": {"balance": -7}}),
    way("jbpm.bpmn2", "evaluation", "_END", employee="krisv"),
    way("signavio.bpmn", "sid-PROC", "sid-END"),
    way("bonita.bpmn", "_travel", "_end", answers={"_ask": {"ok": True}}),
    way("bonita.bpmn", "_travel", "_end", answers={"_ask": {"ok": False}}),
    way("trisotech.bpmn", "WFP-6-", "_6-e1 _6-e2"),
    way("bpmn_io.bpmn", "Process_0a1b2c3", "Event_sated", answers={**DISH, "Activity_cook": {"burnt": False}}),
    way("bpmn_io.bpmn", "Process_0a1b2c3", "Event_hungry", answers={**DISH, "Activity_cook": {"burnt": True}}),
    way("china.bpmn", "发文流程", "结束", depts=["财政局", "教育局"],
        answers={"签发": [{"agree": "no"}, {"agree": "yes"}]}),
]  # fmt: skip
NAMES = [f"{journey.file}-{journey.end}-{number}" for number, journey in enumerate(JOURNEYS)]


def text_of(content: bytes) -> str:
    """The text of a file without its declaration."""
    return re.sub(r"\A\s*<\?xml.*?\?>", "", content.decode())


def prefixed(content: bytes) -> bytes:
    """The file with every BPMN element under a prefix nobody has heard of."""
    root = etree.fromstring(content)
    bpmn = etree.QName(root).namespace
    text = etree.tostring(root, encoding="unicode")
    prefix = next((key for key, uri in root.nsmap.items() if uri == bpmn), None)
    if prefix is None:
        text = text.replace(f'xmlns="{bpmn}"', f'xmlns:b-2.x="{bpmn}"', 1)
        return re.sub(r"<(/?)(?=[A-Za-z][A-Za-z]*[ />])", r"<\1b-2.x:", text).encode()
    return re.sub(rf"(</?|xmlns:|\"){prefix}(?=[:=])", r"\1b-2.x", text).encode()


VARIANTS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda content: content,
    "lines end as on Windows": lambda content: content.replace(b"\n", b"\r\n"),
    "lines end as on old Macs": lambda content: content.replace(b"\n", b"\r"),
    "byte order mark": lambda content: b"\xef\xbb\xbf" + content,
    "UTF-16": lambda content: ('<?xml version="1.0" encoding="UTF-16"?>' + text_of(content)).encode("utf-16"),
    "UTF-16 the other way": lambda content: (
        b"\xfe\xff" + ('<?xml version="1.0" encoding="utf-16"?>' + text_of(content)).encode("utf-16-be")
    ),
    "GBK": lambda content: ('<?xml version="1.0" encoding="GBK"?>' + text_of(content)).encode("gbk"),
    "GB18030": lambda content: ("<?xml version='1.0' encoding='gb18030'?>" + text_of(content)).encode("gb18030"),
    "no declaration": lambda content: text_of(content).strip().encode(),
    "another prefix": prefixed,
    "comments everywhere": lambda content: re.sub(rb">(\s*)<(?!\?|!)", rb"><!-- <a> --><?p?>\1<", content),
}


def pick(driver: Driver, journey: Journey, chance: random.Random) -> tuple[str, str] | None:
    """What happens next: an event of the journey as soon as it is awaited, else any open task."""
    for kind in ("timer", "message"):
        for element in driver.waits(kind):
            if element in journey.events:
                return kind, element
    tasks = sorted(driver.tasks())
    return ("task", chance.choice(tasks)) if tasks else None


def travel(journey: Journey, content: bytes, chance: random.Random) -> Driver:
    """Run a file to its end; saved and restored at every step, replayed at the end."""
    driver = Driver(content, journey.variables, process=journey.process)
    left = {element: list(said) for element, said in journey.answers.items()}
    rung: set[str] = set()
    for _ in range(60):
        if driver.case.is_finished:
            break
        found = pick(driver, Journey(journey.file, "", "", events=journey.events - rung), chance)
        assert found is not None, "nothing can happen"
        kind, element = found
        if kind == "task":
            driver.complete(element, chance.randrange(driver.tasks()[element]), **(left.get(element) or [{}]).pop(0))
        else:
            rung.add(element)
            {"timer": driver.ring, "message": driver.receive}[kind](element)
    driver.check()
    return driver


def ids_of(content: bytes) -> set[str]:
    """Every id of a file."""
    return {str(node.get("id")) for node in etree.fromstring(content).iter() if node.get("id") is not None}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("journey", JOURNEYS, ids=NAMES)
def test_files_of_other_modelers_run_to_their_ends(journey: Journey, variant: str) -> None:
    """Whatever surrounds the process and however the file is written, it is accepted and comes to the end it should."""
    plain = (FOLDER / journey.file).read_bytes()
    content = VARIANTS[variant](plain)
    findings = check_bpmn(journey.file, content)
    assert [found for found in findings if found.severity == "error"] == []
    assert {found.element for found in findings} <= ids_of(plain)
    for seed in range(2):
        driver = travel(journey, content, random.Random(seed))
        assert driver.case.is_finished
        assert driver.case.outcome in journey.end.split()


def test_every_vendor_file_is_run() -> None:
    """No file lies there unused."""
    assert {path.name for path in FOLDER.iterdir()} == {journey.file for journey in JOURNEYS}
