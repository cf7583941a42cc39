"""The ledger sorted and exported: what the filter shows, in its order, with the local fields; fast with a thousand."""

import csv
import io
import time
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import event

from services.common import db
from services.intake import ledger, listings, statistics
from services.intake.grants import Scope
from services.intake.listings import Filter
from tests.unit.intake import crowds, stories
from tests.unit.intake.readers import Reader
from tests.unit.intake.worlds import Case, World, package

ALL = Scope(everything=True)
CONTACT = {"phase": "before", "channel": "phone", "date": "2026-02-01", "persons": "周教育", "summary": "已沟通"}


def table(reader: Reader, query: str = "") -> list[dict[str, str]]:
    """The export as text: rows by their heads."""
    text = reader.client.get(f"/ledger.csv{query}").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def sheet(reader: Reader, query: str = "", number: int = 0) -> list[list[Any]]:
    """The export as a workbook: all cells of one sheet, the lines or the numbers."""
    answer = reader.client.get(f"/ledger.xlsx{query}")
    assert answer.headers["Content-Disposition"].endswith("ledger.xlsx")
    book = load_workbook(io.BytesIO(answer.data))
    return [list(row) for row in book.worksheets[number].iter_rows(values_only=True)]


@pytest.fixture
def clerk(reader: Reader) -> Reader:
    """The congress office."""
    reader.sign_in("clerk")
    return reader


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("no", ["183001", "183002", "183003"]),
        ("-no", ["183003", "183002", "183001"]),
        ("title", ["183002", "183003", "183001"]),
        ("-submitted", ["183003", "183002", "183001"]),
        ("state", ["183003", "183001", "183002"]),
        ("-state", ["183002", "183001", "183003"]),
        ("topic", ["183002", "183003", "183001"]),
        ("due", ["183001", "183003", "183002"]),
    ],
)
def test_page_and_exports_have_the_same_order(clerk: Reader, world: World, sort: str, order: list[str]) -> None:
    """By any column, both ways, what is empty last; states in the order of a matter's life."""
    ids = []
    for n, (title, topic) in enumerate([("丙", None), ("甲", "城建环资"), ("乙", "教科文卫")]):
        ids.append(
            world.submit(key=str(n), title=f"关于{title}的建议".replace("甲", "a").replace("乙", "b"), topic=topic)
        )
        world.clock.pass_(minutes=1)
    world.receive(*stories.handled(ids[0].matter_id)[:10], *stories.handled(ids[1].matter_id, "c-2"))
    world.work()
    assert [row["编号"] for row in table(clerk, f"?sort={sort}")] == order
    assert [row[0] for row in sheet(clerk, f"?sort={sort}")[1:]] == order
    page = clerk.client.get(f"/ledger?sort={sort}").text
    assert sorted(order, key=page.index) == order


def test_a_head_turns_its_own_order_around(clerk: Reader, world: World) -> None:
    """And keeps the filter; screen readers learn how the table is sorted."""
    world.submit()
    page = clerk.client.get("/ledger?kind=suggestion&sort=no").text
    assert 'aria-sort="ascending"><a href="/ledger?kind=suggestion&amp;sort=-no">编号' in page
    assert 'aria-sort="none"><a href="/ledger?kind=suggestion&amp;sort=title">标题' in page
    assert 'name="sort" value="no"' in page
    assert clerk.client.get("/ledger?sort=secret").status_code == 400


def test_an_export_holds_what_the_filter_shows(clerk: Reader, world: World) -> None:
    """No line more."""
    world.submit(key="1", topic="城建环资")
    world.submit(key="2", topic="教科文卫")
    (row,) = table(clerk, "?topic=城建环资")
    assert (row["分类"], row["代表团"], row["领衔代表"]) == ("城建环资", "望河区代表团", "李云")
    assert len(sheet(clerk, "?topic=城建环资")) == 2


def test_a_workbook_has_dates_and_no_formulas(clerk: Reader, world: World) -> None:
    """A title that looks like a formula stays a title."""
    matter_id = world.submit(title="=关于公式的建议").matter_id
    world.receive(*stories.handled(matter_id)[:12])
    world.work()
    heads, row = sheet(clerk)
    assert row[heads.index("标题")] == "=关于公式的建议"
    assert str(row[heads.index("到期日")])[:10] == "2026-05-20"
    assert "'=关于公式的建议" in table(clerk)[0]["标题"]


def test_local_fields_have_columns_of_their_own(clerk: Reader, world: World) -> None:
    """Called as the package calls them; the latest record counts, in every kind of export."""
    local = {"local": {"contact.weather": "天气"}}
    with db.begin(world.engine) as conn:
        ledger.apply(conn, package(status="retired", labels=local))
    case = Case(world.submit(key="1").matter_id)
    world.submit(key="2")
    first = case.record("r1", "contact", {**CONTACT, "extra": {"weather": "雨", "minutes": 30}})
    second = case.record("r2", "contact", {**CONTACT, "extra": {"weather": "晴", "leader": True}})
    world.receive(second, first)
    world.work()
    told, silent = table(clerk, "?sort=no")
    assert (told["沟通记录·天气"], told["沟通记录·minutes"], told["沟通记录·leader"]) == ("晴", "30", "是")
    assert silent["沟通记录·天气"] == ""
    assert "沟通记录·天气" in sheet(clerk)[0]
    assert "沟通记录·天气" not in table(clerk, "?q=183002")[0]


def test_a_sealed_rating_s_local_fields_are_not_exported(world: World) -> None:
    """The unit reads them when the round is closed."""
    case = Case(world.submit().matter_id)
    world.receive(case.record("r1", "feedback", {"result": "satisfied", "deputy": "d-1", "extra": {"mood": "好"}}))
    world.work()
    seen = {}
    with db.read(world.engine) as conn:
        for name, scope in {"office": Scope(everything=True, sees_ratings=True), "government": ALL}.items():
            seen[name] = listings.local_fields(conn, scope, Filter(), world.clock.now())
    assert seen == {"office": {("feedback", "mood"): {case.matter_id: "好"}}, "government": {}}


def test_a_thousand_matters_take_no_more_questions_than_ten(world: World) -> None:
    """The number of statements does not grow with the lines; page and export stay within a second or two."""
    crowds.fill(world, 1_000)
    now = world.clock.now() + timedelta(days=90)
    asked: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    begun = time.perf_counter()
    with db.read(world.engine) as conn:
        page = listings.find(conn, ALL, Filter(sort="title"), now)
        statistics.head(conn, ALL, Filter(), now)
    assert (page.total, len(page.lines)) == (1_001, 50)
    assert len(asked) < 22
    asked.clear()
    with db.read(world.engine) as conn:
        assert len(list(listings.every(conn, ALL, Filter(), now))) == 1_001
        listings.local_fields(conn, ALL, Filter(), now)
    assert len(asked) < 40
    assert time.perf_counter() - begun < 4
