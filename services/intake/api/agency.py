"""The door of agencies' own systems for attachments, by client certificate: `/agency/files`.

The reverse proxy verifies the certificate; its common name says which connector asks (`agency-<id>` or
`agency-<id>.<n>`). A connector brings files for matters in which its units take part, and fetches the files of those; a
congress system brings files before it hands in the matter they are for.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from services.common import auth, certificates, connectors, db, heirs, logs
from services.common.bus import topology
from services.common.problems import Problem
from services.common.requests import takes_files
from services.intake import files, letters, store, store_files, store_ledger, tables
from services.intake.api.answers import answer
from services.intake.files import Place
from services.intake.web.files import cabinet, send

api = Blueprint("api_agency", __name__, url_prefix="/agency")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ROUND: Final = re.compile(r"[0-9]{1,2}")
_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")
_CODED: Final = re.compile(r"(?:^|,)\s*sha-256=:?([A-Za-z0-9+/]{43}=):?\s*(?:,|$)", re.IGNORECASE)
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """The connector behind a certificate, and the units it speaks for now."""

    connector: str
    submits: bool
    units: frozenset[str]

    @property
    def scope(self) -> str:
        """What its files are kept under."""
        return f"connector:{self.connector}"


@api.get("/files")
@auth.public
def index() -> Response:
    """`?matter_id=`: the attachments of a matter in which a unit of the connector takes part, `{files: [{…, unit}]}`.

    404 unknown_matter.
    """
    with db.read(auth.extension().engine) as conn:
        caller, matter_id = _caller(conn), request.args.get("matter_id", "")
        if not _takes_part(conn, caller, matter_id):
            raise Problem("unknown_matter", 404)
        found = [one for one in store_files.of_matter(conn, matter_id) if one.unit is None or one.unit in caller.units]
    return answer({"files": [_told(one) for one in found]})


@api.get("/files/<file_id>")
@auth.public
def fetch(file_id: str) -> Response:
    """The content of an attachment, with `X-SHA256`; Range goes on in the middle. 404 unknown_file."""
    with db.read(auth.extension().engine) as conn:
        caller, found = _caller(conn), store_files.file(conn, file_id)
        if found is None or not _may_have(conn, caller, found):
            raise Problem("unknown_file", 404, value=file_id[:100])
    return send(found)


@api.put("/files/<file_id>")
@takes_files
@auth.public
def bring(file_id: str) -> Response:
    """Bring an attachment: `?name=&matter_id=&unit=&letter=`, the content as body, its SHA-256 in a header.

    201 with id, hash, size, kind; 200 when the same is there already, so repeat until one of them comes. 409
    file_conflict for an id that stands for other content; 422, 413 and 411 say what is wrong with the file.
    """
    with db.read(auth.extension().engine) as conn:
        caller, digest = _caller(conn), _digest()
        if (known := _known(conn, caller, file_id, digest)) is not None:
            return answer(_told(known))
        place = _place(conn, caller)
    if request.content_length is None:
        raise Problem("missing_length", 411)
    try:
        kept = _keep(caller, file_id, digest, place)
    except IntegrityError:  # the same file comes twice at the same moment
        raise Problem("unavailable", 503) from None
    _log.info("agency_file", connector=caller.connector, file=file_id, size=kept.size, state=kept.state)
    if kept.state == "infected":
        raise Problem("file_infected", 422)
    return answer(_told(kept), 201)


def _keep(caller: Caller, file_id: str, digest: str, place: Place) -> Row[Any]:
    here = auth.extension()
    with cabinet().receive(request.stream, sha256=digest) as arrival, db.begin(here.engine) as conn:
        return files.keep(
            conn,
            cabinet(),
            arrival,
            file_id=file_id,
            name=request.args.get("name") or file_id,
            place=place,
            by=caller.scope,
            at=here.clock.now(),
        )


def _caller(conn: Connection) -> Caller:
    """Who asks; raises `Problem` no_certificate or unknown_certificate."""
    name = certificates.name()
    if name is None:
        raise Problem("no_certificate", 403)
    connector = name.removeprefix("agency-").partition(".")[0]
    entry = store.entry(conn, "connector", connector, lock=False)
    body = entry.body if entry is not None else None
    allowed = (body or {}).get("certificates") or [name]
    if body is None or not topology.may_speak(name, connector) or name not in allowed:
        raise Problem("unknown_certificate", 403, value=name[:100])
    spoken = connectors.by_unit(conn, tables.directory, None)
    units = frozenset(unit for unit, speakers in spoken.items() if connector in speakers)
    former = heirs.former(conn, tables.directory.unit, units)
    return Caller(connector, bool(body.get("submit")), units | former)


def _takes_part(conn: Connection, caller: Caller, matter_id: str) -> bool:
    return not caller.units.isdisjoint(store_ledger.units_of(conn, matter_id))


def _may_have(conn: Connection, caller: Caller, file: Row[Any]) -> bool:
    if file.matter_id is None:
        return bool(file.brought_by == caller.scope)
    letter = letters.sealed_by(conn, file)
    if letter is not None and letter.sent_to == caller.connector:
        return True
    own = file.unit is None or file.unit in caller.units
    return own and _takes_part(conn, caller, file.matter_id)


def _known(conn: Connection, caller: Caller, file_id: str, digest: str) -> Row[Any] | None:
    """What stands under an id already; raises `Problem` bad_file_id, file_conflict or file_infected."""
    if not _ID.fullmatch(file_id):
        raise Problem("bad_file_id", 422)
    known = store_files.file(conn, file_id)
    if known is not None and (known.brought_by != caller.scope or known.sha256 != digest):
        raise Problem("file_conflict", 409, value=file_id)
    if known is not None and known.state == "infected":
        raise Problem("file_infected", 422)
    return known


def _place(conn: Connection, caller: Caller) -> Place:
    """What the file is for; raises `Problem` unknown_matter, which_unit, bad_letter or not_permitted."""
    matter_id, unit = request.args.get("matter_id"), request.args.get("unit")
    if not matter_id:
        if not caller.submits:
            raise Problem("not_permitted", 403)
        return Place()
    taking_part = caller.units & store_ledger.units_of(conn, matter_id)
    if not taking_part:
        raise Problem("unknown_matter", 404)
    if unit is None and len(taking_part) == 1:
        unit = next(iter(taking_part))
    if unit not in taking_part:
        raise Problem("which_unit", 422)
    return Place(matter_id=matter_id, unit=unit, letter=_letter())


def _letter() -> int | None:
    given = request.args.get("letter")
    if given is not None and not _ROUND.fullmatch(given):
        raise Problem("bad_letter", 422)
    return None if given is None else int(given)


def _digest() -> str:
    """The SHA-256 the content is said to have, in lower case; raises `Problem` missing_digest."""
    plain = request.headers.get("X-SHA256", "").strip()
    if _HEX.fullmatch(plain):
        return plain.lower()
    for header in ("Content-Digest", "Digest"):
        coded = _CODED.search(request.headers.get(header, ""))
        if coded is not None:
            try:
                return base64.b64decode(coded[1], validate=True).hex()
            except binascii.Error:
                break
    raise Problem("missing_digest", 400)


def _told(file: Row[Any]) -> dict[str, Any]:
    return {**files.told([file])[0], "unit": file.unit, "letter": file.letter, "state": file.state}
