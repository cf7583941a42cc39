"""The demo data of Yunting."""

from typing import Any

import yaml

from services.contracts.codes import OUTCOME_CLASSES
from services.workflow.scenarios import load as load_scenario
from tests.processes.packages import PROCESSES, package_in

DEMO = PROCESSES / "yunting/demo"
REAL_PLACES = ("卢氏", "许昌", "漯河", "沁阳", "黄河", "豫", "鄂", "范里", "龙山")


def _read(name: str) -> Any:
    return yaml.safe_load((DEMO / name).read_text(encoding="utf-8"))


def test_all_matters_are_submittable() -> None:
    """More than 60 matters with usual titles, three-part texts of 100 to 400 characters, and points."""
    matters = _read("matters.yaml")["matters"]
    assert len(matters) > 60
    for matter in matters:
        assert len(matter["title"]) <= 60
        assert matter["title"].startswith("关于")
        assert 100 <= sum(len(matter["body"][part]) for part in ("situation", "analysis", "request")) <= 400
        assert matter["points"]
        assert matter["handling"].get("outcome_class") in {None, *OUTCOME_CLASSES}


def test_matters_name_people_and_units_of_the_directory() -> None:
    """Every proposer and unit of a matter stands in the directory."""
    directory = _read("directory.yaml")
    units = {unit["id"] for unit in directory["units"]}
    deputies = {person["id"] for person in directory["people"] if person["kind"] == "deputy"}
    for matter in _read("matters.yaml")["matters"]:
        handling = matter["handling"]
        separate = [share["unit"] for share in handling.get("division", ())]
        lead = [handling["lead"]] if "lead" in handling else separate
        assert lead
        assert {*matter["wish_units"], *lead, *handling.get("co_handlers", ())} <= units
        assert {matter["lead_proposer"], *matter["co_proposers"]} <= deputies
        assert matter["lead_proposer"] not in matter["co_proposers"]


def test_every_role_of_the_package_has_a_holder() -> None:
    """Nothing the walk asks for is left without somebody to do it; logins are unique, roles exist."""
    directory = _read("directory.yaml")
    package = package_in(PROCESSES / "yunting/2026")
    held = {role["role"] for account in directory["accounts"] for role in account["roles"]}
    assert held == set(package.roles)
    logins = [account["login"] for account in directory["accounts"]]
    assert len(logins) == len(set(logins))
    session = directory["sessions"][0]
    assert session["process_version"] == package.version


def test_the_walk_is_done_by_people_who_may() -> None:
    """Everybody in the walk has an account with the role and unit acted for."""
    accounts = {account["login"]: account for account in _read("directory.yaml")["accounts"]}
    for act in load_scenario((DEMO / "walk.yaml").read_bytes()).acts:
        if act.who:
            account = accounts[act.who["account"]]
            assert account["person"] == act.who["person"]
            roles = {(role["role"], role.get("unit")) for role in account["roles"]}
            assert (act.who["role"], act.who.get("unit")) in roles


def test_no_real_place_is_named() -> None:
    """The sources were neutralised."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(DEMO.glob("*.yaml")))
    assert [name for name in REAL_PLACES if name in text] == []
