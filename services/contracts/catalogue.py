"""The published catalogue: AsyncAPI 3.0 and JSON Schemas, generated from messages and records.

`python -m services.contracts.catalogue` rewrites `generated/`; a test keeps it fresh.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from services.contracts import message_examples
from services.contracts.envelopes import CONTENT_TYPE, encode
from services.contracts.messages import MESSAGES, MessageType
from services.contracts.record_examples import EXAMPLES as RECORD_EXAMPLES
from services.contracts.records import RECORDS
from services.contracts.schemas import message_schema, record_schema
from services.contracts.terms import TERMS

__all__ = ["GENERATED", "asyncapi", "files", "message_schema", "record_document", "record_schema", "write"]

GENERATED: Final = Path(__file__).parent / "generated"
SERVICES: Final = ("intake", "workflow", "notify")
_BINDING: Final = {"bindingVersion": "0.3.0"}
_TOLD: Final = {"zh": "中文 in Chinese", "en": "英文 in English"}
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 500}


def files() -> dict[str, Any]:
    """Return every generated document by its path below `generated/`, which is its address in the product, too."""
    schemas = {f"schemas/{type}.json": message_schema(type) for type in MESSAGES}
    records = {f"schemas/records/{name}.json": record_document(name) for name in RECORDS}
    return {"asyncapi.json": asyncapi(), **schemas, **records}


def record_document(name: str) -> dict[str, Any]:
    """Return the published schema of a record, `$id` its address; forms know it as `urn:huiyin:record:<name>`."""
    address = {"$id": f"/schemas/records/{name}.json"}
    return {**record_schema(name), **address, "examples": list(RECORD_EXAMPLES[name])}


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document of all messages, with examples."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Huiyin 回音",
            "version": "0.1.0",
            "description": _about(),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {entry.type: _message(entry) for entry in MESSAGES.values()},
            "schemas": {"headers": _headers(), **{type: _payload(type) for type in MESSAGES}},
            "correlationIds": {"case": {"location": "$message.header#/ce-correlationid"}},
        },
    }


def _about() -> str:
    """The contract in words, as Markdown."""
    parts = ["建议提案办理的全部消息。All messages of handling suggestions and proposals."]
    for (zh, en), terms in TERMS.items():
        parts += [f"## {zh} {en}", *(f"- `{term.about}`: {term.zh} {term.en}" for term in terms)]
    return "\n\n".join(parts)


def write(folder: Path = GENERATED) -> None:
    """Write all generated documents, and remove those of types that are gone."""
    current = files()
    for path in folder.rglob("*.json"):
        if path.relative_to(folder).as_posix() not in current:
            path.unlink()
    for name, content in current.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(render(content), encoding="utf-8")


def render(content: Any) -> str:
    """Return a document as it is committed: indented, Chinese readable, ending in a newline."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _payload(type: str) -> dict[str, Any]:
    """Return the schema without what belongs to a stand-alone file only."""
    return {key: value for key, value in message_schema(type).items() if key != "$schema"}


def _message(entry: MessageType) -> dict[str, Any]:
    examples = [
        {
            "name": f"example{number}",
            "summary": _TOLD[message_examples.language(entry.type, number - 1)],
            "headers": encode(message).headers,
            "payload": message.data,
        }
        for number, message in enumerate(message_examples.messages(entry.type), 1)
    ]
    return {
        "name": entry.type,
        "title": entry.description_zh,
        "summary": entry.description_en,
        "contentType": CONTENT_TYPE,
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {"$ref": f"#/components/schemas/{entry.type}"},
        "correlationId": {"$ref": "#/components/correlationIds/case"},
        "bindings": {"amqp": {"messageType": entry.type, **_BINDING}},
        "examples": examples,
    }


