"""Who is let in: sessions, tokens and grants, and those who try without."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer

from services.common import auth
from tests.unit.common import apps


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """The small app."""
    return apps.make(tmp_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a cookie."""
    return app.test_client()


def token_of(client: FlaskClient) -> str:
    """The CSRF token of a page, as a browser would send it back."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/open").text)
    assert found
    return found[1]


def enter(client: FlaskClient, epoch: int = 3) -> None:
    """Sign in as a1."""
    client.post(f"/in/{epoch}", data={"csrf_token": token_of(client)})


def bearer(app: Flask, account: str = "a1", epoch: int = 3, hours: float = 1) -> dict[str, str]:
    """Headers of an API client."""
    with app.test_request_context():
        token = auth.issue_token(account, epoch, lifetime=timedelta(hours=hours))
    return {"Authorization": f"Bearer {token}"}


def test_a_page_sends_strangers_to_the_sign_in_page_and_back(client: FlaskClient) -> None:
    """The place to come back to is the page with its query."""
    answer = client.get("/ledger?page=2&q=%E6%B0%B4")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=%2Fledger%3Fpage%3D2%26q%3D%25E6%25B0%25B4"


def test_under_a_prefix_the_place_to_come_back_to_has_the_prefix(client: FlaskClient) -> None:
    """The services share one address, each below its own prefix."""
    answer = client.get("/mine", environ_overrides={"SCRIPT_NAME": "/workflow"})
    assert answer.location == "/sign-in?next=%2Fworkflow%2Fmine"


def test_a_form_sent_by_a_stranger_comes_back_to_the_start(client: FlaskClient) -> None:
    """A POST cannot be repeated by a link."""
    assert client.post("/ledger").location == "/sign-in?next=%2F"


def test_a_fragment_makes_the_whole_page_go_to_sign_in(client: FlaskClient) -> None:
    """htmx must not put a sign-in page into the middle of another page."""
    answer = client.get("/mine", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=%2Fmine")


def test_somebody_signed_in_is_known_by_name_and_roles(app: Flask, client: FlaskClient) -> None:
    """The actor comes from the local directory."""
    enter(client)
    assert client.get("/mine").text == "李<b>办"
    with client:
        client.get("/mine")
        actor = auth.require_actor()
    assert actor.roles == (("gov_office", None), ("unit_liaison", "unit_a"))
    assert actor.units == {"unit_a"}
    assert actor.holds("unit_liaison", "unit_a")
    assert not actor.holds("unit_liaison", "unit_b")
    assert actor.deputy_id is None


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient) -> None:
    """HttpOnly, SameSite=Lax, for the whole address, eight hours; Secure exactly under https."""
    cookie = client.post("/in/3", data={"csrf_token": token_of(client)}).headers["Set-Cookie"]
    for part in ("huiyin=", "HttpOnly", "SameSite=Lax", "Path=/", "Expires="):
        assert part in cookie
    assert "Secure" not in cookie
    secure = client.get("/open", base_url="https://localhost").headers.getlist("Set-Cookie")
    assert secure
    assert all("Secure" in one for one in secure)


def test_each_page_makes_the_session_last_longer(client: FlaskClient) -> None:
    """The eight hours slide."""
    enter(client)
    assert "huiyin=" in client.get("/mine").headers["Set-Cookie"]


def test_signing_in_drops_what_the_browser_held_before(client: FlaskClient) -> None:
    """A session planted by somebody else is of no use to him."""
    before = token_of(client)
    client.post("/in/3", data={"csrf_token": before})
    with client.session_transaction() as session:
        assert "csrf_token" not in session
    assert client.post("/out", data={"csrf_token": before}).status_code == 400


def test_signing_out_ends_the_session(client: FlaskClient) -> None:
    """After it the same browser is a stranger."""
    enter(client)
    assert client.post("/out", data={"csrf_token": token_of(client)}).text == "out"
    assert client.get("/mine").status_code == 303


def test_a_lock_works_at_once(app: Flask, client: FlaskClient) -> None:
    """A locked account is a stranger on its next page, its token too."""
    enter(client)
    headers = bearer(app)
    body = {**apps.DIRECTORY[4]["body"], "active": False}
    apps.tell(app, kind="account", id="a1", version=2, body=body)
    assert client.get("/mine").status_code == 303
    assert client.post("/api/things", headers=headers).status_code == 401


def test_a_new_epoch_ends_all_sessions_and_tokens(app: Flask, client: FlaskClient) -> None:
    """After a new password old cookies and tokens are worth nothing."""
    enter(client)
    headers = bearer(app)
    apps.tell(app, kind="account", id="a1", version=2, body={**apps.DIRECTORY[4]["body"], "epoch": 4})
    assert client.get("/mine").status_code == 303
    assert client.post("/api/things", headers=headers).status_code == 401


def test_a_change_of_roles_works_at_once(app: Flask, client: FlaskClient) -> None:
    """Who loses the role loses the page."""
    enter(client)
    assert client.get("/ledger").status_code == 200
    apps.tell(app, kind="account", id="a1", version=2, body={**apps.DIRECTORY[4]["body"], "roles": []})
    assert client.get("/ledger").status_code == 403


def test_a_missing_grant_is_refused_in_words(client: FlaskClient) -> None:
    """403, and whom to ask."""
    enter(client)
    answer = client.get("/reports")
    assert answer.status_code == 403
    assert "系统管理员" in answer.text


def test_a_view_that_says_nothing_about_access_is_refused(client: FlaskClient) -> None:
    """Forgetting the decorator must not open a page, not even to people signed in."""
    enter(client)
    assert client.get("/forgotten").status_code == 403


def test_a_view_declares_its_access_once() -> None:
    """Two decorators would contradict each other; no grants would mean nobody or everybody."""
    with pytest.raises(ValueError, match="twice"):
        auth.public(auth.signed_in(lambda: ""))
    with pytest.raises(ValueError, match="at least one"):
        auth.granted()
    view = auth.granted("ledger.read")(lambda: "")
    assert view.access == auth.Access("granted", ("ledger.read",))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "forged",
    [
        "garbage",
        "eyJhY2NvdW50IjoiYTEiLCJlcG9jaCI6M30.aaaa.bbbb",
        URLSafeSerializer("x" * 40).dumps({"account": "a1", "epoch": 3}),
        "\x00",
    ],
)
def test_a_forged_cookie_is_no_session(client: FlaskClient, forged: str) -> None:
    """Without our signature nothing counts."""
    client.set_cookie("huiyin", forged)
    assert client.get("/mine").status_code == 303


def test_a_session_with_odd_contents_is_no_session(client: FlaskClient) -> None:
    """Even signed, a session must have the right types."""
    with client.session_transaction() as session:
        session["account"], session["epoch"] = ["a1"], "3"
    assert client.get("/mine").status_code == 303


def test_a_token_speaks_for_its_account(app: Flask, client: FlaskClient) -> None:
    """The API needs no cookie and no CSRF token when it gets a bearer token."""
    answer = client.post("/api/things", headers=bearer(app))
    assert answer.json is not None
    assert answer.json["actor"] == "a1"


def test_a_token_is_for_the_api_only(app: Flask, client: FlaskClient) -> None:
    """On pages the cookie is asked."""
    assert client.get("/mine", headers=bearer(app)).status_code == 303


def test_a_token_ends_with_its_lifetime(app: Flask, client: FlaskClient) -> None:
    """An expired token is answered 401 as a problem document."""
    answer = client.post("/api/things", headers=bearer(app, hours=-0.01))
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json is not None
    assert answer.json["code"] == "not_signed_in"


def test_forged_tokens_are_refused(app: Flask, client: FlaskClient) -> None:
    """Cut, foreign, without claims, of an unknown account, or a session cookie used as a token."""
    genuine = bearer(app)["Authorization"]
    salt = "huiyin.api-token.1"
    foreign = URLSafeSerializer("x" * 40, salt=salt).dumps({"account": "a1", "epoch": 3, "exp": 2**40})
    empty = URLSafeSerializer("k" * 40, salt=salt).dumps([])
    enter(client)
    cookie = client.get_cookie("huiyin")
    assert cookie
    stranger = bearer(app, account="nobody")["Authorization"]
    forged = [genuine[:-2], f"Bearer {foreign}", f"Bearer {empty}", f"Bearer {cookie.value}", "Bearer ", stranger]
    for text in forged:
        answer = app.test_client().post("/api/things", headers={"Authorization": text})
        assert answer.status_code == 401, text


def test_with_a_bad_token_the_cookie_does_not_help(client: FlaskClient) -> None:
    """Otherwise a foreign site could go around CSRF with a made-up token."""
    enter(client)
    answer = client.post("/api/things", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401


def test_the_api_by_cookie_needs_the_csrf_token(client: FlaskClient) -> None:
    """A page's own script may call the API, another site's form may not."""
    enter(client)
    refused = client.post("/api/things")
    assert (refused.status_code, refused.json and refused.json["code"]) == (400, "session_expired")
    allowed = client.post("/api/things", headers={"X-CSRFToken": token_of(client)})
    assert allowed.status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "\n//evil.example",
        "/ok\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "evil.example",
        "http:/evil",
        "//[",
        "/\x00",
        "",
        None,
    ],
)
def test_no_way_leads_to_a_foreign_site(target: str | None) -> None:
    """Only a path of our own is followed after signing in."""
    assert auth.safe_next(target, "/home") == "/home"


@pytest.mark.parametrize("target", ["/", "/ledger?page=2&q=%E6%B0%B4", "/workflow/tasks#f-a", "/a//b"])
def test_our_own_pages_are_followed(target: str) -> None:
    """The page asked for comes back unchanged."""
    assert auth.safe_next(target) == target
