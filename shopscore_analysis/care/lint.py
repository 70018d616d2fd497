"""Scripts, parcel cards and page texts → what in them the reviewed rules of compliance ban."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.formats import read_table
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
    return [_breaches(rules, spots) for spots in spot(texts, _book())]


@lru_cache(maxsize=1)
def _book() -> Book:
    rules = read_bans()
    lists = {rule.name: rule.phrases for rule in rules.rules}
    for rule in rules.rules:
        if rule.near:
            lists |= {rule.name + _NEAR: rule.near, rule.name + _WITH: rule.with_}
    return book({name: {"phrases": phrases} for name, phrases in lists.items()}, rules.marks, _CONDITIONS)


_CONDITIONS = "如果 要是 假设 万一 假如 假若"  # an offer under a condition is an offer


def _breaches(rules: Sequence[Ban], spots: Sequence[Spot]) -> list[tuple[Ban, int, int]]:
    found = []
    for rule in rules:
        alone = [(one.start, one.end) for one in spots if one.name == rule.name]
        both = _together(rule, spots) if rule.near and not alone else []
        found += [(rule, start, end) for start, end in [*alone, *both][:1]]
    return sorted(found, key=lambda breach: breach[1:])


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
    first = 1 if path.suffix.lower() == ".jsonl" else 2  # a table's first line is its header
    for number, row in enumerate(read_table(path).to_pylist(), start=first):
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
            yield from _values(inner, (*keys, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _values(inner, (*keys, str(number)))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"expected a text in UTF-8, found: {error}", path) from error
