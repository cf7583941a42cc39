"""What pages and API share: the ways there are to people."""

from __future__ import annotations

from flask import Flask, current_app

from services.notify.ways import Ways

_KEY = "huiyin.ways"


def install(app: Flask, ways: Ways) -> None:
    """Give the app the ways."""
    app.extensions[_KEY] = ways


def ways() -> Ways:
    """The ways to people."""
    found: Ways = current_app.extensions[_KEY]
    return found
