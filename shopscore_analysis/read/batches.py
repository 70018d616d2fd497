"""What reading a file gives: batches of records, rejects, and where they came from."""

from __future__ import annotations

import re
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


@dataclass
class Origin:
    """Where the rows at hand come from, and what was noticed on the way."""

    path: Path
    member: str
    sheet: str
    shop: str
    source: str
    period: tuple[date, date] | None
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def names(self) -> Iterator[str]:
        """The names that may tell a date, the nearest first: member, file, folder."""
        yield from (self.member.rsplit("/", 1)[-1], self.path.name, self.path.parent.name)


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
