"""Files one can hold in the head, functions one can see at once."""

from tests.policy import sources

FILE, FUNCTION = 400, 60


def test_files_and_functions_stay_small() -> None:
    """Fewer than 400 lines per file and 60 per function; migrations are history and don't count."""
    files = {path: text for path, text in sources.python().items() if "/migrations/" not in path}
    assert findings(files) == []


def test_the_limits_bite() -> None:
    """One line too many is found."""
    function = "def f():\n" + "    x = 1\n" * (FUNCTION - 1)
    assert findings({"a.py": "x = 1\n" * FILE}) == ["a.py: 400 lines"]
    assert findings({"a.py": function}) == ["a.py:1 f: 60 lines"]
    assert findings({"a.py": "x = 1\n" * (FILE - 1)}) == []


def findings(files: sources.Files) -> list[str]:
    """What is too long and how long it is."""
    long_files = [f"{path}: {n} lines" for path, text in files.items() if (n := text.count("\n")) >= FILE]
    long_functions = [
        f"{path}:{node.lineno} {node.name}: {n} lines"
        for path, tree in sources.trees(files)
        for node in sources.functions(tree)
        if (n := (node.end_lineno or 0) - node.lineno + 1) >= FUNCTION
    ]
    return long_files + long_functions
