"""What is wrong is refused in clear words, in Chinese and English, and leaves nothing half done: pages' interface,
connector queues of a real broker, packages.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import orjson
import pika
import pytest

from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from services.contracts.envelopes import MAX_BODY, Message
from services.contracts.rejections import REJECTIONS
from services.intake import tables as intake
from services.workflow import packages
from services.workflow import tables as workflow
from tests.attempts import IN_A_MESSAGE
from tests.e2e.correspondents import Correspondent
from tests.e2e.deployments import ROOT
from tests.e2e.houses import CONNECTORS, House, suggestion, wired
from tests.e2e.visitors import Answer, Visitor

pytestmark = pytest.mark.timeout(180)
CHINESE = re.compile("[\u4e00-\u9fff]")
ADMITTED = {"decision": "admit", "secrecy": "none"}
LONG = "路灯不亮，群众夜间出行不便。" * 1429  # 20,006 characters
FACTS = {"intake": (intake.matter, intake.submission, intake.led_record), "workflow": (workflow.stimulus,)}


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, broker: Broker, postgres_server: Postgres
) -> Iterator[tuple[House, str]]:
    """An installation on PostgreSQL and RabbitMQ, and the broker's URL; the topology is declared by the product."""
    with wired(tmp_path_factory.mktemp("house"), broker, postgres_server) as (made, url):
        made.settle()
        yield made, url


@pytest.fixture
def home(place: tuple[House, str]) -> Iterator[House]:
    """The installation; whatever a test does, it is settled afterwards and nothing is parked."""
    yield place[0]
    place[0].settle()


@pytest.fixture
def writers(place: tuple[House, str]) -> Iterator[dict[str, Correspondent]]:
    """The systems of the three connectors."""
    made = {str(one["id"]): Correspondent(place[1], str(one["id"])) for one in CONNECTORS}
    yield made
    for one in made.values():
        one.close()


def facts(home: House) -> list[int]:
    """How much has happened so far, as far as the books say."""
    return [home.count(service, table) for service, tables in FACTS.items() for table in tables]


def demand_words(document: dict[str, Any], zh: str, en: str) -> None:
    """A sentence in each language."""
    assert CHINESE.search(document[zh]), document
    assert document[en], document
    assert not CHINESE.search(document[en]), document


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert (answer.status, answer.kind) == (status, "application/problem+json"), answer.body
    document = answer.data
    assert (document["code"], document["status"]) == (code, status)
    demand_words(document, "title", "title_en")
    for error in document["errors"]:
        demand_words(error, "text", "text_en")
    return document


def handed_over(home: House, key: str) -> dict[str, str]:
    """A matter that is with two units: receipts to be given, as {unit: task id}, and {"": the handover, done}."""
    matter = home.visitor("shen.ruochuan").post("/api/v1/matters", suggestion(), Idempotency_Key=key).data["matter_id"]
    units = [{"unit": "construction_group", "role": "lead"}, {"unit": "housing", "role": "co_handler"}]
    division = {"mode": "lead", "assignments": units, "urgent": True}
    for login, body in (("zhang.wei", ADMITTED), ("li.jing", division), ("li.jing", division)):
        home.settle()
        worker = home.visitor(login)
        [task] = [one for one in worker.get("/workflow/api/v1/tasks").data["tasks"] if one["matter_id"] == matter]
        assert worker.post(f"/workflow/api/v1/tasks/{task['task_id']}/complete", body).status == 200
    home.settle()
    open_ = home.rows("workflow", workflow.task, workflow.task.c.matter_id == matter, workflow.task.c.state == "open")
    return {"": task["task_id"], **{row["unit"]: row["id"] for row in open_}}


