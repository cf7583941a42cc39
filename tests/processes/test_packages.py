"""The packages as they are published."""

import json
from pathlib import Path

import pytest

from services.workflow.packages import check, compare, digest, load, pack, unpack
from services.workflow.packages.vocabulary import VOCABULARY
from tests.processes.packages import FOLDERS, NAMES, PROCESSES, package_in


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_a_published_package_has_no_finding(folder: Path) -> None:
    """Neither errors nor warnings: what we ship is the example others copy."""
    assert [f"{f.file} {f.element}: {f.code} {f.reason}" for f in check(package_in(folder))] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_a_package_survives_being_packed(folder: Path) -> None:
    """Packing and unpacking gives the same package with the same identity."""
    package = package_in(folder)
    again = unpack(pack(package))
    assert again == package
    assert digest(again) == digest(package)


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_folder_and_settings_agree(folder: Path) -> None:
    """A package lies where its locality and year say."""
    package = package_in(folder)
    assert folder.parts[-2:] == (package.locality, str(package.year))


def test_localities_differ_in_what_they_differ_in() -> None:
    """Yunting and Luling differ in deadlines, classes and review steps, and the comparison says so in words."""
    yunting, luling = (load(PROCESSES / name / "2026") for name in ("yunting", "luling"))
    texts = [change.text for change in compare(yunting, luling)]
    assert any("task_review_format" in text and text.startswith("删除环节") for text in texts)
    assert any("task_first_contact" in text and text.startswith("新增环节") for text in texts)
    assert any("15wd" in text and "2026-05-31" in text for text in texts)
    assert any("字母：A → 甲" in text for text in texts)


def test_years_differ_in_what_they_differ_in() -> None:
    """From 2025 to 2026 Yunting shortens a window, asks units first, reviews in other steps and drops class D."""
    before, after = (load(PROCESSES / "yunting" / year) for year in ("2025", "2026"))
    texts = [change.text for change in compare(before, after)]
    assert any("return_window" in text and '"10d" → "5wd"' in text for text in texts)
    assert any("task_pre_handover" in text and text.startswith("新增环节") for text in texts)
    assert any("task_review_secretary" in text and text.startswith("删除环节") for text in texts)
    assert any("字母：D → C" in text for text in texts)
    assert [*after.entries] == [*before.entries]


def test_the_modeler_and_the_checks_know_the_same_words() -> None:
    """`hy.json` lists exactly the elements and attributes the checks accept."""
    descriptor = json.loads((PROCESSES / "hy.json").read_text(encoding="utf-8"))
    assert descriptor["uri"] == "urn:huiyin:bpmn:1"
    found = {
        kind["name"][0].lower() + kind["name"][1:]: {part["name"] for part in kind["properties"]}
        for kind in descriptor["types"]
    }
    assert found == {name: set(word.attributes) for name, word in VOCABULARY.items()}


def test_the_manual_names_every_word() -> None:
    """Every `hy:` element and attribute stands in `processes/README.md`."""
    manual = (PROCESSES / "README.md").read_text(encoding="utf-8")
    words = [f"hy:{name}" for name in VOCABULARY] + [f"`{a}`" for w in VOCABULARY.values() for a in w.attributes]
    assert [word for word in words if word not in manual] == []
