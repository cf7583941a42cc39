"""docs/agencies.md tells what the contract tells, in Chinese and in English, and no code that does not exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from services.contracts.messages import MESSAGES
from services.contracts.rejections import REJECTIONS
from services.contracts.terms import TERMS

DOCUMENT: Final = Path(__file__).parents[2] / "docs/agencies.md"
CODE: Final = re.compile(r"^\| `(\w+)` \|.*\| (?:是|否|yes|no) \|.*\|$", re.MULTILINE)


@pytest.fixture(scope="module")
def halves() -> tuple[str, str]:
    """The Chinese half and the English half."""
    zh, en = DOCUMENT.read_text("utf-8").split('<a id="english"></a>')
    return zh, en


def test_both_halves_list_every_rejection_as_the_contract_has_it(halves: tuple[str, str]) -> None:
    """Code, meaning, whether the same may be sent again, what to do: in the order of the contract."""
    zh, en = halves
    for code, one in REJECTIONS.items():
        meaning, meaning_en = (text.replace("{cases}", "…") for text in (one.zh, one.en))
        assert f"| `{code}` | {meaning} | {'是' if one.retryable else '否'} | {one.cure} |" in zh
        assert f"| `{code}` | {meaning_en} | {'yes' if one.retryable else 'no'} | {one.cure_en} |" in en
    assert CODE.findall(zh) == CODE.findall(en) == [*REJECTIONS]


def test_both_halves_tell_what_lasts_which_time_counts_and_what_a_version_promises(halves: tuple[str, str]) -> None:
    """Word for word as the contract's page and the AsyncAPI document have it."""
    zh, en = halves
    for term in (term for terms in TERMS.values() for term in terms):
        assert f"| `{term.about}` | {term.zh} |" in zh
        assert f"| `{term.about}` | {term.en} |" in en


def test_both_halves_name_every_message_of_agencies(halves: tuple[str, str]) -> None:
    """And the steps of the first quarter of an hour are as many in both."""
    for half in halves:
        for one in MESSAGES.values():
            assert ("agency" in one.senders | one.receivers) == (f"`{one.type}`" in half), one.type
        assert re.findall(r"^(\d)\. \*\*", half, re.MULTILINE) == ["1", "2", "3", "4", "5", "6", "7"]
