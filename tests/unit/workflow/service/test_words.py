"""Everything people read has its words in both languages."""

import re
from pathlib import Path

from services.common import languages, problems
from services.contracts import rejections
from services.contracts.messages import MESSAGES
from services.workflow import problems as own
from services.workflow.consumer import HANDLERS

HAN = re.compile(r"[一-鿿]")


def test_every_text_of_the_templates_has_its_english() -> None:
    """The msgid is the Chinese text."""
    catalogue = languages.load()
    found = {
        text
        for path in (Path(own.__file__).parent / "templates").glob("*.html")
        for text in re.findall(r"_\(\s*[\"']([^\"']+)[\"']", path.read_text("utf-8"))
    }
    assert [text for text in sorted(found) if HAN.search(catalogue.gettext(text))] == []


def test_every_engine_code_has_words() -> None:
    """An incident says what went wrong in words."""
    engine = Path(own.__file__).parent / "engine"
    sources = "".join(path.read_text("utf-8") for path in engine.rglob("*.py"))
    raised = set(re.findall(r"(?:EngineError|Unexpected)\(\s*\"([a-z_]+)\"", sources))
    known = own.ENGINE.keys() | problems.known() | rejections.REJECTIONS.keys()
    assert sorted(raised - known) == []


def test_every_message_for_this_service_is_handled() -> None:
    """And none that is not for it."""
    meant = {name for name, entry in MESSAGES.items() if "workflow" in entry.receivers}
    assert meant == HANDLERS.keys()
