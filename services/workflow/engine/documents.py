"""XML from outside, read with suspicion: no DOCTYPE, no network; size, depth and count are bounded."""

from __future__ import annotations

import re
from xml.parsers import expat

from lxml import etree

from services.workflow.engine.findings import Refused, Words, word

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 200
MAX_ELEMENTS = 20_000
MAX_ATTRIBUTES = 200

_CHINESE = re.compile(
    rb"""\A\s*<\?xml[^>]{0,80}?\sencoding\s*=\s*["'](?:gb_?2312|gbk|gb18030|cp936)["']""", re.IGNORECASE
)
_ENCODING = re.compile(r"""\sencoding\s*=\s*["'][^"']*["']""")

WORDS = {
    "xml_malformed": Words(
        "不是格式正确的 XML：{detail}",
        "not well-formed XML: {detail}",
        "请用建模工具重新导出该文件",
        "export the file again from the modeler",
    ),
    "xml_doctype": Words(
        "文件含有 DOCTYPE 声明",
        "the file declares a DOCTYPE",
        "删除 DOCTYPE 及其中的实体声明",
        "remove the DOCTYPE and its entities",
    ),
    "xml_too_large": Words(
        "文件太大：{detail}",
        "the file is too large: {detail}",
        "把流程拆成若干被调用的子流程文件",
        "split the process into called processes, one file each",
    ),
    "xml_too_deep": Words(
        "元素嵌套超过 {detail} 层",
        "elements are nested more than {detail} deep",
        "减少嵌套的子流程",
        "nest fewer sub-processes",
    ),
}


class _Guard:
    """Walks the events of a parser that builds nothing, and stops at the first thing we refuse."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.depth = self.elements = 0

    def refuse(self, code: str, detail: object = "") -> Refused:
        return Refused([word(WORDS, code, file=self.file, detail=detail)])

    def doctype(self, *_: object) -> None:
        raise self.refuse("xml_doctype")

    def open(self, _: str, attributes: list[str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > MAX_DEPTH:
            raise self.refuse("xml_too_deep", MAX_DEPTH)
        if self.elements > MAX_ELEMENTS:
            raise self.refuse("xml_too_large", f"> {MAX_ELEMENTS} elements")
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            raise self.refuse("xml_too_large", f"> {MAX_ATTRIBUTES} attributes")

    def close(self, _: str) -> None:
        self.depth -= 1

    def check(self, content: bytes) -> None:
        parser = expat.ParserCreate()
        parser.ordered_attributes = True
        parser.StartDoctypeDeclHandler = self.doctype
        parser.StartElementHandler = self.open
        parser.EndElementHandler = self.close
        parser.Parse(content, True)


def parse_xml(content: bytes, file: str = "", *, comments: bool = False) -> etree._Element:
    """The root element without processing instructions and, unless asked for, comments; raises Refused.

    A first pass with expat builds no tree, so a bomb is refused before it can grow; lxml then builds it.
    """
    guard = _Guard(file)
    if len(content) > MAX_BYTES:
        raise guard.refuse("xml_too_large", f"> {MAX_BYTES} bytes")
    try:
        content = _unicode(content)
        guard.check(content)
        return etree.fromstring(content, _parser(comments))
    except (expat.ExpatError, etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise guard.refuse("xml_malformed", error) from None


def write_xml(root: etree._Element) -> bytes:
    """The document as a file: UTF-8, with its declaration."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _unicode(content: bytes) -> bytes:
    """A file in the old Chinese encodings as UTF-8; expat does not read these. Raises ValueError."""
    if _CHINESE.match(content) is None:
        return content
    return _ENCODING.sub("", content.decode("gb18030"), count=1).encode()


def _parser(comments: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=not comments,
        remove_pis=True,
    )
