"""Intake's pages: signing in, suggestions, the story of a matter, the ledger."""

from flask import Flask

from services.intake.web import doors, labels, ledgers, matters, suggestions


def install(app: Flask) -> None:
    """Give the app its pages and the words they use."""
    labels.install(app)
    for blueprint in (doors.pages, suggestions.pages, matters.pages, ledgers.pages):
        app.register_blueprint(blueprint)
