"""A tour through the album: goes where each picture is taken, does what is to be done before, and takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page

from services.huiyin import settling
from services.workflow.packages.examples import example
from tests.e2e.cities import PlayedYear
from tests.e2e.crawls import Site
from tests.e2e.persons import Person, Town
from tests.pictures import mishaps
from tests.pictures.albums import Group, Picture
from tests.pictures.presses import press

HOST: Final = "yunting.example"
"""The address in every picture, whatever port the installation has."""
HEIGHT: Final = 1600
SIZES: Final = {False: {"width": 1280, "height": 860}, True: {"width": 390, "height": 844}}
_PLACE: Final = re.compile(r"\{(\w+):([\w-]+)\}")
_ABOVE: Final = 24  # pixels left above the heading a picture begins with


class Astray(Exception):
    """A picture would show another page than the album says, or an error."""


@dataclass(slots=True)
class Tour:
    """`desk` is an empty page of the same browser."""

    year: PlayedYear
    town: Town
    site: Site
    desk: Page

    def go(self, groups: Sequence[Group]) -> Iterator[tuple[Picture, bytes]]:
        """Every picture of the album with its file's content."""
        for picture in (picture for group in groups for picture in group.pictures):
            for need in picture.before:
                self._prepare(need)
            person = self._person(picture)
            self._reach(picture, person)
            for step in picture.do:
                _do(person, step)
            yield picture, press(self.desk, self._shoot(picture, person.page))

    # -- where, and who

    def _person(self, picture: Picture) -> Person:
        login = self._player(self._task(picture.task)) if picture.task else self._put(picture.who)
        person = self.town.person(login, language=picture.language) if login else self.town.stranger()
        person.page.set_viewport_size(SIZES[picture.phone])  # type: ignore[arg-type]
        return person

    def _reach(self, picture: Picture, person: Person) -> None:
        at = f"/workflow/tasks/{self._task(picture.task)['task_id']}" if picture.task else self._put(picture.at)
        if at:
            person.go(f"{at}{'&' if '?' in at else '?'}lang={picture.language}")

    def _put(self, text: str) -> str:
        """A text with its places filled in: `{matter:demo-01}`."""
        return _PLACE.sub(lambda found: str(getattr(self, f"_{found[1]}_of")(found[2])), text)

    def _matter_of(self, name: str) -> str:
        return self.year.season.stories[name].matter_id

    def _lead_of(self, name: str) -> str:
        return self.year.season.cast.of_person(self.year.season.stories[name].proposers[0])

    def _case_of(self, name: str) -> str:
        return str(self._cases(name)[-1]["id"])

    def _cases(self, name: str) -> list[dict[str, Any]]:
        """The matter's cases, the running ones last."""
        path, watcher = f"/workflow/api/v1/matters/{self._matter_of(name)}/history", self.year.season.cast.watcher
        found = self.town.client.get(path, watcher)["cases"]
        return sorted(found, key=lambda case: (case["status"] == "running", case["id"]))

    def _task(self, wanted: str) -> dict[str, Any]:
        """The first open task of a matter at an element, `demo-01/task_receipt`."""
        name, _, element = wanted.partition("/")
        found = [task for case in self._cases(name) for task in case["tasks"] if task["state"] == "open"]
        here = [task for task in found if task["element"] == element]
        if not here:
            raise Astray(f"{wanted}: {[task['element'] for task in found]}")
        return here[0]

    def _player(self, task: Mapping[str, Any]) -> str:
        cast = self.year.season.cast
        return cast.of_person(task["person"]) if task["person"] else cast.holder(task["role"], task["unit"])

    # -- what is done before

    def _prepare(self, need: Mapping[str, str]) -> None:
        [(kind, wanted)] = need.items()
        if kind == "park":
            return mishaps.park(self.year.stage.installation.engines[wanted])
        if kind == "silent":
            mishaps.send_garbage(self.year.stage.installation, wanted)
            settling.wait(self.town.client)
            return mishaps.take_nothing(self.year.stage.installation, wanted)
        if kind == "paper":
            return mishaps.fall_silent(self.year.stage.installation.engines["notify"], wanted)
        client, task = self.town.client, self._task(wanted)
        who, path = self._player(task), f"/workflow/api/v1/tasks/{task['task_id']}"
        found = client.get(path, who)
        answer = {**example(found["form_schema"] or {}), **(found["initial"] or {})}
        if kind == "incident":
            return mishaps.break_down(client, f"{path}/complete", answer, who)
        client.post(f"{path}/complete", answer, who, key=f"picture:{task['task_id']}")
        settling.wait(client)
        return None

    # -- the picture

    def _shoot(self, picture: Picture, page: Page) -> bytes:
        kind = self.site.kind_of(page.url.removeprefix(self.town.url))
        if f"{kind.service}:{kind.view}" != picture.view or page.locator("main", has_text="没有找到这个页面").count():
            raise Astray(f"{picture.name}: {page.url}")
        _drawn(page)
        page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
        width, height = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
        top = _top(page, picture.part) if picture.part else 0.0
        top = max(0.0, min(top, height - SIZES[picture.phone]["height"]))
        clip = {"x": 0.0, "y": top, "width": float(width), "height": float(min(HEIGHT, height - top))}
        return page.screenshot(full_page=True, clip=clip, animations="disabled")  # type: ignore[arg-type]


def _do(person: Person, step: Mapping[str, Any]) -> None:
    """One thing a person does before the picture is taken."""
    [(kind, wanted)] = step.items()
    if kind == "fill":
        person.fill(wanted)
    elif kind == "choose":
        for question, answer in wanted.items():
            person.choose(question, answer)
    elif kind == "press":
        person.press(wanted)
    elif kind == "upload":
        for label, text in wanted.items():
            file = {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()}
            person.page.get_by_label(label).set_input_files(file)  # type: ignore[arg-type]
    elif kind == "attach":
        for label, name in wanted.items():
            file = {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
            person.page.get_by_label(label, exact=True).set_input_files(file)  # type: ignore[arg-type]
    elif kind == "element":
        _drawn(person.page)
        person.page.locator(f'[data-element-id="{wanted}"] .djs-hit').first.click()
    else:
        with person.page.expect_navigation():
            person.page.get_by_role("link", name=wanted).first.click()


def _top(page: Page, part: str) -> float:
    """Where a heading, or the label of a question, stands on the page."""
    heading = page.get_by_role("heading", name=part, exact=True)
    box = (heading if heading.count() else page.get_by_text(part, exact=True)).last.bounding_box()
    assert box is not None
    return max(0.0, box["y"] - _ABOVE)


def _drawn(page: Page) -> None:
    """Wait until the diagrams of a page are drawn."""
    for selector in ("[data-diagram]", "[data-studio]"):
        for one in page.locator(selector).all():
            one.and_(page.locator("[data-state=shown]")).wait_for(state="attached")
