"""Process packages as files: loaded, checked, compared and packed. No database here.

    package = load(Path("processes/yunting/2026"))
    findings = check(package)
    content = pack(package)          # canonical bytes; their SHA-256 is the package's identity

The formats are described in `processes/README.md`.
"""

from services.workflow.packages.archives import digest, pack, unpack
from services.workflow.packages.changes import Change, compare
from services.workflow.packages.checks import check
from services.workflow.packages.models import BadPackage, Package
from services.workflow.packages.sources import load, read

__all__ = ["BadPackage", "Change", "Package", "check", "compare", "digest", "load", "pack", "read", "unpack"]
