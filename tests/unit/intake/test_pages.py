"""Pages and HTTP interface: who sees what, what to do next, nothing typed gets lost."""

import re
from typing import Any

import pytest

from services.intake import tables
from tests.unit.intake import stories
from tests.unit.intake.readers import WRITTEN, Reader, key_of
from tests.unit.intake.worlds import FORM, PASSWORD, Case, World


def test_pages_ask_to_sign_in_and_come_back(reader: Reader) -> None:
    """The sign-in page knows where one wanted to go."""
    answer = reader.client.get("/ledger?state=submitted")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=%2Fledger%3Fstate%3Dsubmitted"
    assert reader.sign_in("clerk", next="/ledger").location == "/ledger"


def test_a_wrong_password_says_so_and_a_locked_account_too(reader: Reader) -> None:
    """The user name stays, the password does not."""
    for _ in range(5):
        answer = reader.sign_in("liyun", "wrong one")
    assert answer.status_code == 422
    assert 'value="liyun"' in answer.text
    assert "wrong one" not in answer.text
    locked = reader.sign_in("liyun")
    assert locked.status_code == 429
    assert "15 分钟" in locked.text


def test_what_was_sent_too_late_waits_at_the_sign_in_page(reader: Reader, world: World) -> None:
    """Through a wrong password; then it goes back to its page, and another person gets the text to copy."""
    form = reader.client.get("/sign-in").text
    assert "kept" not in form
    asked = reader.client.post("/matters/new", data=WRITTEN, headers={"Referer": "http://localhost/matters/new"})
    assert asked.status_code == 401
    kept = {"kept": re.findall(r'name="kept" value="([^"]+)"', asked.text)[0]}
    assert kept["kept"] in reader.sign_in("liyun", "wrong one", **kept).text
    welcome = reader.sign_in("liyun", **kept)
    assert 'action="/matters/new"' in welcome.text
    back = reader.client.post("/matters/new", data=kept).text
    assert FORM["title"] in back
    assert "增加车位\n限时停放</textarea>" in back
    assert world.rows(tables.matter) == []
    reader.post("/sign-out")
    asked = reader.client.post("/matters/new", data=WRITTEN, headers={"Referer": "http://localhost/matters/new"})
    kept = {"kept": re.findall(r'name="kept" value="([^"]+)"', asked.text)[0]}
    reader.sign_in("edu", **kept)
    other = reader.client.post("/matters/new", data=kept)
    assert (other.status_code, f"{FORM['title']}</textarea>" in other.text) == (403, True)


@pytest.mark.parametrize("login", ["liyun", "clerk", "edu", "nobody"])
@pytest.mark.parametrize("path", ["/", "/matters", "/ledger", "/?lang=en", "/ledger?lang=en"])
def test_every_start_page_opens_empty_and_says_what_to_do(reader: Reader, login: str, path: str) -> None:
    """No page is a dead end; who sees nothing of the ledger is told so."""
    reader.sign_in(login)
    answer = reader.client.get(path)
    assert answer.status_code == (403 if login == "nobody" and "ledger" in path else 200)
    assert "<h1>" in answer.text


def test_a_deputy_writes_a_suggestion(reader: Reader, world: World) -> None:
    """From the empty form to the page of the matter."""
    reader.sign_in("liyun")
    form = reader.client.get("/matters/new").text
    answer = reader.post("/matters/new", submission_key=key_of(form), **WRITTEN)
    assert answer.status_code == 303
    page = reader.client.get(answer.location).text
    assert "183001" in page
    assert FORM["title"] in page
    (row,) = world.rows(tables.matter)
    assert (row["lead_proposer"], row["source"], row["extra"]["points"]) == ("d-1", "direct", ["增加车位", "限时停放"])
    assert "183001" in reader.client.get("/matters").text


def test_a_second_click_is_harmless(reader: Reader, world: World) -> None:
    """The form's key makes it the same suggestion."""
    reader.sign_in("liyun")
    key = key_of(reader.client.get("/matters/new").text)
    places = {reader.post("/matters/new", submission_key=key, **WRITTEN).location for _ in range(3)}
    assert len(places) == len(world.rows(tables.matter)) == 1


def test_a_20_000_character_text_is_refused_and_kept(reader: Reader, world: World) -> None:
    """Clear words, the text still in the form, nothing stored."""
    reader.sign_in("liyun")
    long = "很长的情况。" * 3334
    answer = reader.post("/matters/new", submission_key="k", **{**WRITTEN, "body.situation": long})
    assert answer.status_code == 422
    assert "超过了 3000 字的上限" in answer.text
    assert long in answer.text
    assert 'name="submission_key" value="k"' in answer.text
    assert world.rows(tables.matter) == []


