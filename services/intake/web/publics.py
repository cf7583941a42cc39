"""What the public may look up without signing in: published matters, and where each stands."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from services.common import auth, db
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.intake import disclosures, publications, store
from services.intake.web.files import hand_out

pages = Blueprint("publics", __name__, url_prefix="/public")
TEXT_MAX = 100


@pages.get("/")
@auth.public
def search() -> str | Response:
    """`?q=`: words of title or number, or a code, which leads to its matter."""
    text = request.args.get("q", "").replace("\x00", "")[:TEXT_MAX].strip()
    number = page_number()
    with db.read(auth.extension().engine) as conn:
        code = disclosures.read_code(text)
        if code is not None and store.published(conn, code) is not None:
            return redirect(f"/public/{code}", 303)
        found = store.all_published(conn, text.split(), PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)
    return render_template("public.html", page=page_of(found, number), text=text)


@pages.get("/<code>")
@auth.public
def item(code: str) -> tuple[str, int]:
    """A published matter; every other code gets the same answer, whether there is such a matter or not."""
    typed = disclosures.read_code(code)
    with db.read(auth.extension().engine) as conn:
        found = publications.find(conn, typed) if typed is not None else None
    if found is None:
        return render_template("public_closed.html"), 404
    return render_template("public_item.html", item=found), 200


@pages.get("/<code>/files/<file_id>")
@auth.public
def file(code: str, file_id: str) -> Response | tuple[str, int]:
    """An attachment that was opened to the public; everything else gets the same answer as an unknown code."""
    typed = disclosures.read_code(code)
    with db.read(auth.extension().engine) as conn:
        item = publications.find(conn, typed) if typed is not None else None
    found = next((one for one in (item.files if item is not None else ()) if one.id == file_id), None)
    return hand_out(found, f"/public/{typed}") if found is not None else (render_template("public_closed.html"), 404)
