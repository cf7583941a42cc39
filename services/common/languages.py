"""Chinese first, English beside it: which language a request speaks, and the catalogue of English texts.

A text's key (msgid) is the Chinese text itself, so Chinese needs no catalogue. The English catalogues are
the ``.po`` files under ``translations/en/LC_MESSAGES``; they are read into memory when an app starts, so no
compiled file is committed or written.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, has_request_context, request
from flask_babel import Babel  # type: ignore[import-untyped, unused-ignore]

Language = Literal["zh", "en"]
LOCALES: Final[Mapping[str, str]] = {"zh": "zh_Hans_CN", "en": "en"}
COOKIE: Final = "lang"
CATALOGUES: Final = Path(__file__).parent / "translations" / "en" / "LC_MESSAGES"
_YEAR: Final = 365 * 24 * 3600


def current() -> Language:
    """The language of this request: ``?lang=``, else the cookie, else Chinese; Chinese outside a request."""
    if not has_request_context():
        return "zh"
    wish = request.args.get("lang") or request.cookies.get(COOKIE)
    return "en" if wish == "en" else "zh"


def html_language() -> str:
    """The value of ``<html lang>`` for this request."""
    return "en" if current() == "en" else "zh-Hans-CN"


def pick(zh: str, en: str | None) -> str:
    """The text in the language of this request; Chinese where no English was written."""
    return en if en and current() == "en" else zh


def bracketed(text: str, aside: str) -> str:
    """A text with an aside in the brackets of this request's language; without an aside the text alone."""
    return pick(f"{text}（{aside}）", f"{text} ({aside})") if aside else text


def load(folder: Path = CATALOGUES) -> Translations:
    """Read every ``.po`` file of the folder into one catalogue, untranslated and fuzzy entries left out."""
    merged = Catalog(locale="en")
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="en"):
                if message.id and message.string and not message.fuzzy:
                    merged.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


def install(app: Flask) -> None:
    """Give the app's templates ``_()`` and the language switch."""
    babel = Babel()
    babel.init_app(app, default_locale=LOCALES["zh"], locale_selector=lambda: LOCALES[current()])
    with app.app_context():
        cache = babel.domain_instance.cache
    cache[LOCALES["en"], "messages"] = load()
    cache[LOCALES["zh"], "messages"] = NullTranslations()
    app.after_request(_remember)
    app.jinja_env.globals.update(language=current, html_language=html_language, pick=pick, bracketed=bracketed)


def _remember(response: Response) -> Response:
    """Keep a language that was chosen by ``?lang=`` for the next pages."""
    wish = request.args.get("lang", "")
    if wish in LOCALES:
        response.set_cookie(
            COOKIE, wish, max_age=_YEAR, path="/", samesite="Lax", secure=request.is_secure, httponly=True
        )
    return response
