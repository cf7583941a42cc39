"""Units and people from a CSV file: first shown row by row with what is wrong, then taken over whole."""

from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for

from services.common import auth, db, languages
from services.common.problems import Problem
from services.intake import imports
from services.intake.web.registers import REGISTERS, Register
from services.intake.web.words import say

pages = Blueprint("imports", __name__, url_prefix="/admin/import")
_REGISTERS: Final = {register.path: register for register in REGISTERS if register.kind in imports.COLUMNS}


@pages.get("/<path>")
@auth.granted("directory.manage")
def ask(path: str) -> str:
    """Ask for the file and say what it looks like."""
    return _page(_register(path))


@pages.post("/<path>")
@auth.granted("directory.manage")
def take(path: str) -> Any:
    """Show the rows of a new file; take over the rows that were shown, when none is wrong."""
    register, here = _register(path), auth.extension()
    file, text = request.files.get("file"), request.form.get("rows", "")
    try:
        text = imports.decode(file.read()) if file is not None and file.filename else text
        with db.begin(here.engine) as conn:
            lines = imports.read(conn, register.kind, text, register.form)
            bad = [line for line in lines if line.errors]
            if bad or not request.form.get("confirmed"):
                return _page(register, text=text, lines=lines, bad=bad), 422 if bad else 200
            count = imports.take(conn, register.kind, lines, here.clock.now())
    except Problem as problem:
        return _page(register, error=languages.pick(*problem.texts)), problem.status
    flash(say("imported", count=count), "good")
    return redirect(url_for(f"{path}.list_"), 303)


def _register(path: str) -> Register:
    if path not in _REGISTERS:
        raise Problem("not_found", 404)
    return _REGISTERS[path]


def _page(register: Register, *, error: str = "", text: str = "", lines: Any = (), bad: Any = ()) -> str:
    columns = imports.COLUMNS[register.kind]
    return render_template(
        "admin_import.html", register=register, columns=columns, error=error, text=text, lines=lines, bad=bad
    )
