"""How deliveries are called: derived, so that the same notice never reaches anybody twice."""

from __future__ import annotations

from typing import Final
from uuid import NAMESPACE_URL, uuid5

_NAMES: Final = uuid5(NAMESPACE_URL, "urn:huiyin:delivery")


def delivery_id(notice_id: str, person_id: str, channel: str) -> str:
    """The id of a notice's delivery to somebody by a channel."""
    return str(uuid5(_NAMES, f"{notice_id}\n{person_id}\n{channel}"))
