"""A small app on the common skeleton, with a directory of a few people, for the tests beside it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, flash, render_template_string, request
from sqlalchemy import MetaData

from services.common import auth, config, db, directories, forms, pages, web
from services.common.problems import Problem

NOW = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
GRANTS = {"gov_office": {"tasks.handle", "ledger.read"}, "deputy": {"matters.submit", "feedback.give"}}
DIRECTORY: tuple[dict[str, Any], ...] = (
    {"kind": "unit", "id": "unit_a", "version": 1, "body": {"name": "市城市管理局", "kind": "government"}},
    {"kind": "unit", "id": "unit_b", "version": 1, "body": {"name": "市财政局", "active": False}},
    {"kind": "person", "id": "p1", "version": 1, "body": {"name": "李<b>办", "kind": "staff", "unit": "unit_a"}},
    {"kind": "person", "id": "d1", "version": 1, "body": {"name": "张代表", "kind": "deputy"}},
    {
        "kind": "account",
        "id": "a1",
        "version": 1,
        "body": {
            "login": "li",
            "person_id": "p1",
            "epoch": 3,
            "active": True,
            "roles": [{"role": "gov_office", "unit": None}, {"role": "unit_liaison", "unit": "unit_a"}],
        },
    },
    {
        "kind": "account",
        "id": "a2",
        "version": 1,
        "body": {"login": "zhang", "person_id": "d1", "epoch": 1, "roles": [["deputy", None]]},
    },
)


class StandingClock:
    """Stands still, at the moment it is told."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        """The one moment."""
        return self.at


def make(home: Path) -> Flask:
    """The app with its views; ``app.extensions["huiyin"].engine`` is its database."""
    settings = config.load({"HUIYIN_HOME": str(home), "HUIYIN_SECRET_KEY": "k" * 40})
    engine = db.connect(settings.databases["notify"])
    db.prepare_directory(engine)
    metadata = MetaData()
    tables = directories.tables(metadata)
    metadata.create_all(engine)
    with db.begin(engine) as conn:
        for entry in DIRECTORY:
            directories.apply(conn, tables, entry)
    app = web.create_app("notify", settings, StandingClock(), engine, grants_of=grants_of)
    _pages(app)
    _failing_pages(app)
    return app


def grants_of(actor: auth.Actor) -> frozenset[str]:
    """Grants by role, as a package would give them."""
    return frozenset(grant for role, _ in actor.roles for grant in GRANTS.get(role, ()))


def tell(app: Flask, **entry: Any) -> bool:
    """Let the app's directory hear a change."""
    here = app.extensions["huiyin"]
    with db.begin(here.engine) as conn:
        return directories.apply(conn, here.directory, entry)


ACTED: list[dict[str, str]] = []
"""What the private form has done; tests empty it."""
PRIVATE = """{% extends 'base.html' %}{% from '_macros.html' import token %}{% block main %}
<form method="get"><input name="text" value="filter"></form>
<form method="post" action="/private">{{ token() }}<input type="hidden" name="number" value="9">
<input name="line" value="before &amp; after"><textarea name="text">old</textarea>
<input type="checkbox" name="unit" value="a" checked><input type="checkbox" name="unit" value="b">
<select name="choice"><option value="">-</option><option value="x" selected>X</option>
<option value="y">Y</option></select>
<input type="password" name="password"><button name="action" value="save">S</button></form>
<form method="post" action="/private/away">{{ token() }}<textarea name="reason"></textarea></form>{% endblock %}"""
FORM: dict[str, Any] = {
    "type": "object",
    "required": ["opinion", "unit"],
    "properties": {
        "opinion": {"type": "string", "title": "会办意见", "minLength": 5, "x-widget": "textarea"},
        "unit": {"type": "string", "title": "承办单位", "x-options": "units"},
    },
}


def _pages(app: Flask) -> None:
    @app.get("/open")
    @auth.public
    def open_page() -> str:
        flash("<i>已保存</i>", "good")
        return render_template_string("{% extends 'base.html' %}{% block main %}<h1>首页</h1>{% endblock %}")

    @app.route("/in/<int:epoch>", methods=["POST"])
    @auth.public
    def enter(epoch: int) -> str:
        auth.sign_in("a1", epoch)
        return "in"

    @app.post("/out")
    @auth.signed_in
    def leave() -> str:
        auth.sign_out()
        return "out"

    @app.get("/mine")
    @auth.signed_in
    def mine() -> str:
        return auth.require_actor().name

    @app.route("/ledger", methods=["GET", "POST"])
    @auth.granted("ledger.read", "ledger.export")
    def ledger() -> str:
        page = pages.page_of(range(51), pages.page_number())
        text = "{% extends 'base.html' %}{% import '_macros.html' as parts %}"
        text += "{% block main %}{{ parts.pagination(page) }}{% endblock %}"
        return render_template_string(text, page=page)

    @app.get("/reports")
    @auth.granted("reports.write")
    def reports() -> str:
        return "reports"

    @app.route("/form", methods=["GET", "POST"])
    @auth.public
    def form() -> tuple[str, int]:
        options = {"units": [("unit_a", "市城市管理局")]}
        data = forms.read(FORM, request.form, options=options) if request.method == "POST" else None
        errors = forms.check(FORM, data, options) if data is not None else []
        text = "{% extends 'base.html' %}{% block main %}<form method=post>{{ made }}</form>{% endblock %}"
        made = forms.render(FORM, data, errors, options=options)
        return render_template_string(text, made=made), 422 if errors else 200

    @app.route("/private", methods=["GET", "POST"])
    @auth.signed_in
    def private() -> str:
        if request.method == "POST":
            ACTED.append(dict(request.form))
            return "done"
        return render_template_string(PRIVATE)

    @app.post("/private/away")
    @auth.granted("ledger.read")
    def away() -> str:
        ACTED.append(dict(request.form))
        return "done"

    @app.post("/api/things")
    @auth.signed_in
    def things() -> dict[str, str]:
        return {"trace": web.traceparent(), "actor": auth.require_actor().account_id}

    @app.get("/forgotten")
    def forgotten() -> str:
        return "nobody said who may see this"


def _failing_pages(app: Flask) -> None:
    @app.get("/fails/<int:status>")
    @auth.public
    def fails(status: int) -> str:
        raise Problem("conflict", status)

    @app.get("/bug")
    @auth.public
    def bug() -> str:
        raise RuntimeError("secret detail")

    @app.get("/api/bug")
    @auth.public
    def api_bug() -> str:
        raise RuntimeError("secret detail")
