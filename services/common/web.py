"""The web skeleton of the three services: one look, one sign-in, one way to fail.

``create_app`` gives a Flask app with languages, sessions, CSRF protection, security headers, error pages,
health checks and log lines; a service adds its blueprints. Every view declares its access (``auth``).
"""

import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import structlog
from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, StrictUndefined
from sqlalchemy import Engine, MetaData

from services.common import auth, db, directories, failures, kept, languages, logs, pages
from services.common.clock import Clock, monotonic
from services.common.config import Settings
from services.common.health import Health
from services.common.requests import Request

MAX_CONTENT: Final = 2 * 1024 * 1024
CONTENT_SECURITY: Final = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_TEMPLATES: Final = Path(__file__).parent / "templates"
_log = logs.get(__name__)


class _Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie, marked Secure exactly when the request came by https.

    Pages and what is sent renew it. What a page only fetches (a diagram, a list) does not: under way while a form is
    sent, it would put back the session of before, and the words for the next page were lost.
    """

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        return request.is_secure

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie, unless a page inside this request has sent it already (`kept`)."""
        fetched = request.method in ("GET", "HEAD") and response.mimetype != "text/html"
        if fetched and not session.modified:
            response.vary.add("Cookie")
        elif not g.get("session_is_saved"):
            super().save_session(app, session, response)


def create_app(
    service: str,
    settings: Settings,
    clock: Clock,
    engine: Engine,
    *,
    import_name: str | None = None,
    grants_of: auth.GrantsOf = lambda _actor: frozenset(),
    health: Health | None = None,
    max_content: int = MAX_CONTENT,
) -> Flask:
    """A Flask app for ``service``; templates are sought in its ``templates`` folder, then in ours.

    ``grants_of`` says which grants an actor's roles give. A view that takes files is marked (``requests.takes_files``)
    and has another limit. ``health``: what the service registered; the database joins.
    """
    app = Flask(import_name or f"services.{service}", static_folder=None)
    app.request_class = Request
    app.session_interface = _Sessions()
    app.config.update(_configuration(settings, max_content))
    _configure_templates(app)
    tables = directories.tables(MetaData())
    app.extensions["huiyin"] = auth.Extension(service, settings, clock, engine, tables, grants_of)
    languages.install(app)
    pages.install(app)
    failures.install(app)
    csrf = CSRFProtect()
    csrf.init_app(app)
    for step in (_begin, kept.resume, kept.catch, auth.enforce, _protect(csrf)):
        app.before_request(step)
    app.after_request(_finish)
    app.teardown_request(_forget)
    app.register_blueprint(_health_checks(health or Health(service), engine))
    return app


def traceparent() -> str:
    """The trace this request belongs to, for the messages it causes."""
    found: str = g.traceparent
    return found


def _configuration(settings: Settings, max_content: int) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "huiyin",
        "SESSION_COOKIE_PATH": "/",  # one sign-in for all services under one address
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": True,
        "PERMANENT_SESSION_LIFETIME": auth.SESSION_LIFETIME,
        "MAX_CONTENT_LENGTH": max_content,
        "MAX_FORM_MEMORY_SIZE": MAX_CONTENT,
        "MAX_FORM_PARTS": 5000,
        "WTF_CSRF_CHECK_DEFAULT": False,  # _protect decides who needs it
        "WTF_CSRF_TIME_LIMIT": None,  # a long text may take hours to write; the session is the limit
    }


def _configure_templates(app: Flask) -> None:
    own: list[BaseLoader] = [app.jinja_loader] if app.jinja_loader else []
    app.jinja_loader = ChoiceLoader([*own, FileSystemLoader(_TEMPLATES)])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _begin() -> None:
    """Name the request in every log line; a caller's ids are taken over when they are well formed."""
    wish = request.headers.get("X-Request-Id", "")
    if "\x00" in request.path:
        abort(404)  # nothing has such a name, and PostgreSQL could not look for it
    g.request_id = wish if _REQUEST_ID.fullmatch(wish) else secrets.token_hex(8)
    wish = request.headers.get("traceparent", "")
    g.traceparent = wish if _TRACEPARENT.fullmatch(wish) else _new_trace()
    g.started = monotonic()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        service=auth.extension().service, request_id=g.request_id, traceparent=g.traceparent
    )
    if request.endpoint and getattr(current_app.view_functions[request.endpoint], "takes_files", False):
        request.max_content_length = auth.extension().settings.files.request_bytes


def _new_trace() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def _protect(csrf: CSRFProtect) -> Callable[[], None]:
    """CSRF tokens are for whoever is known by a cookie; a bearer token is sent by intention only."""

    def protect() -> None:
        by_cookie = "account" in session and not auth.uses_bearer()
        if request.endpoint is not None and (by_cookie or not auth.is_api()):
            csrf.protect()

    return protect


def _finish(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in response.headers:
        private = "account" in session or auth.uses_bearer()
        response.headers["Cache-Control"] = "no-store" if private else "no-cache"
    if "request_id" in g:
        response.headers["X-Request-Id"] = g.request_id
        took = round((monotonic() - g.started) * 1000, 1)
        _log.info("http_request", method=request.method, path=request.path, status=response.status_code, ms=took)
    return response


def _forget(_error: BaseException | None) -> None:
    structlog.contextvars.clear_contextvars()


def _health_checks(health: Health, engine: Engine) -> Blueprint:
    """``/health/live``, ``/health/ready`` (503 when not) and ``/health/settled``."""
    checks = Blueprint("health", __name__, url_prefix="/health")

    def database() -> dict[str, Any]:
        db.ping(engine)
        return {"kind": engine.dialect.name}

    health.register("database", database)

    @checks.get("/live")
    @auth.public
    def live() -> Response:
        return jsonify(health.live())

    @checks.get("/ready")
    @auth.public
    def ready() -> tuple[Response, int]:
        fine, answer = health.ready()
        return jsonify(answer), 200 if fine else 503

    @checks.get("/settled")
    @auth.public
    def settled() -> Response:
        return jsonify(health.settled())

    return checks
