"""Assets: kept for ever under addresses that change, packed for whoever unpacks, and never needed."""

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.common import assets
from tests.unit.common import apps


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """The small app."""
    return apps.make(tmp_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a cookie."""
    return app.test_client()


def test_assets_are_kept_for_ever_under_an_address_that_changes(
    app: Flask, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new build gets a new address; without the fingerprint nothing is kept for ever."""
    monkeypatch.setattr(assets, "DIST", tmp_path)
    (tmp_path / "app.css").write_text("a{}")
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/workflow"}):
        first = assets.asset("app.css")
        (tmp_path / "app.css").write_text("b{color:red}")
        assert first.startswith("/workflow/static/app.css?v=")
        assert assets.asset("app.css") != first
    with client.get(first.removeprefix("/workflow")) as kept:
        assert "immutable" in kept.headers["Cache-Control"]
        assert "max-age=31536000" in kept.headers["Cache-Control"]
    with client.get("/static/app.css") as asked_again:
        assert "immutable" not in asked_again.headers["Cache-Control"]


def test_pages_work_before_the_assets_are_built(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They look plain, but they work; nothing outside the folder is served."""
    monkeypatch.setattr(assets, "DIST", tmp_path / "nothing")
    assert client.get("/open").status_code == 200
    for path in ("app.css", "../secret", "..%2fsecret", "%2e%2e/secret", "app\x00.css"):
        assert client.get(f"/static/{path}").status_code == 404, path


def test_scripts_are_packed_for_whoever_unpacks(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same content, fewer bytes, not sent twice; caches in between keep the two apart; a part is never packed."""
    monkeypatch.setattr(assets, "DIST", tmp_path)
    (tmp_path / "app.js").write_text("let a = 1;" * 1000)
    (tmp_path / "icon.svg").write_text("<svg/>")
    plain = client.get("/static/app.js")
    packed = client.get("/static/app.js", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 10 < len(plain.data)
    assert all("Accept-Encoding" in answer.headers["Vary"] for answer in (plain, packed))
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert "Content-Encoding" not in plain.headers
    known = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/static/app.js", headers=known).status_code == 304
    part = client.get("/static/app.js", headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, b"let a = 1;")
    drawing = client.get("/static/icon.svg", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in drawing.headers
    for answer in (plain, packed, part, drawing):
        answer.close()
