"""A file is what its content says, and what would harm its readers is refused by name."""

import io

import pytest

from services.common.config import FILE_KINDS
from services.common.problems import Problem
from services.intake import kinds
from tests.unit.intake import papers

GOOD = {
    "pdf": papers.PDF,
    "ofd": papers.OFD,
    "docx": papers.docx(),
    "xlsx": papers.XLSX,
    "png": papers.PNG,
    "jpeg": papers.JPEG,
}
MACROS = papers.archive({"[Content_Types].xml": "vnd.ms-word.document.macroEnabled", "word/document.xml": ""})
LONG = papers.archive({"[Content_Types].xml": " " * (kinds.INDEX_MAX + 1), "word/document.xml": ""})
BAD = {
    "file_kind": [papers.HTML, b"MZ\x90", b"   %PDF-1.4", b"x", papers.archive({"a.html": "<script>"})],
    "file_bomb": [papers.saying(papers.docx(), kinds.UNPACKED_MAX), papers.long_index(papers.docx()), LONG],
    "file_broken": [
        *(papers.saying(papers.docx(), 3), papers.docx()[:-30], papers.docx() + b"PK\x06\x07"),
        papers.strangely_packed(),
    ],
    "file_locked": [papers.locked(papers.docx())],
    "file_macros": [papers.docx(word__vbaProject_bin="x"), papers.docx(xl__macrosheets__a_xml="x"), MACROS],
}


def test_every_kind_is_known_by_its_content() -> None:
    """The settings name exactly these kinds."""
    assert {name: kinds.find(io.BytesIO(content)) for name, content in GOOD.items()} == {one: one for one in GOOD}
    assert set(GOOD) == set(kinds.KINDS) == set(FILE_KINDS)


@pytest.mark.parametrize("code", BAD)
def test_what_would_do_harm_is_refused_by_name(code: str) -> None:
    """Pages and programs, bombs, archives that lie about their length, passwords, macros."""
    for content in BAD[code]:
        with pytest.raises(Problem) as caught:
            kinds.find(io.BytesIO(content))
        assert caught.value.code == code, content[:40]
