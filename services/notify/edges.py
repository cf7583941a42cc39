"""What pages and API share: the channels of this installation."""

from __future__ import annotations

from flask import Flask, current_app

from services.notify.notices import Channels

_KEY = "huiyin.channels"


def install(app: Flask, channels: Channels) -> None:
    """Give the app its channels."""
    app.extensions[_KEY] = channels


def channels() -> Channels:
    """The channels to the outside, by id."""
    found: Channels = current_app.extensions[_KEY]
    return found
