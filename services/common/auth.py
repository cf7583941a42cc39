"""Who is asking, and may they: sessions, API tokens, grants.

Intake checks passwords and signs the session; every service reads the same cookie (same secret) and looks
the account up in its own copy of the directory on each request, so that a lock, a new password or a change
of roles works at once. A view says who may see it with exactly one of ``public``, ``signed_in`` and
``granted(…)``; a view that says nothing is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Response, current_app, g, redirect, request, session
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection, Engine
from werkzeug.wrappers import Response as BaseResponse

from services.common import db, directories, heirs
from services.common.clock import Clock, SystemClock
from services.common.config import Settings
from services.common.problems import Problem

SESSION_LIFETIME: Final = timedelta(hours=8)
TOKEN_LIFETIME: Final = timedelta(hours=8)
SIGN_IN: Final = "/sign-in"
KEEPER: Final = "keeper"
"""What tells a browser apart before anybody has signed in; see `kept`."""
_TOKEN_SALT: Final = "huiyin.api-token.1"  # noqa: S105 - a salt names the purpose, it is no secret
_WALL: Final = SystemClock()  # sessions and tokens expire in real time, however fast the business clock runs

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody signed in; roles are pairs of role id and the unit it is held in (None: for the locality).

    `former` are the units whose successors (机构改革) these units are: he reads what they have done, and does nothing
    in their name.
    """

    account_id: str
    person_id: str | None
    name: str
    roles: tuple[tuple[str, str | None], ...]
    deputy_id: str | None = None
    former: frozenset[str] = frozenset()

    @property
    def units(self) -> frozenset[str]:
        """The units in which this person holds any role."""
        return frozenset(unit for _, unit in self.roles if unit)

    def holds(self, role: str, unit: str | None = None) -> bool:
        """Whether the role is held: in that unit, or for any unit where none is asked for."""
        return any(held == role and unit in (None, where) for held, where in self.roles)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a view: everybody, everybody signed in, or holders of any one of the grants."""

    kind: Literal["public", "signed_in", "granted"]
    grants: tuple[str, ...] = ()


GrantsOf = Callable[[Actor], frozenset[str]]


@dataclass(slots=True)
class Extension:
    """What a Flask app of ours carries in ``app.extensions["huiyin"]``."""

    service: str
    settings: Settings
    clock: Clock
    engine: Engine
    directory: directories.Tables
    grants_of: GrantsOf


def extension() -> Extension:
    """The current app's own :class:`Extension`."""
    found: Extension = current_app.extensions["huiyin"]
    return found


def public(view: View) -> View:
    """Everybody may call this view, signed in or not."""
    return _mark(view, Access("public"))


def signed_in(view: View) -> View:
    """Everybody who is signed in may call this view."""
    return _mark(view, Access("signed_in"))


def granted(*grants: str) -> Callable[[View], View]:
    """Only holders of at least one of these grants may call this view."""
    if not grants:
        raise ValueError("granted() needs at least one grant")
    return lambda view: _mark(view, Access("granted", grants))


def _mark(view: View, access: Access) -> View:
    if hasattr(view, "access"):
        raise ValueError(f"{view} declares its access twice")
    view.access = access  # type: ignore[attr-defined]
    return view


def sign_in(account_id: str, epoch: int) -> None:
    """Start a session of this account; whatever else the browser held before is dropped (no fixation)."""
    keeper = session.get(KEEPER)
    session.clear()
    if keeper:
        session[KEEPER] = keeper
    session.permanent = True
    session["account"], session["epoch"] = account_id, epoch
    g.pop("huiyin_actor", None)


def sign_out() -> None:
    """End this browser's session."""
    session.clear()
    g.pop("huiyin_actor", None)


def current_actor() -> Actor | None:
    """Who is asking, looked up once per request; None when nobody is signed in or the account is locked."""
    if "huiyin_actor" not in g:
        g.huiyin_actor = _find_actor()
    found: Actor | None = g.huiyin_actor
    return found


def require_actor() -> Actor:
    """Who is asking; raises ``Problem("not_signed_in", 401)`` instead of returning None."""
    actor = current_actor()
    if actor is None:
        raise Problem("not_signed_in", 401)
    return actor


def has_grant(*grants: str) -> bool:
    """Whether the person asking holds at least one of the grants."""
    return not current_grants().isdisjoint(grants)


