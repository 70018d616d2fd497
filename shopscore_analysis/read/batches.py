"""What reading a file gives: batches of records, rejects, and where they came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa

_SHANGHAI = timezone(timedelta(hours=8))
_EPOCH_NAME = re.compile(r"^(\d{10})(?:\d{3})?[_\-.]")
_DAY = re.compile(r"(?<!\d)(20\d\d)([-._年]?)(0[1-9]|1[0-2])[-._月]?(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True)
class Reject:
    """A row, or with `kept` a single cell, that could not be read; `value` is masked.

    `row` is 1-based as a spreadsheet counts, 0 where the whole file or sheet is meant.
    """

    file: str
    sheet: str
    row: int
    column: str
    value: str
    reason: str
    kept: bool = False


@dataclass(frozen=True)
class Batch:
    """One table found in a file.

    `records` has exactly the columns of the shelf; `rejects` the rows left out and (kept) the cells left empty.
    """

    path: Path
    member: str
    table: str
    dialect: str
    records: pa.Table
    rejects: list[Reject]
    warnings: list[str]


@dataclass(frozen=True)
class Part:
    """Some records of the table `number` of a file, and what was rejected beside them.

    Where the name does not tell when the file was exported, `exported_at` is null until the whole file is read.
    """

    number: int
    table: str
    records: pa.Table
    rejects: list[Reject]


N = "\0"  # stands for the count in a note


@dataclass
class Origin:
    """Where the rows at hand come from, and what was noticed on the way: one per slice, summed over a table."""

    path: Path
    member: str
    sheet: str
    shop: str
    source: str
    period: tuple[date, date] | None
    rejects: list[Reject] = field(default_factory=list)
    newest: datetime | None = None
    rows: int = 0
    rejected: int = 0
    ids: Counter[str] = field(default_factory=Counter)
    _notes: Counter[str] = field(default_factory=Counter)
    _examples: dict[str, str] = field(default_factory=dict)

    def note(self, text: str, count: int = 1, example: str = "") -> None:
        """Remembers something for the warnings; `text` holds N where the sum of the counts belongs."""
        self._notes[text] += count
        self._examples.setdefault(text, example)

    def slice(self) -> Origin:
        """The same place with nothing noticed yet."""
        return Origin(self.path, self.member, self.sheet, self.shop, self.source, self.period)

    def absorb(self, part: Origin) -> None:
        """Adds what was noticed over a slice; of its rejects, which are handed on at once, only their number."""
        for reject in part.rejects:
            if not reject.kept:
                self.note(f"{N} 行没有导入，{reject.column}：{reject.reason}")
        for text, count in part._notes.items():
            self.note(text, count, part._examples[text])
        self.newest = max((at for at in (self.newest, part.newest) if at), default=None)
        self.rows += part.rows
        self.rejected += len({reject.row for reject in part.rejects if not reject.kept})
        self.ids.update(part.ids)

    @property
    def warnings(self) -> list[str]:
        """What was noticed, each kind once, with its count and its first example."""
        return [text.replace(N, str(count)) + self._examples[text] for text, count in self._notes.items()]

    @property
    def names(self) -> Iterator[str]:
        """The names that may tell a date, the nearest first: member, file, folder."""
        yield from (self.member.rsplit("/", 1)[-1], self.path.name, self.path.parent.name)

    @property
    def exported_at(self) -> datetime | None:
        """When the file was exported: by its name, else the newest time met in it so far."""
        return self.named or self.newest

    @property
    def named(self) -> datetime | None:
        """When the file was exported, by its own name or that of its member."""
        return next((at for name in list(self.names)[:2] if (at := named_time(name))), None)


def days_in(name: str) -> list[date]:
    """The days named in a file name, in order.

    >>> days_in("飞鸽_客服表现_20260901-20260907.xlsx")
    [datetime.date(2026, 9, 1), datetime.date(2026, 9, 7)]
    """
    found = []
    for year, _, month, day in _DAY.findall(name):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found


def named_time(name: str) -> datetime | None:
    """When a file was exported, by its name: the epoch in front, else the last day in it, else None.

    >>> named_time("1791430000_订单.csv"), named_time("评价_20260601.xlsx"), named_time("店铺体验分.csv")
    (datetime.datetime(2026, 10, 8, 11, 26, 40), datetime.datetime(2026, 6, 1, 0, 0), None)
    """
    if epoch := _EPOCH_NAME.match(name):
        return datetime.fromtimestamp(int(epoch[1]), _SHANGHAI).replace(tzinfo=None)
    days = days_in(name)
    return datetime.combine(days[-1], datetime.min.time()) if days else None
