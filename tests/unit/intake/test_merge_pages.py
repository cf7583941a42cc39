"""Merging on pages and over HTTP: choosing, what is wrong in place, who reads what of a group."""

from typing import Any

import pytest
from flask import Flask

from services.common import db
from services.intake import disclosures, store
from tests.unit.intake.groups import WHY, groups, handled, merge, three, told
from tests.unit.intake.readers import Reader
from tests.unit.intake.worlds import PASSWORD, Case, World

PLACE = "/matters/merge"


@pytest.fixture
def clerk(reader: Reader) -> Reader:
    """The congress office."""
    reader.sign_in("clerk")
    return reader


def page(reader: Reader, path: str) -> str:
    """A page that is there."""
    answer = reader.client.get(path)
    assert answer.status_code == 200
    return answer.text


def publish(world: World, matter_id: str, case_id: str) -> str:
    """The matter is published; its code."""
    data = {"decision": "publish", "attribute": "proactive", "form": "full_text"}
    world.receive(Case(matter_id, case_id, at=world.clock.now()).record(f"{case_id}.r1", "publication", data))
    world.work()
    return disclosures.code_of(matter_id)


def test_matters_ticked_in_the_ledger_are_merged(clerk: Reader, world: World) -> None:
    """The earliest number is proposed as the main one; afterwards both pages and the ledger show the group."""
    first, second, third = three(world)
    assert f'action="{PLACE}"' in page(clerk, "/ledger")
    asked = page(clerk, f"{PLACE}?matter={third}&matter={first}&matter={second}")
    assert f'value="{first}" aria-label="以第183001号为主件" checked' in asked
    assert asked.count('type="checkbox"') == 3
    answer = clerk.post(PLACE, matter=[first, second, third], main=first, reason=WHY, action="merge")
    assert answer.location == f"/matters/{first}"
    assert groups(world) == {"183001": None, "183002": "183001", "183003": "183001"}
    main = page(clerk, f"/matters/{first}")
    assert "已并案：第183002、183003号并入第183001号" in main
    assert "第183002号 关于第2段路的建议" in main
    assert f"第183003号并入本件：{WHY}" in main
    told(world, second, "merged")
    other = page(clerk, f"/matters/{second}")
    assert "与第183001号并案办理" in other
    assert f"并入第183001号：{WHY}" in other
    assert f"/matters/{second}/separate" in other
    ledger = page(clerk, "/ledger")
    assert ledger.count("并入第183001号") == 2
    assert "主件，并第183002、183003号" in ledger
    assert "并案 1 组 3 件" in ledger


def test_similar_matters_are_offered(clerk: Reader, world: World) -> None:
    """Those of the same session that read alike, unticked; a withdrawn or merged one is not."""
    first, second, third = three(world)
    merge(world, first, [third])
    asked = page(clerk, f"{PLACE}?matter={first}")
    assert "相似 " in asked
    assert f'id="choose-{second}" name="matter" value="{second}" aria-label="勾选第183002号">' in asked
    assert f"choose-{third}" not in asked


def test_a_matter_is_added_by_the_end_of_its_number(clerk: Reader, world: World) -> None:
    """What is not found, or not one, is said at the field; what was typed stays."""
    first, second, _ = three(world)
    answer = clerk.post(PLACE, matter=[first], main=first, reason=WHY, number="002", action="add")
    assert answer.status_code == 200
    assert f'id="choose-{second}" name="matter" value="{second}" aria-label="勾选第183002号" checked' in answer.text
    assert WHY in answer.text
    for number, words in (("9", "没有编号“9”"), ("", "没有编号“”"), ("18300", "没有编号"), ("%", "没有编号")):
        answer = clerk.post(PLACE, matter=[first], main=first, number=number, reason=WHY, action="add")
        assert (answer.status_code, words in answer.text, WHY in answer.text) == (422, True, True)
    for n in range(4, 14):
        handled(world, str(n))
    answer = clerk.post(PLACE, matter=[first], main=first, number="3", action="add")
    assert "不止一件" in answer.text


def test_what_is_wrong_is_said_at_its_place(clerk: Reader, world: World) -> None:
    """In the row of the matter, at the reason, at the choice; the ticks stay."""
    first, second, third = three(world)
    merge(world, first, [second])
    answer = clerk.post(PLACE, matter=[second], main=third, reason="", action="merge")
    assert answer.status_code == 409
    assert f'id="fault-{second}">第183002号已经并入第183001号' in answer.text
    assert 'id="reason-error">请填写“理由”' in answer.text
    assert f'<a href="#choose-{second}">' in answer.text
    assert "请选一件作主件" in clerk.post(PLACE, matter=[first, third], reason=WHY, action="merge").text
    assert "并案至少要两件" in clerk.post(PLACE, matter=[first], main=first, reason=WHY, action="merge").text
    assert clerk.post(PLACE, matter=["m-0"], main=first, reason=WHY, action="merge").status_code == 404
    assert "还没有选择要并案的建议" in page(clerk, PLACE)


def test_a_merge_is_taken_back_on_a_page(clerk: Reader, world: World) -> None:
    """With a reason; too late it is no longer offered."""
    first, second, third = three(world)
    merge(world, first, [second, third])
    place = f"/matters/{second}/separate"
    assert "现在并入第183001号" in page(clerk, place)
    assert "请填写“理由”" in clerk.post(place, reason=" ").text
    assert clerk.post(place, reason="不是同一路段").location == f"/matters/{second}"
    told_now = page(clerk, f"/matters/{second}")
    assert "撤销与第183001号的并案：不是同一路段" in told_now
    assert "撤销第183002号并入本件：不是同一路段" in page(clerk, f"/matters/{first}")
    assert clerk.client.get(place).status_code == 409
    told(world, first, "replied")
    assert f"/matters/{third}/separate" not in page(clerk, f"/matters/{third}")


