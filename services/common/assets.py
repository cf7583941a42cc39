"""Built scripts and styles: at addresses that change with their content, packed for browsers that can unpack."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, request, send_from_directory, url_for

from services.common import auth

DIST: Final = Path(__file__).parent / "static" / "dist"
_FOREVER: Final = 365 * 24 * 3600
_PACKED: Final = frozenset({".css", ".js"})


def install(app: Flask) -> None:
    """Serve the assets, and let templates ask for their addresses."""

    @app.get("/static/<path:filename>")
    @auth.public
    def static(filename: str) -> Response:
        """A built asset; under an address that names its content it may be kept for ever."""
        named = "v" in request.args
        response = send_from_directory(DIST, filename, max_age=_FOREVER if named else None)
        if named:
            response.cache_control.immutable = True
        return _packed(response, (DIST / filename).resolve())  # resolved: however it is asked for, packed once

    app.jinja_env.globals.update(asset=asset)


def asset(name: str) -> str:
    """The address of a built asset; it changes with the content, so browsers may keep it for ever."""
    return url_for("static", filename=name, v=_fingerprint(DIST / name, _changed(DIST / name)))


def _packed(response: Response, path: Path) -> Response:
    """The whole of a script or style with gzip, where the browser takes that."""
    if path.suffix not in _PACKED:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not request.accept_encodings["gzip"]:
        return response
    plain, _ = response.get_etag()
    response.close()
    response.direct_passthrough = False
    response.set_data(_gzipped(path, _changed(path)))
    response.content_encoding = "gzip"
    del response.headers["Accept-Ranges"]
    response.set_etag(f"{plain}-gzip")
    response.make_conditional(request)
    return response


def _changed(path: Path) -> int:
    """When the file was built; 0 for assets that were not built, whose pages come without looks."""
    return path.stat().st_mtime_ns if path.is_file() else 0


@cache
def _fingerprint(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if changed else "0"


@cache
def _gzipped(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)
