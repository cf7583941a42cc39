"""Notify as a web application, mounted under `/notify`."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Engine

from services.common import db, parked, traces, web
from services.common.clock import Clock
from services.common.config import Settings
from services.notify import api, edges, grants, healths, tables, ways
from services.notify import web as own_pages


def create(settings: Settings, clock: Clock, engine: Engine | None = None) -> Flask:
    """Build the app over a migrated database; without `engine` one is made from the settings."""
    engine = engine or db.connect(settings.databases["notify"])
    app = web.create_app(
        "notify",
        settings,
        clock,
        engine,
        import_name=__package__,
        grants_of=grants.grants_of(engine),
        health=healths.of(engine, clock),
    )
    edges.install(app, ways.of(settings))
    own_pages.install(app)
    api.install(app)
    app.register_blueprint(parked.blueprint(tables.inbox))
    app.register_blueprint(traces.blueprint(tables.inbox, tables.outbox))
    return app