# --- suggestions over HTTP ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "path", "code"),
    [
        ({"title": ""}, "title", "required"),
        ({"title": None}, "title", "required"),
        ({"body": {"situation": LONG, "analysis": "原因。", "request": "建议。"}}, "body", "body_too_long"),
        ({"lead_proposer": "d-99"}, "lead_proposer", "unknown_deputy"),
        ({"co_proposers": ["s-01"]}, "co_proposers.0", "unknown_deputy"),
    ],
)
def test_a_wrong_suggestion_is_refused_field_by_field(
    home: House, changed: dict[str, Any], path: str, code: str
) -> None:
    """No title, 20,000 characters, a deputy nobody knows: which field, why, and nothing is stored."""
    before = facts(home)
    answer = home.visitor("zhang.wei").post(
        "/api/v1/matters", suggestion(**changed), Idempotency_Key=f"w-{path}-{code}"
    )
    errors = refused(answer, 422, "invalid_form")["errors"]
    assert [(error["path"], error["code"]) for error in errors] == [(path, code)]
    assert facts(home) == before


def test_a_key_stands_for_one_suggestion(home: House) -> None:
    """The same again is the same matter; something else under the key is a conflict."""
    deputy = home.visitor("shen.ruochuan")
    first = deputy.post("/api/v1/matters", suggestion(), Idempotency_Key="one")
    again = deputy.post("/api/v1/matters", suggestion(), Idempotency_Key="one")
    assert (first.status, again.status) == (201, 200)
    assert first.data["matter_id"] == again.data["matter_id"]
    before = facts(home)
    other = deputy.post("/api/v1/matters", suggestion(title="关于另一件事的建议"), Idempotency_Key="one")
    refused(other, 409, "duplicate_conflict")
    assert facts(home)[:2] == before[:2]
    assert home.count("intake", intake.submission, intake.submission.c.key == "one") == 1


def test_requests_that_cannot_be_read_are_refused(home: House) -> None:
    """No JSON, too much of it, no key, nobody signed in."""
    before, deputy = facts(home), home.visitor("shen.ruochuan")
    head = {"Content_Type": "application/json", "Idempotency_Key": "bad"}
    refused(deputy.ask("POST", "/api/v1/matters", b'{"title": ', **head), 400, "bad_request")
    refused(deputy.ask("POST", "/api/v1/matters", b'"text"', **head), 400, "bad_request")
    refused(deputy.post("/api/v1/matters", suggestion(title="字" * 900_000), Idempotency_Key="big"), 413, "too_large")
    refused(deputy.post("/api/v1/matters", suggestion()), 400, "missing_key")
    refused(home.visitor().post("/api/v1/matters", suggestion(), Idempotency_Key="x"), 401, "not_signed_in")
    assert facts(home) == before


# --- tasks over HTTP ----------------------------------------------------------------------------------------


def test_a_task_is_answered_by_its_unit_once_and_in_full(home: House) -> None:
    """Done already, another unit's, a field missing, no such task."""
    tasks = handed_over(home, "http-tasks")
    before = facts(home)
    path = "/workflow/api/v1/tasks/{}/complete"
    office, lead, stranger = (home.visitor(login) for login in ("li.jing", "he.jun", "xu.feng"))
    refused(office.post(path.format(tasks[""]), {}), 409, "already_done")
    refused(stranger.post(path.format(tasks["housing"]), {"verdict": "accepted"}), 403, "wrong_unit")
    missing = refused(lead.post(path.format(tasks["construction_group"]), {}), 422, "missing_field")
    assert [error["path"] for error in missing["errors"]] == ["verdict"]
    refused(lead.post(path.format(tasks["construction_group"]), {"verdict": "maybe"}), 422, "invalid_field")
    refused(lead.post(path.format("m-1.99"), {}), 404, "unknown_task")
    head = {"Content_Type": "application/json"}
    refused(lead.ask("POST", path.format(tasks["construction_group"]), b"{", **head), 400, "bad_request")
    assert facts(home) == before


# --- commands over the queue --------------------------------------------------------------------------------


def rejected(answer: Message, code: str, path: str | None = None) -> None:
    """The `message.rejected` for it, with its words and whether sending it again may help."""
    assert answer.type == "message.rejected.v1", answer
    assert (answer.data["code"], answer.data["retryable"]) == (code, REJECTIONS[code].retryable), answer.data
    demand_words(answer.data, "text", "text_en")
    if path is not None:
        assert answer.data["path"] == path, answer.data


