"""Time comes from a `Clock`: nobody but services/common/clock.py asks the machine what time it is."""

import ast

from tests.policy import sources

CALLS = {"now", "utcnow", "today"}
OWNERS = {"datetime", "date", "datetime.datetime", "datetime.date"}
FORBIDDEN = {"time.time", "time.time_ns", "time.localtime", "time.gmtime"} | {f"{o}.{c}" for o in OWNERS for c in CALLS}


def test_nobody_asks_the_machine_for_the_time() -> None:
    """No direct clock call outside the clock."""
    assert findings(sources.python()) == []


def test_the_rule_bites() -> None:
    """Each way to ask the machine is found, asking a clock is not."""
    bad = "from datetime import datetime, date\ndatetime.now(UTC)\ndate.today()\nimport time\ntime.time()\n"
    assert len(findings({"services/intake/a.py": bad})) == 3
    assert findings({"services/intake/b.py": "clock.now()\ntime.monotonic()"}) == []
    assert findings({"services/common/clock.py": bad}) == []


def findings(files: sources.Files) -> list[str]:
    """`path:line call` for each direct clock call."""
    return [
        f"{path}:{node.lineno} {sources.dotted(node.func)}"
        for path, tree in sources.trees(files)
        if path != "services/common/clock.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and sources.dotted(node.func) in FORBIDDEN
    ]