def current_grants() -> frozenset[str]:
    """All grants of the person asking, through the service's ``grants_of``; empty for nobody."""
    actor = current_actor()
    if actor is None:
        return frozenset()
    if g.get("huiyin_grants_for") is not actor:
        g.huiyin_grants, g.huiyin_grants_for = extension().grants_of(actor), actor
    found: frozenset[str] = g.huiyin_grants
    return found


def issue_token(account_id: str, epoch: int, *, lifetime: timedelta = TOKEN_LIFETIME) -> str:
    """A bearer token for the API; it ends with its lifetime, or when the account's epoch rises."""
    expires = int((_WALL.now() + lifetime).timestamp())
    return _tokens().dumps({"account": account_id, "epoch": epoch, "exp": expires})


def is_api() -> bool:
    """Whether this request is for a program (a path with ``/api/``, or below ``/agency/``), not for a page."""
    return "/api/" in f"{request.path}/" or request.path.startswith("/agency/")


def uses_bearer() -> bool:
    """Whether this request identifies itself by a bearer token; then the cookie counts for nothing."""
    return is_api() and request.headers.get("Authorization", "").lower().startswith("bearer ")


def safe_next(target: str | None, fallback: str = "/") -> str:
    """A place of our own to go to after signing in; anything that could lead elsewhere gives the fallback.

    Browsers read ``\\`` as ``/`` and drop tabs and line ends, so those are refused wherever they stand.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return fallback
    if "\\" in target or any(ord(char) < 0x20 or ord(char) == 0x7F for char in target):
        return fallback
    try:
        parts = urlsplit(target)
    except ValueError:
        return fallback
    return fallback if parts.scheme or parts.netloc else target


def enforce() -> BaseResponse | None:
    """Before each request: let it through, send it to the sign-in page, or refuse it.

    Pages answer 303 to the sign-in page, the API 401; a missing grant is 403 for both.
    """
    if request.endpoint is None:
        return None  # no such page: the 404 follows
    access = getattr(current_app.view_functions[request.endpoint], "access", None)
    if access is None:
        raise Problem("not_permitted", 403)  # undeclared access is refused, never guessed
    if access.kind == "public":
        return None
    if current_actor() is None:
        return ask_to_sign_in()
    if access.kind == "granted" and not has_grant(*access.grants):
        raise Problem("not_permitted", 403)
    return None


def ask_to_sign_in() -> BaseResponse:
    """Send a page's visitor to the sign-in page and back here afterwards; raises 401 for the API."""
    if is_api():
        raise Problem("not_signed_in", 401)
    place = f"{SIGN_IN}?{urlencode({'next': _here()})}"
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": place})  # a fragment must not hold a sign-in page
    return redirect(place, 303)


def _here() -> str:
    """The page to come back to: this one, or for a form that was sent the places' start."""
    if request.method != "GET":
        return "/"
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return f"{request.script_root}{request.path}{query}"


def _tokens() -> URLSafeSerializer:
    return URLSafeSerializer(extension().settings.secret_key, salt=_TOKEN_SALT)


def _read_token(token: str) -> tuple[str, int] | None:
    """(account, epoch) of a genuine token that has not expired."""
    try:
        claims = _tokens().loads(token)
        account, epoch, expires = str(claims["account"]), int(claims["epoch"]), int(claims["exp"])
    except (BadSignature, KeyError, TypeError, ValueError):
        return None
    return (account, epoch) if _WALL.now().timestamp() < expires else None


def _claimed() -> tuple[str, int] | None:
    if uses_bearer():
        return _read_token(request.headers["Authorization"][len("bearer ") :].strip())
    account, epoch = session.get("account"), session.get("epoch")
    return (account, epoch) if isinstance(account, str) and isinstance(epoch, int) else None


def _find_actor() -> Actor | None:
    claimed = _claimed()
    if claimed is None:
        return None
    here = extension()
    with db.read(here.engine) as conn:
        return _actor(conn, here.directory, *claimed)


def _actor(conn: Connection, tables: directories.Tables, account_id: str, epoch: int) -> Actor | None:
    account = directories.account(conn, tables, account_id)
    if account is None or not account.active or account.epoch != epoch:
        return None
    person = directories.person(conn, tables, account.person_id) if account.person_id else None
    name = person.name if person else account.login
    deputy_id = person.id if person and person.kind == "deputy" else None
    found = Actor(account.id, account.person_id, name, account.roles, deputy_id)
    return replace(found, former=heirs.former(conn, tables.unit, found.units))