def completion(task_id: str, unit: str = "housing", **data: Any) -> dict[str, Any]:
    """A `task.complete`."""
    return {
        "task_id": task_id,
        "unit": unit,
        "data": data,
        "actor": {"name": "王某"},
        "occurred_at": "2026-02-26T09:30:00+08:00",
    }


def test_messages_that_cannot_be_read_are_rejected(home: House, writers: dict[str, Correspondent]) -> None:
    """Malformed, oversized, of an unknown or forbidden type, against the schema."""
    bureau, before = writers["bureau"], facts(home)
    good = completion("m-1.1", verdict="accepted")
    rejected(bureau.ask("task.complete.v1", b'{"task_id": "m-1'), "malformed", "body")
    rejected(bureau.ask("task.complete.v1", b"[1, 2]"), "malformed", "body")
    rejected(bureau.ask("task.complete.v1", b'{"task_id": "\\u0000"}'), "malformed", "body")
    rejected(bureau.ask("task.complete.v1", good, content_type="text/xml"), "malformed", "content_type")
    rejected(bureau.ask("task.complete.v1", good, time="yesterday"), "malformed", "ce-time")
    rejected(bureau.ask("task.complete.v1", b" " * (MAX_BODY + 1)), "oversized", "body")
    rejected(bureau.ask("task.fly.v1", good), "unknown_type")
    rejected(bureau.ask("directory.changed.v1", {"kind": "unit"}), "not_permitted", "ce-type")
    wrong = bureau.ask("task.complete.v1", {**good, "unit": 7, "external_ref": "住建收文〔2026〕0413"})
    rejected(wrong, "wrong_schema", "unit")
    assert wrong.data["external_ref"] == "住建收文〔2026〕0413"
    del good["task_id"]
    rejected(bureau.ask("task.complete.v1", good), "wrong_schema", "task_id")
    bureau.send("task.complete.v1", good, "no-id", id=None)
    rejected(bureau.hear(lambda message: message.data.get("original_id", "") is None), "malformed", "ce-id")
    assert facts(home) == before


def test_completions_that_cannot_be_are_rejected(home: House, writers: dict[str, Correspondent]) -> None:
    """No such task, another unit's, one the connector does not speak for, a field missing, closed, done."""
    tasks = handed_over(home, "queue-tasks")
    bureau, mine, before = writers["bureau"], tasks["housing"], facts(home)
    kind = "task.complete.v1"
    rejected(bureau.ask(kind, completion("m-1.99", verdict="accepted")), "unknown_task")
    rejected(bureau.ask(kind, completion(tasks["construction_group"], verdict="accepted")), "wrong_unit")
    rejected(writers["other"].ask(kind, completion(mine, verdict="accepted")), "wrong_unit")
    rejected(writers["other"].ask(kind, completion(mine, "water", verdict="accepted")), "wrong_unit")
    rejected(bureau.ask(kind, completion(mine)), "missing_field", "verdict")
    rejected(bureau.ask(kind, completion(mine, verdict="maybe")), "invalid_field", "verdict")
    rejected(bureau.ask(kind, completion(tasks[""], verdict="accepted")), "already_done")
    assert facts(home) == before
    key = bureau.send(kind, {**completion(mine, verdict="accepted"), "external_ref": "住建收文〔2026〕0412"})
    accepted = bureau.answer(key)
    assert (accepted.type, accepted.data["external_ref"]) == ("command.accepted.v1", "住建收文〔2026〕0412")
    rejected(bureau.ask(kind, completion(mine, verdict="accepted")), "already_done")
    done = workflow.stimulus.c.cause == key
    assert home.count("workflow", workflow.stimulus, done) == 1


def outcome(answer: Message) -> str:
    """The code of a rejection, or that it was accepted."""
    return str(answer.data.get("code", answer.type))


