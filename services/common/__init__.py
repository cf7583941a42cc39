"""The plumbing every service stands on: bus, outbox, inbox, database, clock, settings, sign-in, web, logs, health."""
