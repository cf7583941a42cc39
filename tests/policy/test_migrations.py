"""The migrations of a service are one line: a single first one, and each followed by at most one."""

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.policy import sources


@pytest.mark.parametrize("service", ["intake", "workflow", "notify"])
def test_migrations_are_linear(service: str) -> None:
    """Every service begins with one migration and never branches."""
    mine = {p: t for p, t in sources.python().items() if p.startswith(f"services/{service}/migrations/")}
    assert findings(list(revisions(mine))) == []


def test_the_rule_bites() -> None:
    """Two beginnings, a branch, a double id, a merge and a gap are found; a line is fine."""
    assert findings([("a", None), ("b", "a"), ("c", "b")]) == []
    assert findings([("a", None), ("b", None)]) == ["first: a, b"]
    assert findings([("a", None), ("b", "a"), ("c", "a")]) == ["two follow a"]
    assert findings([("a", None), ("b", "a"), ("b", "b")]) == ["two are called b"]
    assert findings([("a", None), ("b", "x")]) == ["b follows the unknown x"]
    merge = "revision = 'm'\ndown_revision = ('a', 'b')"
    assert findings(list(revisions({"m.py": merge}))) == ["first: ", "m follows the unknown ('a', 'b')"]


def findings(steps: list[tuple[str, str | None]]) -> list[str]:
    """What keeps (revision, down_revision) pairs from being a line."""
    first = [revision for revision, before in steps if before is None]
    known = {revision for revision, _ in steps}
    befores = Counter(before for _, before in steps if before is not None)
    names = Counter(revision for revision, _ in steps)
    return [
        *([f"first: {', '.join(first)}"] if len(first) != 1 else []),
        *(f"two follow {before}" for before, count in befores.items() if count > 1),
        *(f"two are called {name}" for name, count in names.items() if count > 1),
        *(f"{name} follows the unknown {before}" for name, before in steps if before and before not in known),
    ]


def revisions(files: sources.Files) -> Iterator[tuple[str, str | None]]:
    """The (revision, down_revision) of every migration file."""
    for _, tree in sources.trees(files):
        named = dict(assignments(tree))
        if "revision" in named:
            before = ast.literal_eval(named["down_revision"])
            yield ast.literal_eval(named["revision"]), before if before is None else str(before)


def assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Name and value of the module's plain assignments."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
