"""The page on which an office raises or lowers the secrecy of a matter."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request

from services.common import auth, db, forms
from services.common.problems import FieldError, Problem
from services.intake import publications, secrecies
from services.intake.web.matters import visible
from services.intake.web.words import say

pages = Blueprint("secrecies", __name__)

FORM: Final[Mapping[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "forms" / "secrecy.json").read_text("utf-8")
)


@pages.get("/matters/<matter_id>/secrecy")
@auth.granted(*secrecies.GRANTS)
def ask(matter_id: str) -> str:
    """Ask for the new secrecy and the reason; nothing is chosen yet."""
    return _show(matter_id, {})


@pages.post("/matters/<matter_id>/secrecy")
@auth.granted(*secrecies.GRANTS)
def change(matter_id: str) -> Any:
    """Change the secrecy, or show the form again with what is wrong."""
    here = auth.extension()
    data = forms.read(FORM, request.form)
    try:
        with db.begin(here.engine) as conn:
            visible(conn, matter_id)
            secrecies.change(conn, matter_id, data, auth.require_actor(), here.clock.now())
    except Problem as problem:
        if not problem.errors:
            raise
        return _show(matter_id, data, problem.errors), problem.status
    flash(say("secrecy_changed"), "good")
    return redirect(f"/matters/{matter_id}", 303)


def _show(matter_id: str, data: Mapping[str, Any], errors: Sequence[FieldError] = ()) -> str:
    with db.read(auth.extension().engine) as conn:
        matter = visible(conn, matter_id)
        public = publications.is_public(conn, matter)
    form = forms.render(FORM, data, errors)
    return render_template("secrecy.html", matter=matter, public=public, form=form)
