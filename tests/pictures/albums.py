"""The album: which pictures there are, of which view, for whom, and the table of contents made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from services.common.auth import Access
from services.contracts.codes import GRANTS

DOCS: Final = Path(__file__).parents[2] / "docs"
FOLDER: Final = DOCS / "pictures"
CONTENTS: Final = DOCS / "pages.md"
_ALBUM: Final = Path(__file__).with_name("album.yaml")
_HEAD: Final = """# Pages 页面

Every page of the product by who works with it; under each picture who may open the page. Made by `make pictures` from
the demo year: names and matters are invented.
产品的每个页面，按使用的人排列；图下写明谁能打开。由 `make pictures` 在演示数据上生成，人名、单位和建议均为虚构。

"""
_OPEN: Final = {
    "public": ("所有人，不需登录", "everybody, without signing in"),
    "signed_in": ("登录的人，各看与自己有关的", "whoever is signed in, each his own"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture; `album.yaml` says what the fields mean."""

    name: str
    view: str
    zh: str
    en: str
    who: str = ""
    at: str = ""
    task: str = ""
    part: str = ""
    language: str = "zh"
    phone: bool = False
    before: Sequence[Mapping[str, str]] = ()
    do: Sequence[Mapping[str, Any]] = ()

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The pictures of one role."""

    id: str
    zh: str
    en: str
    pictures: Sequence[Picture]


def read() -> list[Group]:
    """The album, in the order in which its pictures are taken."""
    found = yaml.safe_load(_ALBUM.read_text("utf-8"))
    return [Group(**{**one, "pictures": tuple(Picture(**picture) for picture in one["pictures"])}) for one in found]


def contents(groups: Sequence[Group], access: Mapping[str, Access]) -> str:
    """The page of all pages: by role, every picture under its caption, and who may open the view."""
    links = " · ".join(f"[{group.zh} {group.en}](#{group.id})" for group in groups)
    return _HEAD + links + "\n" + "".join(_section(group, access) for group in groups)


def _section(group: Group, access: Mapping[str, Access]) -> str:
    pictures = "".join(_entry(one, access[one.view]) for one in group.pictures)
    return f'\n<a id="{group.id}"></a>\n\n## {group.zh} {group.en}\n{pictures}'


def _entry(one: Picture, access: Access) -> str:
    width = ' width="240"' if one.phone else ""
    return f'\n**{one.zh}**<br>{one.en}\n\n<img src="pictures/{one.file}" alt="{one.zh}"{width}>\n\n{_who(access)}\n'


def _who(access: Access) -> str:
    zh, en = _OPEN.get(access.kind, ("", ""))
    if access.grants:
        labels = [GRANTS[grant] for grant in access.grants]
        zh = "有权限“" + "”或“".join(label.zh for label in labels) + "”的人"
        en = "whoever may " + " or ".join(label.en for label in labels)
    return f"谁能打开：{zh}。 {en[0].upper()}{en[1:]}."
