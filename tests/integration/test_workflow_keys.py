"""One request sent again before its first answer came: whoever is second gets the answer of the first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flask import Flask

from services.common import auth, config
from services.workflow import app as apps
from services.workflow import tables as t
from tests.unit.workflow.service import office as offices
from tests.unit.workflow.service.office import Office

ROUNDS, IMPATIENT = 12, 6


def web(office: Office, home: Path) -> Flask:
    """The service's web with an account of the office and one of a unit."""
    for name, role, unit in (("office", "office", None), ("liaison", "liaison", "u_a")):
        office.directory("person", f"p-{name}", name=name, kind="staff", active=True)
        held = [{"role": role, "unit": unit}]
        office.directory("account", f"a-{name}", login=name, person_id=f"p-{name}", epoch=1, active=True, roles=held)
    settings = config.load({"HUIYIN_HOME": str(home), "HUIYIN_SECRET_KEY": "k" * 40})
    return apps.create(settings, office.clock, office.engine)


def press(app: Flask, account: str, path: str, body: Any, key: str) -> list[tuple[int, Any]]:
    """The same request several times at once; the answers."""
    with app.test_request_context():
        head = {"Authorization": f"Bearer {auth.issue_token(account, 1)}", "Idempotency-Key": key}

    def ask(_number: int) -> tuple[int, Any]:
        answer = app.test_client().post(f"/api/v1{path}", json=body, headers=head)
        return answer.status_code, answer.get_json(force=True)

    with ThreadPoolExecutor(IMPATIENT) as pool:
        return list(pool.map(ask, range(IMPATIENT)))


def test_impatient_senders_all_get_the_one_answer(postgres: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    """Tasks done and records added: six requests under one key, one stimulus, six equal answers."""
    office = offices.furnish(postgres(["workflow"])["workflow"])
    app = web(office, tmp_path)
    for n in range(ROUNDS):
        case_id = office.start(f"m{n}")
        task_id = office.open(case_id)[0]["id"]
        answers = press(app, "a-office", f"/tasks/{task_id}/complete", {"units": ["u_a"]}, f"c{n}")
        note = {"unit": "u_a", "data": {"text": "正在协调"}}
        answers += press(app, "a-liaison", f"/cases/{case_id}/records/progress_note", note, f"r{n}")
        assert [status for status, _ in answers] == [200] * len(answers), answers
        assert len({str(body) for _, body in answers}) == 2
    kinds = [row["kind"] for row in office.rows(t.stimulus)]
    assert (kinds.count("complete_task"), kinds.count("record")) == (ROUNDS, ROUNDS)
    office.engine.dispose()
