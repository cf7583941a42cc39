"""Servers that are away, at the start and in between, and messages that come too early or from nobody: said clearly,
kept, carried on with.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from services.common import migrations
from services.common.bus import Outgoing
from services.common.bus.amqp import AmqpTransport
from services.common.testing import guards
from services.contracts import envelopes
from services.contracts.envelopes import Message
from services.intake import tables as intake
from services.workflow import tables as workflow
from tests.e2e.deployments import START
from tests.e2e.houses import house, suggestion, until
from tests.e2e.switches import Switch, switch
from tests.e2e.visitors import Answer, Visitor

pytestmark = pytest.mark.timeout(180)
Databases = dict[str, str]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Ends what a test began, the last first."""
    with ExitStack() as opened:
        yield opened


def through(line: Switch, url: str) -> str:
    """The address of a server by way of a switch."""
    return make_url(url).set(port=line.port).render_as_string(hide_password=False)


def line_to(stack: ExitStack, url: str) -> Switch:
    """A switch to the server of an address, off."""
    place = make_url(url)
    return stack.enter_context(switch(str(place.host), int(place.port or 0)))


def unavailable(answer: Answer) -> None:
    """503 as a problem document in both languages."""
    assert (answer.status, answer.kind) == (503, "application/problem+json"), answer.body
    document = answer.data
    assert document["code"] == "unavailable"
    assert document["title"] == "服务暂不可用，请稍后再试"
    assert document["title_en"] == "not available now, try again later"


# --- the database -------------------------------------------------------------------------------------------


def test_a_database_that_is_down_at_the_start_is_waited_for(
    tmp_path: Path, stack: ExitStack, postgres: Callable[..., Databases]
) -> None:
    """Every try is a log line that names the place but no password; then the process comes up by itself."""
    url = postgres(["intake"])["intake"]
    migrations.migrate("intake", url)
    line, (port,) = line_to(stack, url), guards.free_ports(1)
    env = {
        "HUIYIN_HOME": str(tmp_path),
        "HUIYIN_LISTEN": f"127.0.0.1:{port}",
        "HUIYIN_INTAKE_DATABASE_URL": through(line, url),
        "HUIYIN_LOG_FORMAT": "json",
    }
    log = tmp_path / "web.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "services.huiyin.cli", "run", "intake", "web"]
        process = subprocess.Popen(command, env={"PATH": "", **env}, cwd=Path(__file__).parents[2], stderr=out)
    stack.callback(process.wait)
    stack.callback(process.kill)
    until(lambda: log.read_text("utf-8").count('"action": "database_wait"') >= 2)
    assert not guards.is_listening(port)
    line.on()
    until(lambda: guards.is_listening(port))
    assert Visitor(f"http://127.0.0.1:{port}").get("/health/ready").status == 200
    said = log.read_text("utf-8")
    assert str(make_url(url).password) not in said
    assert f"127.0.0.1:{line.port}" in said


def test_a_database_that_goes_away_loses_nothing(
    tmp_path: Path, stack: ExitStack, amqp_url: str, postgres: Callable[..., Databases]
) -> None:
    """Requests are refused as unavailable while it is gone; the same request under the same key succeeds after."""
    databases = postgres()
    line = line_to(stack, databases["intake"])
    line.on()
    home = stack.enter_context(house(tmp_path, {k: through(line, v) for k, v in databases.items()}, amqp_url))
    home.settle()
    deputy = home.visitor("shen.ruochuan")
    line.off()
    unavailable(deputy.post("/api/v1/matters", suggestion(), Idempotency_Key="away"))
    unavailable(deputy.get("/workflow/api/v1/tasks"))
    for prefix in ("", "/workflow", "/notify"):
        assert deputy.get(f"{prefix}/health/ready").status == 503
        assert deputy.get(f"{prefix}/health/live").status == 200
    line.on()
    until(lambda: deputy.get("/health/ready").status == 200)
    assert deputy.post("/api/v1/matters", suggestion(), Idempotency_Key="away").status == 201
    assert deputy.post("/api/v1/matters", suggestion(), Idempotency_Key="away").status == 200
    until(lambda: home.count("workflow", workflow.task) == 1)
    home.settle()
    assert home.count("intake", intake.matter) == home.count("workflow", workflow.case_) == 1


# --- the broker ---------------------------------------------------------------------------------------------


