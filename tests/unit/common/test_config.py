"""Settings are read once, checked as a whole, and never show a password."""

import stat
from pathlib import Path

import pytest

from services.common.config import ConfigError, load

LONG = "x" * 32


def test_a_newcomer_needs_no_setting_at_all(tmp_path: Path) -> None:
    """Everything embedded: files under home, no broker, no mail, a generated secret."""
    settings = load({"HUIYIN_HOME": str(tmp_path)})

    assert settings.databases["workflow"] == f"sqlite:///{tmp_path}/workflow.sqlite"
    assert (settings.broker_url, settings.smtp_url, settings.clock_file) == ("", "", None)
    assert (settings.host, settings.port, settings.zone.key) == ("127.0.0.1", 8000, "Asia/Shanghai")
    assert settings.bus_dir == tmp_path / "bus"
    assert settings.processes.name == "processes"


def test_the_generated_secret_stays_and_is_the_owners_own(tmp_path: Path) -> None:
    """A second start reads the same secret; nobody else may read the file."""
    first, second = (load({"HUIYIN_HOME": str(tmp_path)}).secret_key for _ in range(2))

    assert first == second
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_all_mistakes_are_told_at_once_in_both_languages(tmp_path: Path) -> None:
    """One start, one list: nobody repairs settings one by one."""
    wrong = {
        "HUIYIN_HOME": str(tmp_path),
        "HUIYIN_INTAKE_DATABASE_URL": "mysql://x",
        "HUIYIN_BROKER_URL": "http://x",
        "HUIYIN_SECRET_KEY": "short",
        "HUIYIN_CLOCK": "yesterday",
        "HUIYIN_PROCESSES": str(tmp_path / "none"),
        "HUIYIN_SMTP_URL": "mail.example",
        "HUIYIN_LISTEN": "8000",
        "HUIYIN_TRUSTED_PROXY": "proxy.example",
        "HUIYIN_ZONE": "Asia/Nowhere",
        "HUIYIN_LOG_LEVEL": "loud",
        "HUIYIN_LOG_FORMAT": "xml",
        "HUIYIN_BROKER": "amqp://x",
    }

    with pytest.raises(ConfigError) as caught:
        load(wrong)

    assert {name for name, _, _ in caught.value.problems} == set(wrong) - {"HUIYIN_HOME"}
    assert "至少 32 个字符 / needs at least 32 characters" in str(caught.value)
    assert not (tmp_path / "secret").exists()


@pytest.mark.parametrize("zone", ["../etc/passwd", "/etc/passwd", "Asia"])
def test_odd_zone_names_are_mistakes_not_crashes(tmp_path: Path, zone: str) -> None:
    """zoneinfo raises three kinds of errors for them."""
    with pytest.raises(ConfigError, match="HUIYIN_ZONE"):
        load({"HUIYIN_HOME": str(tmp_path), "HUIYIN_ZONE": zone})


def test_with_a_broker_the_secret_must_be_given(tmp_path: Path) -> None:
    """Three processes on three machines cannot share a generated file."""
    env = {"HUIYIN_HOME": str(tmp_path), "HUIYIN_BROKER_URL": "amqp://mq"}
    with pytest.raises(ConfigError, match="HUIYIN_SECRET_KEY"):
        load(env)
    assert load({**env, "HUIYIN_SECRET_KEY": LONG}).broker_url == "amqp://mq"


def test_an_empty_value_is_no_value(tmp_path: Path) -> None:
    """Compose files hand over empty variables."""
    assert load({"HUIYIN_HOME": str(tmp_path), "HUIYIN_ZONE": " ", "HUIYIN_LISTEN": ""}).port == 8000


def test_settings_do_not_show_what_may_hold_passwords(tmp_path: Path) -> None:
    """Settings end up in logs and tracebacks."""
    env = {
        "HUIYIN_HOME": str(tmp_path),
        "HUIYIN_SECRET_KEY": "geheim" * 8,
        "HUIYIN_BROKER_URL": "amqp://u:geheim@mq",
        "HUIYIN_NOTIFY_DATABASE_URL": "postgresql://u:geheim@db/n",
        "HUIYIN_SMTP_URL": "smtp://u:geheim@mail",
    }
    assert "geheim" not in repr(load(env))
