"""Words that must not stand in this repository: places and registries of one machine, half-width punctuation."""

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
HALF = re.compile("[\u4e00-\u9fff”）][,;:](?=[\u4e00-\u9fff“《])|[\u4e00-\u9fff]\\((?=[\u4e00-\u9fff])")
REGISTRY = re.compile("|".join(map(re.escape, REGISTRIES)))


def test_no_file_mentions_a_place_outside_the_repository() -> None:
    """The repository explains itself without folders that only its first authors had."""
    assert findings(PLACES, sources.texts()) == []


def test_no_file_names_a_registry() -> None:
    """Which registry or mirror packages come from is the machine's choice."""
    assert findings(REGISTRY, sources.texts()) == []


def test_chinese_text_has_full_width_punctuation() -> None:
    """GB/T 15834; what people read on pages, in messages and on the command line."""
    told = {path: text for path, text in sources.texts().items() if is_told(path)}
    assert findings(HALF, told) == []


def is_told(path: str) -> bool:
    """Whether people read texts of this file; examples of messages stay as they were published."""
    return path.startswith("services/") and path.endswith((".html", ".po", ".py", ".js")) and "_examples" not in path


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
    assert findings(HALF, {"a.po": "先看,再办\n督办(再次)\n代表：“好”，3(含)"}) == ["a.po:1", "a.po:2"]
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
