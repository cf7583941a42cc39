"""The door for agencies' systems: what a certificate opens, and every way to get through it without one."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from services.common import db
from services.intake import cabinets, directory, kinds, tables
from services.intake.web.files import _CABINET
from tests.attempts import WITH_A_FILE
from tests.unit.intake import papers
from tests.unit.intake.scanning import EICAR, clamd
from tests.unit.intake.stories import handled
from tests.unit.intake.worlds import World

BUREAU, CONGRESS = "agency-bureau", "agency-congress"


def sha(content: bytes) -> str:
    """The SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class Door:
    """An agency's system at the door, with a certificate the proxy has verified, or none."""

    def __init__(self, app: Flask, name: str | None) -> None:
        self.client, self.environ = app.test_client(), {"huiyin.certificate": name} if name else {}

    def put(self, file_id: str, content: bytes = papers.PDF, **more: Any) -> TestResponse:
        """Bring a file; `headers` replaces that of the hash, the rest is the query."""
        headers = more.pop("headers", {"X-SHA256": sha(content)})
        return self.client.put(
            f"/agency/files/{file_id}", data=content, headers=headers, query_string=more, environ_overrides=self.environ
        )

    def get(self, path: str, **query: str) -> TestResponse:
        """Fetch something, with whatever headers anybody could send."""
        headers = {"X-Client-Certificate": BUREAU, "X-SSL-Client-CN": BUREAU}
        return self.client.get(
            f"/agency/files{path}", query_string=query, headers=headers, environ_overrides=self.environ, buffered=True
        )


@pytest.fixture
def matter(world: World, app: Flask) -> str:
    """A matter handed over to two units; the connector `bureau` speaks for one of them."""
    del app
    matter_id = world.submit().matter_id
    world.receive(*handled(matter_id)[:7])
    world.work()
    return matter_id


def code(answer: TestResponse) -> str:
    """The code of a refusal, with its status."""
    return f"{answer.status_code} {(answer.get_json() or {}).get('code', '')}"


def test_a_file_is_brought_again_and_again_and_is_there_once(world: World, app: Flask, matter: str) -> None:
    """Repeating is how one goes on after a broken line; other content needs another id."""
    door = Door(app, BUREAU)
    first, again = (door.put("f-1", matter_id=matter, name="盖章件.pdf") for _ in range(2))
    other = door.put("f-1", papers.PNG, matter_id=matter)
    assert [first.status_code, again.status_code, code(other)] == [201, 200, "409 file_conflict"]
    assert first.get_json() == again.get_json()
    (row,) = world.rows(tables.file)
    assert (row["unit"], row["brought_by"], row["name"]) == ("edu", "connector:bureau", "盖章件.pdf")
    assert [one["file_id"] for one in door.get("", matter_id=matter).get_json()["files"]] == ["f-1"]
    fetched = door.get("/f-1")
    assert (fetched.data, fetched.headers["X-SHA256"]) == (papers.PDF, sha(papers.PDF))
    assert Door(app, f"{BUREAU}.2").get("/f-1").status_code == 200  # a certificate that was renewed


def test_every_usual_way_to_write_a_hash_is_understood(app: Flask, matter: str) -> None:
    """RFC 9530, the older Digest, and plain hexadecimal."""
    coded = base64.b64encode(hashlib.sha256(papers.PDF).digest()).decode()
    ways = (
        {"Content-Digest": f"sha-256=:{coded}:"},
        {"Digest": f"md5=x,SHA-256={coded}"},
        {"X-SHA256": sha(papers.PDF)},
    )
    brought = [Door(app, BUREAU).put(f"f-{n}", headers=way, matter_id=matter).status_code for n, way in enumerate(ways)]
    assert brought == [201, 201, 201]


STRANGERS = ("agency-traffic", "bureau", "svc-intake", "agency-", "agency-bureau-2", "agency-bureau,O=x")
NO_WAY_IN = {None: "no_certificate", **dict.fromkeys(STRANGERS, "unknown_certificate")}


@pytest.mark.parametrize("name", NO_WAY_IN)
def test_without_the_certificate_of_a_connector_nothing_opens(app: Flask, matter: str, name: str | None) -> None:
    """A header is worth nothing by itself, nor is a certificate of somebody else."""
    Door(app, BUREAU).put("f-1", matter_id=matter)
    door = Door(app, name)
    said = [code(one) for one in (door.get("/f-1"), door.get("", matter_id=matter), door.put("f-2", matter_id=matter))]
    assert said == [f"403 {NO_WAY_IN[name]}"] * 3


