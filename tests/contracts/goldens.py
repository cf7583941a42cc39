"""Writes the golden messages of a new version: `python -m tests.contracts.goldens v0.2.0`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from services.contracts import message_examples
from services.contracts.envelopes import Message, encode
from services.contracts.messages import MESSAGES

GOLDEN = Path(__file__).parent / "golden"


def write(version: str) -> None:
    """Write one file per message type; the folder must not exist yet."""
    folder = GOLDEN / version
    folder.mkdir(parents=True)
    for type_ in MESSAGES:
        wires = {"messages": [_wire(message) for message in message_examples.messages(type_)]}
        (folder / f"{type_}.json").write_text(json.dumps(wires, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _wire(message: Message) -> dict[str, Any]:
    wire = encode(message)
    return {"headers": wire.headers, "content_type": wire.content_type, "body": wire.body.decode()}


if __name__ == "__main__":
    write(sys.argv[1])