def test_errors_are_summed_up_with_links(reader: Reader) -> None:
    """Each line of the summary leads to its field, also in English."""
    reader.sign_in("liyun")
    sent = {**WRITTEN, "title": "", "body.analysis": "", "secrecy": "classified"}
    answer = reader.post("/matters/new", submission_key="k", **sent)
    for name in ("title", "body.analysis", "secrecy"):
        assert f'href="#f-{name}"' in answer.text
        assert f'id="f-{name}"' in answer.text
    assert "线下" in answer.text
    assert "offline" in reader.post("/matters/new?lang=en", submission_key="k", **sent).text


def test_an_unusual_title_is_asked_about_once(reader: Reader, world: World) -> None:
    """The second submission goes through."""
    reader.sign_in("liyun")
    sent = {**WRITTEN, "title": "修路", "submission_key": "k"}
    asked = reader.post("/matters/new", **sent)
    assert asked.status_code == 422
    assert "关于……的建议" in asked.text
    assert world.rows(tables.matter) == []
    assert reader.post("/matters/new", confirmed="1", **sent).status_code == 303


def test_the_congress_office_registers_for_a_deputy(reader: Reader, world: World) -> None:
    """It chooses the lead deputy and the source."""
    reader.sign_in("clerk")
    assert "登记建议" in reader.client.get("/matters/new").text
    sent = {**WRITTEN, "lead_proposer": "d-2", "co_proposers": ["d-1"], "source": "paper", "matter_kind": "suggestion"}
    assert reader.post("/matters/new", submission_key="k", **sent).status_code == 303
    (row,) = world.rows(tables.matter)
    assert (row["lead_proposer"], row["source"], row["proposer_type"]) == ("d-2", "paper", "joint")


def test_others_cannot_write(reader: Reader) -> None:
    """A unit's liaison is no deputy."""
    reader.sign_in("edu")
    assert reader.client.get("/matters/new").status_code == 403
    assert reader.post("/matters/new", **WRITTEN).status_code == 403


def test_a_forged_form_is_refused(reader: Reader, world: World) -> None:
    """Without the token of this session nothing is submitted."""
    reader.sign_in("liyun")
    assert reader.client.post("/matters/new", data=WRITTEN).status_code == 400
    assert world.rows(tables.matter) == []


def test_a_deputy_cannot_open_another_s_matter(reader: Reader, world: World) -> None:
    """Not even learn that it exists; the same over HTTP."""
    matter_id = world.submit(lead_proposer="d-2").matter_id
    reader.sign_in("liyun")
    for path in (
        f"/matters/{matter_id}",
        f"/api/v1/matters/{matter_id}",
        "/matters/none",
        f"/matters/{matter_id}/withdraw",
    ):
        assert reader.client.get(path).status_code == 404
    assert "183001" not in reader.client.get("/ledger").text


def test_the_page_of_a_matter_tells_its_story(reader: Reader, world: World) -> None:
    """State, units, deadline with reason, records with their fields, the letter."""
    matter_id = world.submit().matter_id
    world.receive(*stories.handled(matter_id)[:18], Case(matter_id, "c-2").letter())
    world.work()
    reader.sign_in("liyun")
    page = reader.client.get(f"/matters/{matter_id}").text
    for words in ("已答复", "市教育局（主办）", "市交通局（会办）", "延期一个月", "2026-04-20", "面商", "当面听取意见"):
        assert words in page, words
    assert "拟新增车位" not in page
    assert "A 已经解决" in page
    letter = reader.client.get("/letters/c-1.letter.0")
    assert "已新增车位。" in letter.text
    reader.sign_in("clerk")
    assert reader.client.get(f"/matters/{matter_id}?lang=en").status_code == 200


def test_a_letter_is_for_its_recipients(reader: Reader, world: World) -> None:
    """Another deputy does not find it."""
    matter_id = world.submit().matter_id
    world.receive(Case(matter_id).letter())
    world.work()
    reader.sign_in("han")
    assert reader.client.get("/letters/c-1.letter.0").status_code == 404


def test_withdrawing_asks_for_a_reason(reader: Reader, world: World) -> None:
    """Without one it is asked again, with one it is done."""
    matter_id = world.submit().matter_id
    reader.sign_in("liyun")
    place = f"/matters/{matter_id}/withdraw"
    assert reader.client.get(place).status_code == 200
    assert reader.post(place, reason="").status_code == 422
    assert reader.post(place, reason="已解决").status_code == 303
    page = reader.client.get(f"/matters/{matter_id}").text
    assert "已撤回" in page
    assert place not in page
    assert reader.client.get(place).status_code == 409


