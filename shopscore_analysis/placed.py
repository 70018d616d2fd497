"""Which shard each review and after-sale of a month belongs to: found a month at a time, and kept.

A record follows its order, which may lie in any month. Of every month of orders only the hashes of its numbers are
looked at; the few orders that a month's records may belong to are read, and the join of `order_rows` decides among
them. So no more than one month of records is in memory, whatever the length of the history.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from shopscore_analysis.copies import copies_by_month
from shopscore_analysis.errors import ShopscoreError
from shopscore_analysis.kept import Kept
from shopscore_analysis.memory import give_back
from shopscore_analysis.schema import TABLES
from shopscore_analysis.shards import order_rows
from shopscore_analysis.shelf import Shelf

Hashes = NDArray[np.uint64]
Found = TypeVar("Found", "Orders", "Placed")

BUCKETS = 256  # that a month too large for one shard can be cut into
_JOINED = {
    "orders": ("key", "order_id", "product_id", "sku", "ordered_at"),
    "reviews": ("order_ref", "product_id", "sku"),
    "aftersales": ("sub_order_id", "order_id", "product_id"),
}
_SAID = ["key", "reviewed_at", "text"]  # what copies are told by
_REFERENCES = {"reviews": ("order_ref",), "aftersales": ("sub_order_id", "order_id")}
# What no extractor of count.py reads; a new export that changes only these makes nothing count again.
_UNCOUNTED = {
    "shop", "exported_at", "source", "reply", "replied", "level", "merchant_sku", "creator", "cancel_reason",
    "aftersale_status", "reason_label", "agreed_at", "refunded_at", "closed_at", "arbitration", "liable",
}  # fmt: skip
_SIEVE = 1 << 21  # places of the sieve through which orders pass before their numbers are compared
MONTHS = 8  # that are placed at once, at most
_STALE = 4  # months of orders that may change before what was found is written down anew


class ChangedError(ShopscoreError):
    """A loader has changed the shelf since the shards were cut."""


def counted(table: str) -> list[str]:
    """The columns of a table that counting reads."""
    return [name for name in TABLES[table].all_columns if name not in _UNCOUNTED or table == "service"]


@dataclass(frozen=True)
class Orders:
    """What is known of a month of orders: the hashes of its sub-order and order numbers, and the digest of its rows."""

    version: str
    digest: str
    part: Hashes
    whole: Hashes

    @property
    def bucket(self) -> NDArray[np.uint8]:
        """The bucket of each order; all sub-orders of one order have the same."""
        return (self.whole % BUCKETS).astype(np.uint8)


@dataclass(frozen=True)
class Placed:
    """Where the records of one month of a table go.

    `months` and `digests`: the months of order and the digests of the rows that go there; for each record the number
    of its month, its bucket, and whether its text is a copy. It was found with the `orders` of these versions; among
    those in `met` are orders of these records. `references` are the hashes of the numbers that the records name.
    """

    version: str
    orders: dict[str, str]
    met: list[str]
    months: list[str]
    digests: list[str]
    month: NDArray[np.uint16]
    bucket: NDArray[np.uint8]
    copy: NDArray[np.bool_]
    references: Hashes


@dataclass(frozen=True)
class Source:
    """What is counted: the shelf and the folder of kept results (paths or URLs), the shop, and who reads its texts.

    `stamp` names the program that counts: what another one has kept is not used.
    """

    shelf: str
    kept: str
    shop: str
    category: str
    own: str = ""
    stamp: str = ""


@dataclass(frozen=True)
class Place:
    """The task of placing some months of tables, (table, month, version of its file), by all files of orders."""

    source: Source
    born: tuple[tuple[str, str, str], ...]
    orders: dict[str, str]

    @property
    def name(self) -> str:
        """What the task is called in messages."""
        table, month, _ = self.born[0]
        return f"{TABLES[table].label} {month}" + f"…{self.born[-1][1]}" * (len(self.born) > 1)


def task_name(source: Source, table: str, month: str) -> str:
    """What is found out about a month of a table is kept under this name."""
    return f"{source.stamp}-{table}-{month}"


@lru_cache(maxsize=4)
def orders_of(source: Source, month: str, version: str) -> Orders:
    """What is known of a month of orders, kept from an earlier run or found now; the last ones stay in memory."""
    store, name = Kept(source.kept), task_name(source, "orders", month)
    known = _read(Orders, store.get(name))
    if known and known.version == version:
        return known
    rows = Shelf(source.shelf).read("orders", [month], counted("orders"))
    part, order = hashes(rows["key"]), hashes(rows["order_id"])
    found = Orders(version, digest(rows), part, np.where(rows["order_id"].is_null(), part, order))
    store.put(name, _written(found))
    return found


def place(task: Place) -> list[Placed]:
    """Where the records of each month go, kept from an earlier run where nothing that matters has changed.

    Without the references: only the next run needs them.
    """
    give_back()
    store = Kept(task.source.kept)
    found = {about: _read(Placed, store.get(task_name(task.source, *about[:2]))) for about in task.born}
    sound = {about: known for about, known in found.items() if known and known.version == about[2]}
    stale = {about for about, known in sound.items() if not _holds(known, task)}
    anew = _found(task, [about for about in task.born if about not in sound or about in stale])
    for about, known in sound.items():
        if about not in anew and len(set(known.orders.items()) ^ set(task.orders.items())) > _STALE:
            anew[about] = replace(known, orders=task.orders)
    for (table, month, _), known in anew.items():
        store.put(task_name(task.source, table, month), _written(known))
    none = np.zeros(0, np.uint64)
    return [replace(anew[about] if about in anew else sound[about], references=none) for about in task.born]


def _holds(known: Placed, task: Place) -> bool:
    """Whether none of the orders that came, went or changed since belongs to one of the records."""
    changed = {month for month, _ in set(known.orders.items()) ^ set(task.orders.items())}
    if not changed or changed & set(known.met):
        return not changed
    named = _Named([known.references])
    return not any(len(named.by(task, month)[0]) for month in changed & set(task.orders))


def _found(task: Place, born: list[tuple[str, str, str]]) -> dict[tuple[str, str, str], Placed]:
    """Where the records of these months go, found anew."""
    if not born:
        return {}
    references = [_references(Shelf(task.source.shelf), *about[:2]) for about in born]
    orders, owners = _candidates(task, references)
    named = [(owners >> np.uint8(at)) & np.uint8(1) > 0 for at in range(len(born))]
    return {
        about: _placed(task, about, own, orders[mask].reset_index(drop=True))
        for about, own, mask in zip(born, references, named, strict=True)
    }


def _references(shelf: Shelf, table: str, month: str) -> Hashes:
    rows = shelf.read(table, [month], _REFERENCES[table])
    return np.unique(np.concatenate([hashes(column) for column in rows.columns]))


def _placed(task: Place, about: tuple[str, str, str], references: Hashes, orders: pd.DataFrame) -> Placed:
    """Where the records of one month go; its columns are read in three lots, so that no two are in memory."""
    table, born, version = about
    shelf = Shelf(task.source.shelf)
    copy = _copies(shelf, table, born)
    at, own = _joined(shelf, table, born, orders)
    bucket = np.concatenate([orders["bucket"].to_numpy(dtype=np.uint8), own])
    month = np.append(orders["month"].to_numpy(dtype=object), born)[at]
    months, number = np.unique(month.astype(str), return_inverse=True)
    rows = shelf.read(table, [born], counted(table))
    if not len(copy) == len(at) == len(rows):
        raise ChangedError(f"expected the shelf {shelf.root} at rest, found that {table} of {born} was loaded anew")
    rows = rows.append_column("copy", pa.array(copy))
    return Placed(
        version, task.orders, sorted(set(orders["month"])), months.tolist(),
        [digest(rows.take(np.flatnonzero(number == each))) for each in range(len(months))],
        number.astype(np.uint16), bucket[np.where(at >= 0, at, len(orders) + np.arange(len(own)))], copy, references,
    )  # fmt: skip


def _copies(shelf: Shelf, table: str, born: str) -> NDArray[np.bool_]:
    """Which records of a month are copies of another one."""
    if table != "reviews":
        return np.zeros(len(shelf.read(table, [born], ["key"])), np.bool_)
    return copies_by_month(frame(shelf.read(table, [born], _SAID))).to_numpy()


def _joined(shelf: Shelf, table: str, born: str, orders: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """The row of the order of each record, -1 where there is none, and the bucket of a record without an order."""
    rows = shelf.read(table, [born], ["key", *_JOINED[table]])
    return order_rows(frame(rows.drop_columns("key")), orders), hashes(rows["key"]).astype(np.uint8)


def _candidates(task: Place, references: list[Hashes]) -> tuple[pd.DataFrame, NDArray[np.uint8]]:
    """The orders of all months that bear one of the numbers (or, by chance, its hash), with month and bucket.

    Beside them a bit for each of the lists of references that names them.
    """
    named, shelf = _Named(references), Shelf(task.source.shelf)
    empty = frame(shelf.take("orders", "", np.zeros(0, np.int64), _JOINED["orders"]))
    parts = [empty.assign(month=np.array([], dtype=object), bucket=np.array([], dtype=np.uint8), by=np.uint8(0))]
    for month in task.orders:
        rows, by, bucket = named.by(task, month)
        if len(rows):
            orders = frame(shelf.take("orders", month, rows, _JOINED["orders"]))
            parts.append(orders.assign(month=month, bucket=bucket, by=by))
    found = pd.concat(parts, ignore_index=True).sort_values("key", kind="stable", ignore_index=True)
    return found.drop(columns="by"), found["by"].to_numpy(dtype=np.uint8)


class _Named:
    """Lists of up to `MONTHS` references, to be compared with one month of orders after another."""

    def __init__(self, references: list[Hashes]) -> None:
        every = np.concatenate(references)
        bits = np.repeat(np.uint8(1) << np.arange(len(references), dtype=np.uint8), list(map(len, references)))
        order = np.argsort(every)
        first = np.flatnonzero(np.diff(every[order], prepend=~every[order[:1]]) != 0)
        self._sorted = every[order[first]]
        self._by = np.bitwise_or.reduceat(bits[order], first) if len(first) else bits
        self._sieve = np.zeros(_SIEVE, dtype=np.bool_)
        self._sieve[every % _SIEVE] = True

    def by(self, task: Place, month: str) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
        """The numbers of the orders of a month that are named, by sub-order or by order; by which lists; buckets."""
        orders = orders_of(task.source, month, task.orders[month])
        likely = np.flatnonzero(self._sieve[orders.part % _SIEVE] | self._sieve[orders.whole % _SIEVE])
        by = self._lists(orders.part[likely]) | self._lists(orders.whole[likely])
        rows = likely[by > 0]
        return rows, by[by > 0], orders.bucket[rows]

    def _lists(self, hashes: Hashes) -> NDArray[np.uint8]:
        place = np.minimum(np.searchsorted(self._sorted, hashes), max(len(self._sorted) - 1, 0))
        known = self._sorted[place] == hashes if len(self._sorted) else np.zeros(len(hashes), np.bool_)
        return np.where(known, self._by[place], 0).astype(np.uint8) if len(self._sorted) else np.zeros(0, np.uint8)


def frame(rows: pa.Table) -> pd.DataFrame:
    """Records as a pandas frame."""
    made: pd.DataFrame = rows.to_pandas()
    return made


def hashes(column: pa.ChunkedArray) -> Hashes:
    """A 64-bit hash of each text; of a missing one that of an empty text."""
    values = column.fill_null("").to_numpy(zero_copy_only=False)
    return np.asarray(pd.util.hash_array(values.astype(object), categorize=False))


def digest(rows: pa.Table) -> str:
    """The SHA-256 of the content of records, however their columns are chunked."""
    total = hashlib.sha256()
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        missing = column.is_null().to_numpy()
        texts = pa.concat_arrays([pa.array([""]), *column.cast(pa.string()).fill_null("").chunks])
        _, offsets, said = texts.buffers()
        ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        total.update(name.encode() + np.packbits(missing).tobytes() + np.diff(ends).tobytes())
        total.update(memoryview(said)[ends[0] : ends[-1]] if said else b"")
    return total.hexdigest()


def _written(found: Orders | Placed) -> bytes:
    """Arrays and all else of an Orders or a Placed, as an .npz."""
    content = asdict(found)
    arrays = {name: value for name, value in content.items() if isinstance(value, np.ndarray)}
    rest = json.dumps({name: value for name, value in content.items() if name not in arrays}).encode()
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, rest=np.frombuffer(rest, np.uint8), **arrays)
    return out.getvalue()


def _read(kind: type[Found], content: bytes | None) -> Found | None:
    """What was written; None where there is nothing, or what another version of the program wrote."""
    if content is None:
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return kind(**json.loads(arrays.pop("rest").tobytes()), **arrays)
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
