"""Sketches of texts: small enough to compare a new suggestion with ten thousand earlier ones. Pure.

A sketch is 256 bytes of MinHash over the pieces of three characters of the text (one permutation, one byte per
bin, 0 = empty bin) and 64 bytes with a bit for every piece of two characters of the title. `closest` ranks by
sketches, roughly; `percent` compares two texts exactly and is what people are shown.
"""

import heapq
from collections.abc import Iterable
from hashlib import blake2b

BINS = 256
TITLE_BITS = 512
TITLE_PIECE, TEXT_PIECE = 2, 3
_FRAME = ("关于", "的建议", "的提案", "的意见", "的批评")
"""What nearly every title begins and ends with says nothing about its subject."""


def draw(title: str, text: str) -> bytes:
    """Return the sketch of a title and a text."""
    bins = bytearray(BINS)
    lowest = [1 << 64] * BINS
    for piece in _pieces(text, TEXT_PIECE):
        value = _hash(piece)
        number, rest = value % BINS, value // BINS
        if rest < lowest[number]:
            lowest[number], bins[number] = rest, 1 + rest % 255
    bits = 0
    for piece in _pieces(_subject(title), TITLE_PIECE):
        bits |= 1 << _hash(piece) % TITLE_BITS
    return bytes(bins) + bits.to_bytes(TITLE_BITS // 8, "big")


def closest(own: bytes, others: Iterable[tuple[str, bytes]], count: int) -> list[str]:
    """Return the ids of the `count` sketches most like this one, the most similar first."""
    text, title = int.from_bytes(own[:BINS], "big"), int.from_bytes(own[BINS:], "big")
    scored = ((_estimate(text, title, data), key) for key, data in others)
    return [key for _, key in heapq.nlargest(count, scored)]


def percent(title: str, text: str, other_title: str, other_text: str) -> int:
    """Say how alike two suggestions are, 0 to 100: the mean over titles and over texts."""
    titles = _dice(_pieces(_subject(title), TITLE_PIECE), _pieces(_subject(other_title), TITLE_PIECE))
    texts = _dice(_pieces(text, TEXT_PIECE), _pieces(other_text, TEXT_PIECE))
    return round(50 * (titles + texts))


def _estimate(text: int, title: int, data: bytes) -> float:
    other, other_title = int.from_bytes(data[:BINS], "big"), int.from_bytes(data[BINS:], "big")
    empty = (text | other).to_bytes(BINS, "big").count(0)
    same = (text ^ other).to_bytes(BINS, "big").count(0) - empty
    shared = same / (BINS - empty) if empty < BINS else 0.0
    bits = title.bit_count() + other_title.bit_count()
    return 2 * shared / (1 + shared) + (2 * (title & other_title).bit_count() / bits if bits else 0.0)


def _dice(one: set[str], other: set[str]) -> float:
    total = len(one) + len(other)
    return 2 * len(one & other) / total if total else 0.0


def _subject(title: str) -> str:
    for frame in _FRAME:
        title = title.replace(frame, "")
    return title


def _pieces(text: str, length: int) -> set[str]:
    """All runs of letters and digits of this length; a shorter text is one piece."""
    plain = "".join(character for character in text.casefold() if character.isalnum())
    if len(plain) <= length:
        return {plain} if plain else set()
    return {plain[n : n + length] for n in range(len(plain) - length + 1)}


def _hash(piece: str) -> int:
    return int.from_bytes(blake2b(piece.encode(), digest_size=8).digest(), "big")