def test_the_ledger_filters_counts_and_exports(reader: Reader, world: World) -> None:
    """Filters in the address, counts that link, a table for spreadsheets."""
    first, _ = (world.submit(key=str(n), title="=关于公式的建议" if n else FORM["title"]).matter_id for n in (0, 1))
    world.receive(*stories.handled(first)[:10])
    world.work()
    reader.sign_in("clerk")
    page = reader.client.get("/ledger").text
    assert 'href="/ledger?state=handed_over"' in page
    assert "延期一个月" in page
    assert "没有符合条件" in reader.client.get("/ledger?q=不存在").text
    assert reader.client.get("/ledger?state=nonsense").status_code == 400
    export = reader.client.get("/ledger.csv")
    lines = export.text.splitlines()
    assert lines[0].startswith("\ufeff编号")
    assert len(lines) == 3
    assert "'=关于公式的建议" in export.text
    assert len(reader.client.get("/ledger.csv?state=handed_over").text.splitlines()) == 2


def test_only_who_may_export_exports(reader: Reader) -> None:
    """The grant decides."""
    reader.sign_in("edu")
    assert reader.client.get("/ledger.csv").status_code == 403
    assert "导出" not in reader.client.get("/ledger").text


def token(reader: Reader, login: str) -> dict[str, str]:
    """A program's header."""
    answer = reader.client.post("/api/v1/tokens", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 201
    return {"Authorization": f"Bearer {answer.json['token']}"}


def test_the_interface_submits_once_per_key(reader: Reader) -> None:
    """201, then 200 with the same matter, then 409 for other content."""
    head = {**token(reader, "liyun"), "Idempotency-Key": "k-1"}
    answers = [
        reader.client.post("/api/v1/matters", json={**FORM, "title": title}, headers=head)
        for title in (FORM["title"], FORM["title"], "关于别的事的建议")
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 409]
    assert answers[0].json["matter_id"] == answers[1].json["matter_id"]
    assert answers[2].json["code"] == "duplicate_conflict"
    shown = reader.client.get(answers[0].location, headers=head).json
    assert shown["no"] == "183001"
    assert shown["state"] == "submitted"
    assert shown["submitted_at"].endswith("+00:00")


@pytest.mark.parametrize(
    ("key", "body", "status", "code"),
    [
        ("", FORM, 400, "missing_key"),
        ("k" * 201, FORM, 400, "missing_key"),
        ("k", [1], 400, "bad_request"),
        ("k", {**FORM, "title": ""}, 422, "invalid_form"),
        ("k", {**FORM, "lead_proposer": "d-2"}, 422, "invalid_form"),
    ],
)
def test_the_interface_answers_with_problems(reader: Reader, key: str, body: Any, status: int, code: str) -> None:
    """RFC 9457 with a stable code and the wrong fields."""
    answer = reader.client.post(
        "/api/v1/matters", json=body, headers={**token(reader, "liyun"), "Idempotency-Key": key}
    )
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.json["code"] == code
    if code == "invalid_form":
        assert {"path", "code", "text", "text_en"} == set(answer.json["errors"][0])


def test_the_interface_wants_a_token(reader: Reader) -> None:
    """No token, wrong password, expired epoch."""
    assert reader.client.get("/api/v1/ledger").status_code == 401
    wrong = reader.client.post("/api/v1/tokens", json={"login": "liyun", "password": "no"})
    assert (wrong.status_code, wrong.json["code"]) == (401, "bad_credentials")
    assert reader.client.post("/api/v1/tokens", json=["x"]).status_code == 400


def test_the_ledger_as_json(reader: Reader, world: World) -> None:
    """The page's lines and counts for programs."""
    matter_id = world.submit().matter_id
    world.receive(*stories.handled(matter_id)[:10])
    world.work()
    found = reader.client.get("/api/v1/ledger?unit=edu", headers=token(reader, "clerk")).json
    (line,) = found["lines"]
    assert (line["due"], line["units"][0]) == ("2026-05-20", ["edu", "lead"])
    assert found["counts"]["states"] == {"handed_over": 1}


def test_health_counts_what_waits(reader: Reader, world: World) -> None:
    """An installation knows from it whether all is settled."""
    assert reader.client.get("/health/ready").status_code == 200
    before = reader.client.get("/health/settled").json
    world.submit()
    after = reader.client.get("/health/settled").json
    assert after["outbox_pending"] == before["outbox_pending"] + 1
    assert after["timers_due"] == 0


def test_the_interface_withdraws_as_the_page_does(reader: Reader, world: World) -> None:
    """With a reason, by its lead deputy or the office; another's matter is not even there."""
    own, other = world.submit(key="1").matter_id, world.submit(key="2", lead_proposer="d-2").matter_id
    asked = [("liyun", own, {}), ("liyun", other, {"reason": "不再需要"}), ("liyun", own, {"reason": "已经解决"})]
    answers = [
        reader.client.post(f"/api/v1/matters/{key}/withdraw", json=body, headers=token(reader, login))
        for login, key, body in [*asked, ("clerk", other, {"reason": "来函撤回"}), ("clerk", other, {"reason": "再撤"})]
    ]
    assert [(answer.status_code, answer.json.get("code")) for answer in answers] == [
        (422, "invalid_form"),
        (404, "unknown_matter"),
        (200, None),
        (200, None),
        (409, "already_withdrawn"),
    ]
