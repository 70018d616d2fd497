"""Scripts, parcel cards and page texts → what in them the reviewed rules of compliance ban."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.encodings import encoding_of
from shopscore_analysis.read.formats import read_table
from shopscore_analysis.read.sources import Source
from shopscore_analysis.score.compliance import Ban, read_bans
from shopscore_analysis.text.phrases import Book, Spot, book, spot

_NEAR, _WITH = "+near", "+with"  # behind a rule's name: the two lists that only ban together


class Breach(NamedTuple):
    """A place that a rule bans: the rule, its reference, the file, where in it, the text and the span."""

    rule: str
    label: str
    reference: str
    file: str
    where: str
    text: str
    start: int
    end: int


def lint(paths: Sequence[Path]) -> list[Breach]:
    """Every breach in files of txt, md, csv, xlsx, jsonl or toml, in their order.

    `where` is a line ("第 3 行"), a cell ("第 3 行 话术") or a key ("situations.urgent.calm"). Raises ExportError for a
    file that cannot be read.
    """
    return [found for path in paths for found in _in_file(path)]


def banned(texts: Sequence[str]) -> list[list[tuple[Ban, int, int]]]:
    """The rules that each text breaks, with their spans, in order.

    >>> [ban.name for ban, *_ in banned(["五星好评返现5元，加微信领取"])[0]]
    ['praise_for_reward', 'off_platform']
    """
    rules = read_bans().rules
    shut = [_shut(text) for text in texts]
    read = zip(spot(texts, _book()), spot([text for text, _ in shut], _book()), shut, strict=True)
    return [_breaches(rules, spots, _opened(inner, places)) for spots, inner, (_, places) in read]


def _shut(text: str) -> tuple[str, list[int]]:
    """A text without its blanks (好 评 返 现), and where each character stood; nothing for one that has none."""
    places = [at for at, sign in enumerate(text) if sign.isprintable() and not sign.isspace()]
    return ("", []) if len(places) == len(text) else ("".join(text[at] for at in places), places)


def _opened(spots: Sequence[Spot], places: Sequence[int]) -> list[Spot]:
    """The spots of a text without blanks as spots of the text itself."""
    return [Spot(one.name, places[one.start], places[one.end - 1] + 1) for one in spots]


@lru_cache(maxsize=1)
def _book() -> Book:
    rules = read_bans()
    lists = {rule.name: rule.phrases for rule in rules.rules}
    for rule in rules.rules:
        if rule.near:
            lists |= {rule.name + _NEAR: rule.near, rule.name + _WITH: rule.with_}
    return book({name: {"phrases": phrases} for name, phrases in lists.items()}, rules.marks, _NO_MARKS)


# an offer under a condition is an offer; small gifts, which the lexicon of complaints protects, are gifts
_NO_MARKS = "如果 要是 假设 万一 假如 假若 小礼品 小礼物"


def _breaches(rules: Sequence[Ban], *readings: Sequence[Spot]) -> list[tuple[Ban, int, int]]:
    """The first place where each rule is broken, by the first reading that shows one."""
    found = []
    for rule in rules:
        places = [place for spots in readings for place in _places(rule, spots)]
        found += [(rule, start, end) for start, end in places[:1]]
    return sorted(found, key=lambda breach: breach[1:])


def _places(rule: Ban, spots: Sequence[Spot]) -> list[tuple[int, int]]:
    alone = [(one.start, one.end) for one in spots if one.name == rule.name]
    return alone or (_together(rule, spots) if rule.near else [])


def _together(rule: Ban, spots: Sequence[Spot]) -> list[tuple[int, int]]:
    """The spans of a word of `near` and a word of `with` that stand close enough, whichever comes first."""
    near, others = ([one for one in spots if one.name == rule.name + part] for part in (_NEAR, _WITH))
    return [
        (min(one.start, other.start), max(one.end, other.end))
        for one in near
        for other in others
        if max(one.start, other.start) - min(one.end, other.end) <= rule.within
    ]


def _in_file(path: Path) -> Iterator[Breach]:
    places = list(_texts(path))
    for (where, text), found in zip(places, banned([text for _, text in places]), strict=True):
        for rule, start, end in found:
            yield Breach(rule.name, rule.label, rule.reference, path.name, where, text, start, end)


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """(where, text) of everything a file says."""
    suffix = path.suffix.lower()
    if suffix in {".csv", ".xlsx", ".xls", ".jsonl"}:
        yield from _cells(path)
    elif suffix == ".toml":
        yield from _values(_parsed(path), ())
    else:
        yield from ((f"第 {number} 行", line) for number, line in enumerate(_read(path).splitlines(), start=1))


def _cells(path: Path) -> Iterator[tuple[str, str]]:
    table = read_table(path)
    yield from (("第 1 行", name) for name in table.column_names)
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
    encoding = encoding_of(source)
    if encoding is None:
        raise ExportError("expected a text in UTF-8 or GB18030, found neither; save it as UTF-8", path)
    return source.data().decode(encoding)
