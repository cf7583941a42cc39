"""Every route says who may call it: exactly one of `public`, `signed_in`, `granted(…)`.

Read from the source, so that no page can hide from the test; at run time a view without `access` is refused.
"""

import ast

from tests.policy import sources

ROUTES = {"route", "get", "post", "put", "patch", "delete"}
ACCESS = {"public", "signed_in", "granted"}


def test_every_route_declares_its_access() -> None:
    """No view is reachable by accident."""
    assert findings(sources.python()) == []


def test_the_rule_bites() -> None:
    """A view without access, with two, and one registered past its decorators are found."""
    bare = "@pages.get('/')\ndef index(): ..."
    twice = "@pages.get('/')\n@auth.public\n@auth.granted('x')\ndef index(): ..."
    hidden = "app.add_url_rule('/', view_func=index)"
    inside_out = "@public\n@pages.post('/')\ndef index(): ..."
    good = "@pages.route('/')\n@auth.granted('ledger.read')\ndef index(): ...\n@cache\ndef other(): ..."
    for text in (bare, twice, hidden, inside_out):
        assert len(findings({"a.py": text})) == 1, text
    assert findings({"a.py": good}) == []


def findings(files: sources.Files) -> list[str]:
    """`path:line name: what is wrong` for every view that does not declare its access once."""
    found = []
    for path, tree in sources.trees(files):
        found += [
            f"{path}:{node.lineno} {node.name}: {wrong}"
            for node in sources.functions(tree)
            if (wrong := objection(node))
        ]
        found += [
            f"{path}:{node.lineno} add_url_rule: register views with decorators"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and sources.dotted(node.func).endswith(".add_url_rule")
        ]
    return found


def objection(view: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """What is wrong with the decorators of a function; None where it is no view or a good one."""
    routes = [n for n, item in enumerate(view.decorator_list) if is_route(item)]
    access = [n for n, item in enumerate(view.decorator_list) if name_of(item) in ACCESS]
    if not routes:
        return None
    if len(access) != 1:
        return f"{len(access)} access decorators instead of one of {', '.join(sorted(ACCESS))}"
    if access[0] < max(routes):
        return "access must stand below the route, which registers what is below it"
    return None


def is_route(decorator: ast.expr) -> bool:
    """`@something.get("/path")` and the like."""
    return (
        isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr in ROUTES
    )


def name_of(decorator: ast.expr) -> str:
    """The last part of a decorator's name, called or not."""
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return sources.dotted(function).rpartition(".")[2]
