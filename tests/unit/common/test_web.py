"""What every page and every answer of the skeleton has, and how it fails."""

import re
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from jinja2.ext import babel_extract
from sqlalchemy.exc import OperationalError

from services.common import auth, failures, languages, pages, web
from services.common.health import Health
from services.common.problems import FieldError, Problem
from tests.unit.common import apps
from tests.unit.common.test_auth import bearer, enter, token_of


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """The small app."""
    return apps.make(tmp_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a cookie."""
    return app.test_client()


def test_every_answer_forbids_what_pages_do_not_need(client: FlaskClient) -> None:
    """Content from elsewhere, framing by others and sniffing are off, on errors and assets too."""
    for path in ("/open", "/nowhere", "/bug", "/static/none", "/health/live"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers
    secure = client.get("/open", base_url="https://localhost")
    assert "max-age" in secure.headers["Strict-Transport-Security"]


def test_private_pages_are_not_kept_by_browsers(client: FlaskClient) -> None:
    """On a shared computer the back button shows nothing of the one before."""
    assert client.get("/open").headers["Cache-Control"] == "no-cache"
    enter(client)
    assert client.get("/mine").headers["Cache-Control"] == "no-store"


def test_what_a_page_fetches_leaves_the_session_alone(client: FlaskClient) -> None:
    """An answer that comes late cannot take back the words left for the next page; pages renew the sign-in."""
    enter(client)
    assert "Set-Cookie" in client.get("/mine").headers
    assert "Set-Cookie" not in client.get("/health/live").headers


def test_a_page_has_its_frame(client: FlaskClient) -> None:
    """Language, skip link, bar, main part; flashed words are escaped."""
    html = client.get("/open").text
    assert '<html lang="zh-Hans-CN">' in html
    assert '<a class="skip-link" href="#main">跳到正文</a>' in html
    assert 'class="topbar"' in html
    assert 'id="main"' in html
    assert "&lt;i&gt;已保存&lt;/i&gt;" in html
    assert "<script>" not in html
    assert "style=" not in html


def test_the_list_of_places_shows_what_one_may_do(client: FlaskClient) -> None:
    """Strangers see none, a clerk sees tasks and ledger but not the processes; names are escaped."""
    assert "/workflow/tasks" not in client.get("/open").text
    enter(client)
    html = client.get("/ledger").text
    assert '<a href="/ledger" aria-current="page">台账</a>' in html
    assert '<a href="/workflow/tasks">待办</a>' in html
    assert "/workflow/packages" not in html
    assert "李&lt;b&gt;办" in html


def test_a_deputy_has_a_place_for_what_waits_for_an_answer(app: Flask) -> None:
    """Who may be asked for feedback has tasks too; the ledger is not a deputy's."""
    with app.test_request_context("/open"):
        auth.sign_in("a2", 1)
        assert [name for _, name, _ in pages.places()] == ["待办", "已办", "建议", "公开", "消息"]


def test_only_the_nearest_place_is_the_current_one(app: Flask) -> None:
    """已办 lies below 待办 and is not it; a prefix of the service counts."""
    with app.test_request_context("/tasks/done", environ_overrides={"SCRIPT_NAME": "/workflow"}):
        auth.sign_in("a1", 3)
        assert [name for _, name, here in pages.places() if here] == ["已办"]


def test_english_is_one_click_away_and_stays(client: FlaskClient) -> None:
    """`?lang=en` switches and is remembered; other wishes mean Chinese."""
    assert '<html lang="en">' in client.get("/open?lang=en").text
    assert "Skip to the content" in client.get("/open").text
    assert "跳到正文" in client.get("/open?lang=zh").text
    assert "跳到正文" in client.get("/open?lang=<script>").text
    assert 'href="?page=2&amp;lang=en"' in client.get("/open?page=2").text


def test_every_text_of_our_templates_has_its_english() -> None:
    """A Chinese text without English would show up as Chinese on an English page."""
    english = languages.load()
    for path in (Path(web.__file__).parent / "templates").glob("*.html"):
        with path.open("rb") as file:
            for line, _, text, _ in babel_extract(file, ["_"], [], {}):
                key = str(text if isinstance(text, str) else (text or ("",))[0])
                assert english.gettext(key) != key, f"{path.name}:{line} {key}"


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429, 500, 503, 418, 502])
def test_every_failure_has_a_page_that_says_what_to_do(client: FlaskClient, status: int) -> None:
    """The status stays, the page is ours."""
    answer = client.get(f"/fails/{status}")
    assert answer.status_code == status
    assert "回到首页" in answer.text


