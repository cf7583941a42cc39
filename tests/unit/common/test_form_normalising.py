"""Signs that look alike become the one the form wants."""

from services.common.form_normalising import normalise

NUMBER = {"type": "string", "title": "文号", "x-title-en": "number", "x-normalise": "brackets"}
FORM = {
    "type": "object",
    "properties": {
        "doc_no": NUMBER,
        "note": {"type": "string"},
        "rows": {"type": "array", "title": "附件", "items": {"type": "object", "properties": {"doc_no": NUMBER}}},
    },
}


def test_every_kind_of_bracket_becomes_the_one_of_document_numbers() -> None:
    """Also inside rows and groups; the remark names the field as people see it."""
    data = {"doc_no": "云政﹝2026﹞1号", "rows": [{"doc_no": "云政〔2026〕2号"}, {"doc_no": "云政[2026］3号"}]}
    changed, notes = normalise(FORM, data)
    assert changed == {
        "doc_no": "云政〔2026〕1号",
        "rows": [{"doc_no": "云政〔2026〕2号"}, {"doc_no": "云政〔2026〕3号"}],
    }
    assert [(note.path, note.code) for note in notes] == [("doc_no", "brackets"), ("rows.1.doc_no", "brackets")]
    assert notes[0].text == "“文号”里的括号已统一为〔〕"
    assert notes[0].text_en == "the brackets in “number” were changed into 〔〕"


def test_other_fields_and_odd_data_stay_as_they_are() -> None:
    """Fields without the hint, fields the form does not know, and values of the wrong shape."""
    data = {"note": "[x]", "more": ["[x]"], "doc_no": 7, "rows": "[x]"}
    assert normalise(FORM, data) == (data, [])