def test_a_broker_that_goes_away_is_named_and_caught_up_with(
    tmp_path: Path, stack: ExitStack, amqp_url: str, postgres: Callable[..., Databases]
) -> None:
    """People work on; what they do waits in the outbox, health says so; when it is back everything goes out once."""
    line = line_to(stack, amqp_url)
    line.on()
    home = stack.enter_context(house(tmp_path, postgres(), through(line, amqp_url)))
    home.settle()
    deputy = home.visitor("shen.ruochuan")
    line.off()
    for number in range(3):
        assert deputy.post("/api/v1/matters", suggestion(), Idempotency_Key=f"away-{number}").status == 201
    until(lambda: home.said("relay_interrupted"))
    until(lambda: home.said("consume_interrupted"))
    assert deputy.get("/health/settled").data["outbox_pending"] == 3
    assert deputy.get("/health/ready").status == 200
    assert home.count("workflow", workflow.case_) == 0
    line.on()
    until(lambda: home.count("workflow", workflow.task) == 3)
    home.settle()
    assert home.count("workflow", workflow.stimulus) == home.count("workflow", workflow.case_) == 3
    assert home.count("intake", intake.led_task) == 3


# --- untimely and unheard of --------------------------------------------------------------------------------


def post(url: str, *messages: Message) -> None:
    """Put messages on the services' own exchange."""
    transport = AmqpTransport(url)
    for message in messages:
        wire = envelopes.encode(message)
        out = Outgoing(
            message_id=message.id,
            type=message.type,
            subject=message.subject,
            target=None,
            headers=wire.headers,
            body=wire.body,
            content_type=wire.content_type,
        )
        assert transport.publish([out]) == {message.id}
    transport.close()


def message(kind: str, source: str, data: dict[str, Any]) -> Message:
    """A message about the matter m-early."""
    return Message(id=f"m-early.{kind}", type=kind, source=source, subject="m-early", time=START, data=data)


def test_an_early_message_waits_and_one_from_nobody_is_parked(
    tmp_path: Path, stack: ExitStack, amqp_url: str, postgres: Callable[..., Databases]
) -> None:
    """A withdrawal overtakes its matter: kept, shown, delivered as soon as the case waits for it. What breaks its
    schema and has no sender to answer is parked and shown.
    """
    home = stack.enter_context(house(tmp_path, postgres(), amqp_url))
    home.settle()
    deputy, admin = home.visitor("shen.ruochuan"), home.visitor()
    admin.sign_in("yang.fan", "huiyin-demo-2026")
    withdrawal = {"matter_id": "m-early", "reason": "代表撤回", "withdrawn_at": START.isoformat()}
    post(amqp_url, message("matter.withdrawn.v1", "/intake", withdrawal))
    early = until(lambda: home.rows("workflow", workflow.early_message))
    assert [(row["name"], row["state"]) for row in early] == [("matter.withdrawn", "waiting")]
    assert "m-early" in admin.get("/workflow/incidents").text
    assert deputy.post("/api/v1/matters", suggestion(), Idempotency_Key="real").status == 201
    [sent] = until(lambda: home.rows("intake", intake.outbox, intake.outbox.c.type == "matter.submitted.v1"))
    real = envelopes.decode(sent["headers"], bytes(sent["body"]), sent["content_type"]).data
    post(
        amqp_url, message("matter.submitted.v1", "/intake", {**real, "matter_id": "m-early", "matter_no": "闭2026-999"})
    )
    ended = workflow.case_.c.status == "ended"
    [case] = until(lambda: home.rows("workflow", workflow.case_, ended))
    assert (case["matter_id"], case["outcome"]) == ("m-early", "evt_intake_withdrawn")
    assert {row["state"] for row in home.rows("workflow", workflow.early_message)} == {"done"}
    assert home.count("workflow", workflow.task, workflow.task.c.state == "open") == 1  # the real one's

    post(amqp_url, message("reply.delivered.v1", "/nobody", {"matter_id": "m-early"}))
    parked = workflow.inbox_.c.state == "parked"
    [row] = until(lambda: home.rows("workflow", workflow.inbox_, parked))
    assert row["code"] == "wrong_schema"
    assert admin.get("/workflow/health/settled").data["inbox_parked"] == 1
    assert "m-early.reply.delivered.v1" in admin.get("/workflow/incidents").text