def raw(url: str, key: str, body: bytes, headers: dict[str, Any]) -> str:
    """Publish for bureau what no transport of ours would; the key."""
    right = {"specversion": "1.0", "id": key, "type": "task.complete.v1", "source": "/x", "subject": key}
    named = {f"ce-{name}": value for name, value in {**right, "time": "2026-02-26T09:30:00+08:00"}.items()}
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        sent = pika.BasicProperties("application/json", delivery_mode=2, headers={**named, **headers})
        connection.channel().basic_publish("agency.bureau.in", "", body, sent)
    return key


def test_nobody_passes_for_somebody_else(
    home: House, place: tuple[House, str], writers: dict[str, Correspondent]
) -> None:
    """As the table of messages in docs/security.md says: each attempt has its answer, and a task is done by its own."""
    kind, tasks = "task.complete.v1", handed_over(home, "queue-hostile")
    bureau, other, good = writers["bureau"], writers["other"], completion(tasks["housing"], verdict="accepted")
    before, body = facts(home), json.dumps(good).encode()
    death = {"x-death": [{"count": 99, "queue": "workflow.from.bureau", "reason": "rejected"}], "x-delivery-count": 99}
    strange = {"ce-id": b"\xff\xfe", "ce-type": {"a": [1]}, "CC": ["agency.other.out"], "reply_to": 7}
    answers = {
        "foreign-task": other.ask(kind, {**good, "unit": "water"}),
        "foreign-unit": other.ask(kind, good),
        "forged-source": other.ask(kind, good, source="/agency/bureau"),
        "unknown-task": bureau.ask(kind, completion("m-1.99", verdict="accepted")),
        "closed-task": bureau.ask(kind, completion(tasks[""], verdict="accepted")),
        "forged-type": bureau.ask("task.opened.v1", good),
        "hand-in": bureau.ask("matter.submit.v1", suggestion()),
        "garbage": bureau.ask(kind, b"\x00\xff\xfe" * 1000),
        "oversized": bureau.ask(kind, b" " * (MAX_BODY + 1)),
    }
    raw(place[1], "strange", body, strange)
    answers["garbage-headers"] = bureau.hear(lambda message: message.data.get("original_id", "") is None)
    assert outcome(other.ask(kind, good, "burnt", subject="s")) == "wrong_unit"
    assert facts(home) == before
    answers["burnt-id"] = bureau.ask(kind, good, "burnt", subject="s")
    answers["same-id"] = bureau.ask(kind, {**good, "actor": {"name": "李某"}}, "burnt", subject="s")
    late = handed_over(home, "queue-death")["housing"]
    dead = json.dumps(completion(late, verdict="accepted")).encode()
    answers["forged-death"] = bureau.answer(raw(place[1], "dead", dead, death))
    assert {name: outcome(answer) for name, answer in answers.items()} == IN_A_MESSAGE
    other.listen(0.5)
    assert {message.data.get("original_id") for message in other.heard} & {"strange", "dead", "burnt"} == set()


def nested(depth: int) -> Any:
    """Lists inside each other."""
    found: Any = 1
    for _ in range(depth):
        found = [found]
    return found


def test_what_cannot_be_kept_is_rejected_over_the_queue_as_well(home: House, writers: dict[str, Correspondent]) -> None:
    """Huge numbers, broken characters, deep nests, the engine's own names: an answer each, and the task stays open."""
    tasks = handed_over(home, "queue-odd")
    bureau, mine, before = writers["bureau"], tasks["housing"], facts(home)

    def ask(**data: Any) -> Message:
        return bureau.ask("task.complete.v1", json.dumps(completion(mine, **data)).encode())

    for number in (b"1e400", b'"\\ud800"', b"[" * 3000 + b"]" * 3000, b"[" * 500 + b"]" * 500):
        body = json.dumps(completion(mine, verdict="here")).encode().replace(b'"here"', number)
        rejected(bureau.ask("task.complete.v1", body), "malformed", "body")
    for odd in (2**63, nested(90), {"$doc": "x", "chars": 1}):
        rejected(ask(verdict=odd), "invalid_field", "verdict")
        rejected(ask(verdict="accepted", typename=odd, matter=odd, case=odd), "invalid_field")
    assert facts(home) == before
    assert bureau.ask("task.complete.v1", completion(mine, verdict="accepted")).type == "command.accepted.v1"


