"""From what people write to what the parser may see.

Process owners come from other engines: `&&`, `||`, `!`, `===`, `${…}`, a leading `=`, `true`, `null` are
understood. The lexer is also the first wall: only ASCII names that do not start with an underscore, plain
strings and decimal numbers get through, so nothing later has to worry about prefixes, escapes or look-alikes.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator

from services.workflow.engine.failures import Forbidden

MAX_LENGTH = 4000
MAX_NODES = 400
MAX_NESTING = 100
INPUT = "__input__"  # what `?` in a decision table cell becomes; nobody can write it

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<operator>===|!==|==|!=|<=|>=|&&|\|\||//|\*\*|[-+*/%<>=!()\[\]{},:.?])
    |(?P<comment>\#[^\n]*)
    |(?P<space>[ \t\r\f]+)
    |(?P<newline>\n)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"""\\([^\\'"nrt])""")
_WORDS = {"true": "True", "false": "False", "null": "None"}
_SIGNS = {"&&": " and ", "||": " or ", "===": "==", "!==": "!=", "!": " not "}
_COMPARISONS = {"==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "is"}
_ENDS = {"&&", "||", "and", "or", ",", ":", "if", "else"}

Token = tuple[str, str]


def parse_expression(source: str, *, cell: bool = False) -> ast.expr:
    """The syntax tree of one expression; raises Forbidden. `cell` allows `?` for the input of a decision."""
    text = _unwrap(_limited(source))
    if not text:
        raise Forbidden("empty")
    tokens = [(group, " ") if group == "newline" else (group, sign) for group, sign in _lex(text)]
    body: ast.expr = _parsed(_python(tokens, cell=cell), "eval").body  # type: ignore[attr-defined]
    if _is_feel(source.strip()):
        _check_places(body)
    return body


def parse_statements(source: str) -> list[ast.stmt]:
    """The syntax trees of a script's statements; raises Forbidden. An empty script is fine."""
    text = textwrap.dedent(_limited(source)).strip("\n")
    return _parsed(_python(list(_lex(text)), cell=False), "exec").body  # type: ignore[attr-defined, no-any-return]


def _limited(source: str) -> str:
    if len(source) > MAX_LENGTH:
        raise Forbidden("too_long", f"{len(source)} > {MAX_LENGTH}")
    return source


def _unwrap(source: str) -> str:
    text = source.strip()
    if text[:2] in ("${", "#{") and text.endswith("}"):
        return text[2:-1].strip()
    return text[1:].strip() if _is_feel(text) else text


def _is_feel(text: str) -> bool:
    return text.startswith("=") and not text.startswith("==")


def _check_places(body: ast.expr) -> None:
    """`=list[1]` is the first item in FEEL and the second here: refuse it instead of guessing."""
    for node in ast.walk(body):
        if isinstance(node, ast.Subscript) and not (
            isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
        ):
            raise Forbidden("feel_place", ast.unparse(node))


def _lex(text: str) -> Iterator[Token]:
    position, before = 0, ""
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Forbidden("bad_symbol", text[position])
        group, sign = str(match.lastgroup), match.group()
        _check(group, sign, before)
        yield group, sign
        position, before = match.end(), group


def _check(group: str, sign: str, before: str) -> None:
    if group == "string" and (before == "name" or _ESCAPE.search(sign.replace("\\\\", ""))):
        raise Forbidden("bad_text", sign)
    if group == "name" and before == "number":
        raise Forbidden("bad_number", sign)
    if group == "name" and sign.startswith("_"):
        raise Forbidden("private_name", sign)
    if sign == "**":
        raise Forbidden("not_allowed", sign)


def _python(tokens: list[Token], *, cell: bool) -> str:
    _check_negations(tokens)
    parts = []
    for group, sign in tokens:
        if sign == "?":
            if not cell:
                raise Forbidden("bad_symbol", sign)
            parts.append(INPUT)
        elif group == "operator":
            parts.append(_SIGNS.get(sign, sign))
        elif group == "number":
            parts.append(f"{sign} ")  # "1.if x" and the like: never two tokens as one
        elif group != "comment":
            parts.append(_WORDS.get(sign, sign) if group == "name" else sign)
    return "".join(parts)


def _check_negations(tokens: list[Token]) -> None:
    """`!a == b` means (!a) == b elsewhere and not (a == b) here: refuse it instead of guessing."""
    pending = [False]  # per open bracket: has a `!` been seen whose operand may still go on?
    for _, sign in tokens:
        if sign in ("(", "[", "{"):
            pending.append(False)
        elif sign in (")", "]", "}") and len(pending) > 1:
            pending.pop()
        elif sign in _COMPARISONS and pending[-1]:
            raise Forbidden("not_needs_brackets")
        elif sign == "!" or sign in _ENDS or (sign == "\n" and len(pending) == 1):
            pending[-1] = sign == "!"


def _parsed(source: str, mode: str) -> ast.AST:
    try:
        tree = ast.parse(source.strip() if mode == "eval" else source, mode=mode)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise Forbidden("bad_syntax", str(getattr(error, "msg", "") or type(error).__name__)) from None
    _measure(tree)
    return tree


def _measure(tree: ast.AST) -> None:
    """Count nodes and nesting without recursion, so that size is known before anything walks the tree."""
    count, level = 0, [tree]
    for _ in range(MAX_NESTING):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        count += sum(not isinstance(node, ast.expr_context | ast.operator | ast.cmpop) for node in level)
        if count > MAX_NODES:
            raise Forbidden("too_complex", f"{count} > {MAX_NODES}")
        if not level:
            return
    raise Forbidden("too_complex", f"nesting > {MAX_NESTING}")
