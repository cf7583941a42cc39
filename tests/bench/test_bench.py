"""The bench runs, and can fail; what it measures at this size means nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from tests.bench.__main__ import SMALL, measure
from tests.bench.results import Figure, Report

HEADINGS = {
    "A step",
    "Size",
    "What-if",
    "Growth with age",
    "Growth with width",
    "Many workers",
    "Hot path",
    "Notices",
    "A burst",
}


@pytest.mark.timeout(300)
def test_everything_is_measured_at_a_very_small_size(postgres_server: Postgres, broker: Broker, tmp_path: Path) -> None:
    """Library, bare loop and product go through the same story; nothing is lost or broken by several workers."""
    told: list[str] = []
    report = measure(postgres_server, broker, SMALL, told.append)
    assert set(report.figures) >= HEADINGS
    assert len(told) == len(report.figures)
    assert all(figure.value > 0 for figure in report.figures["A step"])
    assert not [figure for figure in report.figures["Many workers"] if figure.verdict == "missed"]
    report.save(tmp_path / "bench.json", {"small": True})
    kept = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert kept["figures"]["A step"][0]["value"] == report.figures["A step"][0].value
    assert kept["facts"]["cores"] >= 1


def test_a_missed_target_is_told_and_a_stretch_is_only_wished_for() -> None:
    """At least, at most, and what is not demanded."""
    report = Report()
    found = [
        Figure("fast", 11.9, "×", "at least", 12),
        Figure("small", 15, "kB", "at most", 15),
        Figure("far", 0.4, "", "at least", 0.5, stretch=True),
        Figure("told", 3, "ms"),
    ]
    report.add("heading", found, "one round")
    assert [figure.verdict for figure in found] == ["missed", "met", "wished", ""]
    assert [figure.name for figure in report.missed] == ["fast"]
    assert "1 of the targets missed" in report.table()
