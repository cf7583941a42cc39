"""Attachments on disk, and what the virus scanner says of them, over real sockets."""

import hashlib
import io
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.intake import cabinets, files, store_files, tables
from services.intake.cabinets import Cabinet
from services.intake.files import Place
from services.intake.scanners import Scanner, Unanswered
from tests.unit.intake import papers
from tests.unit.intake.scanning import EICAR, clamd
from tests.unit.intake.worlds import World

VIRUS = papers.PDF + EICAR


def cabinet(world: World, clamd: str = "", **rules: Any) -> Cabinet:
    """The cabinet of a city, with a scanner and rules of its own."""
    return cabinets.of(replace(world.settings.files, clamd=clamd, **rules))


def bring(world: World, where: Cabinet, content: bytes = papers.PDF, name: str = "a.pdf", file_id: str = "f-1") -> Any:
    """Somebody brings a file for a draft."""
    with where.receive(io.BytesIO(content)) as arrival, db.begin(world.engine) as conn:
        place = Place(draft_id="draft-1")
        return files.keep(
            conn, where, arrival, file_id=file_id, name=name, place=place, by="liyun", at=world.clock.now()
        )


def stored(where: Cabinet) -> list[str]:
    """Every file in the folder."""
    root = where.rules.folder
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def refusal(act: Any) -> str:
    """The code of a refusal."""
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.code


def test_a_file_lies_under_its_hash_and_is_read_back(world: World) -> None:
    """Nothing else is left in the folder, and nobody else on the machine may look."""
    where = cabinet(world)
    row, digest = bring(world, where), hashlib.sha256(papers.PDF).hexdigest()
    assert stored(where) == [f"kept/{digest[:2]}/{digest}-f-1"]
    assert (row.sha256, row.size, row.kind, row.state) == (digest, len(papers.PDF), "pdf", "unscanned")
    with files.give_out(world.engine, where, row) as content:
        assert content.read() == papers.PDF
    assert stat.S_IMODE((where.rules.folder / stored(where)[0]).stat().st_mode) == 0o600


def test_what_is_refused_leaves_nothing(world: World) -> None:
    """Too large, empty, of another hash, of a kind not taken here, one too many: neither row nor byte."""
    where = cabinet(world, most_bytes=200, per_matter=0, kinds=("pdf", "docx"))
    refused = [
        refusal(lambda: bring(world, where, b"%PDF-" + b"x" * 200)),
        refusal(lambda: bring(world, where, b"")),
        refusal(lambda: where.receive(io.BytesIO(papers.PDF), sha256="0" * 64).__enter__()),
        refusal(lambda: bring(world, where, papers.PNG)),
        refusal(lambda: bring(world, where)),
    ]
    assert refused == ["file_too_large", "file_empty", "file_hash", "file_not_allowed", "too_many_files"]
    assert (world.rows(tables.file), stored(where)) == ([], [])


def test_a_virus_goes_into_quarantine(world: World, tmp_path: Path) -> None:
    """It keeps its id, and nobody gets it; the scanner is asked over TCP or a Unix socket."""
    for number, path in enumerate((None, tmp_path / "clamd.ctl")):
        with clamd(path=path) as address:
            where = cabinet(world, address)
            bad, good = bring(world, where, VIRUS, file_id=f"bad-{number}"), bring(world, where, file_id=f"f-{number}")
        assert (good.state, bad.state, bad.finding) == ("clean", "infected", "Eicar-Test-Signature")
        assert f"quarantine/{bad.sha256}-{bad.id}" in stored(where)
        assert refusal(lambda bad=bad, where=where: files.give_out(world.engine, where, bad)) == "file_infected"


@pytest.mark.parametrize(
    "said", [None, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"stream: size limit ERROR\0", b"\xff" * 5000]
)
def test_a_scanner_without_a_clear_answer_decides_nothing(said: bytes | None) -> None:
    """One that hangs or says something else; then it is left alone for a while instead of waited for."""
    with clamd(lambda _content: said) as address:
        scanner = Scanner(address, patience=0.2)
        for _ in range(2):
            with pytest.raises(Unanswered):
                scanner.scan(io.BytesIO(papers.PDF))
    with clamd() as address:
        scanner.address = address
        with pytest.raises(Unanswered):
            scanner.scan(io.BytesIO(papers.PDF))  # it rests, although the new one would answer


def test_a_file_waits_for_the_scanner_and_is_scanned_when_somebody_wants_it(world: World) -> None:
    """Until then nobody gets it; what was kept before there was a scanner is scanned then, too."""
    early = bring(world, cabinet(world), VIRUS, file_id="early")
    away = cabinet(world, "127.0.0.1:1")
    late = bring(world, away, file_id="late")
    assert refusal(lambda: files.give_out(world.engine, away, late)) == "file_waits"
    with clamd() as address:
        where = cabinet(world, address)
        files.give_out(world.engine, where, late).close()
        assert refusal(lambda: files.give_out(world.engine, where, early)) == "file_infected"
    assert {row["id"]: row["state"] for row in world.rows(tables.file)} == {"early": "infected", "late": "clean"}
    assert [path.split("/")[0] for path in stored(where)] == ["kept", "quarantine"]


def test_names_are_shown_without_paths_and_tricks(world: World) -> None:
    """No folder, nothing invisible that turns a name round, and an ending that fits the content."""
    del world
    said = {
        "../../etc/passwd": "passwd.pdf",
        "C:\\temp\\现场 照片.PDF": "现场 照片.pdf",
        "报告\u202efdp.exe": "报告fdp.exe.pdf",
        "..": "file.pdf",
        "a\r\nSet-Cookie: x.pdf": "aSet-Cookie: x.pdf",
        "长" * 300 + ".pdf": "长" * 146 + ".pdf",
    }
    assert {name: files.tidy_name(name, "pdf") for name in said} == said


def test_what_was_brought_for_nothing_is_forgotten(world: World) -> None:
    """After thirty days, with its bytes."""
    where = cabinet(world)
    bring(world, where)
    for days, left in ((29, 1), (2, 0)):
        world.clock.pass_(days=days)
        with db.begin(world.engine) as conn:
            gone = files.forget_stale(conn, world.clock.now())
        where.clear(gone)
        assert len(world.rows(tables.file)) == len(stored(where)) == left


def test_a_file_that_is_not_on_the_disk_is_an_error_that_says_what_to_do(world: World) -> None:
    """It was erased, or the folder was not restored with the database."""
    where = cabinet(world)
    row = bring(world, where)
    where.clear([row])
    with db.read(world.engine) as conn:
        assert store_files.file(conn, "f-1") is not None
    assert refusal(lambda: files.give_out(world.engine, where, row)) == "file_missing"
