"""What can be wrong with a message, in words for both sides of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Words(str):
    """A sentence in Chinese that carries its English twin; survives marshmallow's error lists."""

    en: str

    def __new__(cls, zh: str, en: str) -> Words:
        """Make a sentence; as a string it is the Chinese one."""
        words = super().__new__(cls, zh)
        words.en = en
        return words


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong field: `path` is dotted (`assignments.0.unit`), "" means the object as a whole."""

    path: str
    code: str
    text: str
    text_en: str


class Malformed(Exception):
    """The message or record breaks its contract.

    `code` is one of `rejections.REJECTIONS`; `path` names the first wrong place; `faults` holds all of them.
    """

    def __init__(self, code: str, path: str, text: str, text_en: str = "", faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(f"{code} at {path or '(whole)'}: {text_en or text}")
        self.code = code
        self.path = path
        self.text = text
        self.text_en = text_en
        self.faults = faults or (Fault(path, code, text, text_en),)


def faults(errors: Any, path: str = "") -> list[Fault]:
    """Flatten marshmallow's nested error dict into faults, in the order of the schema."""
    if isinstance(errors, dict):
        return [fault for key, inner in errors.items() for fault in faults(inner, _join(path, key))]
    return [_fault(path, message) for message in (errors if isinstance(errors, list) else [errors])]


def _join(path: str, key: object) -> str:
    if key == "_schema":
        return path
    return f"{path}.{key}" if path else str(key)


def _fault(path: str, message: Any) -> Fault:
    english = message.en if isinstance(message, Words) else str(message)
    code = "missing_field" if message == REQUIRED else "invalid_field"
    return Fault(path, code, str(message), english)


REQUIRED = Words("此项必填", "this field is required")
NULL = Words("此项不能为空值", "this field may not be null")
