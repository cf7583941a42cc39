"""Secrecy of a matter: raised and lowered with a reason, out of the public's sight at once, never classified."""

from typing import Any

import pytest
from flask import Flask

from services.common import db
from services.common.auth import Actor
from services.common.problems import Problem
from services.intake import disclosures, publications, secrecies, store, tables
from tests.unit.intake.readers import Reader
from tests.unit.intake.worlds import PASSWORD, Case, World

CLERK = Actor(account_id="clerk", person_id="p-clerk", name="王登记", roles=(("congress_office", None),))
WHY = "附件含有未公开的管线资料"


def change(world: World, matter_id: str, secrecy: Any = "internal", reason: Any = WHY) -> str:
    """Change it as the office would."""
    form = {"secrecy": secrecy, "reason": reason}
    with db.begin(world.engine) as conn:
        return secrecies.change(conn, matter_id, form, CLERK, world.clock.now())


def refusal(world: World, matter_id: str, **form: Any) -> Problem:
    """The refusal; nothing is stored or said."""
    before = world.rows(tables.matter), world.rows(tables.secrecy_change), len(world.sent())
    with pytest.raises(Problem) as caught:
        change(world, matter_id, **form)
    assert (world.rows(tables.matter), world.rows(tables.secrecy_change), len(world.sent())) == before
    return caught.value


def decided(world: World, case: Case, *decisions: str) -> None:
    """Publication records of a matter, one after the other."""
    for decision in decisions:
        data = {"decision": decision, "attribute": "proactive", "form": "full_text"}
        world.receive(case.record(f"{case.id}.r{case.seq}", "publication", data))
    world.work()


def is_public(world: World, matter_id: str) -> bool:
    """Whether the public may read it now."""
    with db.read(world.engine) as conn:
        matter = store.matter(conn, matter_id)
        assert matter is not None
        return publications.is_public(conn, matter)


def test_the_public_page_is_gone_with_the_change(app: Flask, world: World) -> None:
    """Page, search and code on the matter's own page; it is back when the secrecy is taken back."""
    matter_id = world.submit().matter_id
    decided(world, Case(matter_id), "publish")
    code = disclosures.code_of(matter_id)
    public, clerk = app.test_client(), Reader(app.test_client())
    clerk.sign_in("clerk")

    def found() -> list[bool]:
        page = public.get(f"/public/{code}").status_code == 200
        places = (public.get("/public/"), clerk.client.get(f"/matters/{matter_id}"))
        return [page, *(code in place.text for place in places)]

    assert found() == [True] * 3
    change(world, matter_id)
    assert found() == [False] * 3
    change(world, matter_id, "none", "资料已公开")
    assert found() == [True] * 3


def test_raised_secrecy_hides_a_published_matter_at_once(world: World) -> None:
    """No record of the process is waited for; lowered again, the record counts again."""
    matter_id = world.submit().matter_id
    decided(world, Case(matter_id), "publish")
    assert change(world, matter_id) == "internal"
    assert not is_public(world, matter_id)
    change(world, matter_id, "none", "资料已公开")
    assert is_public(world, matter_id)
    assert [message.data["published"] for message in world.sent("matter.secrecy_changed.v1")] == [True, False]


def test_a_change_is_announced_and_kept(world: World) -> None:
    """Who, when, from what to what and why, for the process and for ever; every change is another message."""
    matter_id = world.submit().matter_id
    change(world, matter_id)
    world.clock.pass_(days=1)
    change(world, matter_id, "none", "资料已公开")
    first, second = world.sent("matter.secrecy_changed.v1")
    assert first.id != second.id
    assert second.data == {
        "matter_id": matter_id,
        "secrecy": "none",
        "before": "internal",
        "published": False,
        "reason": "资料已公开",
        "changed_at": world.clock.now().isoformat(),
        "by": {"id": "p-clerk", "name": "王登记"},
    }
    kept = world.rows(tables.secrecy_change)
    assert [(row["number"], row["before"], row["secrecy"], row["reason"]) for row in kept] == [
        (1, "none", "internal", WHY),
        (2, "internal", "none", "资料已公开"),
    ]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"secrecy": "classified"}, "classified_refused"),
        ({"secrecy": "none"}, "secrecy_unchanged"),
        ({"secrecy": None}, "invalid_form"),
        ({"secrecy": ["internal"]}, "invalid_form"),
        ({"secrecy": "top"}, "invalid_form"),
        ({"reason": " "}, "invalid_form"),
        ({"reason": None}, "invalid_form"),
        ({"reason": "长" * 501}, "invalid_form"),
    ],
)
def test_a_change_may_be_refused(world: World, form: dict[str, Any], code: str) -> None:
    """Each refusal names the wrong field; a classified matter is handled offline, it says how."""
    problem = refusal(world, world.submit().matter_id, **form)
    assert problem.code == code
    assert {error.path for error in problem.errors} <= {"secrecy", "reason"}
    assert problem.errors
    assert ("线下办理" in problem.texts[0]) is (code == "classified_refused")


