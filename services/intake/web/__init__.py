"""Intake's pages: signing in, suggestions, the story of a matter, the ledger."""

from flask import Flask

from services.intake.web import (
    admin_accounts,
    contracts,
    doors,
    drafts,
    files,
    imports,
    labels,
    ledgers,
    matters,
    merges,
    publics,
    registers,
    secrecies,
    suggestions,
)


def install(app: Flask) -> None:
    """Give the app its pages and the words they use."""
    labels.install(app)
    app.jinja_env.globals.update(size_label=files.size_label, file_hints=files.hints)
    matters_ = (suggestions.pages, drafts.pages, files.pages, merges.pages, matters.pages, secrecies.pages)
    for blueprint in (doors.pages, *matters_, ledgers.pages, publics.pages, contracts.pages):
        app.register_blueprint(blueprint)
    for blueprint in (
        registers.pages,
        admin_accounts.pages,
        imports.pages,
        *map(registers.blueprint, registers.REGISTERS),
    ):
        app.register_blueprint(blueprint)
