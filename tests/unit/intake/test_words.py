"""Every text of intake's pages is there in English too."""

from pathlib import Path

from babel.messages.extract import extract_from_dir

import services.intake
from services.common import languages
from services.contracts import catalogue
from services.contracts.records import RECORDS
from services.intake.web import writing
from services.intake.web.words import COLUMNS, SAID

TEMPLATES = Path(services.intake.__file__).parent / "templates"


def test_every_text_of_the_templates_has_its_english() -> None:
    """Nobody meets a Chinese line on an English page."""
    method = [("**.html", "jinja2.ext:babel_extract")]
    found = {str(text) for _, _, text, _, _ in extract_from_dir(TEMPLATES, method_map=method, keywords={"_": None})}
    assert len(found) > 50
    assert missing(found) == set()


def test_every_kind_of_record_has_its_english_name() -> None:
    """The timeline names them."""
    assert missing({catalogue.record_schema(name)["title"] for name in RECORDS}) == set()


def test_the_form_speaks_both_languages() -> None:
    """Labels and options of the suggestion form."""
    for name, part in writing.FORM["properties"].items():
        assert part["title"] != part["x-title-en"], name
        if "enum" in part:
            assert set(part["x-labels-en"]) == set(part["enum"]), name


def test_what_python_says_is_there_twice() -> None:
    """The small tables of texts."""
    assert all(zh and en and zh != en for zh, en in (*SAID.values(), *COLUMNS))


def missing(texts: set[str]) -> set[str]:
    """The texts the English catalogue does not know."""
    english = languages.load()
    return {text for text in texts if english.gettext(text) == text}