def test_pages_that_do_not_exist_and_methods_that_do_not_fit(client: FlaskClient) -> None:
    """404 and 405 answer for pages and programs alike."""
    assert "没有找到这个页面" in client.get("/nowhere/<b>").text
    answer = client.delete("/open")
    assert (answer.status_code, "GET" in answer.headers["Allow"]) == (405, True)
    answer = client.get("/api/nowhere")
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert (answer.json["code"], answer.json["status"]) == ("not_found", 404)


def test_a_bug_tells_its_number_and_nothing_else(client: FlaskClient) -> None:
    """The details are in the log, under the number that the page shows."""
    answer = client.get("/bug")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "secret detail" not in answer.text
    answer = client.get("/api/bug")
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert "secret detail" not in answer.text


def test_a_database_that_is_away_is_said_so(app: Flask, client: FlaskClient) -> None:
    """503 with a time to come back, for somebody signed in too; the error page asks no database."""
    enter(client)
    here = app.extensions["huiyin"]

    class Away:
        def connect(self) -> None:
            raise OperationalError("SELECT", {}, Exception("away"))

    here.engine = Away()
    answer = client.get("/mine")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "暂时无法使用" in answer.text


def test_a_problem_keeps_its_wrong_fields(app: Flask) -> None:
    """Programs get every field error with path, code and both languages."""
    error = FieldError("points.0", "required", "请填写", "fill in")
    with app.test_request_context("/api/x"):
        answer = failures.answer(Problem("invalid_form", errors=[error]))
        document = answer.get_json(force=True)
    assert document["errors"] == [{"path": "points.0", "code": "required", "text": "请填写", "text_en": "fill in"}]


def test_not_signed_in_inside_a_page_leads_to_the_sign_in_page(app: Flask) -> None:
    """`require_actor` in a page means the same as the decorator."""

    @app.get("/deep")
    @auth.public
    def deep() -> str:
        return auth.require_actor().name

    assert app.test_client().get("/deep").location == "/sign-in?next=%2Fdeep"


def test_a_form_without_its_token_is_refused(client: FlaskClient) -> None:
    """The page says that it expired, and comes back filled in."""
    answer = client.post("/form", data={"opinion": "很长的意见"})
    assert answer.status_code == 400
    assert "已经过期" in answer.text
    assert ">\n很长的意见</textarea>" in answer.text
    assert client.post("/form", data={"opinion": "x", "csrf_token": "forged"}).status_code == 400


def test_too_much_is_refused(client: FlaskClient) -> None:
    """A body beyond the limit is 413, not a full memory."""
    data = {"opinion": "长" * web.MAX_CONTENT, "csrf_token": token_of(client)}
    assert client.post("/form", data=data).status_code == 413


def test_a_long_text_survives_a_refused_form(client: FlaskClient) -> None:
    """20,000 characters of Chinese come back as they were typed, tags escaped."""
    text = "<script>alert(1)</script>" + "意见" * 9_990
    data = {"opinion": text, "unit": "unit_x", "csrf_token": token_of(client)}
    answer = client.post("/form", data=data)
    assert answer.status_code == 422
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" + "意见" * 9_990 in answer.text
    assert "<script>alert" not in answer.text
    assert '<a href="#f-unit">' in answer.text


