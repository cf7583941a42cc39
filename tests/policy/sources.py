"""What the policies read: our files by path from the repository's root, nothing built or installed."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SKIPPED = {".venv", ".git", "node_modules", "dist", "build", "var", "__pycache__"}
CACHES = {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}

Files = dict[str, str]


def python(top: str = "services") -> Files:
    """Every Python file below `top`: path → text."""
    return {path: text for path, text in texts(top).items() if path.endswith(".py")}


def texts(top: str = "") -> Files:
    """Every text file below `top`: path → text."""
    return dict(_read(ROOT / top))


def _read(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in SKIPPED | CACHES:
            yield from _read(path)
        elif path.is_file() and path.name not in SKIPPED:  # `.git` is a file in a second work tree
            try:
                yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
            except UnicodeDecodeError:
                continue  # a picture or an archive


def trees(files: Files) -> Iterator[tuple[str, ast.Module]]:
    """Each file's path and syntax tree."""
    for path, text in files.items():
        yield path, ast.parse(text, path)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def dotted(node: ast.AST) -> str:
    """`a.b.c` of names and attributes, "" of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""
