"""Every address of every service is asked hostile things, on PostgreSQL: it may say no, but never break."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import quote, urlencode

import pytest
from werkzeug.routing import Rule

from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from services.huiyin.parts import PARTS
from services.workflow import tables as workflow
from tests.e2e.crawls import Site
from tests.e2e.deployments import ROOT
from tests.e2e.houses import PASSWORD, House, house, suggestion
from tests.e2e.visitors import Visitor

pytestmark = pytest.mark.timeout(300)

HOSTILE: Final = (
    "\x00", "a\x00b", "\ufffe", "' OR 1=1 --", "../../etc/passwd", "9" * 400, "-1", "1e400", "NaN", "9999-99-99",
    "0001-01-01", "9999-12-31T23:59:59-23:59", "{{7*7}}", "%s%n", "\u202e", "é" * 300, "[]", "true",
)  # fmt: skip
BODIES: Final = (
    b"", b"{", b"[]", b'"x"', b"null", b"1e400", b"NaN", b'{"a": NaN}', b'{"a": 1e400}', b"\xff\xfe",
    b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"a":' + b"9" * 5000 + b"}", b"[" * 5000,
    b'{"a":' * 5000, b'{"a":1,"a":2}',
)  # fmt: skip
WEIRD: Final = (
    "\x00", "\ud800", 10**1000, 1e308, -1, 2**63, [], {}, None, True, [[[[]]]], "x" * 100_000, {"$doc": "x"},
    "2026-02-30",
)  # fmt: skip
NAMES: Final = sorted(
    {
        name
        for path in (ROOT / "services").rglob("*.py")
        for name in re.findall(r'(?:args|form|files|values)(?:\.get(?:list)?\(|\[)"(\w+)"', path.read_text("utf-8"))
    }
)
"""Every name a view asks a query or a form for."""
Try = tuple[str, str, bytes | None, str]
"""Method, path, body and the kind of the body."""
QUIET: Final = {"/sign-out", "/static/<path:filename>"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, broker: Broker, postgres_server: Postgres) -> Iterator[House]:
    """An installation with one matter under way."""
    place = tmp_path_factory.mktemp("house")
    with (
        broker.vhost() as vhost,
        postgres_server.databases() as databases,
        house(place, databases, broker.url(vhost)) as made,
    ):
        deputy = made.visitor("shen.ruochuan")
        assert deputy.post("/api/v1/matters", suggestion(), Idempotency_Key="one").status == 201
        made.settle()
        yield made
        made.settle()


def rules(home: House) -> Iterator[tuple[str, Rule]]:
    """Every rule with the prefix of its service."""
    site = Site.of(home.installation)
    for name, app in site.apps.items():
        for rule in app.url_map.iter_rules():
            if rule.rule not in QUIET and rule.methods:
                yield PARTS[name].prefix, rule


def address(prefix: str, rule: Rule, known: dict[str, str], hostile: str = "") -> str:
    """An address of a rule, with what is known in the places it leaves open, or with something hostile there."""

    def fill(place: re.Match[str]) -> str:
        kind, name = place[1] or "", place[2]
        return "1" if kind.startswith("int") else quote(hostile or known.get(name, "x"), safe="")

    return prefix + re.sub(r"<(?:([^:<>]+):)?(\w+)>", fill, rule.rule)


def known_of(home: House) -> dict[str, str]:
    """Things that are there."""
    (case,) = home.rows("workflow", workflow.case_)
    task = home.rows("workflow", workflow.task)[0]
    return {"matter_id": case["matter_id"], "case_id": case["id"], "task_id": task["id"], "version": "yunting-2026.1"}


def signed_in(home: House, login: str) -> Visitor:
    """Somebody with a cookie, and the token of the pages."""
    visitor = Visitor(home.url)
    visitor.sign_in(login, PASSWORD)
    found = re.search(r'name="csrf-token" content="([^"]+)"', visitor.get("/workflow/tasks").text)
    assert found is not None
    visitor.head["X-CSRFToken"] = found[1]
    return visitor


def every(number: int, tries: Iterable[Try]) -> list[Try]:
    """Each so-and-so-many of the things to try, spread over all."""
    return [one for place, one in enumerate(tries) if place % number == 0]


def addresses(home: House) -> Iterator[Try]:
    """Rubbish in every place of every path and under every name of a query."""
    known = known_of(home)
    for prefix, rule in rules(home):
        if "GET" in rule.methods:
            for hostile in HOSTILE:
                if rule.arguments:
                    yield "GET", address(prefix, rule, known, hostile), None, ""
                asked = urlencode(dict.fromkeys(NAMES, hostile))
                yield "GET", f"{address(prefix, rule, known)}?{asked}", None, ""


def bodies(home: House) -> Iterator[Try]:
    """JSON that is none, and JSON no database keeps, for every address that takes any."""
    odd = [json.dumps(dict.fromkeys(NAMES, value)).encode() for value in WEIRD]
    known = known_of(home)
    for prefix, rule in rules(home):
        if "/api/" in rule.rule:
            for method in sorted(rule.methods & {"POST", "PUT", "PATCH", "DELETE"}):
                for body in (*BODIES, *odd):
                    yield method, address(prefix, rule, known), body, "application/json"


def sheets(home: House) -> Iterator[Try]:
    """Forms full of rubbish for every page that takes any."""
    known = known_of(home)
    for prefix, rule in rules(home):
        if "POST" in rule.methods and "/api/" not in rule.rule:
            for hostile in HOSTILE:
                body = urlencode(dict.fromkeys(NAMES, hostile)).encode()
                yield "POST", address(prefix, rule, known), body, "application/x-www-form-urlencoded"


def ask(visitor: Visitor, one: Try, number: int) -> str:
    """What broke, if anything did."""
    method, path, body, kind = one
    head = {"Content_Type": kind, "Idempotency_Key": f"k{number}"} if kind else {}
    token = visitor.head.get("X-CSRFToken", "")
    if kind.endswith("urlencoded"):
        body = (body or b"") + f"&csrf_token={quote(token)}".encode()
    answer = visitor.ask(method, path, body, **head)
    return f"{answer.status} {method} {path[:120]} {str(body)[:60]}" if answer.status >= 500 else ""


@pytest.mark.parametrize("number", [41, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("tries", [addresses, bodies, sheets])
def test_nothing_that_is_asked_breaks(home: House, tries: Callable[[House], Iterator[Try]], number: int) -> None:
    """Whoever asks whatever: no answer is an internal error."""
    broken = []
    for place, login in enumerate(("zhang.wei", "zhou.min", "shen.ruochuan", "yang.fan")):
        visitor = home.visitor(login) if tries is bodies else signed_in(home, login)
        chosen = every(number, list(tries(home))[place:])
        broken += [wrong for count, one in enumerate(chosen) if (wrong := ask(visitor, one, count))]
    assert broken == []
