"""Bearer tokens for programs: user name and password in, a token for eight hours out."""

from flask import Blueprint, Response, request

from services.common import auth
from services.common.problems import Problem
from services.intake import accounts
from services.intake.api.answers import answer

api = Blueprint("api_tokens", __name__, url_prefix="/api/v1")


@api.post("/tokens")
@auth.public
def create() -> Response:
    """`{login, password}` → 201 `{token}`; 401 bad_credentials, 429 account_locked."""
    here = auth.extension()
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise Problem("bad_request", 400)
    login, password = str(given.get("login", "")), str(given.get("password", ""))
    attempt = accounts.sign_in(here.engine, login, password, here.clock.now())
    if attempt.result == "locked":
        raise Problem("account_locked", 429, minutes=attempt.minutes)
    if attempt.result == "wrong":
        raise Problem("bad_credentials", 401)
    return answer({"token": auth.issue_token(attempt.account_id, attempt.epoch)}, 201)
