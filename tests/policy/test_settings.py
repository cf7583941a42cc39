"""Every setting has its row in docs/settings.md, and every row its setting."""

import re

from services.common import config
from tests.policy import sources

NAME = re.compile(r"\bHUIYIN_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
ROW = re.compile(r"^\| *`(HUIYIN_[A-Z0-9_]+)`", re.MULTILINE)


def test_the_settings_page_lists_exactly_the_settings() -> None:
    """Neither a secret setting nor a promise that nothing keeps."""
    page = (sources.ROOT / "docs/settings.md").read_text("utf-8")
    assert set(ROW.findall(page)) - used_by_tests() == set(config.VARIABLES)


def test_no_code_reads_a_setting_of_its_own() -> None:
    """A variable named anywhere in the services is a setting; `config` reads them all in one place."""
    assert undeclared(sources.python()) == []


def test_the_rules_bite() -> None:
    """An undeclared variable is found, a declared one and those of the tests' servers are not."""
    assert undeclared({"services/a.py": 'os.environ["HUIYIN_SECRET_DOOR"]'}) == ["services/a.py HUIYIN_SECRET_DOOR"]
    assert undeclared({"services/a.py": '"HUIYIN_HOME", "HUIYIN_TEST_AMQP_URL"'}) == []


def used_by_tests() -> set[str]:
    """The variables that point the test suite at servers."""
    testing = sources.python("services/common/testing")
    return {name for text in testing.values() for name in NAME.findall(text)}


def undeclared(files: sources.Files) -> list[str]:
    """`path name` of every variable that is no setting."""
    known = set(config.VARIABLES) | used_by_tests()
    return [f"{path} {name}" for path, text in files.items() for name in NAME.findall(text) if name not in known]
