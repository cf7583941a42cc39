"""Importing units and people: shown first, taken over whole, nothing half-imported."""

import io

import pytest

from services.common import db
from services.intake import registers, store
from tests.unit.intake.readers import Reader
from tests.unit.intake.test_administration import admin, app, body  # noqa: F401 - fixtures
from tests.unit.intake.worlds import World

PEOPLE = "编号,姓名,身份,单位,代表团,层级\nd-9,钱新,代表,,第九代表团,市\np-edu,周教育改名,工作人员,traffic,,\n"


def send(reader: Reader, path: str, content: bytes) -> tuple[int, str]:
    """Choose a file on the page."""
    answer = reader.post(f"/admin/import/{path}", file=(io.BytesIO(content), "list.csv"))
    return answer.status_code, answer.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_good_file_is_shown_and_then_taken_over(world: World, admin: Reader, encoding: str) -> None:  # noqa: F811
    """New ones are added, known ones changed; what the file has no column for stays."""
    status, page = send(admin, "people", PEOPLE.encode(encoding))
    assert (status, "新增 1 行，更新 1 行" in page, "第九代表团" in page) == (200, True, True)
    assert body(world, "person", "p-edu")["name"] == "周教育"
    assert admin.post("/admin/import/people", rows=PEOPLE, confirmed="1").status_code == 303
    assert body(world, "person", "p-edu") == {"name": "周教育改名", "kind": "staff", "unit": "traffic"}
    new = body(world, "person", "d-9")
    assert new == {"name": "钱新", "kind": "deputy", "delegation": "第九代表团", "level": "市", "active": True}


def test_one_bad_row_keeps_the_whole_file_out(world: World, admin: Reader) -> None:  # noqa: F811
    """Every fault is named with its row; confirming does not help."""
    rows = "id,name,kind,unit\nd-9,钱新,deputy,\nno good,孙,staff,\nx-1,,staff,nowhere\nd-9,又一个,king,\n"
    status, page = send(admin, "people", rows.encode())
    assert status == 422
    for text in ("3 行有问题", "第 3 行", "第 4 行", "第 5 行", "只能从所列选项中选择", "已经存在"):
        assert text in page
    assert admin.post("/admin/import/people", rows=rows, confirmed="1").status_code == 422
    with db.read(world.engine) as conn:
        assert store.entry(conn, "person", "d-9") is None


def test_units_may_name_a_parent_of_the_same_file(world: World, admin: Reader) -> None:  # noqa: F811
    """In whatever order they stand, and however deep."""
    rows = "id,name,parent\nlake,湖泊站,river\nriver,河道处,water\nwater,水利局,\n"
    assert admin.post("/admin/import/units", rows=rows, confirmed="1").status_code == 303
    with db.read(world.engine) as conn:
        assert registers.get(conn, "unit", "lake")["parent"] == "river"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"id\nx\n", b'id,name\n"x', b"\xff\xfe\xfa"])
def test_what_is_no_such_table_is_said_in_words(admin: Reader, content: bytes) -> None:  # noqa: F811
    """Also an empty and a broken file."""
    status, page = send(admin, "units", content)
    assert (status, "需要 CSV 文件" in page) == (422, True)
