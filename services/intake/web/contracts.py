"""The contract with agencies' systems, to read without signing in; every schema lies at the address its `$id` says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

from flask import Blueprint, Response, abort, render_template
from flask_babel import gettext as _  # type: ignore[import-untyped, unused-ignore]

from services.common import auth, languages
from services.contracts import catalogue, message_examples
from services.contracts.envelopes import encode
from services.contracts.messages import MESSAGES, MessageType
from services.contracts.outlines import outline
from services.contracts.records import RECORDS
from services.contracts.rejections import REJECTIONS
from services.contracts.schemas import record_words
from services.contracts.terms import TERMS

pages = Blueprint("contracts", __name__)
AGENCY: Final = "agency"
PARTIES: Final[Mapping[str, tuple[str, str]]] = {
    "agency": ("单位系统", "an agency"),
    "intake": ("受理服务", "intake"),
    "workflow": ("流程服务", "workflow"),
    "notify": ("通知服务", "notify"),
}
Example = tuple[str, Mapping[str, str], str]
"""Its language, headers and body."""


@pages.get("/contract")
@auth.public
def overview() -> str:
    """What is sent to whom, what may be wrong with it, what lasts; messages between the services at the end."""
    sent = [entry for entry in MESSAGES.values() if AGENCY in entry.senders]
    heard = [entry for entry in MESSAGES.values() if AGENCY in entry.receivers]
    own = [entry for entry in MESSAGES.values() if entry not in sent and entry not in heard]
    return render_template(
        "contract.html",
        parts=((_("单位系统收到的消息"), heard), (_("单位系统发出的消息"), sent)),
        own=own,
        records={name: record_words(name) for name in RECORDS},
        headers=catalogue.asyncapi()["components"]["schemas"]["headers"],
        rejections=REJECTIONS,
        terms=TERMS,
    )


@pages.get("/contract/<type>")
@auth.public
def message(type: str) -> str:
    """One type: its fields, and examples as they travel."""
    entry = MESSAGES.get(type) or abort(404)
    examples: list[Example] = [
        (message_examples.language(type, number), encode(one).headers, catalogue.render(one.data))
        for number, one in enumerate(message_examples.messages(type))
    ]
    return _sheet(f"schemas/{type}.json", type, (entry.description_zh, entry.description_en), examples, entry)


@pages.get("/contract/records/<name>")
@auth.public
def record(name: str) -> str:
    """One record: its fields, and examples."""
    words = record_words(name) if name in RECORDS else abort(404)
    address = f"schemas/records/{name}.json"
    examples: list[Example] = [("zh", {}, catalogue.render(one)) for one in _documents()[address]["examples"]]
    return _sheet(address, name, words, examples)


def _sheet(
    address: str,
    name: str,
    words: tuple[str, str],
    examples: Sequence[Example],
    entry: MessageType | None = None,
) -> str:
    lines = [*outline(_documents()[address])]
    facts = {"parties": _parties, "address": f"/{address}", "name": name, "words": words, "lines": lines}
    return render_template("contract_sheet.html", **facts, examples=examples, entry=entry)


@pages.get("/asyncapi.json")
@auth.public
def asyncapi() -> Response:
    """The AsyncAPI document."""
    return _file("asyncapi.json", "application/json")


@pages.get("/schemas/<path:name>")
@auth.public
def schema(name: str) -> Response:
    """The JSON Schema of a message or a record."""
    return _file(f"schemas/{name}", "application/schema+json")


def _parties(names: Collection[str]) -> str:
    """Services and agencies by their names."""
    return languages.pick("、", ", ").join(languages.pick(*PARTIES[name]) for name in sorted(names))


def _file(address: str, kind: str) -> Response:
    document = _documents().get(address) or abort(404)
    return Response(catalogue.render(document), mimetype=kind)


@cache
def _documents() -> dict[str, Any]:
    return catalogue.files()