def test_a_message_counts_once_and_another_under_its_id_is_a_conflict(
    home: House, writers: dict[str, Correspondent]
) -> None:
    """Sent three times: one answer; with other content: rejected."""
    bureau, task_id = writers["bureau"], handed_over(home, "queue-twice")["housing"]
    body = completion(task_id, verdict="accepted")
    assert bureau.ask("task.complete.v1", body, "thrice", subject="s").type == "command.accepted.v1"
    for _ in range(2):
        bureau.send("task.complete.v1", body, "thrice", subject="s")
    other = completion(task_id, verdict="return_requested")
    rejected(bureau.ask("task.complete.v1", other, "thrice", subject="s"), "duplicate_conflict")
    home.settle()
    bureau.listen(1.0)
    assert [message.type for message in bureau.heard if message.data.get("original_id") == "thrice"] == []
    assert home.count("workflow", workflow.stimulus, workflow.stimulus.c.cause == "thrice") == 1


def test_wrong_suggestions_over_the_queue_are_rejected(home: House, writers: dict[str, Correspondent]) -> None:
    """The same rules as over HTTP, in the codes of agencies; a bureau may not hand in anything."""
    congress, before, kind = writers["congress"], facts(home), "matter.submit.v1"
    form = suggestion()
    rejected(congress.ask(kind, suggestion(title="")), "wrong_schema", "title")
    long = {"situation": LONG, "analysis": "原因。", "request": "建议。"}
    rejected(congress.ask(kind, suggestion(body=long)), "wrong_schema", "body.situation")
    rejected(congress.ask(kind, suggestion(lead_proposer="d-99")), "unknown_deputy", "lead_proposer")
    rejected(writers["bureau"].ask(kind, form), "not_permitted")
    assert facts(home) == before
    assert congress.ask(kind, form, "m-key").type == "command.accepted.v1"
    rejected(congress.ask(kind, suggestion(title="关于另一件事的建议"), "m-key"), "duplicate_conflict")
    scope = intake.submission.c.scope == "connector:congress"
    assert home.count("intake", intake.submission, scope) == 1


# --- packages -----------------------------------------------------------------------------------------------


def package(**changed: str) -> bytes:
    """The demo's package as revision 2, as it is sent, with files changed."""
    files = {name: content.decode() for name, content in packages.load(ROOT / "processes/yunting/2026").files.items()}
    files["package.yaml"] = files["package.yaml"].replace("revision: 1\n", "revision: 2\n")
    return orjson.dumps({"format": 1, "files": {**files, **changed}})


def upload(owner: Visitor, content: bytes) -> Answer:
    """Submit a package."""
    return owner.ask("POST", "/workflow/api/v1/packages", content, Content_Type="application/octet-stream")


def test_a_diagram_with_a_document_type_is_not_published(home: House) -> None:
    """Neither entities nor rubbish get in: findings with cure in both languages, no version."""
    owner = home.visitor("zhou.min")
    versions = home.count("workflow", workflow.package_version)
    bad = (ROOT / "processes/yunting/2026/reply_review.bpmn").read_text("utf-8")
    bad = bad.replace("?>", '?>\n<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', 1)
    for content, file in ((package(**{"reply_review.bpmn": bad}), "reply_review.bpmn"), (b"rubbish", "package")):
        findings = refused(upload(owner, content), 422, "bad_package")["findings"]
        finding = next(one for one in findings if one["file"] == file)
        assert finding["severity"] == "error"
        demand_words(finding, "reason", "reason_en")
        demand_words(finding, "cure", "cure_en")
        assert "passwd" not in json.dumps(findings)
    assert home.count("workflow", workflow.package_version) == versions
    refused(upload(home.visitor("he.jun"), package()), 403, "not_permitted")
    assert upload(owner, package()).data == {"version": "yunting-2026.2"}
