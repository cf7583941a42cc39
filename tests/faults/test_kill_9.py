"""An embedded installation is killed with -9 again and again: nothing lost, nothing twice, order kept."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from services.common import db, outbox
from tests.unit.common.letters import START, done, metadata, numbered, outbox_

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
MESSAGES, SUBJECTS, KILLS = 400, 20, 8


def handled(engine: Engine) -> int:
    """How many answers intake has noted."""
    with db.read(engine) as conn:
        return conn.scalar(select(func.count()).select_from(done)) or 0


def start(home: Path) -> "subprocess.Popen[str]":
    """The program, up and running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.embedded", str(home)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def test_kill_9_loses_doubles_and_reorders_nothing(tmp_path: Path) -> None:
    """400 messages there and their answers back, eight kills at random moments."""
    chance = random.Random(20260126)
    engines = {name: db.connect(f"sqlite:///{tmp_path}/{name}.sqlite") for name in ("intake", "workflow")}
    for engine in engines.values():
        metadata.create_all(engine)
    with db.begin(engines["intake"]) as conn:
        letters = [(numbered(number, f"m-{number % SUBJECTS}"), None) for number in range(MESSAGES)]
        outbox.add_all(conn, outbox_, letters, now=START)

    for _ in range(KILLS):
        process = start(tmp_path)
        time.sleep(chance.uniform(0.05, 0.4))
        process.kill()
        process.communicate()
    process, end = start(tmp_path), time.monotonic() + 120
    while handled(engines["intake"]) < MESSAGES and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(0.5)  # what came twice would come now
    process.kill()
    process.communicate()

    for name, engine in engines.items():
        with db.read(engine) as conn:
            rows = conn.execute(select(done.c.subject, done.c.message_id).order_by(done.c.seq)).all()
        engine.dispose()
        assert len(rows) == MESSAGES, name
        for subject in range(SUBJECTS):
            numbers = [int(row.message_id.rpartition("-")[2]) for row in rows if row.subject == f"m-{subject}"]
            assert numbers == sorted(set(numbers)), name
