"""Who may import whom.

| Room                        | may import of ours                     | must not know                      |
|-----------------------------|----------------------------------------|------------------------------------|
| services/contracts          | contracts                              | database, broker, web, environment |
| services/common             | contracts, common                      | SpiffWorkflow, lxml                |
| services/intake, notify     | contracts, common, itself              | SpiffWorkflow, lxml                |
| services/workflow           | contracts, common, itself              | SpiffWorkflow, lxml                |
| services/workflow/engine    | contracts, workflow.engine, .calendars | database, broker, web, environment |
| services/workflow/calendars | contracts, workflow.engine, .calendars | database, broker, web, environment |
| services/huiyin             | everything                             | SpiffWorkflow, lxml                |

Inside a service: edges (api, web, studio, app, consumer, worker, ticker, loops, cli) → nouns → store →
tables; an arrow never points back. SpiffWorkflow and lxml are imported in the engine room only. The pure modules
`calendar_files` and `calendar_phrases` belong to `calendars`.
"""

import ast
from collections.abc import Iterator

from tests.policy import sources

SERVICES = ("intake", "workflow", "notify")
ENGINE_ONLY = {"SpiffWorkflow", "lxml"}
IMPURE = {
    "sqlalchemy",
    "alembic",
    "psycopg",
    "sqlite3",
    "pika",
    "flask",
    "werkzeug",
    "waitress",
    "time",
    "socket",
}
CALENDARS = tuple(f"services.workflow.calendar{part}" for part in ("s", "_files", "_phrases"))
PURE = ("services.contracts", "services.workflow.engine", *CALENDARS)
EDGES = {"api", "web", "studio", "app", "consumer", "worker", "ticker", "loops", "cli"}
GROUND = {"tables": 0, "store": 1, "migrations": 1}  # nouns are 2, edges 3
TABLE = {
    "contracts": ("services.contracts",),
    "common": ("services.contracts", "services.common"),
    "huiyin": ("services",),
    **{name: ("services.contracts", "services.common", f"services.{name}") for name in SERVICES},
}


def test_every_import_follows_the_table() -> None:
    """No module imports what the table above forbids its room."""
    assert findings(sources.python()) == []


def test_the_rules_bite() -> None:
    """A bad import in every room is found, a good one is not."""
    bad = {
        "services/contracts/a.py": "from services.common import db",
        "services/contracts/b.py": "import sqlalchemy.orm",
        "services/common/a.py": "import services.intake.matters",
        "services/common/b.py": "from lxml import etree",
        "services/intake/a.py": "def f():\n    from services.workflow import cases",
        "services/notify/a.py": "from .. import huiyin",
        "services/workflow/engine/a.py": "from services.workflow import store",
        "services/workflow/engine/b.py": "import os\nHOME = os.environ['HOME']",
        "services/workflow/calendars.py": "from services.common import clock",
        "services/workflow/cases.py": "from services.workflow.web import pages",
        "services/workflow/store.py": "from services.workflow import cases",
        "services/workflow/tables.py": "from services.workflow.store import find",
    }
    good = {
        "services/huiyin/cli.py": "from services.workflow import cases",
        "services/workflow/web/pages.py": "from services.workflow import cases, store",
        "services/workflow/engine/core.py": "import SpiffWorkflow\nfrom lxml import etree",
    }
    assert {line.split(":")[0] for line in findings(bad)} == set(bad)
    assert findings(good) == []


def findings(files: sources.Files) -> list[str]:
    """One line per forbidden import: `path:line imports name: why`."""
    return [
        f"{path}:{line} imports {name}: {why}"
        for path, tree in sources.trees(files)
        for line, name in imports(path, tree)
        if (why := objection(path, name))
    ]


def imports(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, relative imports resolved; `os.environ` counts as one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(path, node.level, node.module)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Attribute) and sources.dotted(node) in {"os.environ", "os.getenv"}:
            yield node.lineno, sources.dotted(node)


def absolute(path: str, level: int, module: str | None) -> str:
    """The absolute name that a relative import means."""
    if not level:
        return module or ""
    package = path.removesuffix(".py").split("/")[:-level]
    return ".".join([*package, *([module] if module else [])])


def objection(path: str, name: str) -> str | None:
    """Why the file may not import the name; None where it may."""
    parts = path.removesuffix(".py").split("/")
    top = name.split(".")[0]
    pure = ".".join(parts).startswith(PURE)
    if top in ENGINE_ONLY and parts[1:3] != ["workflow", "engine"]:
        return "only services/workflow/engine may"
    if pure and (top in IMPURE or name.startswith(("os.environ", "os.getenv"))):
        return "this room is pure"
    if top != "services" or name == "services" or len(parts) < 3:
        return None
    allowed = PURE if pure and parts[1] == "workflow" else TABLE[parts[1]]
    if not name.startswith(allowed):
        return f"this room may import {', '.join(allowed)}"
    return backwards(parts, name.split("."))


def backwards(parts: list[str], target: list[str]) -> str | None:
    """Why an import inside one service points against edges → nouns → store → tables."""
    if parts[1] not in SERVICES or target[:2] != parts[:2] or len(target) < 3:
        return None
    if rank(target[2]) > rank(parts[2]):
        return "edges → nouns → store → tables never points back"
    return None


def rank(module: str) -> int:
    """How far out a module of a service stands."""
    return 3 if module in EDGES else GROUND.get(module, 2)
