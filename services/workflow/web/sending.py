"""Forms of pages that may be sent twice, by an impatient click: they happen once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final

from flask import request
from markupsafe import Markup
from sqlalchemy import Connection

from services.common.problems import Problem
from services.common.refill import TOKEN
from services.workflow import edges
from services.workflow.cases import Applied

FIELD: Final = "once"
_KEY_MAX: Final = 60


def field() -> Markup:
    """A hidden input that tells one showing of a form from the next."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, secrets.token_urlsafe(12))


def once(act: Callable[[Connection], Applied]) -> Applied | None:
    """Carry out what the form asks; None when the very same form had been sent before.

    Another content from the same showing of the form (the browser's back button) is another act.
    """
    key, asked = request.form.get(FIELD, "")[:_KEY_MAX], _asked()
    try:
        applied = edges.once(f"page:{key}" if key else "", asked, act, {}).applied
    except Problem as problem:
        if problem.code != "key_reused":
            raise
        applied = edges.once("", asked, act, {}).applied
    edges.demand(applied)
    return applied


def _asked() -> dict[str, Any]:
    sent = [[name, value] for name, value in request.form.items(multi=True) if name not in (TOKEN, FIELD)]
    return {"path": request.path, "sent": sorted(sent)}