def test_every_attempt_is_answered_as_the_document_says(world: World, app: Flask, matter: str) -> None:
    """The table of files in docs/security.md; nothing of it leaves a row."""
    with clamd() as address:
        app.extensions[_CABINET] = cabinets.of(replace(world.settings.files, clamd=address, most_bytes=2000))
        with db.begin(world.engine) as conn:
            for connector, body in (("road", {"units": ["traffic"]}), ("shut", {"certificates": ["agency-shut.2"]})):
                directory.put(conn, "connector", connector, {"units": [], **body}, world.clock.now())
        other = world.submit(key="k-2", title="关于另一件事的建议").matter_id
        bureau, road, congress = Door(app, BUREAU), Door(app, "agency-road"), Door(app, CONGRESS)
        assert bureau.put("f-1", matter_id=matter).status_code == congress.put("c-1").status_code == 201
        tried = {
            "file-no-certificate": app.test_client().get("/agency/files/f-1"),
            "file-header": Door(app, None).get("/f-1"),
            "file-certificate": Door(app, "agency-weather").get("/f-1"),
            "file-leaked": Door(app, "agency-shut").get("", matter_id=matter),
            "file-matter": bureau.put("f-2", matter_id=other),
            "file-unit": road.get("/f-1"),
            "file-connector": bureau.get("/c-1"),
            "file-name": road.put("f-2", matter_id=matter, unit="edu"),
            "file-id": road.put("f-1", matter_id=matter),
            "file-hash": bureau.put("f-2", headers={"X-SHA256": "0" * 64}, matter_id=matter),
            "file-large": bureau.put("f-2", papers.PDF + b"%" * 2000, matter_id=matter),
            "file-disguised": bureau.put("f-2", papers.HTML, matter_id=matter, name="盖章件.pdf"),
            "file-bomb": bureau.put("f-2", papers.saying(papers.docx(), kinds.UNPACKED_MAX), matter_id=matter),
            "file-macros": bureau.put("f-2", papers.docx(word__vbaProject_bin="x"), matter_id=matter),
            "file-virus": bureau.put("v-1", papers.PDF + EICAR, matter_id=matter),
            "file-path": bureau.put(".hidden", matter_id=matter),
        }
        assert {name: code(answer).partition(" ")[2] for name, answer in tried.items()} == WITH_A_FILE
        assert {row["id"]: row["state"] for row in world.rows(tables.file)} == dict.fromkeys(
            ("c-1", "f-1"), "clean"
        ) | {"v-1": "infected"}
        assert [code(bureau.get("", matter_id=other)), code(bureau.put("f-3"))] == [
            "404 unknown_matter",
            "403 not_permitted",
        ]
        again = [code(bureau.put("v-1", papers.PDF + EICAR, matter_id=matter)), code(bureau.get("/v-1"))]
        assert again == ["422 file_infected", "403 file_infected"]
    assert Door(app, "agency-shut.2").get("", matter_id=matter).status_code == 404  # the certificate that replaced it
    assert road.get("", matter_id=matter).get_json() == {"files": []}


def test_what_cannot_be_told_from_its_content_is_asked_for(app: Flask, matter: str) -> None:
    """Hash and length; ids and names are taken as plain names and never as paths."""
    door = Door(app, BUREAU)
    sent = {"headers": {"X-SHA256": sha(b"")}, "environ_overrides": door.environ}
    refused = [
        door.put("f-1", headers={"X-SHA256": "zz"}, matter_id=matter),
        door.client.put(f"/agency/files/f-1?matter_id={matter}", **sent),
        door.put("..", matter_id=matter),
        door.put("%2e%2e%2f%2e%2e%2fetc", matter_id=matter),
    ]
    said = ["400 missing_digest", "411 missing_length", "422 bad_file_id", "404 not_found"]
    assert [code(one) for one in refused] == said
    brought = door.put("f-1", matter_id=matter, name="../../x\u202efdp.exe").get_json()
    assert (brought["name"], brought["unit"]) == ("xfdp.exe.pdf", "edu")
