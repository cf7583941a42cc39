"""A certificate authority for one test, made by openssl in a few milliseconds."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key."""

    file: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates; its own is `ca.pem` in the directory."""

    directory: Path
    name: str

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        to = ("-keyout", self._path("ca.key"), "-out", self._path("ca.pem"))
        openssl("req", "-x509", *_KEY, *to, "-subj", f"/CN={self.name}", "-days", "2")

    @property
    def file(self) -> Path:
        """What others trust."""
        return self.directory / "ca.pem"

    def issue(self, common_name: str, *, days: int = 2, file: str = "", host: str = "") -> Certificate:
        """A certificate as `deploy/rabbitmq/README.md` makes them, of a server with `host`; negative days: expired."""
        stem = file or common_name
        made = Certificate(self.directory / f"{stem}.pem", self.directory / f"{stem}.key")
        wish, names = self._path(f"{stem}.csr"), self.directory / f"{stem}.ext"
        openssl("req", *_KEY, "-keyout", str(made.key), "-out", wish, "-subj", f"/CN={common_name}")
        signer = ["-CA", self._path("ca.pem"), "-CAkey", self._path("ca.key"), "-days", str(days)]
        if host:
            names.write_text(f"basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:{host}\n")
            signer += ["-extfile", str(names)]
        openssl("x509", "-req", "-in", wish, *signer, "-out", str(made.file))
        return made

    def _path(self, name: str) -> str:
        return str(self.directory / name)


def openssl(*arguments: str) -> None:
    """Run openssl; its words are in the failure."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"openssl {' '.join(arguments)}\n{done.stderr}"
