"""Versions of the database, one line of revisions."""
