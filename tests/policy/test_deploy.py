"""What is under deploy/ runs exactly the roles there are, knows only real settings, and keeps to the lock."""

import re
import subprocess
import tomllib
from collections.abc import Mapping
from typing import Any, Final

import pytest
import yaml

from services.common import config
from services.common.bus.definitions import service_permissions
from services.huiyin.parts import PARTS, WEB
from tests.policy import sources

DEPLOY: Final = sources.ROOT / "deploy"
ROLES: Final = {(part.name, role) for part in PARTS.values() for role in (WEB, *part.loops)}
PINNED: Final = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)
HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
OWN: Final = {name: f"HUIYIN_{name.upper()}_DATABASE_URL" for name in PARTS}


@pytest.fixture(scope="module")
def compose() -> Mapping[str, Any]:
    """The containers by name."""
    found: Mapping[str, Any] = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_bytes())["services"]
    return found


def test_compose_runs_every_role_once(compose: Mapping[str, Any]) -> None:
    """A role the command knows and nobody runs is work nobody does."""
    runs = [tuple(one["command"][1:]) for one in compose.values() if one.get("command", [""])[0] == "run"]
    assert sorted(runs) == sorted(ROLES)


def test_the_target_of_systemd_wants_every_role_once() -> None:
    """The same for systemd; each unit has its template."""
    lines = (DEPLOY / "systemd/huiyin.target").read_text("utf-8").splitlines()
    wanted = " ".join(line for line in lines if line.startswith("Wants="))
    assert sorted(re.findall(r"huiyin-(\w+)@(\w+)\.service", wanted)) == sorted(ROLES)
    assert {path.name for path in (DEPLOY / "systemd").glob("*@.service")} == {f"huiyin-{n}@.service" for n in PARTS}


@pytest.mark.parametrize(("instance", "role"), [("web", "web"), ("work-2", "work")])
@pytest.mark.parametrize("name", PARTS)
def test_a_unit_runs_the_role_its_instance_names(name: str, instance: str, role: str) -> None:
    """`work-2` is another worker. The line is read as systemd reads it, the command is replaced by echo."""
    text = (DEPLOY / f"systemd/huiyin-{name}@.service").read_text("utf-8")
    [line] = re.findall(r"^ExecStart=/bin/sh -c '(.*)' %i$", text, re.MULTILINE)
    script = line.replace("$$", "$").replace("%%", "%").replace("/opt/huiyin/venv/bin/huiyin", "echo")
    done = subprocess.run(["/bin/sh", "-c", script, instance], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["run", name, role]


def test_every_process_knows_its_own_database_and_no_other(compose: Mapping[str, Any]) -> None:
    """In containers and under systemd; only what migrates knows all three."""
    for container in compose.values():
        if container.get("command", [""])[0] == "run":
            known = container["environment"].keys() & OWN.values()
            assert known == {OWN[container["command"][1]]}
    assert compose["migrate"]["environment"].keys() >= set(OWN.values())
    for name in PARTS:
        unit = (DEPLOY / f"systemd/huiyin-{name}@.service").read_text("utf-8")
        files = re.findall(r"^EnvironmentFile=/etc/huiyin/(\w+)\.env$", unit, re.MULTILINE)
        assert files == ["common", name]
        assert {OWN[one] for one in PARTS if OWN[one] in environment(name)} == {OWN[name]}


def test_only_real_settings_are_set(compose: Mapping[str, Any]) -> None:
    """A setting that is misspelt keeps every process from starting."""
    given = {name for one in compose.values() for name in one.get("environment", ()) if name.startswith("HUIYIN_")}
    for file in ("common", *PARTS):
        given |= environment(file).keys()
    assert given <= set(config.VARIABLES)
    assert {"HUIYIN_SECRET_KEY", "HUIYIN_BROKER_URL", "HUIYIN_TRUSTED_PROXY", "HUIYIN_LISTEN"} <= given


def test_the_proxy_finds_every_service_where_it_listens() -> None:
    """Ports as in the settings of the services, paths as they are mounted."""
    text = (DEPLOY / "nginx/huiyin.conf").read_text("utf-8")
    for part in PARTS.values():
        listen = environment(part.name)["HUIYIN_LISTEN"]
        assert re.search(rf"upstream huiyin_{part.name} +{{ server {re.escape(listen)};", text)
        assert re.search(rf"location {part.prefix}/ +{{ proxy_pass http://huiyin_{part.name}; }}", text)


def test_only_the_port_for_agencies_names_a_certificate() -> None:
    """The public entrance clears the header and knows no such address; the other asks everybody for a certificate."""
    public, agencies = ((DEPLOY / f"nginx/{name}.conf").read_text("utf-8") for name in ("huiyin", "agencies"))
    assert 'proxy_set_header X-Client-Certificate "";' in public
    assert "location /agency/    { return 404; }" in public
    assert "ssl_verify_client on;" in agencies
    assert "proxy_set_header X-Client-Certificate $huiyin_certificate;" in agencies
    assert re.findall(r"location (\S+)", agencies) == ["/agency/files", "/"]


def test_the_accounts_of_the_broker_may_what_the_services_need() -> None:
    """The script and the code say the same."""
    text = (DEPLOY / "compose/accounts.sh").read_text("utf-8")
    for name in PARTS:
        [(write, read)] = re.findall(rf"^account svc-{name} +\S+ +'(.*)' +'(.*)'$", text, re.MULTILINE)
        wanted = service_permissions(name)
        assert (write, read) == (wanted.write, wanted.read)


def test_the_list_for_closed_networks_is_part_of_the_lock() -> None:
    """Same versions, known hashes, and everything `pyproject.toml` needs."""
    lock, offline = (sources.ROOT / "requirements.lock").read_text(), (DEPLOY / "offline/requirements.txt").read_text()
    locked, wanted = dict(PINNED.findall(lock)), dict(PINNED.findall(offline))
    assert wanted.items() <= locked.items()
    assert set(HASH.findall(offline)) <= set(HASH.findall(lock))
    needed = tomllib.loads((sources.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {re.split(r"[\[=]", one)[0].lower() for one in needed} <= wanted.keys()


def environment(name: str) -> dict[str, str]:
    """The settings of an example file."""
    lines = (DEPLOY / f"systemd/env/{name}.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
