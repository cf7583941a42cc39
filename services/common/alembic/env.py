"""Alembic's entry: runs migrations on the connection that `services.common.migrations` opened."""

from alembic import context

from services.common import migrations

attributes = context.config.attributes
context.configure(connection=attributes["connection"], **migrations.options(attributes["service"], None))
with context.begin_transaction():
    context.run_migrations()
