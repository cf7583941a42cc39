"""Intake's HTTP interface `/api/v1`: JSON in and out, RFC 9457 problems, bearer tokens."""

from flask import Flask

from services.intake.api import agency, drafts, ledger, matters, tokens


def install(app: Flask) -> None:
    """Give the app its HTTP interface."""
    for blueprint in (tokens.api, matters.api, drafts.api, ledger.api, agency.api):
        app.register_blueprint(blueprint)
