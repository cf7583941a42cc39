"""Co-signing over HTTP: nobody is named without having agreed, on any way in."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.common.problems import Problem
from services.intake import matters, tables
from tests.unit.intake.worlds import FORM, PASSWORD, World

JOINT = {**FORM, "co_proposers": ["d-2"]}


class Program:
    """Somebody's program, with a token of the person's own."""

    def __init__(self, client: FlaskClient, login: str) -> None:
        token = client.post("/api/v1/tokens", json={"login": login, "password": PASSWORD}).json["token"]
        self.client, self.headers = client, {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: Any, key: str = "") -> tuple[int, Any]:
        """Status and JSON of an answer."""
        head = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        answer = self.client.post(f"/api/v1/{path}", json=body, headers=head)
        return answer.status_code, answer.get_json(force=True)

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        answer = self.client.get(f"/api/v1/{path}", headers=self.headers)
        return answer.status_code, answer.get_json(force=True)

    def draft(self, **changes: Any) -> dict[str, Any]:
        """The joint suggestion with changes is kept, and who is named is invited."""
        status, found = self.post("drafts", {**JOINT, **changes}, "k-1")
        assert status == 200, found
        return dict(found)


@pytest.fixture
def lead(app: Flask) -> Program:
    """The lead deputy's program."""
    return Program(app.test_client(), "liyun")


@pytest.fixture
def friend(app: Flask) -> Program:
    """The program of the deputy who is to co-sign."""
    return Program(app.test_client(), "han")


def faults(answer: tuple[int, Any]) -> list[tuple[str, str]]:
    """Where and what is wrong with a form."""
    status, body = answer
    assert (status, body["code"]) == (422, "invalid_form"), body
    return [(one["path"], one["code"]) for one in body["errors"]]


def signed(world: World) -> list[list[str]]:
    """The co-signers of every matter that was announced."""
    return [[one["id"] for one in said.data["co_proposers"]] for said in world.sent("matter.submitted.v1")]


def test_a_deputy_names_no_co_signers_of_his_own(lead: Program, world: World) -> None:
    """The refusal names the person in both languages and says what to do; nothing is handed in."""
    answer = lead.post("matters", JOINT, "k")
    assert faults(answer) == [("co_proposers.0", "not_agreed")]
    [fault] = answer[1]["errors"]
    assert "“韩若溪”还没有同意联名。请先保存草稿并发出邀请" in fault["text"]
    assert "“韩若溪” has not agreed to co-sign. Save a draft and invite first" in fault["text_en"]
    assert signed(world) == []


def test_the_rule_is_that_of_the_matters_not_of_a_page(world: World) -> None:
    """Whoever submits in the own name names those who agreed, and no others."""
    own = matters.Origin(scope="x", own_name="d-1", agreed=frozenset({"d-4"}))
    with world.engine.connect() as conn, pytest.raises(Problem) as caught:
        matters.check(conn, JOINT, origin=own)
    assert [one.code for one in caught.value.errors] == ["not_agreed"]


def test_the_office_enters_the_co_signers_of_a_letter(app: Flask, world: World) -> None:
    """They have signed on paper."""
    assert Program(app.test_client(), "clerk").post("matters", {**JOINT, "source": "paper"}, "k")[0] == 201
    assert signed(world) == [["d-2"]]


def test_who_is_invited_and_agrees_co_signs(lead: Program, friend: Program, world: World) -> None:
    """Kept, read, agreed, handed in once; the same key then tells the matter."""
    draft = lead.draft()
    assert [(one["person_id"], one["answer"]) for one in draft["invited"]] == [("d-2", "waiting")]
    [asked] = friend.get("invitations")[1]["invitations"]
    assert (asked["lead"], asked["title"], asked["answer"]) == ("d-1", FORM["title"], "waiting")
    agree = {"answer": "agree", "digest": asked["digest"]}
    assert friend.post(f"invitations/{draft['draft_id']}", agree)[1]["answer"] == "agreed"
    assert lead.get(f"drafts/{draft['draft_id']}")[1]["invited"][0]["answer"] == "agreed"
    first = lead.post(f"drafts/{draft['draft_id']}/submit", {})
    again = lead.post(f"drafts/{draft['draft_id']}/submit", {})
    assert (first[0], again[0], first[1]["matter_id"]) == (201, 200, again[1]["matter_id"])
    assert signed(world) == [["d-2"]]
    assert lead.draft() == {"draft_id": draft["draft_id"], "matter_id": first[1]["matter_id"]}


