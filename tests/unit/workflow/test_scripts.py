"""Scripts of a diagram: assignments and branches, nothing else, all or nothing."""

from typing import Any

import pytest

from services.workflow.engine.expressions import Failed, Forbidden, compile_script


def run(script: str, **names: Any) -> dict[str, Any]:
    """The variables after a script."""
    compile_script(script).execute(names)
    return names


def test_a_script_assigns_and_branches() -> None:
    """Assignments, fields, computed keys, if / elif / else; foreign operators and indentation are fine."""
    script = """
        # how it went on
        round = round + 1
        state.name = "redo" if !satisfied else "done"
        by_unit[unit] = {"class": "A"}
        if round === 1:
            way = "first"
        elif round == 2 && true:
            way = "second"
            if state.name == "redo":
                deep = [round]
        else:
            way = "late"
    """
    names = run(script, round=1, satisfied=False, state={}, by_unit={"b": 1}, unit="a")
    assert run("x = !a\nif b == 2:\n    y = 1", a=0, b=2) == {"x": True, "y": 1, "a": 0, "b": 2}
    assert names["round"] == 2
    assert names["state"] == {"name": "redo"}
    assert names["by_unit"] == {"b": 1, "a": {"class": "A"}}
    assert (names["way"], names["deep"]) == ("second", [2])


def test_a_script_never_changes_what_others_hold() -> None:
    """The records on the written path are copied, so finished tasks keep their data as it was."""
    before = {"deep": {"n": 1}, "other": {"kept": True}}
    names = run("case.deep.n = 2\nview = case\nview.deep.n = 3", case=before)
    assert before == {"deep": {"n": 1}, "other": {"kept": True}}
    assert names["case"]["deep"]["n"] == 2
    assert names["view"]["deep"]["n"] == 3


def test_a_script_that_fails_has_changed_nothing() -> None:
    """All or nothing."""
    names: dict[str, Any] = {"a": {"b": 1}}
    with pytest.raises(Failed) as caught:
        compile_script("x = 1\na.b = 2\ny = missing").execute(names)
    assert caught.value.code == "unknown_variable"
    assert names == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("while x:\n    x = 1", "not_allowed"),
        ("for x in y:\n    x = 1", "not_allowed"),
        ("def f():\n    x = 1", "not_allowed"),
        ("class A:\n    x = 1", "not_allowed"),
        ("del x", "not_allowed"),
        ("import os", "not_allowed"),
        ("from os import path", "not_allowed"),
        ("global x", "not_allowed"),
        ("pass", "not_allowed"),
        ("len(x)", "not_allowed"),
        ("x", "not_allowed"),
        ("x += 1", "not_allowed"),
        ("x: int = 1", "not_allowed"),
        ("x = y = 1", "not_allowed"),
        ("x, y = 1, 2", "bad_target"),
        ("[x] = [1]", "bad_target"),
        ("*x = 1", "bad_target"),
        ("len(x).y = 1", "bad_target"),
        ("x[0:1] = 1", "not_allowed"),
        ("with x:\n    y = 1", "not_allowed"),
        ("try:\n    x = 1\nexcept:\n    x = 2", "not_allowed"),
        ("raise x", "not_allowed"),
        ("assert x", "not_allowed"),
        ("return 1", "not_allowed"),
        ("@f\ndef g():\n    x = 1", "bad_symbol"),
        ("x = 1; y = 2", "bad_symbol"),
        ("if x:\ny = 1", "bad_syntax"),
        ("True = 1", "bad_syntax"),
        ("x = 1\n" * 300, "too_complex"),
        ("x = 1\n" * 700, "too_long"),
        ("_x = 1", "private_name"),
        ("x.__class__ = 1", "private_name"),
    ],
)
def test_a_script_can_do_nothing_else(script: str, code: str) -> None:
    """Loops, functions, imports, deletions and calls for their own sake do not exist."""
    with pytest.raises(Forbidden) as caught:
        compile_script(script)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("missing.field = 1", "unknown_variable"),
        ("text.field = 1", "not_a_record"),
        ("record.none.field = 1", "not_a_record"),
        ("items[0] = 1", "not_a_record"),
        ("record[0] = 1", "bad_key"),
        ("\n".join(["many = many + many"] * 20), "budget"),
        ("\n".join(["big = big + big"] * 20), "too_large"),
        ("\n".join(["pair = [pair, pair]"] * 60), "too_large"),
    ],
)
def test_a_script_fails_where_it_makes_no_sense_or_grows(script: str, code: str) -> None:
    """Writing into nothing is an error; doubling again and again ends at the limit."""
    names = {"text": "a", "record": {"none": None}, "items": [1], "many": [1] * 99, "big": "a" * 99, "pair": 1}
    with pytest.raises(Failed) as caught:
        compile_script(script).execute(names)
    assert caught.value.code in (code, "budget")


def test_a_script_knows_what_it_reads_and_writes() -> None:
    """`names` and `targets` are for the validator; a field written is a variable read."""
    script = compile_script('a = b\nc.d = e\nif f:\n    g["h"] = 1')
    assert script.targets == {"a", "c", "g"}
    assert script.names == {"b", "c", "e", "f", "g"}
    compile_script("\n# nothing to do\n").execute({})
