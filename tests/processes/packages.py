"""Packages, their compiled bundles and the calendar, read once."""

from functools import cache
from pathlib import Path

from services.workflow import calendars
from services.workflow.calendars import Calendar
from services.workflow.engine import Bundle, compile_bundle
from services.workflow.packages import Package, load

PROCESSES = Path(__file__).parents[2] / "processes"
FOLDERS = sorted(path.parent for path in PROCESSES.glob("*/*/package.yaml"))
NAMES = ["/".join(folder.parts[-2:]) for folder in FOLDERS]


@cache
def package_in(folder: Path) -> Package:
    """The package of a folder."""
    return load(folder)


@cache
def bundle_of(folder: Path) -> Bundle:
    """The package compiled for the engine."""
    package = package_in(folder)
    return compile_bundle(package.files, package.settings)


@cache
def calendar() -> Calendar:
    """The calendar with every notice of this repository."""
    return calendars.parse({path.name: path.read_bytes() for path in (PROCESSES / "calendars").glob("*.yaml")})
