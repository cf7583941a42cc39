"""Scenarios of a package, walked on the real services by a made-up directory: the same expectations hold."""

from pathlib import Path

import pytest

from tests.e2e.commands import huiyin, read

YUNTING = Path(__file__).parents[2] / "processes/yunting"
SCENARIOS = YUNTING / "2026/scenarios"


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("2026/scenarios/dissatisfied_twice", ("closed", "completed")),
        ("2026/scenarios/no_response", ("closed", "completed")),
        ("2026/scenarios/return_and_reassignment", ("open", "in_handling")),
        ("2026/scenarios/merged", ("closed", "completed")),
        ("2026/scenarios/sections", ("open", "reply_in_review")),
        pytest.param("2026/scenarios/own_system", ("open", "reply_in_review"), marks=pytest.mark.long),
        pytest.param("2026/scenarios/mode_change", ("open", "in_handling"), marks=pytest.mark.long),
        pytest.param("2026/scenarios/key_supervision", ("open", "reply_in_review"), marks=pytest.mark.long),
        pytest.param("2025/scenarios/dissatisfied_twice", ("open", "completed"), marks=pytest.mark.long),
        pytest.param("2025/scenarios/half_yearly_list", ("open", "closed_out"), marks=pytest.mark.long),
        pytest.param("2025/scenarios/return_many_times", ("open", "in_handling"), marks=pytest.mark.long),
        pytest.param("2025/scenarios/happy_path", ("closed", "completed"), marks=pytest.mark.long),
    ],
)
def test_a_scenario_holds_on_the_real_services(tmp_path: Path, name: str, end: tuple[str, str]) -> None:
    """What the bare engine was held to comes true over HTTP, bus and databases."""
    found = read(huiyin(tmp_path, "walk", str(YUNTING / f"{name}.yaml"), "--json", timeout=190))
    assert found["failures"] == []
    assert (found["final_state"], found["state"]) == end


def test_a_line_without_an_interface_is_named(tmp_path: Path) -> None:
    """A walk does nothing behind the services' backs."""
    done = huiyin(tmp_path, "walk", str(SCENARIOS / "withdrawal.yaml"))
    assert done.returncode == 1
    assert "has no interface" in done.stderr
