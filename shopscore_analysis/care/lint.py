"""Scripts, parcel cards and page texts → what in them the reviewed rules of compliance ban."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.encodings import encoding_of
from shopscore_analysis.read.formats import foreign, read_table
from shopscore_analysis.read.privacy import mask
from shopscore_analysis.read.sources import Source
from shopscore_analysis.score.compliance import Ban, read_bans
from shopscore_analysis.text.clauses import SEPARATORS
from shopscore_analysis.text.phrases import Book, Spot, book, spot

_NEAR, _WITH = "+near", "+with"  # behind a rule's name: the two lists that only ban together
_ENDS = frozenset("，。！？；：、,!?;:()（）\n")  # clauses end here: what stands on either side is no one word
_PARTS = frozenset(SEPARATORS)  # these part words (取消/评价), or hide one (微/信)
_BRACKETS = {"Ps", "Pe", "Pi", "Pf"}
_WORD = 2  # characters on both sides of a sign that parts: 取消/评价 are two words, 差.评 is one
_BEFORE = 40  # characters before a figure in which words may say what it is
_HALF_WIDTH = {ord("０") + n: str(n) for n in range(10)}
_WORDS = frozenset("+＋➕⭐★🌟")
_HEADER = "第 1 行"
_STOP = re.compile(r"[。！？；!?;\n]")  # sentences end here
_HIDDEN = "*"
_RUN = re.compile(r"\*{7,}")  # no telephone number is shorter
_TABLES, _LINES = {".csv", ".tsv", ".xlsx", ".xls", ".jsonl"}, {".txt", ".md", ""}


class Breach(NamedTuple):
    """A place that a rule bans: the rule, its reference, the file, where in it, the text and the span.

    Numbers of telephones in the text are stars, one for each character.
    """

    rule: str
    label: str
    reference: str
    file: str
    where: str
    text: str
    start: int
    end: int

    @property
    def quote(self) -> str:
        """The words of the span, telephone numbers as [电话], other contact data masked."""
        return mask(_RUN.sub("[电话]", self.text[self.start : self.end]))


def lint(paths: Sequence[Path]) -> list[Breach]:
    """Every breach in files of txt, md, csv, xlsx, jsonl or toml, in their order.

    `where` is a line ("第 3 行"), a cell ("第 3 行 话术") or a key ("situations.urgent.calm"). Raises ExportError for a
    file that cannot be read as one of these, or says nothing: it would pass for clean.
    """
    return [found for path in paths for found in _in_file(path)]


def banned(texts: Sequence[str]) -> list[list[tuple[Ban, int, int]]]:
    """The rules that each text breaks, with their spans, in order.

    >>> [ban.name for ban, *_ in banned(["五星好评返现5元，加微信领取"])[0]]
    ['praise_for_reward', 'off_platform']
    """
    readings = (_read_without(texts, drops) for drops in (_is_blank, _is_sign))
    numbers = (_numbers(text) for text in texts)
    return [_breaches(*read) for read in zip(texts, spot(texts, *_books()), numbers, *readings, strict=True)]


@lru_cache(maxsize=1)
def _rules() -> tuple[Ban, ...]:
    return read_bans().rules


def _numbers(text: str) -> list[Spot]:
    """The figures that rules ban, but for those before which the text says what else they are."""
    plain = text.translate(_HALF_WIDTH)
    return [Spot(rule.name, start, end) for rule, start, end in _figures(plain) if not _is_other(rule, plain, start)]


def _figures(plain: str) -> Iterator[tuple[Ban, int, int]]:
    """All figures that look like what a rule bans, with their spans; a text in half-width digits is expected."""
    for rule in _rules():
        for figures in rule.figures:
            yield from ((rule, *found.span("it")) for found in figures.finditer(plain))


def _hidden(text: str) -> str:
    """The text with stars for numbers of telephones, whosever they are."""
    signs = list(text)
    for _, start, end in _figures(text.translate(_HALF_WIDTH)):
        signs[start:end] = _HIDDEN * (end - start)
    return "".join(signs)


def _is_other(rule: Ban, text: str, at: int) -> bool:
    """Whether the words before a figure say that it is the number of something harmless."""
    return any(before.search(text, max(at - _BEFORE, 0), at) for before in rule.unless)


def _read_without(texts: Sequence[str], drops: Callable[[str], bool]) -> list[list[Spot]]:
    """What the texts say without some of their signs, as spots of the texts themselves."""
    shut = [_without(text, drops) for text in texts]
    found = spot([text for text, _ in shut], *_books())
    read = zip(texts, found, shut, strict=True)
    return [[one for one in _opened(spots, places) if _is_one(text, one)] for text, spots, (_, places) in read]


def _is_blank(sign: str) -> bool:
    return sign.isspace() or not sign.isprintable()


def _is_sign(sign: str) -> bool:
    """Whether a sign may stand between the characters of a word (微❤信, 差-评); stars and plus are words themselves."""
    return _is_blank(sign) or not (sign.isalnum() or sign in _ENDS or sign in _WORDS)


def _is_one(text: str, one: Spot) -> bool:
    """Whether what was read without its signs is no list of words that signs part."""
    sizes = [0]
    for sign in text[one.start : one.end]:
        if _is_part(sign) and sizes[-1]:
            sizes.append(0)
        sizes[-1] += not _is_sign(sign)
    return not any(min(pair) >= _WORD for pair in pairwise(sizes))


def _is_part(sign: str) -> bool:
    return (sign in _PARTS or unicodedata.category(sign) in _BRACKETS) and sign not in _ENDS


def _without(text: str, drops: Callable[[str], bool]) -> tuple[str, list[int]]:
    """A text without some of its signs, and where each character stood; nothing for one that has none of them."""
    places = [at for at, sign in enumerate(text) if not drops(sign)]
    return ("", []) if len(places) == len(text) else ("".join(text[at] for at in places), places)


def _opened(spots: Sequence[Spot], places: Sequence[int]) -> list[Spot]:
    """The spots of a text without signs as spots of the text itself."""
    return [Spot(one.name, places[one.start], places[one.end - 1] + 1) for one in spots]


@lru_cache(maxsize=1)
def _books() -> tuple[Book, ...]:
    """What is banned alone, and either list of what is banned together: a word of one may stand within another's."""
    rules = read_bans()
    paired = [rule for rule in rules.rules if rule.near]
    lists = (
        {rule.name: rule.phrases for rule in rules.rules if rule.phrases},
        {rule.name + _NEAR: rule.near for rule in paired},
        {rule.name + _WITH: rule.with_ for rule in paired},
    )
    return tuple(
        book({name: {"phrases": phrases} for name, phrases in one.items()}, rules.marks, _NO_MARKS) for one in lists
    )


