"""Which ways to the outside this installation has: mail where a mail server is set, and those its file describes."""

from __future__ import annotations

from collections.abc import Mapping

from services.common.config import Settings
from services.notify.channels import descriptions
from services.notify.channels.http import HttpChannel
from services.notify.channels.letters import Channel
from services.notify.channels.smtp import Mail


def of(settings: Settings) -> Mapping[str, Channel]:
    """The channels by their id, mail first; raises `ConfigError` where their file is wrong."""
    found: list[Channel] = []
    if settings.smtp_url:
        found.append(Mail(settings.smtp_url, settings.mail_from))
    if settings.channels is not None:
        found += [HttpChannel(one) for one in descriptions.load(settings.channels, settings.env)]
    return {channel.id: channel for channel in found}
