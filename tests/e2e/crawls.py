"""Reads every page somebody can come to by links, and says what each address is a case of."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from time import perf_counter
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from flask import Flask
from playwright.sync_api import APIRequestContext
from werkzeug.exceptions import HTTPException

from services.common.auth import Access
from services.huiyin.embedded import Installation
from services.huiyin.parts import PARTS

DEPTH: Final = 6
EACH: Final = 3
"""How many addresses of one kind one person reads."""
_ADDRESSES: Final = {"a": ("href",), "link": ("href",), "script": ("src",), "div": ("data-diagram",)}


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What an address is a case of: a view of a service, with the names in its query."""

    service: str
    view: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """An installation's address and the views of its services."""

    url: str
    apps: Mapping[str, Flask]

    @classmethod
    def of(cls, installation: Installation) -> Site:
        """The site of a running installation; its views are those of fresh apps on the same databases."""
        settings, clock, engines = installation.settings, installation.clock, installation.engines
        return cls(
            installation.url, {part.name: part.create(settings, clock, engines[part.name]) for part in PARTS.values()}
        )

    def kind_of(self, address: str) -> Kind:
        """What an address is a case of; one that no service knows is a view of its own."""
        parts = urlsplit(address)
        part = max((p for p in PARTS.values() if parts.path.startswith(p.prefix)), key=lambda p: len(p.prefix))
        routes = self.apps[part.name].url_map.bind("")
        try:
            view, _ = routes.match(parts.path.removeprefix(part.prefix) or "/", method="GET")
        except HTTPException:
            view = parts.path
        return Kind(part.name, view, tuple(sorted({name for name, _ in parse_qsl(parts.query, True)})))

    def pages(self) -> set[str]:
        """Every view people read, `service:view`: what answers GET and is neither a program's interface nor a file."""
        return {
            f"{name}:{rule.endpoint}"
            for name, app in self.apps.items()
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and not rule.rule.startswith(("/api/", "/agency/", "/health/", "/static/"))
        }

    def access(self) -> dict[str, Access]:
        """Who may call each view, `service:view`."""
        return {
            f"{name}:{endpoint}": view.access  # type: ignore[attr-defined]
            for name, app in self.apps.items()
            for endpoint, view in app.view_functions.items()
            if hasattr(view, "access")
        }


@dataclass(slots=True)
class Crawl:
    """What one person came to: addresses by kind, and those that were refused, with their status and referrer.

    `took`: the milliseconds from each question to the whole answer.
    """

    found: dict[Kind, list[str]] = field(default_factory=dict)
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    html: set[str] = field(default_factory=set)
    took: dict[str, float] = field(default_factory=dict)


def crawl(site: Site, requests: APIRequestContext) -> Crawl:
    """Follow every link from the home page, GET only, as whoever is signed in to these requests."""
    done, counted = Crawl(), Counter[Kind]()
    waiting, known = deque([("/", "", 0)]), {"/"}
    while waiting:
        address, referrer, depth = waiting.popleft()
        kind = site.kind_of(address)
        counted[kind] += 1
        if counted[kind] > EACH:
            continue
        begun = perf_counter()
        answer = requests.get(site.url + address, headers={"Accept": "text/html"})
        done.took[address] = (perf_counter() - begun) * 1000
        done.found.setdefault(kind, []).append(address)
        if answer.status >= 400:
            done.refused.append((answer.status, address, referrer))
        elif "text/html" in answer.headers.get("content-type", ""):
            done.html.add(address)
            shown = links(answer.text(), site.url + address) if depth < DEPTH else ()
            fresh = [link for link in shown if link not in known]
            known.update(fresh)
            waiting += [(link, address, depth + 1) for link in ends(site, fresh)]
    return done


def ends(site: Site, addresses: Sequence[str]) -> list[str]:
    """The first and the last of every kind: a list begins with what is new and ends with what is done."""
    by_kind: dict[Kind, list[str]] = {}
    for address in addresses:
        by_kind.setdefault(site.kind_of(address), []).append(address)
    return [one for found in by_kind.values() for one in dict.fromkeys((found[0], found[-1]))]


def links(html: str, page: str) -> Iterator[str]:
    """The addresses on its own site that a page leads to or loads; not the same page in another language."""
    parser = _Links()
    parser.feed(html)
    for found in parser.found:
        parts = urlsplit(urljoin(page, found))
        if parts[:2] == urlsplit(page)[:2] and "lang=" not in parts.query:
            yield parts.path + (f"?{parts.query}" if parts.query else "")


class _Links(HTMLParser):
    """Collects addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the tag points at; `data:` addresses are no addresses."""
        given = dict(attrs)
        values = [given.get(name) for name in _ADDRESSES.get(tag, ())]
        self.found += [value for value in values if value and not value.startswith(("#", "data:", "mailto:"))]
