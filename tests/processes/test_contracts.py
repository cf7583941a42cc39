"""What the packages record and send fits the contracts everybody reads."""

from pathlib import Path

import pytest

from services.contracts import messages, records
from services.workflow import engine as e
from services.workflow.scenarios import load as load_scenario
from services.workflow.scenarios import run, worlds
from tests.processes.packages import FOLDERS, NAMES, PROCESSES, bundle_of, calendar, package_in


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_records_and_messages_of_all_scenarios_are_valid(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every record passes its schema, every message thrown passes the one of the catalogue, no field is lost."""
    seen: list[e.Effect] = []
    fold = worlds.World._fold

    def watch(world: worlds.World, case_id: str, effect: e.Effect) -> None:
        seen.append(effect)
        fold(world, case_id, effect)

    monkeypatch.setattr(worlds.World, "_fold", watch)
    paths = [*sorted((folder / "scenarios").glob("*.yaml"))]
    paths += [PROCESSES / "yunting/demo/walk.yaml"] if folder == PROCESSES / "yunting/2026" else []
    for path in paths:
        run(load_scenario(path.read_bytes()), bundle_of(folder), calendar(), package_in(folder).entries)
    recorded = [effect for effect in seen if isinstance(effect, e.Recorded)]
    sent = [effect for effect in seen if isinstance(effect, e.Sent)]
    assert recorded
    assert sent
    for record in recorded:
        assert records.load(record.record, record.data) == record.data, record.element
    for message in sent:
        if f"{message.name}.v1" in messages.MESSAGES:  # others go from case to case only
            assert messages.validate(f"{message.name}.v1", message.data)
    empty = [x.template for x in seen if isinstance(x, e.Noticed) and None in x.data.values()]
    assert empty == [], "a text that says None"
    assert all(address.split("@")[-1] for x in seen if isinstance(x, e.Noticed) for address in x.to)
