"""The web of this service, to be mounted under `/workflow`: work lists, tasks, cases, packages, incidents."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Engine

from services.common import db, parked, traces, web
from services.common.clock import Clock
from services.common.config import Settings
from services.workflow import grants, healths, problems
from services.workflow import tables as t
from services.workflow.api import calendars as calendar_api
from services.workflow.api import case_migrations as case_migration_api
from services.workflow.api import cases as case_api
from services.workflow.api import histories as history_api
from services.workflow.api import studio as studio_api
from services.workflow.api import tasks as task_api
from services.workflow.web import (
    batches,
    calendars,
    case_migrations,
    caselists,
    cases,
    connectors,
    incidents,
    packages,
    pasts,
    records,
    studio,
    tasks,
    verbs,
    words,
)

__all__ = ["create", "problems"]

BLUEPRINTS = (
    task_api.api,
    case_api.api,
    case_migration_api.api,
    history_api.api,
    calendar_api.api,
    studio_api.api,
    batches.pages,
    tasks.pages,
    verbs.pages,
    records.pages,
    cases.pages,
    case_migrations.pages,
    pasts.pages,
    caselists.pages,
    packages.pages,
    studio.pages,
    calendars.pages,
    incidents.pages,
    connectors.pages,
)


def create(settings: Settings, clock: Clock, engine: Engine | None = None) -> Flask:
    """The Flask app; without `engine` it opens the database of the settings itself."""
    engine = engine or db.connect(settings.databases["workflow"])
    app = web.create_app(
        "workflow",
        settings,
        clock,
        engine,
        grants_of=grants.grants_of(engine),
        health=healths.of(engine, clock),
    )
    words.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_blueprint(parked.blueprint(t.inbox_))
    app.register_blueprint(traces.blueprint(t.inbox_, t.outbox_))
    return app
