"""Administration of accounts: roles, lock and unlock, new passwords shown once; and everybody's own password."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection

from services.common import auth, db, directories, forms, languages
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.common.problems import FieldError, Problem
from services.intake import accounts, registers, store, store_ledger, tables
from services.intake.grants import BUILT_IN
from services.intake.web import labels
from services.intake.web.registers import FORMS
from services.intake.web.words import say

pages = Blueprint("accounts", __name__)
FORM: Final[Mapping[str, Any]] = json.loads((FORMS / "account.json").read_text("utf-8"))


@pages.get("/admin/accounts/")
@auth.granted("accounts.manage")
def list_() -> str:
    """All accounts; `?q=&state=`."""
    number, wanted = page_number(), {name: request.args.get(name, "").strip() for name in ("q", "state")}
    with db.read(auth.extension().engine) as conn:
        people = {key: body["name"] for key, body in store.entries(conn, "person")}
        state = {"q": "", "state": wanted["state"]}
        found = [
            (key, {**body, "person": people.get(str(body.get("person_id")), "")})
            for key, body in registers.find(conn, "account", state)
        ]
    text = wanted["q"].casefold()
    found = [(key, body) for key, body in found if text in f"{body['login']} {body['person']}".casefold()]
    page = page_of(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1], number)
    return render_template("admin_accounts.html", page=page, wanted=wanted, narrowed=any(wanted.values()))


@pages.get("/admin/accounts/new")
@auth.granted("accounts.manage")
def new() -> str:
    """Ask for login, person and roles."""
    return _form(None, {"roles": []})


@pages.post("/admin/accounts/new")
@auth.granted("accounts.manage")
def create() -> Any:
    """Create an account; its first password is shown once, on the page that answers."""
    here = auth.extension()
    login, person = request.form.get("login", "").strip(), request.form.get("person", "")
    data, errors = _read()
    password = _password()
    try:
        if errors:
            raise Problem("invalid_form", 422, errors=errors)
        with db.begin(here.engine) as conn:
            registers.get_free(conn, "account", login)
            _check_roles(conn, data["roles"])
            if directories.person(conn, tables.directory, person) is None:
                raise Problem("unknown_person", 422, value=person)
            accounts.create(
                conn,
                login,
                login=login,
                password=password,
                person_id=person,
                roles=data["roles"],
                now=here.clock.now(),
            )
    except Problem as problem:
        return _form(None, data, _errors(problem), login=login, person=person), problem.status
    return _shown_once(login, password)


@pages.get("/admin/accounts/<key>")
@auth.granted("accounts.manage")
def edit(key: str) -> str:
    """One account."""
    with db.read(auth.extension().engine) as conn:
        known = registers.get(conn, "account", key)
    return _form(key, known)


@pages.post("/admin/accounts/<key>")
@auth.granted("accounts.manage")
def change(key: str) -> Any:
    """Replace its roles."""
    data, errors = _read(key)
    try:
        if errors:
            raise Problem("invalid_form", 422, errors=errors)
        with db.begin(auth.extension().engine) as conn:
            _check_roles(conn, data["roles"])
            accounts.set_roles(conn, key, data["roles"], auth.extension().clock.now())
    except Problem as problem:
        return _form(key, data, _errors(problem)), problem.status
    flash(say("entry_saved", id=key), "good")
    return redirect(url_for("accounts.list_"), 303)


@pages.post("/admin/accounts/<key>/lock")
@auth.granted("accounts.manage")
def lock(key: str) -> Any:
    """Lock an account; who is signed in with it is so no more."""
    if key == auth.require_actor().account_id:
        raise Problem("not_yourself", 409)
    return _set_active(key, False)


@pages.post("/admin/accounts/<key>/unlock")
@auth.granted("accounts.manage")
def unlock(key: str) -> Any:
    """Open an account again, also one that wrong passwords have locked."""
    return _set_active(key, True)


def _set_active(key: str, active: bool) -> Any:
    with db.begin(auth.extension().engine) as conn:
        accounts.set_active(conn, key, active, auth.extension().clock.now())
        if active:
            store.clear_failures(conn, key)
    flash(say("account_unlocked" if active else "account_was_locked", id=key), "good")
    return redirect(url_for("accounts.edit", key=key), 303)


@pages.post("/admin/accounts/<key>/password")
@auth.granted("accounts.manage")
def new_password(key: str) -> Any:
    """Give a new password, shown once; open sessions end."""
    password = _password()
    with db.begin(auth.extension().engine) as conn:
        accounts.change_password(conn, key, password, auth.extension().clock.now())
    return _shown_once(key, password)


@pages.get("/account")
@auth.signed_in
def own() -> str:
    """One's own account."""
    return render_template("account.html", error="")


