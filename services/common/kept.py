"""A form that was sent too late is not lost: its fields wait, and come back into the form they were sent from.

Whoever is no longer signed in gets the sign-in page with the fields in it, sealed; after signing in, as the same or
another person, he goes on to the page of the form, where they are filled in again. They are never submitted by
themselves. An expired page (CSRF token) is shown again at once, filled in. The seal names the address the form was
sent to and the browser it came from; passwords and files are not kept.
"""

import secrets
from dataclasses import dataclass
from io import BytesIO
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog
from flask import Response, current_app, g, has_request_context, render_template, request, session
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from services.common import auth, refill

FIELD: Final = "kept"
MARK: Final = "<!-- kept -->"
"""Where a page tells what has come back; only pages that are filled in again have it."""
_ENVIRON: Final = "huiyin.kept"
_KEEPER: Final = auth.KEEPER
_SEALED_MAX: Final = 1_000_000
_HOURS: Final = 24 * 3600
_LONG: Final = 20  # characters: what somebody would not like to type again
_SALT: Final = "huiyin.kept-form.1"
_OWN: Final = frozenset({FIELD, refill.TOKEN})


@dataclass(frozen=True, slots=True)
class Kept:
    """What was sent to the address `to` by a form on `page`; `files`: some were chosen, which cannot be kept."""

    to: str
    page: str
    fields: tuple[tuple[str, str], ...]
    files: bool

    @property
    def texts(self) -> MultiDict[str, str]:
        """The fields as a request holds them."""
        return MultiDict(self.fields)


def posted() -> MultiDict[str, str] | None:
    """What this page is to be filled in with again; None for an ordinary page."""
    found: Kept | None = request.environ.get(_ENVIRON) if has_request_context() else None
    return None if found is None else found.texts


def is_back() -> bool:
    """Whether this page is shown to fill in again what was sent too late."""
    return posted() is not None


def unsent() -> list[tuple[str, str]]:
    """The longer texts of a form that was refused, for the page that says why; nothing where it cannot be read."""
    if not _is_form():
        return []
    try:
        return [(name, text) for name, text in _readable(list(_sent().fields)) if len(text) >= _LONG]
    except HTTPException:
        return []


def catch() -> BaseResponse | None:
    """Before each request: a form of somebody who is not signed in waits on the sign-in page."""
    if request.endpoint is None or not _is_form() or auth.current_actor() is not None:
        return None
    access = getattr(current_app.view_functions[request.endpoint], "access", None)
    if access is None or access.kind == "public":
        return None
    sent = _sent()
    return ask(token) if sent.fields and (token := seal(sent)) else None


def resume() -> BaseResponse | None:
    """Before each request: somebody has signed in and comes back for his form."""
    token = request.form.get(FIELD, "") if _is_form() else ""
    kept = unseal(token) if token else None
    if kept is None or unquote(kept.page) != unquote(_address()):
        return None
    if auth.current_actor() is None:
        return ask(token)
    return _again(kept, expired=False)


def again() -> BaseResponse | None:
    """The page of a form whose token has expired, filled in again; None where there was no form."""
    if not _is_form():
        return None
    sent = _sent()
    response = _again(Kept(sent.to, _own_page(sent), sent.fields, sent.files), expired=True)
    response.status_code = 400
    return response


def ask(token: str, *, error: str = "", login: str = "", target: str = "/", status: int = 401) -> Response:
    """The sign-in page; `token` are sealed fields that wait there, or nothing."""
    html = render_template("sign_in.html", error=error, login=login, target=target, kept=token)
    return Response(html, status, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})


def seal(kept: Kept) -> str:
    """The fields for a hidden input, readable for nobody but this browser; empty when there are too many."""
    session.setdefault(_KEEPER, secrets.token_hex(8))
    content = [session[_KEEPER], kept.to, kept.page, kept.fields, kept.files]
    sealed = _sealer().dumps(content)
    text = sealed.decode() if isinstance(sealed, bytes) else sealed
    return text if len(text) <= _SEALED_MAX else ""


def unseal(token: str) -> Kept | None:
    """What was sealed, if it is ours, not older than a day, and of this browser."""
    try:
        keeper, to, page, fields, files = _sealer().loads(token, max_age=_HOURS)
    except (BadSignature, TypeError, ValueError):
        return None
    if not keeper or keeper != session.get(_KEEPER):
        return None
    return Kept(str(to), str(page), tuple((str(name), str(value)) for name, value in fields), bool(files))


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(auth.extension().settings.secret_key, salt=_SALT)


def _is_form() -> bool:
    """Whether a page of ours has sent a form; programs and fragments have ways of their own."""
    return request.method == "POST" and not auth.is_api() and not request.headers.get("HX-Request")


def _sent() -> Kept:
    """What this request's form says."""
    fields = tuple(
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in _OWN and "password" not in name.lower()
    )
    here = _address()
    source = urlsplit(request.referrer or "")
    place = f"{source.path}{f'?{source.query}' if source.query else ''}" if source.netloc == request.host else ""
    files = any(file.filename for file in request.files.values())
    return Kept(here, auth.safe_next(place, here), fields, files)


def _own_page(sent: Kept) -> str:
    """The page of the form if this service has it, else the address the form was sent to."""
    inside = unquote(urlsplit(sent.page).path)
    return sent.page if inside.startswith(f"{request.script_root}/") and _is_page(inside) else sent.to


def _is_page(path: str) -> bool:
    try:
        current_app.create_url_adapter(request).match(path.removeprefix(request.script_root), method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return False
    return True


def _address() -> str:
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return f"{request.script_root}{request.path}{query}"


def _again(kept: Kept, *, expired: bool) -> BaseResponse:
    """The page as a GET shows it to whoever asks now, with the fields in its form and what does not fit beside it."""
    parts = urlsplit(kept.page)
    environ = {key: value for key, value in request.environ.items() if not key.startswith(("werkzeug.", "flask."))}
    environ |= {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": unquote(parts.path).removeprefix(request.script_root).encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "CONTENT_LENGTH": "0",
        "wsgi.input": BytesIO(),
        _ENVIRON: kept,
    }
    environ.pop("CONTENT_TYPE", None)
    names = structlog.contextvars.get_contextvars()
    response = BaseResponse.from_app(current_app.wsgi_app, environ, buffered=True)
    structlog.contextvars.bind_contextvars(**names)  # the page's own request has taken them away
    g.session_is_saved = True  # by the page, which may have changed it
    html, left = refill.fill(response.get_data(as_text=True), kept.page, kept.to, kept.fields)
    told = render_template("kept.html", left=_readable(left), files=kept.files, expired=expired, kept=kept)
    response.set_data(html.replace(MARK, told, 1))
    return response


def _readable(left: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What somebody would miss: texts, not what buttons and hidden fields said."""
    return [(name, text) for name, text in left if text.strip() and name not in ("action", "once", "next", "remove")]