def test_requests_are_named_in_answers_and_traces(app: Flask, client: FlaskClient) -> None:
    """Well-formed ids of the caller are taken over, others are replaced."""
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    good = {"X-Request-Id": "0123abcd-x", "traceparent": trace, **bearer(app)}
    answer = client.post("/api/things", headers=good)
    assert answer.headers["X-Request-Id"] == "0123abcd-x"
    assert answer.json is not None
    assert answer.json["trace"] == trace
    bad = {"X-Request-Id": "a b<script>", "traceparent": f"00-{'0' * 32}-{'b' * 16}-01", **bearer(app)}
    answer = client.post("/api/things", headers=bad)
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])
    assert answer.json is not None
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", answer.json["trace"])


def test_health_answers_everybody(client: FlaskClient) -> None:
    """Live, ready and settled need no sign-in: probes have none."""
    assert client.get("/health/live").json == {"service": "notify", "status": "ok"}
    assert client.get("/health/ready").status_code == 200
    assert client.get("/health/settled").json == {"service": "notify"}


def test_a_part_that_does_not_work_makes_the_service_unready(app: Flask) -> None:
    """Ready is 503 when any registered part says no."""

    def broken() -> dict[str, str]:
        raise OSError("no broker")

    health = Health("notify")
    health.register("broker", broken)
    here = app.extensions["huiyin"]
    other = web.create_app("notify", here.settings, here.clock, here.engine, health=health)
    answer = other.test_client().get("/health/ready")
    assert (answer.status_code, answer.json and answer.json["parts"]["database"]["ok"]) == (503, True)


@pytest.mark.parametrize(
    ("wish", "page"), [("2", 2), ("0", 1), ("-1", 1), ("x", 1), ("９", 1), ("9" * 50, 1), ("99999", 10_000)]
)
def test_odd_page_numbers_mean_something_harmless(wish: str, page: int) -> None:
    """No page number can make the database skip a billion rows."""
    assert pages.page_number({"page": wish}) == page


def test_a_long_list_has_ways_forward_and_back(client: FlaskClient) -> None:
    """The links keep what else the address said."""
    enter(client)
    html = client.get("/ledger?page=2&unit=unit_a").text
    assert 'rel="prev" href="?page=1&amp;unit=unit_a"' in html
    assert 'rel="next" href="?page=3&amp;unit=unit_a"' in html


def test_dates_are_shown_as_the_office_sees_them(app: Flask) -> None:
    """Instants in Beijing time, days as they are, nothing for nothing."""
    with app.test_request_context():
        assert pages.format_date("2026-03-05T17:30:00Z") == "2026-03-06"
        assert pages.format_date("2026-03-05") == "2026-03-05"
        assert pages.format_datetime("2026-03-05T17:30:00+00:00") == "2026-03-06 01:30"
        assert pages.format_datetime(apps.NOW) == "2026-03-05 09:00"
        assert pages.format_date(None) == pages.format_datetime(None) == ""
        assert pages.days_left("2026-03-08") == 3
        assert pages.today().isoformat() == "2026-03-05"


def test_a_deadline_shows_how_it_was_computed(app: Flask) -> None:
    """Date, what is left, and the steps behind a click; the words are escaped."""
    source = "{% import '_macros.html' as parts %}{{ parts.deadline(due) }}"
    due = {"due": "2026-03-04", "why": ["02-27 起 5 个工作日", "<b>"], "first_due": "2026-03-01"}
    with app.test_request_context():
        html = app.jinja_env.from_string(source).render(due=due)
        request.path  # noqa: B018 - a request is needed for the language
    assert '<time datetime="2026-03-04">2026-03-04</time>' in html
    assert "逾期 1 天" in html
    assert "<details" in html
    assert "<li>02-27 起 5 个工作日</li>" in html
    assert "&lt;b&gt;" in html
    assert "原为 2026-03-01" in html
