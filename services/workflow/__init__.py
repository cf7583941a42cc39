"""Workflow: the diagrams of the process packages, executed; cases, tasks, deadlines and their log."""