@pages.post("/account")
@auth.signed_in
def change_own() -> Any:
    """Change one's own password; other browsers are signed out."""
    here, me = auth.extension(), auth.require_actor().account_id
    present, first, second = (request.form.get(name, "") for name in ("present", "password", "again"))
    try:
        if first != second:
            raise Problem("passwords_differ", 422)
        _prove(me, present)
        with db.begin(here.engine) as conn:
            accounts.change_password(conn, me, first, here.clock.now())
            epoch = registers.get(conn, "account", me)["epoch"]
    except Problem as problem:
        return render_template("account.html", error=languages.pick(*problem.texts)), problem.status
    auth.sign_in(me, epoch)
    flash(say("password_changed"), "good")
    return redirect(url_for("accounts.own"), 303)


def _prove(account: str, present: str) -> None:
    """The present password; failures count as at the sign-in."""
    here = auth.extension()
    with db.read(here.engine) as conn:
        login = str(registers.get(conn, "account", account)["login"])
    attempt = accounts.sign_in(here.engine, login, present, here.clock.now())
    if attempt.result == "locked":
        raise Problem("account_locked", 429, minutes=attempt.minutes)
    if attempt.result != "ok":
        raise Problem("password_wrong", 422)


def _password() -> str:
    return secrets.token_urlsafe(12)


def _shown_once(login: str, password: str) -> str:
    return render_template("admin_password.html", login=login, password=password)


def _read(key: str | None = None) -> tuple[dict[str, Any], list[FieldError]]:
    with db.read(auth.extension().engine) as conn:
        options = _options(conn, registers.get(conn, "account", key) if key is not None else {})
    data = {"roles": [], **forms.read(FORM, request.form, options=options)}
    return data, forms.check(forms.resolve(FORM, options), data)


def _errors(problem: Problem) -> Sequence[FieldError]:
    return problem.errors or [FieldError("", problem.code, *problem.texts)]


def _options(conn: Connection, known: Mapping[str, Any]) -> dict[str, Sequence[tuple[str, str]]]:
    ids = {role["id"] for row in store_ledger.packages(conn) for role in row.roles if "id" in role} | BUILT_IN.keys()
    return {
        "units": registers.units(conn, known),
        "roles": sorted((role, labels.role_label(role)) for role in ids),
    }


def _check_roles(conn: Connection, roles: Sequence[Mapping[str, Any]]) -> None:
    """A role of a unit names its unit."""
    scopes = {role["id"]: role.get("scope") for row in store_ledger.packages(conn) for role in row.roles}
    for role in roles:
        if scopes.get(role["role"]) == "unit" and not role.get("unit"):
            raise Problem("role_needs_unit", 422, value=labels.role_label(role["role"]))


def _form(
    key: str | None,
    data: Mapping[str, Any],
    errors: Sequence[FieldError] = (),
    *,
    login: str = "",
    person: str = "",
) -> str:
    with db.read(auth.extension().engine) as conn:
        known = registers.get(conn, "account", key) if key is not None else {}
        people = [(who, body["name"]) for who, body in registers.find(conn, "person", {"state": "open"})]
        options = _options(conn, known)
    return render_template(
        "admin_account.html",
        key=key,
        known=known,
        form=forms.render(FORM, {"roles": data.get("roles", [])}, errors, options=options),
        login=login,
        person=person,
        people=people,
        named=dict(people).get(str(known.get("person_id")), ""),
    )
