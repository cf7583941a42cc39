"""`package.yaml` edited as text: only the lines in question change, comments and order stay."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from services.workflow.packages.models import Role
from services.workflow.packages.sources import SETTINGS

_REVISION: Final = re.compile(rb"^revision:[ \t]*\d+", re.MULTILINE)
_ROLES: Final = re.compile(r"^roles:[^\n]*\n(?:[ \t]+[^\n]*\n|[ \t]*\n)*", re.MULTILINE)


def renumber(files: Mapping[str, bytes], version: str, revision: int) -> dict[str, bytes]:
    """The files of `version` as another revision: in the settings, and where scenarios name their package."""
    new = f"{version.rpartition('.')[0]}.{revision}"
    named = re.compile(rb"^([ \t]*package:[ \t]*)" + re.escape(version.encode()) + rb"[ \t]*$", re.MULTILINE)
    found = dict(files)
    found[SETTINGS] = _REVISION.sub(f"revision: {revision}".encode(), files[SETTINGS], count=1)
    for name, content in files.items():
        if name.startswith("scenarios/"):
            found[name] = named.sub(rb"\g<1>" + new.encode(), content)
    return found


def with_roles(content: bytes, roles: Sequence[Role]) -> bytes:
    """The settings with this table of roles in place of the old one."""
    lines = ["roles:\n"]
    for role in roles:
        lines += [
            f"  {role.id}:\n",
            f"    label: {_quoted(role.label)}\n",
            f"    label_en: {_quoted(role.label_en)}\n",
            f"    scope: {_quoted(role.scope)}\n",
            f"    grants: [{', '.join(map(_quoted, role.grants))}]\n",
        ]
    block = "".join(lines) + "\n"
    return _ROLES.sub(lambda _: block, content.decode(), count=1).encode()


def _quoted(text: str) -> str:
    """A text as YAML; plain where it cannot be taken for anything else."""
    plain = re.fullmatch(r"[^\W\d][\w.]*", text) and text.lower() not in {
        "true",
        "false",
        "null",
        "yes",
        "no",
        "on",
        "off",
    }
    return text if plain else orjson.dumps(text).decode()
