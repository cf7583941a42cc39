"""Workflow: the diagrams of the process packages, executed; cases, tasks, deadlines and their log."""

from services.workflow import problems  # noqa: F401  gives this service's problem codes their words
