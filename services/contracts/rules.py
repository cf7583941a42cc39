"""Rules between fields, said once and used twice: by marshmallow and as if/then in JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, validates_schema

from services.contracts.errors import REQUIRED, Words


@dataclass(frozen=True)
class Rule:
    """When the fields of `when` have one of the given codes, every field of `needs` must be there.

    `needs` maps a field to its least length (characters or items; 0 = any value will do).
    """

    when: Mapping[str, tuple[str, ...]]
    needs: Mapping[str, int]

    def broken(self, data: Mapping[str, Any]) -> dict[str, list[Words]]:
        """Return the errors by field; empty when the rule holds or does not apply."""
        if any(data.get(name) not in codes for name, codes in self.when.items()):
            return {}
        problems = {name: self._problem(data.get(name), least) for name, least in self.needs.items()}
        return {name: [words] for name, words in problems.items() if words is not None}

    @staticmethod
    def _problem(value: Any, least: int) -> Words | None:
        if value is None:
            return REQUIRED
        if least and len(value) < least:
            unit = "字" if isinstance(value, str) else "项"
            return Words(f"至少 {least} {unit}", f"needs at least {least}")
        return None

    def as_json(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return the same rule as a JSON Schema `if`/`then`; `properties` tells texts from lists."""
        conditions = {name: {"enum": list(codes)} for name, codes in self.when.items()}
        bounds = {
            name: {"minItems" if properties[name]["type"] == "array" else "minLength": least}
            for name, least in self.needs.items()
            if least
        }
        then: dict[str, Any] = {"required": list(self.needs)}
        if bounds:
            then["properties"] = bounds
        return {"if": {"required": list(self.when), "properties": conditions}, "then": then}


class Contract(Schema):
    """Base of all our schemas: a tolerant reader (unknown fields are dropped) that keeps its rules.

    `rules` are checked here and generated as JSON Schema; `json_rules` are raw JSON Schema parts for rules
    that a subclass checks in its own way.
    """

    class Meta:
        """Unknown fields are left out, never refused."""

        unknown = EXCLUDE

    error_messages = {"type": Words("应为对象", "must be an object")}  # noqa: RUF012  marshmallow declares it so
    rules: ClassVar[tuple[Rule, ...]] = ()
    json_rules: ClassVar[tuple[dict[str, Any], ...]] = ()

    @validates_schema(skip_on_field_errors=True)
    def keep_rules(self, data: Mapping[str, Any], **_: Any) -> None:
        """Check every declared rule on data whose single fields are right."""
        errors = {name: words for rule in self.rules for name, words in rule.broken(data).items()}
        if errors:
            raise ValidationError(errors)
