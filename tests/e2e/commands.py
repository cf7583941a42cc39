"""The command `huiyin` as a process of its own, as people call it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def huiyin(
    home: Path, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 240
) -> subprocess.CompletedProcess[str]:
    """Run the command in `home` with a clean environment of ours; never raises for its exit code."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    return subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-m", "services.huiyin.cli", *arguments],
        env={**clean, "HUIYIN_HOME": str(home), "HUIYIN_LOG_LEVEL": "WARNING", **(env or {})},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def read(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What a command that ended well printed as JSON."""
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found
