"""Templates of somebody else's making: a sandbox, no missing names, no header lines."""

from typing import Any

import pytest

from services.notify import texts

MATTER: dict[str, Any] = {"matter_id": "m-1", "matter_no": None, "title": "关于路灯的建议"}


def fill(subject: str, body: str = "正文", **facts: Any) -> texts.Rendered:
    """Fill a template that is the same in both languages."""
    source = {"subject": subject, "body": body}
    return texts.render({"t": {"zh": source, "en": source}}, "t", MATTER, facts, "2026-03-06T09:30:00+08:00")


def test_a_template_reads_matter_and_facts() -> None:
    """And nothing else is needed."""
    found = fill("{{ matter.title }}", "{% if facts.days > 2 %}还有{{ facts.days }}天{% endif %}", days=3)
    assert found.error is None
    assert found.texts["zh"] == {"subject": "关于路灯的建议", "body": "还有3天"}


@pytest.mark.parametrize(
    "attack",
    [
        "{{ matter.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ matter.update({'title': 'x'}) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% for x in range(10000000) %}{% endfor %}",
        "{{ matter.nothing }}",
        "{{ 1 / 0 }}",
        "{% endif %}",
        "",
    ],
)
def test_what_a_template_must_not_do_gives_the_plain_text(attack: str) -> None:
    """Escapes, changes, waste and mistakes alike: the plain text, and the reason beside it."""
    found = fill(attack)
    assert found.texts["zh"]["subject"] == "办理通知：关于路灯的建议"
    assert found.texts["en"]["subject"] == "Notice: 关于路灯的建议"
    assert found.error


def test_a_subject_is_one_line() -> None:
    """A title with line ends becomes no mail header."""
    found = fill("{{ facts.title }}", title="第一行\r\nBcc: all@example.com")
    assert found.texts["zh"]["subject"] == "第一行 Bcc: all@example.com"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("一\n{{ facts.nothing }}", "body, line 2: UndefinedError"),
        ("一\n二\n{% if %}", "body, line 3: TemplateSyntaxError"),
        ("{% for x in facts %}\n{{ x.a.b }}\n{% endfor %}", "body, line 2: UndefinedError"),
    ],
)
def test_a_fault_has_its_line(body: str, line: str) -> None:
    """Found when the text is read or only when it is filled."""
    assert f"t.zh: {line}" in str(fill("主题", body, due="x").error)
