"""Administration of the directory: units, people, sessions and connectors, each list, new and edit."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection

from services.common import auth, db, directories, forms
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.common.problems import FieldError, Problem
from services.intake import registers, tables
from services.intake.web.words import say

FORMS: Final = Path(__file__).parent.parent / "forms"
FILTERS: Final = ("q", "state", "kind", "unit")
ADMIN_GRANTS: Final = ("directory.manage", "accounts.manage", "sessions.manage", "connectors.manage")

pages = Blueprint("admin", __name__, url_prefix="/admin")


@dataclass(frozen=True, slots=True)
class Register:
    """One part of the directory; `path` is its place under /admin and the name of its blueprint."""

    kind: str
    path: str
    grant: str

    @property
    def form(self) -> dict[str, Any]:
        """The questions of an entry."""
        found: dict[str, Any] = json.loads((FORMS / f"{self.kind}.json").read_text("utf-8"))
        return found


REGISTERS: Final = (
    Register("session", "sessions", "sessions.manage"),
    Register("unit", "units", "directory.manage"),
    Register("person", "people", "directory.manage"),
    Register("connector", "connectors", "connectors.manage"),
)


@pages.get("/")
@auth.granted(*ADMIN_GRANTS, "messages.manage", "cases.operate")
def start() -> str:
    """Everything an administrator may do, by grant."""
    return render_template("admin.html")


def blueprint(register: Register) -> Blueprint:
    """The pages of one part of the directory."""
    own = Blueprint(register.path, __name__, url_prefix=f"/admin/{register.path}")

    @own.get("/")
    @auth.granted(register.grant)
    def list_() -> str:
        return _list(register)

    @own.get("/new")
    @auth.granted(register.grant)
    def new() -> str:
        return _form(register, None, None)

    @own.post("/new")
    @auth.granted(register.grant)
    def create() -> Any:
        return _save(register, None, _create)

    @own.get("/<key>")
    @auth.granted(register.grant)
    def edit(key: str) -> str:
        with db.read(auth.extension().engine) as conn:
            known = registers.get(conn, register.kind, key)
        return _form(register, key, known)

    @own.post("/<key>")
    @auth.granted(register.grant)
    def change(key: str) -> Any:
        return _save(register, key, _change)

    return own


def _list(register: Register) -> str:
    number, wanted = page_number(), {name: request.args.get(name, "").strip() for name in FILTERS}
    with db.read(auth.extension().engine) as conn:
        found = registers.find(conn, register.kind, wanted)
        units = directories.unit_names(conn, tables.directory, active=False)
        running = {key: sum(registers.running(conn, key).values()) for key, _ in found if register.kind == "session"}
    if register.kind == "session":
        found.sort(key=lambda entry: (entry[1]["year"], entry[1]["session_no"]), reverse=True)
    page = page_of(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1], number)
    return render_template(
        f"admin_{register.path}.html",
        page=page,
        wanted=wanted,
        units=units,
        running=running,
        is_open=registers.is_open,
        narrowed=any(wanted.values()),
    )


def _options(conn: Connection, known: Mapping[str, Any]) -> dict[str, Sequence[tuple[str, str]]]:
    keep = [str(known[name]) for name in ("process_version", "next_version") if known.get(name)]
    return {
        "units": registers.units(conn, known),
        "versions": [(version, version) for version in registers.versions(conn, keep)],
    }


def _form(
    register: Register,
    key: str | None,
    data: Mapping[str, Any] | None,
    errors: Sequence[FieldError] = (),
    *,
    typed_id: str = "",
    confirm: str = "",
    plan: Mapping[str, Any] | None = None,
) -> str:
    with db.read(auth.extension().engine) as conn:
        known = registers.get(conn, register.kind, key) if key is not None else {}
        running = registers.running(conn, key) if key is not None and register.kind == "session" else {}
        options = _options(conn, known)
    return render_template(
        "admin_entry.html",
        register=register,
        key=key,
        known=known,
        typed_id=typed_id,
        form=forms.render(register.form, data if data is None else _filled(register, data), errors, options=options),
        running=running,
        confirm=confirm,
        plan=plan or {},
        id_asked=key is None and register.kind != "session",
    )


def _filled(register: Register, data: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as it is meant: what it leaves out counts as the form's default."""
    usual = {name: part["default"] for name, part in register.form["properties"].items() if "default" in part}
    if register.kind == "session":
        usual["current"] = False
    return {**usual, **data}


def _plan(body: Mapping[str, Any]) -> str:
    """Which version a session's matters take, which one later, and from when."""
    return " ".join(str(body[name]) for name in ("process_version", "next_version", "next_from") if body.get(name))


Write = Callable[[Connection, Register, str, dict[str, Any]], str]


def _save(register: Register, key: str | None, write: Write) -> Any:
    here, typed = auth.extension(), request.form.get("entry_id", "").strip()
    with db.read(here.engine) as conn:
        known = registers.get(conn, register.kind, key) if key is not None else {}
        options = _options(conn, known)
        running = registers.running(conn, key) if key is not None and register.kind == "session" else {}
    data = forms.read(register.form, request.form, options=options)
    errors = forms.check(forms.resolve(register.form, options), data)
    if errors:
        return _form(register, key, data, errors, typed_id=typed), 422
    wanted = _plan(data)
    if running and wanted != _plan(known) and request.form.get("confirmed") != wanted:
        return _form(register, key, data, confirm=wanted, plan=data), 422
    try:
        with db.begin(here.engine) as conn:
            saved = write(conn, register, key or typed, data)
    except Problem as problem:
        found = problem.errors or [FieldError("", problem.code, *problem.texts)]
        return _form(register, key, data, found, typed_id=typed), problem.status
    flash(say("entry_saved", id=saved), "good")
    return redirect(url_for(f"{register.path}.list_"), 303)


def _create(conn: Connection, register: Register, typed: str, data: dict[str, Any]) -> str:
    key = registers.session_id(conn, data) if register.kind == "session" else typed
    registers.create(conn, register.kind, key, _body(register, data), auth.extension().clock.now())
    return key


def _change(conn: Connection, register: Register, key: str, data: dict[str, Any]) -> str:
    asked = register.form["properties"]
    registers.change(conn, register.kind, key, asked, _body(register, data), auth.extension().clock.now())
    return key


def _body(register: Register, data: dict[str, Any]) -> dict[str, Any]:
    return {"units": [], **data} if register.kind == "connector" else data
