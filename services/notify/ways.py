"""The ways there are to people in this installation, and in which zone their days and nights are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.common.config import Settings
from services.notify.channels import registry
from services.notify.channels.letters import Channel


@dataclass(frozen=True, slots=True)
class Ways:
    """`channels` are those to the outside, by id; the message centre is always there."""

    channels: Mapping[str, Channel]
    zone: ZoneInfo


def of(settings: Settings) -> Ways:
    """As the settings say; raises `ConfigError` where the file of channels is wrong."""
    return Ways(registry.of(settings), settings.zone)
