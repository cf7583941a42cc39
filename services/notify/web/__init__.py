"""Notify's pages: the message centre, one's own settings, the delivery log, letters to be printed."""

from __future__ import annotations

from flask import Flask

from services.notify.web import deliveries, messages, papers, settings


def install(app: Flask) -> None:
    """Give the app its pages."""
    for blueprint in (messages.pages, settings.pages, deliveries.pages, papers.pages):
        app.register_blueprint(blueprint)
