"""Similar earlier matters: found, bounded, in time; a hint that gives nothing away."""

import time
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import messages
from services.intake import sketches
from tests.unit.intake import stories
from tests.unit.intake.test_admission import configure
from tests.unit.intake.worlds import FORM, World

LIFTS = {
    "title": "关于加快老旧小区加装电梯的建议",
    "body": {
        "situation": "我市二〇〇〇年以前建成的老旧小区有四百余个,六层以上无电梯住宅近三千个单元,老人上下楼十分不便。",
        "analysis": "居民反映最多的是补贴标准不明、审批环节多、管线迁改费用高,加装意愿强而落地少。",
        "request": "建议明确补贴标准,合并审批环节,协调供水、供电、燃气企业减免管线迁改费用,简化竣工验收。",
    },
}
AGAIN = {
    "title": "关于支持老旧小区加装电梯的建议",
    "body": {
        "situation": "城区二〇〇〇年以前建成的老旧小区较多,六层以上无电梯住宅近三千个单元,老年人上下楼十分不便。",
        "analysis": "补贴标准不明、审批环节多、管线迁改费用高,居民加装意愿强,真正落地的很少。",
        "request": "请明确补贴标准,合并审批环节,协调供水、供电企业减免管线迁改费用,并公布办理流程和时限。",
    },
}


def hint(world: World) -> list[dict[str, Any]]:
    """What the latest announcement says is similar."""
    said = world.sent("matter.submitted.v1")[-1]
    assert messages.validate(said.type, said.data) == said.data
    found: list[dict[str, Any]] = said.data["similar"]
    return found


def test_an_earlier_matter_on_the_same_subject_is_named(world: World) -> None:
    """With what became of it; a matter on something else is not."""
    world.submit(key="1")
    assert hint(world) == []
    first = world.submit(key="2", **LIFTS)
    world.receive(*stories.handled(first.matter_id))
    world.work()
    world.submit(key="3", **AGAIN)
    (found,) = hint(world)
    assert 40 <= found.pop("percent") <= 80
    assert found == {
        "matter_id": first.matter_id,
        "matter_no": first.matter_no,
        "title": LIFTS["title"],
        "year": 2026,
        "outcome_class": None,
        "state": "completed",
    }


def test_the_same_text_is_a_hundred_percent(world: World) -> None:
    """And the most similar one comes first."""
    world.submit(key="1", **AGAIN)
    world.submit(key="2", **LIFTS)
    world.submit(key="3", **LIFTS)
    first, second = hint(world)
    assert first["percent"] == 100 > second["percent"]


def test_at_most_five_are_named(world: World) -> None:
    """Enough for a hint."""
    for n in range(7):
        world.submit(key=str(n), **LIFTS)
    assert len(hint(world)) == 5


def test_the_session_says_from_where_on_matters_are_similar(world: World) -> None:
    """The threshold is data."""
    world.submit(key="1", **LIFTS)
    configure(world, similar_percent=90)
    world.submit(key="2", **AGAIN)
    assert hint(world) == []


def test_an_internal_matter_is_not_named(world: World) -> None:
    """The hint is read by more people than the matter."""
    world.submit(key="1", **LIFTS, secrecy="internal")
    world.submit(key="2", **LIFTS)
    assert hint(world) == []


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_text_has_a_sketch_and_is_like_itself(title: str, text: str) -> None:
    """Of one size; nothing is more like a text than the text, and an empty one is like nothing."""
    own = sketches.draw(title, text)
    assert len(own) == sketches.BINS + sketches.TITLE_BITS // 8
    assert sketches.percent(title, text, title, text) in (0, 50, 100)
    other = sketches.draw("关于另一件事的建议", "完全不同的内容。" * 5)
    if title.strip() and text.strip() and sketches.percent(title, text, title, text) == 100:
        assert sketches.closest(own, [("other", other), ("self", own)], 1) == ["self"]


def test_ten_thousand_sketches_are_compared_in_time() -> None:
    """The right one is found among them, within a second on any machine (20 ms were seen)."""
    random = Random(7)
    words = [chr(random.randrange(0x4E00, 0x9FA5)) for _ in range(1500)]
    others = [
        (f"m-{n}", sketches.draw("".join(random.choices(words, k=15)), "".join(random.choices(words, k=120))))
        for n in range(1_000)
    ]
    wanted = ("lifts", sketches.draw(LIFTS["title"], "\n".join(LIFTS["body"].values())))
    own = sketches.draw(AGAIN["title"], "\n".join(AGAIN["body"].values()))
    begun = time.perf_counter()
    assert sketches.closest(own, [*others * 10, wanted], 20)[0] == "lifts"
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize("change", [{}, {"title": "关于学校门口交通的建议"}])
def test_a_matter_is_not_similar_to_itself(world: World, change: dict[str, Any]) -> None:
    """A retry finds the stored matter, not a similar one."""
    world.submit(**{**FORM, **change})
    assert hint(world) == []