@pytest.mark.parametrize("answer", ["refuse", None])
def test_silence_and_refusal_are_no_signature(lead: Program, friend: Program, world: World, answer: str | None) -> None:
    """The suggestion is then the lead deputy's alone."""
    draft = lead.draft()
    if answer:
        assert friend.post(f"invitations/{draft['draft_id']}", {"answer": answer, "digest": draft["digest"]})[0] == 200
    assert lead.post(f"drafts/{draft['draft_id']}/submit", {})[0] == 201
    assert signed(world) == [[]]


def test_a_changed_text_asks_again(lead: Program, friend: Program) -> None:
    """An answer to the old text is not taken, one given before counts no longer; who is left out is not asked."""
    draft = lead.draft()
    agree = {"answer": "agree", "digest": draft["digest"]}
    friend.post(f"invitations/{draft['draft_id']}", agree)
    changed = lead.draft(title="关于增加公交站的建议")
    assert (changed["draft_id"], changed["invited"][0]["answer"]) == (draft["draft_id"], "changed")
    status, refused = friend.post(f"invitations/{draft['draft_id']}", agree)
    assert (status, refused["code"]) == (409, "draft_changed")
    assert lead.draft(co_proposers=[])["invited"] == []
    assert friend.get("invitations")[1] == {"invitations": []}


@pytest.mark.parametrize(
    "body", [{}, {"answer": "yes", "digest": "x"}, {"answer": "agree"}, {"answer": [], "digest": ""}]
)
def test_an_answer_is_one_of_two(lead: Program, friend: Program, body: dict[str, Any]) -> None:
    """Anything else is told what to send."""
    assert friend.post(f"invitations/{lead.draft()['draft_id']}", body)[1]["code"] == "bad_answer"


def test_a_draft_is_a_whole_suggestion_of_the_own_name(lead: Program, world: World) -> None:
    """What could not be handed in is not kept, nor what no form has."""
    assert faults(lead.post("drafts", {**JOINT, "title": ""}, "k-1")) == [("title", "required")]
    assert faults(lead.post("drafts", {**JOINT, "lead_proposer": "d-2", "co_proposers": []}, "k-1")) == [
        ("lead_proposer", "not_own_name")
    ]
    assert faults(lead.post("drafts", {**JOINT, "co_proposers": ["d-3"]}, "k-1")) == [
        ("co_proposers.0", "unknown_deputy")
    ]
    assert ("co_proposers", "invalid") in faults(lead.post("drafts", {**JOINT, "co_proposers": 7}, "k-1"))
    assert world.rows(tables.draft) == []
    lead.draft(secret="x")
    assert "secret" not in world.rows(tables.draft)[0]["form"]


def test_drafts_are_nobody_elses_business(lead: Program, friend: Program, app: Flask) -> None:
    """Others find nothing; who is no deputy has neither drafts nor invitations."""
    draft = lead.draft(co_proposers=[])["draft_id"]
    agree = {"answer": "agree", "digest": ""}
    found = [
        friend.get(f"drafts/{draft}"),
        friend.post(f"drafts/{draft}/submit", {}),
        friend.post(f"invitations/{draft}", agree),
    ]
    assert [(status, body["code"]) for status, body in found] == [(404, "unknown_draft")] * 3
    clerk = Program(app.test_client(), "clerk")
    refused = [clerk.get("invitations"), clerk.get(f"drafts/{draft}"), clerk.post("drafts", JOINT, "k")]
    assert [(status, body["code"]) for status, body in refused] == [(403, "not_permitted")] * 3
    assert lead.post("drafts", JOINT)[1]["code"] == "missing_key"
