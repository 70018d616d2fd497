"""A shelf cut into shards that have not been read yet: small values that any process can read its records with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from shopscore_analysis.periods import disjoint
from shopscore_analysis.placed import (
    BUCKETS,
    MONTHS,
    ChangedError,
    Place,
    Placed,
    Source,
    counted,
    digest,
    frame,
    orders_of,
    place,
)  # fmt: skip
from shopscore_analysis.shards import Shard, lots
from shopscore_analysis.shelf import Shelf

Mapper = Callable[[Callable[..., Any], Iterable[Any]], Iterable[Any]]
Notice = Callable[[str], None]  # told what a user should know, in Chinese
Rows = tuple[NDArray[np.uint32], NDArray[np.bool_]]  # numbers of a month's records, and which of them are copies

RECORDS = ("reviews", "aftersales")
BATCH = 8 << 20  # bytes of a table that are placed at once, where months are smaller
LARGEST = 60_000  # reviews, after-sales and orders of a shard; a month that has more is cut


@dataclass(frozen=True)
class Part:
    """A shard on the shelf: the orders of a month (or some buckets of them) and the records that follow them.

    `digest` is that of the month's records and `reviews` the number of its reviews, whatever part of the month this is.
    `rows`: per table and month of birth the numbers of the records; `versions`: of every file that they were found in.
    """

    source: Source
    month: str
    number: int
    of: int
    digest: str
    reviews: int
    rows: dict[tuple[str, str], Rows]
    versions: dict[tuple[str, str], str]
    service: pd.DataFrame

    @property
    def name(self) -> str:
        """What the shard is called in messages."""
        return self.month if self.of == 1 else f"{self.month} #{self.number + 1}"

    @property
    def size(self) -> int:
        """How many reviews and after-sales the shard has."""
        return sum(len(rows) for rows, _ in self.rows.values())

    def read(self) -> Shard:
        """The records of the shard; ChangedError where the shelf is no longer what the shards were cut from."""
        shelf = Shelf(self.source.shelf)
        reviews, aftersales = (self._records(shelf, table) for table in RECORDS)
        reviews = reviews.assign(lot=lots(reviews["key"], self.reviews))
        orders = self._orders(shelf)
        if self._now(shelf) != self.versions:
            raise ChangedError(
                f"expected the shelf {self.source.shelf} at rest, found that {self.month} was loaded anew"
            )
        about = self.source
        return Shard(about.shop, about.category, reviews, orders, aftersales, self.service, about.own)

    def _now(self, shelf: Shelf) -> dict[tuple[str, str], str]:
        """What `versions` would be now; "" where a file is gone."""
        now: dict[tuple[str, str], str] = {}
        for table in {table for table, _ in self.versions}:
            months = [month for name, month in self.versions if name == table]
            found = shelf.versions(table, months)
            now |= {(table, month): found.get(month, "") for month in months}
        return now

    def _orders(self, shelf: Shelf) -> pd.DataFrame:
        version = self.versions.get(("orders", self.month))
        if self.of == 1 or version is None:
            return frame(shelf.read("orders", [self.month], counted("orders")))
        known = orders_of(self.source, self.month, version)
        rows = np.flatnonzero(known.bucket % self.of == self.number)
        return frame(shelf.take("orders", self.month, rows, counted("orders")))

    def _records(self, shelf: Shelf, table: str) -> pd.DataFrame:
        own = {month: rows for (name, month), rows in self.rows.items() if name == table}
        own = own or {"": (np.zeros(0, np.uint32), np.zeros(0, np.bool_))}
        parts = [shelf.take(table, month, rows.astype(np.int64), counted(table)) for month, (rows, _) in own.items()]
        copy = pa.array(np.concatenate([copies for _, copies in own.values()]))
        whole = pa.concat_tables(parts)
        marked = whole.append_column("copy", copy) if table == "reviews" else whole
        return frame(marked.sort_by("key"))


@dataclass(frozen=True)
class Cut:
    """A shelf cut into months of orders: `digests` has the digest of all records of each month, oldest first."""

    source: Source
    digests: dict[str, str]
    versions: dict[str, dict[str, str]]
    sizes: dict[str, int]
    placed: dict[tuple[str, str], Placed]
    service: dict[str, pd.DataFrame]

    def born(self, month: str) -> set[str]:
        """The calendar months from which the records of a month of orders come."""
        return {month, *(born for (_, born), found in self.placed.items() if month in found.months)}

    def parts(self, month: str) -> list[Part]:
        """The shards of a month; disjoint and complete."""
        here = {about: found for about, found in self.placed.items() if month in found.months}
        of = min(BUCKETS, -(-self.sizes[month] // LARGEST) or 1)
        versions = {about: self.versions[about[0]][about[1]] for about in here}
        if month in self.versions["orders"]:
            versions["orders", month] = self.versions["orders"][month]
        empty = self.service[""].head(0)
        reviews = sum(int(_goes(found, month).sum()) for (table, _), found in here.items() if table == "reviews")
        return [
            Part(
                self.source, month, number, of, self.digests[month], reviews,
                {about: _rows(found, month, number, of) for about, found in here.items()}, versions,
                empty if number else self.service.get(month, empty),
            )
            for number in range(of)
        ]  # fmt: skip


def _rows(found: Placed, month: str, number: int, of: int) -> Rows:
    rows = np.flatnonzero(_goes(found, month) & (found.bucket % of == number))
    return rows.astype(np.uint32), found.copy[rows]


def _goes(found: Placed, month: str) -> NDArray[np.bool_]:
    """Which records go to a month of orders."""
    return np.asarray(found.month == found.months.index(month))


def cut(source: Source, map: Mapper = map) -> Cut:
    """The shelf as months of orders; `map` looks at several months at once."""
    shelf = Shelf(source.shelf)
    versions = {table: shelf.versions(table) for table in ("orders", *RECORDS)}
    months = versions["orders"]
    orders = dict(zip(months, map(_seen, [(source, *one) for one in months.items()]), strict=True))
    tasks = _batches(source, shelf, versions)
    born = [(table, month) for task in tasks for table, month, _ in task.born]
    placed = dict(zip(born, (found for batch in map(place, tasks) for found in batch), strict=True))
    service = _service(shelf)
    digests, sizes = _digests(orders, placed, service), {month: size for month, (_, size) in orders.items()}
    for found in placed.values():
        for month, size in zip(found.months, np.bincount(found.month, minlength=len(found.months)), strict=True):
            sizes[month] = sizes.get(month, 0) + int(size)
    return Cut(source, digests, versions, {month: sizes.get(month, 0) for month in digests}, placed, service)


def _batches(source: Source, shelf: Shelf, versions: dict[str, dict[str, str]]) -> list[Place]:
    """The months of reviews and after-sales, several small ones as one task."""
    batches: list[list[tuple[str, str, str]]] = []
    for table in RECORDS:
        sizes, filled = shelf.sizes(table), BATCH
        for month, version in versions[table].items():
            filled += sizes[month]
            if filled > BATCH or len(batches[-1]) == MONTHS:
                batches.append([])
                filled = sizes[month]
            batches[-1].append((table, month, version))
    return [Place(source, tuple(batch), versions["orders"]) for batch in batches]


def _seen(task: tuple[Source, str, str]) -> tuple[str, int]:
    """Digest and number of the orders of a month."""
    found = orders_of(*task)
    return found.digest, len(found.part)


def _service(shelf: Shelf) -> dict[str, pd.DataFrame]:
    """The service rows by month, each day told once; under "" none, with the columns."""
    rows = disjoint(shelf.read("service").to_pandas()).reset_index(drop=True)
    months = rows["period_start"].dt.strftime("%Y-%m")
    return {"": rows.head(0)} | {str(month): part.reset_index(drop=True) for month, part in rows.groupby(months)}


def _digests(
    orders: dict[str, tuple[str, int]], placed: dict[tuple[str, str], Placed], service: dict[str, pd.DataFrame]
) -> dict[str, str]:
    """The digest of everything that goes to each month."""
    going = {month: [f"orders {digest}"] for month, (digest, _) in orders.items()}
    for (table, born), found in placed.items():
        for month, rows in zip(found.months, found.digests, strict=True):
            going.setdefault(month, []).append(f"{table} {born} {rows}")
    for month, told_rows in service.items():
        if month:
            content = told_rows.drop(columns=["exported_at", "source"])
            told = digest(pa.Table.from_pandas(content, preserve_index=False))
            going.setdefault(month, []).append(f"service {told}")
    return {month: hashlib.sha256("\n".join(going[month]).encode()).hexdigest() for month in sorted(going)}
