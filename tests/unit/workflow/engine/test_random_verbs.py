"""Random diagrams disturbed at random: returns, moves, instances ended, interrupts. Nothing gets lost or stuck."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.workflow.engine import Unexpected
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine.blocks import Block, Chain, Ids, Task, blocks
from tests.unit.workflow.engine.driving import Driver
from tests.unit.workflow.engine.wholes import variables

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def disturbed(block: Block) -> tuple[bytes, str]:
    """The block behind a first task, and that task's id; the process can be withdrawn, records start branches."""
    ids = Ids()
    chain = Chain([Task(), block])
    body = chain.draw(ids)
    gone = d.node("endEvent", "gone")
    around = d.START + d.END + gone + ids.flows("start", chain.entry) + ids.flows(chain.exit, "end")
    around += d.user("aside", ext=d.hy("task", role="r")) + d.node("endEvent", "aside_end")
    around += ids.flows("aside", "aside_end")
    ext = d.hy("interrupt", message="withdrawn", to="gone") + d.hy("accepts", record="contact", to="aside")
    xml = d.document(d.process("P", around, body, ext=ext), messages=[*ids.messages, "withdrawn"])
    return xml, chain.entry


def disturb(driver: Driver, first: str, data: st.DataObject) -> None:
    """One act of an operator; what does not fit is refused and changes nothing."""
    tasks = sorted(entry["id"] for entry in driver.case.tasks.values())
    verbs = ["return", "move", "end_instance", "transfer", "consult", "recall", "withdraw", "record"]
    verb = data.draw(st.sampled_from(verbs))
    try:
        if verb == "withdraw":
            driver.step("message", name="withdrawn", key="M1", data={"reason": "x"})
        elif verb == "recall":
            driver.step(
                "operator",
                verb=verb,
                task=data.draw(st.sampled_from([*sorted(driver.case.done), *driver.case.spent, ""])),
            )
        elif verb == "record":
            driver.step("record", record="contact", task=data.draw(st.sampled_from([None, *tasks])), data={})
        elif tasks:
            task = data.draw(st.sampled_from(tasks))
            facts = {"task": task, "cancel": "all", "to": first, "unit": "u9"}
            driver.step("operator", verb=verb, **facts)
    except Unexpected as refused:
        known = {"not_an_instance", "not_recallable"} | set(driver.case.spent.values())
        assert refused.code in known  # noqa: PT017 - what these acts can meet


def go_on(driver: Driver, data: st.DataObject) -> bool:
    """Let one ordinary thing happen; False when there is nothing left."""
    choices = [("task", element) for element in sorted(driver.tasks())]
    choices += [(kind, element) for kind in ("timer", "message") for element in sorted(driver.waits(kind))]
    if not choices:
        return False
    kind, element = data.draw(st.sampled_from(choices))
    for side in list(driver.case.sides.values()):
        driver.step("complete_task", task=side["id"], data={"agrees": True})
    {"task": driver.complete, "timer": driver.ring, "message": driver.receive}[kind](element)
    return True


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(blocks(), st.data())
def test_disturbed_cases_stay_whole(block: Block, data: st.DataObject) -> None:
    """Whatever operators do, the case can be saved, restored, replayed and brought to an end."""
    xml, first = disturbed(block)
    driver = Driver(xml, variables())
    for _ in range(data.draw(st.integers(1, 8))):
        for _ in range(data.draw(st.integers(0, 4))):
            go_on(driver, data)
        if driver.case.is_finished:
            break
        disturb(driver, first, data)
        if driver.case.is_finished:
            break
    for _ in range(300):
        if driver.case.is_finished or not go_on(driver, data):
            break
    assert driver.case.is_finished
    assert not driver.case.tasks
    assert not driver.case.waits
    driver.check()
