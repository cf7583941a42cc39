"""Intake as a web application."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from services.common import db, parked, traces, web
from services.common.clock import Clock
from services.common.config import Settings
from services.common.health import Counts, Health
from services.intake import api, grants, tables
from services.intake import web as own_pages


def create(settings: Settings, clock: Clock, engine: Engine | None = None) -> Flask:
    """Build the app over a migrated database; without `engine` one is made from the settings."""
    engine = engine or db.connect(settings.databases["intake"])
    app = web.create_app(
        "intake",
        settings,
        clock,
        engine,
        import_name=__package__,
        grants_of=grants.grants_of(engine),
        health=health(engine),
    )
    own_pages.install(app)
    api.install(app)
    app.register_blueprint(parked.blueprint(tables.inbox))
    app.register_blueprint(traces.blueprint(tables.inbox, tables.outbox))
    return app


def health(engine: Engine) -> Health:
    """Return what intake tells about itself: what waits in its outbox and inbox."""
    health, counts = Health("intake"), Counts(tables.outbox, tables.inbox)

    def settled() -> Mapping[str, Any]:
        with db.read(engine) as conn:
            return {**counts(conn), "timers_due": 0, "next_due": None}

    health.register_settled(settled)
    return health