def _headers() -> dict[str, Any]:
    properties: dict[str, Any] = {
        "ce-specversion": _header("固定为 1.0", "always 1.0", const="1.0"),
        "ce-id": _header("消息编号，也是防重复的依据", "the message's id, by which duplicates are told", **_TEXT),
        "ce-type": _header("消息类型，以版本结尾", "type, ends in its version", type="string", enum=list(MESSAGES)),
        "ce-source": _header(
            "来自谁；单位系统发来的改写为 /agency/<编号>", "from whom; rewritten to /agency/<id> by the queue", **_TEXT
        ),
        "ce-subject": _header(
            "关于哪一件，写建议提案编号；同一件按到达顺序处理", "the matter id; handled in order of arrival", **_TEXT
        ),
        "ce-time": _header("发送时间，带时区", "when it was sent, with its zone", type="string", format="date-time"),
        "ce-dataschema": _header(
            "urn:huiyin:message:<类型>，即 /schemas/<类型>.json",
            "urn:huiyin:message:<type>, that is /schemas/<type>.json",
            **_TEXT,
        ),
        "ce-correlationid": _header("流程实例", "the case", **_TEXT),
        "ce-causationid": _header("起因：哪条消息引起的", "the message or stimulus that caused it", **_TEXT),
        "ce-traceparent": _header("跟踪编号（W3C）", "W3C Trace Context", **_TEXT),
    }
    required = ["ce-specversion", "ce-id", "ce-type", "ce-source", "ce-subject", "ce-time"]
    return {"type": "object", "required": required, "properties": properties}


def _header(zh: str, en: str, **schema: Any) -> dict[str, Any]:
    return {**schema, "title": zh, "x-title-en": en}


def _channels() -> dict[str, Any]:
    connector = {"connector": {"description": "接入方编号（connector id）", "examples": ["housing"]}}
    return {
        "events": {
            "address": "events",
            "title": "服务之间（between the services）",
            "messages": _refs(_types(_between_services)),
            "bindings": _exchange("events", "topic"),
        },
        "agency_in": {
            "address": "agency.{connector}.in",
            "title": "单位系统发来（from agencies）",
            "parameters": connector,
            "messages": _refs(_types(_from_agencies)),
            "bindings": _exchange("agency.{connector}.in", "fanout"),
        },
        "agency_out": {
            "address": "agency.{connector}.out",
            "title": "发往单位系统（to agencies）",
            "parameters": connector,
            "messages": _refs(_types(_to_agencies)),
            "bindings": {
                "amqp": {
                    "is": "queue",
                    "queue": {
                        "name": "agency.{connector}.out",
                        "durable": True,
                        "exclusive": False,
                        "autoDelete": False,
                        "vhost": "/",
                    },
                    **_BINDING,
                }
            },
        },
    }


def _operations() -> dict[str, Any]:
    operations: dict[str, Any] = {
        "agencies_receive": _operation("receive", "agency_in", _types(_from_agencies)),
        "agencies_send": _operation("send", "agency_out", _types(_to_agencies)),
    }
    for service in SERVICES:
        sent = [t for t in _types(_between_services) if service in MESSAGES[t].senders]
        received = [t for t in _types(_between_services) if service in MESSAGES[t].receivers]
        if sent:
            operations[f"{service}_send"] = _operation("send", "events", sent)
        if received:
            operations[f"{service}_receive"] = _operation("receive", "events", received)
    return operations


def _operation(action: str, channel: str, types: Iterable[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{type}"} for type in types],
    }


def _exchange(name: str, kind: str) -> dict[str, Any]:
    exchange = {"name": name, "type": kind, "durable": True, "autoDelete": False, "vhost": "/"}
    return {"amqp": {"is": "routingKey", "exchange": exchange, **_BINDING}}


def _refs(types: Iterable[str]) -> dict[str, Any]:
    return {type: {"$ref": f"#/components/messages/{type}"} for type in types}


def _types(chosen: Callable[[MessageType], bool]) -> list[str]:
    return [entry.type for entry in MESSAGES.values() if chosen(entry)]


def _from_agencies(entry: MessageType) -> bool:
    return "agency" in entry.senders


def _to_agencies(entry: MessageType) -> bool:
    return "agency" in entry.receivers


def _between_services(entry: MessageType) -> bool:
    return bool(entry.senders & set(SERVICES)) and bool(entry.receivers & set(SERVICES))


if __name__ == "__main__":
    write()
