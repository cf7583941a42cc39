"""Words that must not stand in this repository: places and registries that exist on one machine only."""

import json
import re

from tests.policy import sources

# in pieces, so that this file does not find itself
PLACES = re.compile(r"(?<![\w.-])" + "(shared" + "/|/work" + r"/(main|shared)\b|/root" + "/)")
REGISTRIES = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmmirror" + ".com",
    "yarnpkg" + ".com",
)
REGISTRY = re.compile("|".join(map(re.escape, REGISTRIES)))


def test_no_file_mentions_a_place_outside_the_repository() -> None:
    """The repository explains itself without folders that only its first authors had."""
    assert findings(PLACES, sources.texts()) == []


def test_no_file_names_a_registry() -> None:
    """Which registry or mirror packages come from is the machine's choice."""
    assert findings(REGISTRY, sources.texts()) == []


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    """Locked packages are proven by hash wherever they are fetched from."""
    assert "http" not in (sources.ROOT / "requirements.lock").read_text()
    for path, text in sources.texts().items():
        if path.endswith("package-lock.json"):
            assert unproven(json.loads(text)) == [], path


def test_the_rules_bite() -> None:
    """A forbidden word and a package without hash or with an address are found."""
    assert findings(PLACES, {"a.md": "x\nsee shared" + "/design"}) == ["a.md:2"]
    assert findings(PLACES, {"a.md": "unshared" + "/x, my-shared" + "/y"}) == []
    assert findings(REGISTRY, {"a.json": "https://registry.npmjs" + ".org/x"}) == ["a.json:1"]
    lock = {
        "packages": {
            "": {},
            "a": {"integrity": "sha512-x"},
            "b": {},
            "c": {"integrity": "x", "resolved": "u"},
        }
    }
    assert unproven(lock) == ["b", "c"]


def findings(word: re.Pattern[str], files: sources.Files) -> list[str]:
    """`path:line` of every place the word stands."""
    return [
        f"{path}:{number}"
        for path, text in files.items()
        if word.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        if word.search(line)
    ]


def unproven(lock: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    """Names of packages in a package-lock.json that have no hash, or an address."""
    return [
        name for name, entry in lock["packages"].items() if name and ("integrity" not in entry or "resolved" in entry)
    ]
