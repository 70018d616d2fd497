"""Buyers' words that say that they changed their mind, or slipped: nothing was wrong with what they got."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from shopscore_analysis.shards import COMPLAINS
from shopscore_analysis.text.clauses import SEPARATORS
from shopscore_analysis.text.phrases import Book, Spot, book, spot
from shopscore_analysis.text.tagger import tag

FILE = Path(__file__).parent.parent / "data" / "wishes.toml"
_WISH = "wish"
_BLANK = "，"  # parts clauses: what stands around a wish is read by itself
_EMPTY = frozenset("我你您他她了的这那就个先想也都是吧啊呢哦嘛呀它再还又件单")  # alone they say nothing
_SLIP = re.compile("[错忘误滑多重]|不小心|没看清")
_HALF = "有"  # what is had stands behind it: 家里有 is a wish at a clause's end only


class Wish(NamedTuple):
    """The span of the words of a wish, and whether the text says nothing else."""

    start: int
    end: int
    alone: bool


def wishes(texts: Sequence[str], category: str = "", own: str = "") -> list[Wish | None]:
    """Where each text says that the buyer changed their mind; None where it does not, or complains beside it.

    >>> wishes(["想换别的颜色", "杯子漏水，不想要了", "没有拍错", "你们填错地址了"])
    [Wish(start=1, end=6, alone=True), None, None, None]
    """
    found = [_own(text, spots) for text, spots in zip(texts, spot(texts, _book()), strict=True)]
    asked = [at for at, spots in enumerate(found) if any(one.name == _WISH for one in spots)]
    rests = [_rest(texts[at], found[at]) for at in asked]
    read = zip(asked, rests, tag(rests, category, own), strict=True)
    alone = {at: not rest for at, rest, said in read if not said.causes and said.complaint < COMPLAINS}
    return [Wish(*_first(spots), alone[at]) if at in alone else None for at, spots in enumerate(found)]


def _own(text: str, spots: Sequence[Spot]) -> list[Spot]:
    """The spots without wishes that are half a statement, or a slip of the seller's."""
    return [one for one in spots if one.name != _WISH or not (_is_half(text, one) or _is_theirs(text, one))]


def _is_half(text: str, one: Spot) -> bool:
    return text[one.end - 1] == _HALF and text[one.end : one.end + 1].isalnum()


def _is_theirs(text: str, one: Spot) -> bool:
    if not _SLIP.search(text[one.start : one.end]):
        return False
    before, behind = _sellers()
    return bool(before.search(text[: one.start]) or behind.match(text[one.end :]))


@lru_cache(maxsize=1)
def _sellers() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Who slipped, said before the slip (你们客服填错) or behind it (填错的是你们)."""
    content = _content()
    who, told, parts = ("|".join(content[name].split()) for name in ("sellers", "told", "parts"))
    asked = "".join(f"(?<!{word})" for word in told.split("|"))
    between = f"[^我俺咱自{re.escape(SEPARATORS)}]*$"
    return re.compile(f"{asked}(?:{who})(?!{parts}){between}"), re.compile(f"了?的(?:人)?(?:就)?是(?:{who})")


def _first(spots: Sequence[Spot]) -> tuple[int, int]:
    return next((one.start, one.end) for one in spots if one.name == _WISH)


def _rest(text: str, spots: Sequence[Spot]) -> str:
    """What a text says beside its wishes and what goes with them, "" where that is too little to say anything."""
    signs = list(text)
    for one in spots:
        signs[one.start : one.end] = _BLANK * (one.end - one.start)
    said = "".join(signs)
    return said if any(sign.isalnum() and sign not in _EMPTY for sign in said) else ""


@lru_cache(maxsize=1)
def _book() -> Book:
    content = _content()
    lists = {_WISH: {"phrases": content["phrases"]}, "aside": {"phrases": content["asides"]}}
    return book(lists, content["marks"])


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
