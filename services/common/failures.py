"""When a request fails: a page in plain words that says what to do next, or a document for programs."""

from collections.abc import Mapping
from typing import Final

import orjson
from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from services.common import auth, kept, languages, logs, problems
from services.common.problems import Problem

_log = logs.get(__name__)
_RETRY_SECONDS: Final = "10"

_CODES: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_permitted",
    404: "not_found",
    405: "wrong_method",
    409: "conflict",
    413: "too_large",
    415: "bad_request",
    422: "invalid_form",
    429: "unavailable",
    500: "internal",
    503: "unavailable",
}
_PAGES: Final = frozenset({400, 403, 404, 409, 413, 422, 429, 500, 503})


def install(app: Flask) -> None:
    """Answer every failure of the app."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(OverflowError, _unstorable)
    app.register_error_handler(Exception, _unexpected)


def answer(problem: Problem) -> Response:
    """A problem as a page, or as application/problem+json for programs."""
    response = _document(problem) if auth.is_api() else _page(problem)
    response.headers["Cache-Control"] = "no-store"
    if problem.status in (429, 503):
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _problem(problem: Problem) -> BaseResponse:
    _log.info("request_refused", code=problem.code, status=problem.status)
    if problem.status == 401 and not auth.is_api():
        return auth.ask_to_sign_in()
    return answer(problem)


def _http(error: HTTPException) -> BaseResponse:
    """Werkzeug's own failures and redirects; its English texts stay inside."""
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    response = answer(Problem(_CODES.get(error.code, "bad_request"), error.code))
    for name, value in error.get_headers(request.environ):
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value  # Allow of 405, Retry-After of 429
    return response


def _expired(error: CSRFError) -> BaseResponse:
    _log.warning("csrf_refused", reason=error.description)
    return kept.again() or answer(Problem("session_expired", 400))


def _database(error: OperationalError) -> Response:
    """The database is away or busy: the request may be repeated as it is."""
    _log.error("database_unavailable", reason=str(error.orig))
    return answer(Problem("unavailable", 503))


def _unstorable(error: Exception) -> Response:
    """A NUL or a number that no database holds: what was asked for cannot be there."""
    _log.info("request_unstorable", error=type(error).__name__)
    return answer(Problem("bad_request", 400))


def _unexpected(error: Exception) -> Response:
    """The last resort of a request; what happened goes to the log under the id that the page shows."""
    _log.exception("request_failed", error=type(error).__name__)
    return answer(Problem("internal", 500))


def _document(problem: Problem) -> Response:
    body = problems.document(problem, instance=f"urn:huiyin:request:{g.get('request_id', '')}")
    response = Response(orjson.dumps(body), status=problem.status, content_type=problems.CONTENT_TYPE)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _page(problem: Problem) -> Response:
    if problem.status >= 500:
        g.huiyin_actor = None  # whatever is broken, do not ask the database again
    kind = problem.status if problem.status in _PAGES else 500 if problem.status >= 500 else 400
    words = languages.pick(*problem.texts)
    html = render_template("error.html", problem=problem, kind=kind, words=words)
    return Response(html, status=problem.status, content_type="text/html; charset=utf-8")
