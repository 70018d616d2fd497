"""Headers → fields, by the reviewed file data/dialects.toml."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import TABLES

_STRIPPED = str.maketrans("", "", " \t\r\n\u00a0\u3000\ufeff\u200b\u200e'\"`*=")
_UNITS = ("元", "秒", "时", "小时", "分", "分钟", "天", "件", "人", "次", "%", "min", "s", "h")


@dataclass(frozen=True)
class Dialect:
    """One kind of export: its name, its table, and which folded headers mean which field (preferred first)."""

    name: str
    table: str
    label: str
    requires: tuple[str, ...]
    forbids: frozenset[str]
    fields: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Mapping[str, str]]
    refuse: str = ""


@dataclass(frozen=True)
class Match:
    """How a header row reads in a dialect.

    `columns`: field → position; `units`: field → the unit in brackets of its header;
    `doubled`: field → (header taken, headers passed over); `missing`: required fields without a header.
    """

    dialect: Dialect
    columns: Mapping[str, int]
    units: Mapping[str, str]
    doubled: Mapping[str, tuple[str, tuple[str, ...]]]
    missing: tuple[str, ...]
    forbidden: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether a file with this header is of the dialect."""
        return not self.missing and not self.forbidden


def folded(header: str) -> str:
    """A header as it is compared: half-width, lower case, without spaces, guards and a unit at its end.

    >>> folded(" 应付金额（元）\\t"), folded("3分钟人工回复率 (会话)")
    ('应付金额', '3分钟人工回复率(会话)')
    """
    plain = unicodedata.normalize("NFKC", header).translate(_STRIPPED).lower().replace("帐", "账")
    unit = unit_of(header)
    return plain[: -len(unit) - 2] if unit and len(plain) > len(unit) + 2 else plain


def unit_of(header: str) -> str:
    """The unit in brackets at the end of a header, "" where there is none.

    >>> unit_of("首次响应时长（秒）"), unit_of("平均响应时长")
    ('秒', '')
    """
    plain = unicodedata.normalize("NFKC", header).translate(_STRIPPED).lower()
    return next((unit for unit in _UNITS if plain.endswith(f"({unit})")), "")


@cache
def dialects() -> tuple[Dialect, ...]:
    """Every dialect of the data file; LexiconError where it names an unknown table or breaks its form."""
    source = resources.files("shopscore_analysis") / "data" / "dialects.toml"
    return tuple(_dialect(block) for block in tomllib.loads(source.read_text(encoding="utf-8"))["dialect"])


def _dialect(block: dict[str, object]) -> Dialect:
    fields, name = block["fields"], str(block["name"])
    if block["table"] not in TABLES or not isinstance(fields, dict):
        raise LexiconError(
            f"dialects.toml, {name}: expected one of the tables {', '.join(TABLES)}, found {block['table']}"
        )
    requires, forbids, values = block["requires"], block["forbids"], block.get("values", {})
    assert isinstance(requires, list) and isinstance(forbids, list) and isinstance(values, dict)
    if unknown := set(requires) - set(fields):
        raise LexiconError(
            f"dialects.toml, {name}: expected aliases for every required field, found none for {unknown}"
        )
    aliases = {field: tuple(dict.fromkeys(map(folded, headers))) for field, headers in fields.items()}
    known = frozenset(map(folded, forbids))
    refuse = str(block.get("refuse", ""))
    return Dialect(name, str(block["table"]), str(block["label"]), tuple(requires), known, aliases, values, refuse)


@cache
def aliases() -> frozenset[str]:
    """Every folded header that any dialect knows."""
    return frozenset(alias for dialect in dialects() for names in dialect.fields.values() for alias in names)


def match(header: Sequence[str], dialect: Dialect) -> Match:
    """The reading of one header row in one dialect."""
    at: dict[str, list[int]] = {}
    for position, name in enumerate(header):
        at.setdefault(folded(name), []).append(position)
    columns, units, doubled = {}, {}, {}
    for field, names in dialect.fields.items():
        found = [position for name in names for position in at.get(name, ())]
        if found:
            columns[field], units[field] = found[0], unit_of(header[found[0]])
        if len(found) > 1:
            doubled[field] = (header[found[0]].strip(), tuple(header[other].strip() for other in found[1:]))
    missing = tuple(field for field in dialect.requires if field not in columns)
    return Match(dialect, columns, units, doubled, missing, tuple(dialect.forbids & set(at)))


def best(header: Sequence[str]) -> Match:
    """The reading that understands most of a header; complete readings come before incomplete ones."""
    readings = [match(header, dialect) for dialect in dialects()]
    return max(readings, key=lambda reading: (reading.complete, len(reading.columns), -len(reading.missing)))


def header_row(head: Sequence[Sequence[str]]) -> int:
    """The index of the row with most known headers among the first rows, the first of equals; -1 if none has two."""
    known = [sum(folded(cell) in aliases() for cell in row) for row in head]
    most = max(known, default=0)
    return known.index(most) if most >= 2 else -1