@pytest.mark.parametrize("login", ["liyun", "edu", "nobody"])
def test_only_the_office_merges(reader: Reader, world: World, login: str) -> None:
    """Neither offered nor allowed to others."""
    first, second, _ = three(world)
    merge(world, first, [second])
    reader.sign_in(login)
    for path in (PLACE, f"/matters/{second}/separate"):
        assert reader.client.get(path).status_code == reader.post(path, reason="x").status_code == 403
    if login == "liyun":
        assert PLACE not in page(reader, f"/matters/{first}")


def test_a_deputy_reads_it_in_plain_words(app: Flask, world: World) -> None:
    """With the next step; not the title of a matter that is somebody else's, but its number."""
    first, second, third = three(world)
    merge(world, first, [second, third])
    told(world, second, "merged")
    told(world, third, "merged")
    han, li = Reader(app.test_client()), Reader(app.test_client())
    han.sign_in("han")
    li.sign_in("liyun")
    text = page(han, f"/matters/{second}")
    assert "与第183001号并案办理" in text
    assert "将单独答复您。下一步：第183001号答复以后" in text
    assert "关于第1段路的建议" not in text
    assert "与第183001号并案办理，将单独答复您。" in page(han, "/matters")
    assert "关于第1段路的建议" in page(li, f"/matters/{third}")
    main = page(li, f"/matters/{first}")
    assert "第183002号" in main
    assert "关于第2段路的建议" not in main


def test_withdrawing_a_main_matter_says_what_becomes_of_the_others(reader: Reader, world: World) -> None:
    """Before it is confirmed."""
    first, second, _ = three(world)
    merge(world, first, [second])
    reader.sign_in("liyun")
    place = f"/matters/{first}/withdraw"
    assert "并入它的第183002号恢复单独办理" in page(reader, place)
    assert "并入它的第183002号恢复单独办理" in reader.post(place, reason="").text


def test_the_office_sees_that_a_matter_was_set_free(app: Flask, world: World) -> None:
    """The main one was withdrawn: its page says so and what to do, until its unit is decided anew."""
    first, second, _ = three(world)
    merge(world, first, [second])
    told(world, second, "merged")
    office, deputy = Reader(app.test_client()), Reader(app.test_client())
    office.sign_in("clerk")
    deputy.sign_in("liyun")
    deputy.post(f"/matters/{first}/withdraw", reason="已解决")
    said = "不再与第183001号并案：主件已撤回，恢复单独办理。"
    assert f"{said}请重新确定承办单位。" in page(office, f"/matters/{second}")
    assert f"撤销第183002号并入本件：{said.partition('：')[2]}" in page(office, f"/matters/{first}")
    told(world, second, "pre_handover")
    assert said in page(office, f"/matters/{second}")
    told(world, second, "handed_over")
    assert said not in page(office, f"/matters/{second}")


def test_the_public_reads_of_a_main_matter_only_when_that_is_public(app: Flask, world: World) -> None:
    """Neither its title nor its number otherwise, and no word of being merged."""
    first, second, _ = three(world)
    merge(world, first, [second])
    told(world, second, "merged")
    code = publish(world, second, "c-p2")
    public = app.test_client()
    text = public.get(f"/public/{code}").text
    assert "关于第2段路的建议" in text
    assert not any(word in text for word in ("183001", "关于第1段路", "并案", "合并"))
    publish(world, first, "c-p1")
    assert "与第183001号并案办理，分别答复" in public.get(f"/public/{code}").text
    with db.begin(world.engine) as conn:
        store.change_matter(conn, first, {"secrecy": "internal"})
    assert "183001" not in public.get(f"/public/{code}").text


def test_programs_merge_and_separate(app: Flask, world: World) -> None:
    """By the same rules, with the same codes."""
    first, second, third = three(world)
    client = app.test_client()
    token = client.post("/api/v1/tokens", json={"login": "clerk", "password": PASSWORD}).json["token"]
    head = {"Authorization": f"Bearer {token}"}

    def post(path: str, body: Any) -> tuple[int, Any]:
        answer = client.post(f"/api/v1/matters/{path}", json=body, headers=head)
        return answer.status_code, answer.json

    assert post(f"{first}/merge", {"others": [second], "reason": WHY}) == (
        200,
        {"matter_id": first, "merged": [second]},
    )
    for path, body, status, code in (
        (f"{third}/merge", {"others": [second], "reason": WHY}, 409, "not_merged"),
        (f"{first}/merge", {"others": [], "reason": WHY}, 422, "invalid_form"),
        (f"{first}/merge", {"others": "x", "reason": WHY}, 422, "invalid_form"),
        (f"{first}/merge", {"others": ["m-0"], "reason": WHY}, 404, "unknown_matter"),
        (f"{first}/merge", [], 400, "bad_request"),
        (f"{first}/separate", {"reason": "x"}, 409, "not_in_group"),
        (f"{second}/separate", {}, 422, "invalid_form"),
    ):
        found, problem = post(path, body)
        assert (found, problem["code"]) == (status, code)
    shown = client.get(f"/api/v1/matters/{first}", headers=head).json
    assert shown["group"] == {"main": None, "others": [{"matter_id": second, "no": "183002"}]}
    ledger = client.get("/api/v1/ledger?merged=other", headers=head).json
    assert [line["group"]["main"]["no"] for line in ledger["lines"]] == ["183001"]
    assert ledger["counts"]["merged"] == {"groups": 1, "matters": 2}
    assert post(f"{second}/separate", {"reason": "不同"}) == (200, {"matter_id": second, "main": "183001"})
