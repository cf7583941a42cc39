"""Inside a unit: a form lists its people, a task is for one of them by name, a colleague passes it on."""

import json

import pytest

from services.common import db
from services.workflow import cases, matters, packages, tasks, verbs, versions
from services.workflow.speakers import Speaker
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import NOW, Office, matter, somebody


def member(office: Office, name: str, role: str, unit: str) -> Speaker:
    """Somebody of a unit, in the directory too."""
    office.directory("person", f"p-{name}", name=name, kind="staff", unit=unit, active=True)
    roles = [{"role": role, "unit": unit}]
    office.directory("account", f"a-{name}", login=name, person_id=f"p-{name}", epoch=1, active=True, roles=roles)
    actor = {"account": f"a-{name}", "person": f"p-{name}", "name": name}
    return Speaker(actor=actor, roles=((role, unit),), account=f"a-{name}", person=f"p-{name}")


@pytest.fixture
def case_id(office: Office) -> str:
    """The unit's liaison names who writes the opinion; then it is that person's task."""
    files = package.files(revision=2)
    form = json.loads(files["forms/opinion.json"])
    form["properties"]["officer"] = {
        "type": "string",
        "title": "承办人",
        "x-options": "unit_people",
        "examples": ["p-bo"],
    }
    second = (
        '<bpmn:userTask id="task_write" name="撰写"><bpmn:extensionElements>'
        '<hy:deadline name="opinion" rule="opinion" unit="unit"/>'
        '<hy:task role="liaison" unit="\'u_a\'" person="opinions[0].officer" form="decide" deadline="opinion" '
        'public="撰写"/>'
        "</bpmn:extensionElements></bpmn:userTask>"
    ).replace(' unit="unit"', " unit=\"'u_a'\"")
    main = files["main.bpmn"].decode()
    main = main.replace(
        '<bpmn:intermediateCatchEvent id="evt_letter"', f'{second}<bpmn:intermediateCatchEvent id="evt_letter"'
    )
    flow = '<bpmn:sequenceFlow id="flow_task_opinion_evt_letter" sourceRef="task_opinion" targetRef="evt_letter"/>'
    assert flow in main
    main = main.replace(flow, flow.replace('targetRef="evt_letter"', 'targetRef="task_write"')
                        + '<bpmn:sequenceFlow id="flow_w" sourceRef="task_write" targetRef="evt_letter"/>')  # fmt: skip
    files |= {"main.bpmn": main.encode(), "forms/opinion.json": json.dumps(form, ensure_ascii=False).encode()}
    with db.begin(office.engine) as conn:
        version = versions.submit(conn, packages.load(files), "a-owner", NOW)
        versions.approve(conn, version, "a-second", NOW)
        matters.keep(conn, matter("m1"), NOW)
        found = cases.start(conn, cases.Begin(matter_id="m1", package_version=version), NOW).case_id
    office.decide(found, "u_a")
    return found


def test_a_form_lists_the_people_of_the_tasks_unit(office: Office, case_id: str) -> None:
    """With their roles; nobody of another unit, and agencies are told which list is meant."""
    for name, unit in (("bo", "u_a"), ("chen", "u_a"), ("di", "u_b")):
        member(office, name, "liaison", unit)
    [task] = office.open(case_id)
    with db.read(office.engine) as conn:
        field = tasks.schema_of(conn, task)["properties"]["officer"]
    assert field["x-labels"] == {"p-bo": "bo（联络员）", "p-chen": "chen（联络员）"}
    assert office.sent("task.opened.v1")[-1]["form_schema"]["properties"]["officer"]["x-codes"] == "unit_people"


def test_a_named_colleague_gets_the_task_and_others_of_the_role_pass_it_on(office: Office, case_id: str) -> None:
    """He may be away; what they cannot do is do it for him, or give it to another unit."""
    bo, chen = (member(office, name, "liaison", "u_a") for name in ("bo", "chen"))
    member(office, "di", "liaison", "u_b")
    office.complete(office.open(case_id)[0]["id"], {"note": "请办理", "officer": "p-bo"}, chen)
    [task] = office.open(case_id)
    assert (task["element"], task["person"]) == ("task_write", "p-bo")
    with db.read(office.engine) as conn:
        assert "reassign" in verbs.available(conn, task, chen)
        assert "delegate" not in verbs.available(conn, task, chen)
        assert verbs.available(conn, task, somebody("liaison", "u_b")) == []
    with db.begin(office.engine) as conn:
        verbs.use(conn, task["id"], "reassign", {"person": "p-chen"}, chen, office.clock.now())
    [task] = office.open(case_id)
    assert (task["person"], task["unit"]) == ("p-chen", "u_a")
    with pytest.raises(Exception, match="not_permitted"):
        office.complete(task["id"], {"units": ["u_a"]}, bo)
    office.complete(task["id"], {"units": ["u_a"]}, chen)
    assert office.replayed(case_id)