def test_a_matter_that_admission_found_classified_stays_so(world: World) -> None:
    """It is a stub only: nobody lowers it here."""
    matter_id = world.submit().matter_id
    with db.begin(world.engine) as conn:
        store.change_matter(conn, matter_id, {"secrecy": "classified"})
    assert refusal(world, matter_id, secrecy="none").code == "classified_refused"


def test_an_unknown_matter_is_not_found(world: World) -> None:
    """404."""
    assert refusal(world, "m-0").status == 404


def test_the_office_changes_it_on_a_page(reader: Reader, world: World) -> None:
    """From the matter's page and back; the story tells it, also to the deputy."""
    matter_id = world.submit().matter_id
    decided(world, Case(matter_id), "publish")
    place = f"/matters/{matter_id}/secrecy"
    reader.sign_in("clerk")
    assert place in reader.client.get(f"/matters/{matter_id}").text
    assert "已经公开" in reader.client.get(place).text
    assert reader.post(place, secrecy="internal", reason=WHY).location == f"/matters/{matter_id}"
    page = reader.client.get(f"/matters/{matter_id}").text
    assert f"密级由“不涉密”调整为“内部”（当时已公开，随即撤下）：{WHY}" in page
    assert "密级已调整。" in page
    assert "已经公开" not in reader.client.get(place).text


def test_what_was_typed_stays_when_it_is_refused(reader: Reader, world: World) -> None:
    """The page says what is wrong; for classified matters what to do offline."""
    place = f"/matters/{world.submit().matter_id}/secrecy"
    reader.sign_in("clerk")
    for secrecy, status, words in (
        ("classified", 422, "线下办理"),
        ("none", 409, "密级没有变化"),
        ("", 422, "请填写“密级”"),
    ):
        answer = reader.post(place, secrecy=secrecy, reason=WHY)
        assert answer.status_code == status
        assert words in answer.text
        assert WHY in answer.text


@pytest.mark.parametrize("login", ["liyun", "edu", "nobody"])
def test_deputies_and_units_cannot_change_it(reader: Reader, world: World, login: str) -> None:
    """Neither offered nor allowed, but the proposer reads the story."""
    matter_id = world.submit().matter_id
    change(world, matter_id)
    reader.sign_in(login)
    place = f"/matters/{matter_id}/secrecy"
    assert reader.client.get(place).status_code == reader.post(place, secrecy="none", reason="x").status_code == 403
    page = reader.client.get(f"/matters/{matter_id}").text
    assert place not in page
    assert (WHY in page) is (login == "liyun")


def test_programs_change_it_too(app: Flask, world: World) -> None:
    """By the same rules, with the same codes."""
    matter_id = world.submit().matter_id
    client = app.test_client()
    token = client.post("/api/v1/tokens", json={"login": "clerk", "password": PASSWORD}).json["token"]
    head = {"Authorization": f"Bearer {token}"}

    def post(where: str, body: Any) -> tuple[int, Any]:
        answer = client.post(f"/api/v1/matters/{where}/secrecy", json=body, headers=head)
        return answer.status_code, answer.json

    assert post(matter_id, {"secrecy": "internal", "reason": WHY}) == (
        200,
        {"matter_id": matter_id, "secrecy": "internal"},
    )
    for where, body, status, code in (
        (matter_id, {"secrecy": "internal", "reason": WHY}, 409, "secrecy_unchanged"),
        (matter_id, {"secrecy": "classified", "reason": WHY}, 422, "classified_refused"),
        (matter_id, {"secrecy": "none"}, 422, "invalid_form"),
        (matter_id, [], 400, "bad_request"),
        ("m-0", {"secrecy": "internal", "reason": WHY}, 404, "unknown_matter"),
    ):
        found, problem = post(where, body)
        assert (found, problem["code"]) == (status, code)
    shown = client.get(f"/api/v1/matters/{matter_id}", headers=head).json
    assert shown is not None
    assert shown["secrecy"] == "internal"
    told = [event for event in shown["events"] if event["kind"] == "secrecy"]
    assert [(event["actor"], event["title"], event["data"]["before"]) for event in told] == [("王登记", WHY, "none")]
