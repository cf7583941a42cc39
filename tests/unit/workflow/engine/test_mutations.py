"""Files damaged at random: the check always answers, names what exists, and what it lets through the engine runs.

Nodes and attributes are deleted, doubled, moved and renamed, bytes lost, encodings mixed up. Nothing may raise, hang or
name an element that is not there; what is accepted may stop (it may ask for what nobody has), in our own words only.
"""

import random
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from services.workflow.engine import EngineError, Finding, check_bpmn
from services.workflow.engine.conformance import BPMN
from services.workflow.engine.documents import parse_xml
from services.workflow.engine.findings import Refused
from tests.unit.workflow.engine import specimens
from tests.unit.workflow.engine.driving import Driver

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
VENDORS = sorted((Path(__file__).parent / "vendors").iterdir())
OWN = [
    path
    for path in sorted((Path(__file__).parents[4] / "processes" / "yunting" / "2026").glob("*.bpmn"))
    if path.name in ("co_handling.bpmn", "suggestion_handling.bpmn")
]
FILES = [path.read_bytes() for path in (*VENDORS, *OWN)] + specimens.every()
VALUES = ["", "x", "0", "1", "true", "false", "-1", "x" * 300, "${a}", "=b", "\u200b", "start", "end", "a b", "9" * 40]
FINE = {"expression", "no_flow", "runaway", "unknown_process", "unknown_decision", "decision", "bad_timer"}
FINE |= {"instances_not_a_list", "instances_not_a_number", "too_many_instances", "missing_input", "missing_output"}
FINE |= {"not_a_record", "not_a_person", "no_deadline_table", "unknown_deadline"}
"""How a case may stop: the diagram asks for a variable, a table or a process nobody has."""
VARIABLES = {"n": 1, "items": ["a"], "days": 5, "voters": 2}


def mutate(root: Any, chance: random.Random) -> None:
    """Change one thing."""
    nodes = [node for node in root.iter() if isinstance(node.tag, str) and node is not root]
    if not nodes:
        return
    node, other = chance.choice(nodes), chance.choice(nodes)
    match chance.randrange(9):
        case 0:
            node.getparent().remove(node)
        case 1:
            node.addnext(deepcopy(node))
        case 2 if node not in other.iterancestors() and node is not other:
            other.append(node)
        case 3 if node.attrib:
            del node.attrib[chance.choice(list(node.attrib))]
        case 4 if node.attrib:
            node.set(chance.choice(list(node.attrib)), chance.choice(VALUES))
        case 5:
            node.tag = other.tag
        case 6 if other.attrib and node.attrib:
            node.set(chance.choice(list(node.attrib)), chance.choice(list(other.attrib.values())))
        case 7:
            node.text = chance.choice([*VALUES, other.text or ""])
        case _:
            node.append(deepcopy(other))


def damage(content: bytes, chance: random.Random) -> bytes:
    """A damaged file: some mutations of its tree, and sometimes of its bytes."""
    root = etree.fromstring(content)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        mutate(root, chance)
    damaged: bytes = etree.tostring(root, encoding=chance.choice(["utf-8", "utf-8", "utf-16", "gb18030", "ascii"]))
    if chance.random() < 0.1:
        place = chance.randrange(len(damaged) + 1)
        middle = chance.choice(
            [b"", b"\x00", b"\xff\xfe", b"<!-- ", b"]]>", "￾".encode(), bytes([chance.randrange(256)])]
        )
        damaged = damaged[:place] + middle + damaged[place + chance.choice([0, 1, 50, 10**6]) :]
    return damaged


def names_of(content: bytes) -> set[str | None]:
    """Everything a finding may name: ids, or the file itself."""
    try:
        root = parse_xml(content)
    except Refused:
        return {None}
    return {None, *(node.get("id") for node in root.iter())}


def run(content: bytes, process: str, chance: random.Random) -> str:
    """Run a process for a while; how it came out."""
    try:
        driver = Driver(
            content, {"n": 1, "items": ["a"], "days": 5, "voters": 2}, process=process, D03_dmn=specimens.ROUTE
        )
        for _ in range(12):
            choices = [(driver.complete, key) for key in driver.tasks()]
            choices += [(driver.ring, key) for key in driver.waits("timer")]
            choices += [(driver.receive, key) for key in driver.waits("message")]
            if driver.case.is_finished or not choices:
                break
            act, key = chance.choice(choices)
            act(key)
        driver.check()
    except EngineError as error:
        if error.code not in FINE:
            raise
        return error.code
    return "fine"


def answer(content: bytes) -> list[Finding]:
    """What the check says; it names only what there is, in time."""
    begin = time.thread_time()
    findings = check_bpmn("p.bpmn", content)
    assert time.thread_time() - begin < 5
    assert {found.element for found in findings} <= names_of(content)
    return findings


def try_out(seed: int) -> str:
    """Damage a file, check it, and run it if it is accepted."""
    chance = random.Random(seed)
    content = damage(chance.choice(FILES), chance)
    if any(found.severity == "error" for found in answer(content)):
        return "refused"
    processes = [
        p for p in parse_xml(content).iter(f"{{{BPMN}}}process") if p.get("isExecutable", "true") in ("true", "1")
    ]
    return " ".join(run(content, process.get("id"), chance) for process in processes)


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(st.integers(0, 2**32))
def test_a_damaged_file_is_answered(seed: int) -> None:
    """Whatever has happened to a file."""
    try_out(seed)


@pytest.mark.long
def test_a_damaged_file_is_answered_for_long() -> None:
    """The same, at length; many are still accepted, so the engine has its share."""
    outcomes = [try_out(seed) for seed in range(15_000)]
    assert sum("refused" not in outcome for outcome in outcomes) > 1_000
