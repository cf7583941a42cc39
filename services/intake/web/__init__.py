"""Intake's pages: signing in, suggestions, the story of a matter, the ledger."""

from flask import Flask

from services.intake.web import (
    admin_accounts,
    doors,
    imports,
    labels,
    ledgers,
    matters,
    publics,
    registers,
    secrecies,
    suggestions,
)


def install(app: Flask) -> None:
    """Give the app its pages and the words they use."""
    labels.install(app)
    for blueprint in (doors.pages, suggestions.pages, matters.pages, secrecies.pages, ledgers.pages, publics.pages):
        app.register_blueprint(blueprint)
    for blueprint in (
        registers.pages,
        admin_accounts.pages,
        imports.pages,
        *map(registers.blueprint, registers.REGISTERS),
    ):
        app.register_blueprint(blueprint)
