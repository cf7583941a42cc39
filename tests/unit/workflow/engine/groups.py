"""A process in which units handle side by side in roles that change: leads or separate handlers, co-handlers."""

from typing import Any

from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver

LEADS = 'where(change.assignments, "role", "lead") + where(change.assignments, "role", "separate")'


def call(key: str, called: str, *inside: str, ext: str = "") -> str:
    """A call activity."""
    return d.node("callActivity", key, *inside, ext=ext, calledElement=called)


def work(key: str, unit: str, *, limit: bool = False) -> str:
    """A task of a unit, with a deadline of its own or without."""
    deadline = d.hy("deadline", name_="week", unit=unit) if limit else ""
    return d.user(key, ext=deadline + d.hy("task", role="liaison", unit=unit, form=key))


def called(key: str, *nodes: str) -> str:
    """A process with start and end `<key>_start`, `<key>_end`."""
    return d.process(key, d.node("startEvent", f"{key}_start") + d.node("endEvent", f"{key}_end"), *nodes)


def documents() -> dict[str, bytes]:
    """P calls `reply` for every lead or separate handler; in it the inside and the co-handlers run side by side."""
    flows = d.Flows()
    accepts = d.hy("accepts", record="mode_change", verb="regroup", result="change", tell="liaison")
    handlers = d.hy("regroup", items=LEADS, takes_over="true")
    loop = d.each("handlings", "handling", "outcomes", "outcome")
    calls = call("replies", "reply", loop, ext=handlers)
    main = d.process("P", d.START + d.END, calls, flows("start", "replies", "end"), ext=accepts)
    helpers = d.hy("regroup", items='where(change.assignments, "role", "co")', to="late")
    inner = d.hy("extension-point", name_="inside", unit="handling.unit")
    period = d.hy("deadline", name_="reply", rule="week", unit="handling.unit")
    reply = called(
        "reply",
        d.node("parallelGateway", "split") + d.node("parallelGateway", "join"),
        call("own", "inside", ext=inner + period),
        call("others", "co", d.each("co_handlers", "co_handler", "opinions", "opinion"), ext=helpers),
        call("late", "joining"),
        work("draft", "handling.unit"),
        d.script("close", 'outcome = {"unit": handling.unit, "role": handling.role}'),
        flows("reply_start", "split", "own", "join", "draft", "close", "reply_end"),
        flows("split", "others", "join"),
        flows("late", "draft"),
    )
    inside = called(
        "inside",
        work("read", "handling.unit") + work("prepare", "handling.unit"),
        flows("inside_start", "read", "prepare", "inside_end"),
    )
    say = 'opinion = {"unit": co_handler.unit, "role": co_handler.role, "since": co_handler.since}'
    co = called(
        "co",
        work("give", "co_handler.unit", limit=True) + work("check", "handling.unit") + d.script("say", say),
        flows("co_start", "give", "check", "say", "co_end"),
    )
    joining = called(
        "joining",
        d.script("who", "newcomers = change.come"),
        call("each", "co", d.each("newcomers", "co_handler", "joined", "opinion"), ext=d.hy("regroup", joins="others")),
        d.script("both", "opinions = opinions + joined"),
        flows("joining_start", "who", "each", "both", "joining_end"),
    )
    return {"p.bpmn": d.document(main, reply, inside, co), "joining.bpmn": d.document(joining)}


def divided(**roles: str) -> Driver:
    """A case in which these units have these roles."""
    items = [{"unit": unit, "role": role, "since": "2026-02-01"} for unit, role in roles.items()]
    vars_ = {
        "handlings": [item for item in items if item["role"] != "co"],
        "co_handlers": [item for item in items if item["role"] == "co"],
    }
    return Driver(b"", vars_, **documents(), D03_dmn=s.DEADLINES)


def change(driver: Driver, **roles: str) -> list[Any]:
    """Somebody changes who handles the matter."""
    assignments = [{"unit": unit, "role": role} for unit, role in roles.items()]
    facts = {"mode": "x", "assignments": assignments, "reason": "事由"}
    return driver.step("record", record="mode_change", role="office", data=facts)


def tasks(driver: Driver) -> dict[str, str]:
    """Open tasks: `element@unit` → id."""
    return {f"{entry['element']}@{entry['unit']}": entry["id"] for entry in driver.case.tasks.values()}


def do(driver: Driver, name: str) -> None:
    """One open task, by `element@unit`, is done."""
    driver.step("complete_task", task=tasks(driver)[name], data={})