# an offer under a condition is an offer; small gifts and rewards, which the lexicon of complaints protects, are gifts;
# what is prevented may be anything (防止破损), so that compliance.toml says of whom (防止骗子)
_NO_MARKS = (
    "如果 要是 假设 万一 假如 假若 小礼品 小礼物 防止 避免 杜绝 预防 从未 "
    "(给|给我|给你)发了红包 (天|月|周|期|拜|年|久)才(追评|评价|评论)"
)


def _breaches(text: str, *readings: Sequence[Spot]) -> list[tuple[Ban, int, int]]:
    """The first place where each rule is broken, by the first reading that shows one."""
    found = []
    for rule in _rules():
        places = (place for spots in readings for place in _places(rule, text, spots))
        found += [(rule, start, end) for start, end in islice(places, 1)]
    return sorted(found, key=lambda breach: breach[1:])


def _places(rule: Ban, text: str, spots: Sequence[Spot]) -> Iterator[tuple[int, int]]:
    alone = [(one.start, one.end) for one in spots if one.name == rule.name]
    if alone or not rule.near:
        return iter(alone)
    return (place for place in _together(rule, spots) if not _is_excused(rule, text, *place))


def _together(rule: Ban, spots: Sequence[Spot]) -> Iterator[tuple[int, int]]:
    """The spans of a word of `near` and a word of `with` that stand close enough, whichever comes first."""
    near, others = (
        sorted((one.start, one.end) for one in spots if one.name == rule.name + part) for part in (_NEAR, _WITH)
    )
    longest = max((end - start for start, end in others), default=0)
    for start, end in near:
        first = bisect_left(others, start - rule.within - longest, key=itemgetter(0))
        last = bisect_right(others, end + rule.within, key=itemgetter(0))
        for at, to in others[first:last]:
            if max(start, at) - min(end, to) <= rule.within:
                yield min(start, at), max(end, to)


def _is_excused(rule: Ban, text: str, start: int, end: int) -> bool:
    """Whether the sentence of a place says, up to its end, that it is harmless."""
    *_, sentence = _STOP.split(text[max(start - _BEFORE, 0) : start])
    return any(excuse.search(sentence + text[start:end]) for excuse in rule.unless)


def _in_file(path: Path) -> Iterator[Breach]:
    places = list(_texts(path))
    if not any(sign.isalnum() for _, text in places for sign in text):
        raise ExportError("expected messages to check, found none; write them into the file, one a line or cell", path)
    read = list(zip(places, banned([text for _, text in places]), strict=True))
    if path.suffix.lower() in _TABLES and all(where == _HEADER and not found for (where, _), found in read):
        raise ExportError(
            "expected messages to check, found a header and nothing below it; write them there, one a cell", path
        )
    for (where, text), found in read:
        for rule, start, end in found:
            yield Breach(rule.name, rule.label, rule.reference, path.name, where, _hidden(text), start, end)


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """(where, text) of everything a file says."""
    suffix = path.suffix.lower()
    if suffix in _TABLES:
        yield from _cells(path)
    elif suffix == ".toml":
        yield from _values(_parsed(path), ())
    elif suffix in _LINES:
        yield from ((f"第 {number} 行", line) for number, line in enumerate(_read(path).splitlines(), start=1))
    else:
        raise ExportError(
            f"expected txt, md, csv, xlsx, jsonl or toml, found {suffix}; copy its words into a txt file", path
        )


def _cells(path: Path) -> Iterator[tuple[str, str]]:
    table = read_table(path)
    yield from ((_HEADER, name) for name in table.column_names)
    first = 1 if path.suffix.lower() == ".jsonl" else 2  # a table's first line is its header
    for number, row in enumerate(table.to_pylist(), start=first):
        yield from ((f"第 {number} 行 {name}", text) for name, text in row.items() if text)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as error:
        raise ExportError(f"expected TOML, found: {error}", path) from error


def _values(value: object, keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield ".".join(keys), value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield ".".join((*keys, str(key))), str(key)
            yield from _values(inner, (*keys, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _values(inner, (*keys, str(number)))


def _read(path: Path) -> str:
    source = Source.of(path)
    encoding = None if foreign(source.head(16)) else encoding_of(source)
    if encoding is None:
        raise ExportError("expected a text in UTF-8 or GB18030, found neither; copy its words into a txt file", path)
    return source.data().decode(encoding)
