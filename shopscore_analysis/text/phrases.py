"""Named lists of phrases → where texts state them, with the denials that the lexicon of causes knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopscore_analysis.text.compiled import Lexicon
from shopscore_analysis.text.lexicon import phrase_lexicon
from shopscore_analysis.text.matcher import find
from shopscore_analysis.text.normalize import batch

CHUNK = 4096


@dataclass(frozen=True)
class Spot:
    """A phrase that a text states: the name of its list, and its span [start, end) in the text as given."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Book:
    """Named lists of phrases, compiled."""

    names: tuple[str, ...]
    lexicon: Lexicon


def book(
    lists: Mapping[str, Mapping[str, Any]],
    marks: Mapping[str, Any] | None = None,
    without: str = "",
    reach: int | None = None,
) -> Book:
    """The compiled lists (`phrases`, `pairs`, written as in the lexicon); options: `lexicon.phrase_lexicon`."""
    entries = [dict(entry) for entry in lists.values()]
    return Book(tuple(lists), phrase_lexicon(entries, dict(marks or {}), without, reach))


def spot(texts: Sequence[str], *books: Book) -> list[tuple[Spot, ...]]:
    """What each text states and does not deny, by any of the books, in order; a figure inside a longer one is none.

    >>> rules = book({"allergy": {"phrases": "过敏"}})
    >>> spot(["用了过敏", "没有过敏"], rules)
    [(Spot(name='allergy', start=2, end=4),), ()]
    """
    found: list[list[Spot]] = [[] for _ in texts]
    for one in books:
        for at in range(0, len(texts), CHUNK):
            _read(texts[at : at + CHUNK], one, found[at : at + CHUNK])
    return [tuple(sorted(spots, key=lambda spot: (spot.start, spot.end, spot.name))) for spots in found]


def _read(texts: Sequence[str], one: Book, found: Sequence[list[Spot]]) -> None:
    stated = find(batch(texts), one.lexicon)
    columns = (stated.text, stated.kind, stated.start, stated.end)
    for row, kind, start, end in zip(*(column[~stated.denied].tolist() for column in columns), strict=True):
        if not _inside_a_figure(texts[row], start, end):
            found[row].append(Spot(one.names[kind], start, end))


def _inside_a_figure(text: str, start: int, end: int) -> bool:
    """Whether the span begins or ends within a longer row of digits (12315 in an order's number)."""
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    return (text[start].isdigit() and before.isdigit()) or (text[end - 1].isdigit() and after.isdigit())
