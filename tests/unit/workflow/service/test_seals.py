"""Ratings on workflow's own pages and interface are sealed by the same rule as in the ledger."""

from typing import Any

import pytest

from services.common import db
from services.workflow import packages, records, speakers, versions
from tests.unit.workflow.service import office as offices
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import OFFICE, Office, matter, somebody

_RATE = """
<bpmn:startEvent id="r_start" name="答复"/>
<bpmn:userTask id="task_feedback" name="评价"><bpmn:extensionElements>
  <hy:deadline name="decide" rule="decide"/>
  <hy:task role="proposer" person="deputy" form="feedback" deadline="decide" public="代表评价" result="rating"/>
</bpmn:extensionElements>
  <bpmn:multiInstanceLoopCharacteristics id="loop_rate">
    <bpmn:loopDataInputRef>deputies</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>ratings</bpmn:loopDataOutputRef>
    <bpmn:inputDataItem id="deputy" name="deputy"/><bpmn:outputDataItem id="rating" name="rating"/>
  </bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>
<bpmn:userTask id="task_after" name="善后"><bpmn:extensionElements>
  <hy:milestone state="feedback_closed"/><hy:deadline name="decide" rule="decide"/>
  <hy:task role="office" form="opinion" deadline="decide" public="善后"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="r_end" name="结束"/>
<bpmn:scriptTask id="script_deputies" name="代表"><bpmn:script>deputies = ["d1", "d2"]</bpmn:script></bpmn:scriptTask>
<bpmn:sequenceFlow id="r1" sourceRef="r_start" targetRef="script_deputies"/>
<bpmn:sequenceFlow id="r2" sourceRef="script_deputies" targetRef="task_feedback"/>
<bpmn:sequenceFlow id="r3" sourceRef="task_feedback" targetRef="task_after"/>
<bpmn:sequenceFlow id="r4" sourceRef="task_after" targetRef="r_end"/>
"""
_FORM = b"""{"title": "\xe8\xaf\x84\xe4\xbb\xb7", "x-title-en": "rating", "type": "object", "x-record": "feedback",
 "properties": {"result": {"$ref": "urn:huiyin:record:feedback#/properties/result"}},
 "required": ["result"], "additionalProperties": false}"""


@pytest.fixture
def rating(office: Office) -> Office:
    """The office under a process in which two deputies rate."""
    files = package.files(2)
    settings = files["package.yaml"].decode()
    settings = settings.replace("matter.submitted: main", "matter.submitted: rate")
    settings = settings.replace("follow: 跟踪", "follow: 跟踪, rate: 评价")
    settings = settings.replace(
        "  owner:", "  proposer: {label: 代表, label_en: d, scope: proposer, grants: []}\n  owner:"
    )
    extra = "variables:"
    for name, kind in (("deputies", "list"), ("deputy", "string"), ("ratings", "list"), ("rating", "record")):
        extra += f"\n  - {{name: {name}, label: 名, type: {kind}, set_by: [task_feedback]}}"
    files |= {
        "package.yaml": settings.replace("variables:", extra).encode(),
        "rate.bpmn": package.diagram("rate", "评价", _RATE),
        "forms/feedback.json": _FORM,
    }
    with db.begin(office.engine) as conn:
        versions.submit(conn, packages.load(files), "a-owner", offices.NOW)
        versions.approve(conn, "testcity-2026.2", "a-second", offices.NOW)
    session = {**matter("m1")["session"], "process_version": "testcity-2026.2"}
    office.receive("matter.submitted.v1", {**matter("m1"), "session": session})
    office.turn()
    return office


def deputy(number: int) -> speakers.Speaker:
    """A deputy as the web knows him."""
    return speakers.Speaker(actor={"person": f"d{number}"}, account=f"a-d{number}", person=f"d{number}")


def rate(office: Office, number: int) -> None:
    """A deputy does his task."""
    [task] = [row for row in office.open() if row["person"] == f"d{number}"]
    office.complete(task["id"], {"result": "satisfied"}, deputy(number))


def read(office: Office, who: speakers.Speaker) -> list[Any]:
    """The ratings somebody reads, of the case and of the matter alike."""
    with db.read(office.engine) as conn:
        one, all_ = records.of_case(conn, "m1-1", who), records.of_matter(conn, "m1", who)
    assert [row["id"] for row in one] == [row["id"] for row in all_]
    return [row["actor"]["person"] for row in one]


def test_a_rating_is_sealed_until_all_deputies_have_rated(rating: Office) -> None:
    """The deputy and the congress office read it at once; the office, a unit and the other deputy after the round."""
    rate(rating, 1)
    for who in (OFFICE, somebody("liaison", "u_a"), deputy(2)):
        assert read(rating, who) == []
    assert read(rating, deputy(1)) == read(rating, somebody("office", None, "feedback.enter")) == ["d1"]
    rating.later(hours=1)
    rate(rating, 2)
    assert read(rating, OFFICE) == read(rating, deputy(1)) == ["d2", "d1"]
