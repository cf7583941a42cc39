"""The suite itself: what went wrong or did not happen is never green, with workers as without."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
Suite = pytest.Pytester


@pytest.fixture
def suite(pytester: Suite, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A suite with our rules, in CI."""
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PYTHONPATH", os.fspath(ROOT))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    return pytester


@pytest.mark.parametrize(("ci", "outcome"), [("true", {"failed": 1}), ("", {"skipped": 1})])
def test_a_skip_is_a_failure_in_ci_only(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: dict[str, int]
) -> None:
    """The same skipped test passes on a laptop and fails where CI=true, with its reason."""
    monkeypatch.setenv("CI", ci)
    suite.makepyfile("import pytest\ndef test_x(): pytest.skip('no broker')")
    result = suite.runpytest_subprocess("-rfs")
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(["*no broker*"])


@pytest.mark.parametrize("how", [(), ("-n", "1")])
def test_a_skipped_file_is_an_error_in_ci(suite: Suite, how: tuple[str, ...]) -> None:
    """A file that skips itself while it is read, with its reason; also where a worker reads it."""
    suite.makepyfile("import pytest\npytest.skip('no browser', allow_module_level=True)")
    result = suite.runpytest_subprocess(*how)
    result.assert_outcomes(errors=1)
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*no browser*"])


def test_workers_keep_nothing_to_themselves(suite: Suite) -> None:
    """What fails, skips or kills its worker is a failure, what comes after it runs, what is said is heard."""
    suite.makepyfile(
        test_a="import pytest\ndef test_fails(): assert False\ndef test_skips(): pytest.skip('no broker')",
        test_b="import os\ndef test_dies(): os._exit(0)\ndef test_lives(say): say('the slowest: 12 ms')",
    )
    result = suite.runpytest_subprocess("-n", "2")
    result.assert_outcomes(failed=3, passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    named = [f"FAILED {test}*" for test in ("test_a.py::test_fails", "test_a.py::test_skips", "test_b.py::test_dies")]
    result.stdout.fnmatch_lines_random([*named, "*no broker*", "the slowest: 12 ms"])
