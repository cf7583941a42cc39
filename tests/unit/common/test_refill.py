"""What was typed goes back into the one form it came from, and nowhere else."""

import pytest

from services.common import refill

PAGE = """<p>Text &amp; <b>bold</b></p>
<form method="get"><input name="q" value="1"></form>
<form method="post" action="/save?n=1"><input type="hidden" name="csrf_token" value="T"><input name="line">
<textarea id="t" name="text" rows="4">
old</textarea><input type="radio" name="mode" value="a" checked><input type="radio" name="mode" value="b">
<input type="checkbox" name="unit" value="x" checked><input type="checkbox" name="unit" value="y">
<input type="checkbox" name="flag">
<select name="s"><option value="1" selected>1</option><option value="2">2</option></select>
<button name="action" value="save">OK</button></form>
<form method="post" action="/other"><input name="line" value="mine"></form>
"""


def fill(*sent: tuple[str, str], address: str = "/save?n=1", html: str = PAGE) -> tuple[str, list[tuple[str, str]]]:
    """Fill the page at /page."""
    return refill.fill(html, "/page", address, sent)


def test_everything_stands_where_it_was_typed() -> None:
    """Lines, areas, choices, boxes and lists; what was not ticked is not ticked."""
    html, left = fill(
        ("line", 'a "quoted" <line>'), ("text", "\n<b>two</b>\nlines"), ("mode", "b"), ("unit", "y"), ("s", "2"),
        ("flag", "on"), ("action", "save"), ("csrf_token", "old"),
    )  # fmt: skip
    assert left == []
    assert '<input name="line" value="a &quot;quoted&quot; &lt;line&gt;">' in html
    assert '<textarea id="t" name="text" rows="4">\n\n&lt;b&gt;two&lt;/b&gt;\nlines</textarea>' in html
    assert '<input type="radio" name="mode" value="a"><input type="radio" name="mode" value="b" checked>' in html
    assert '<input type="checkbox" name="unit" value="x"><input type="checkbox" name="unit" value="y" checked>' in html
    assert '<input type="checkbox" name="flag" checked>' in html
    assert '<option value="1">1</option><option value="2" selected>2</option>' in html
    assert 'name="csrf_token" value="T"' in html
    assert '<input name="q" value="1">' in html
    assert '<input name="line" value="mine">' in html
    assert html.startswith("<p>Text &amp; <b>bold</b></p>")


def test_what_has_no_place_is_given_back() -> None:
    """An input that is gone, an option that is no option, the second of two where there is one."""
    html, left = fill(("line", "one"), ("line", "two"), ("gone", "text"), ("s", "9"))
    assert 'value="one"' in html
    assert left == [("line", "two"), ("gone", "text"), ("s", "9")]


@pytest.mark.parametrize("address", ["/save", "/elsewhere", "/save?n=2"])
def test_a_page_without_the_form_stays_as_it_is(address: str) -> None:
    """Everything is given back."""
    assert fill(("line", "one"), address=address) == (PAGE, [("line", "one")])


def test_a_form_without_an_address_sends_to_its_page() -> None:
    """As browsers do; of several forms the one with most of the names is meant."""
    page = '<form method="post"><input name="a"></form><form method="post"><input name="a"><input name="b"></form>'
    html, left = refill.fill(page, "/page?x=1", "/page?x=1", [("a", "1"), ("b", "2")])
    assert html.startswith('<form method="post"><input name="a"></form>')
    assert html.endswith('<input name="a" value="1"><input name="b" value="2"></form>')
    assert left == []


def test_passwords_and_files_are_never_put_back() -> None:
    """Whatever was sent under their names."""
    page = '<form method="post"><input name="a"><input type="password" name="p"><input type="file" name="f"></form>'
    html, left = refill.fill(page, "/", "/", [("a", "1"), ("p", "secret"), ("f", "name.txt")])
    assert "secret" not in html
    assert left == []
