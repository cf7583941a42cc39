"""XML from outside: bombs and entities are refused with a finding, ordinary diagrams are read."""

import time

import pytest

from services.workflow.engine import documents
from services.workflow.engine.documents import WORDS, parse_xml
from services.workflow.engine.findings import Finding, Refused, word

LAUGHS = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
DOCTYPES = {
    "internal entity": b'<!DOCTYPE d [<!ENTITY x "a=1">]>',
    "external file": b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "external address": b'<!DOCTYPE d [<!ENTITY x SYSTEM "http://127.0.0.1:9/evil">]>',
    "parameter entity": b'<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p; <!ENTITY x "1">]>',
    "external definition": b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/evil.dtd">',
    "billion laughs": b'<!DOCTYPE d [<!ENTITY a0 "ha">' + LAUGHS + b'<!ENTITY x "&a9;">]>',
    "quadratic": b'<!DOCTYPE d [<!ENTITY a "' + b"a" * 50_000 + b'"><!ENTITY x "' + b"&a;" * 200 + b'">]>',
    "empty": b"<!DOCTYPE d>",
}


def refusal(content: bytes) -> Finding:
    """The one finding a document is refused with."""
    with pytest.raises(Refused) as caught:
        parse_xml(content, "a.bpmn")
    (found,) = caught.value.findings
    return found


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_a_doctype_is_refused_before_anything_in_it_happens(doctype: bytes) -> None:
    """Entities, local files, addresses and bombs all need a DOCTYPE, and none is read."""
    begin = time.thread_time()
    found = refusal(b'<?xml version="1.0"?>' + doctype + b'<d a="&x;">&x;</d>')
    assert (found.code, found.severity, found.file) == ("xml_doctype", "error", "a.bpmn")
    assert time.thread_time() - begin < 0.1


def test_a_doctype_in_another_encoding_is_refused() -> None:
    """The check reads XML, not bytes: UTF-16 hides nothing."""
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY x "1">]><d>&x;</d>'
    assert refusal(text.encode("utf-16")).code == "xml_doctype"


def test_the_word_doctype_in_a_text_is_only_text() -> None:
    """A documentation may speak of DOCTYPE."""
    root = parse_xml(b"<d><![CDATA[<!DOCTYPE d>]]><!-- <!DOCTYPE d> --></d>")
    assert root.text == "<!DOCTYPE d>"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"<a>",
        b"<a></b>",
        b"<a>&x;</a>",
        b"<a b='&x;'/>",
        b"<a/><b/>",
        b"<a b='1' b='2'/>",
        b"<x:a/>",
        b"\xff\xfe",
        b"<a>\xff</a>",
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
        b"<?xml version='1.0' encoding='nonsense'?><a/>",
        b"<a>\x00</a>",
    ],
)
def test_what_is_not_xml_is_refused_with_a_cure(content: bytes) -> None:
    """Broken files, unknown entities, prefixes and encodings give one finding in two languages."""
    found = refusal(content)
    assert found.code == "xml_malformed"
    assert "XML" in found.reason
    assert found.cure
    assert found.cure_en


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<a>" + b"x" * documents.MAX_BYTES + b"</a>", "xml_too_large"),
        (b"<a>" + b"<b/>" * documents.MAX_ELEMENTS + b"</a>", "xml_too_large"),
        (b"<a " + b" ".join(b'a%d=""' % n for n in range(201)) + b"/>", "xml_too_large"),
        (b"<a>" * 201 + b"</a>" * 201, "xml_too_deep"),
        (b"<a>" * 400_000, "xml_too_deep"),
    ],
)
def test_size_depth_and_count_are_bounded(content: bytes, code: str) -> None:
    """A document that would cost too much is refused early, whatever it would become."""
    begin = time.thread_time()
    assert refusal(content).code == code
    assert time.thread_time() - begin < 0.5


def test_an_ordinary_document_is_read_without_comments_and_instructions() -> None:
    """A comment inside a text does not cut it in two; the limits themselves are allowed."""
    root = parse_xml(b"<a><?php x ?><t>one<!-- c -->two</t></a>")
    assert root.findtext("t") == "onetwo"
    assert len(root) == 1
    parse_xml(b"<a>" * 200 + b"</a>" * 200)
    assert len(parse_xml(b"<a>" + b"<b/>" * (documents.MAX_ELEMENTS - 1) + b"</a>")) == documents.MAX_ELEMENTS - 1


def test_findings_have_all_their_words_and_are_ready_for_json() -> None:
    """Reason and cure in two languages; `Refused` tells the file and the reason."""
    for code, words in WORDS.items():
        found = word(WORDS, code, file="a.bpmn", element="x", severity="warning", detail="…")
        assert all(words)
        assert found.as_dict()["code"] == code
        assert found.as_dict()["element"] == "x"
    assert "a.bpmn" in str(Refused([found]))
