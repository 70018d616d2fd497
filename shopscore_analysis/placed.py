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
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from shopscore_analysis.copies import copies_by_month
from shopscore_analysis.kept import Kept
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
_REFERENCES = {"reviews": ("order_ref",), "aftersales": ("sub_order_id", "order_id")}
# What no extractor of count.py reads; a new export that changes only these makes nothing count again.
_UNCOUNTED = {
    "shop", "exported_at", "source", "reply", "replied", "level", "merchant_sku", "creator", "cancel_reason",
    "aftersale_status", "reason_label", "agreed_at", "refunded_at", "closed_at", "arbitration", "liable",
}  # fmt: skip
_SIEVE = 1 << 24  # places of the sieve through which orders pass before their numbers are compared
_STALE = 4  # months of orders that may change before what was found is written down anew


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
    """The task of placing a month of a table: of which versions its file and all files of orders are."""

    source: Source
    table: str
    month: str
    version: str
    orders: dict[str, str]

    @property
    def name(self) -> str:
        """What it is kept as, and called in messages."""
        return task_name(self.source, self.table, self.month)


def task_name(source: Source, table: str, month: str) -> str:
    """What is found out about a month of a table is kept under this name."""
    return f"{source.stamp}-{table}-{month}"


def orders_of(source: Source, month: str, version: str) -> Orders:
    """What is known of a month of orders, kept from an earlier run or found now."""
    store, name = Kept(source.kept), task_name(source, "orders", month)
    known = _read(Orders, store.get(name))
    if known and known.version == version:
        return known
    rows = Shelf(source.shelf).read("orders", [month], counted("orders"))
    part, order = hashes(rows["key"]), hashes(rows["order_id"])
    found = Orders(version, digest(rows), part, np.where(rows["order_id"].is_null(), part, order))
    store.put(name, _written(found))
    return found


def place(task: Place) -> Placed:
    """Where the records of a month go, kept from an earlier run where nothing that matters has changed.

    Without the references: only the next run needs them.
    """
    store = Kept(task.source.kept)
    known = _read(Placed, store.get(task.name))
    if known is None or known.version != task.version or not _holds(known, task):
        known = _found(task)
        store.put(task.name, _written(known))
    elif len(set(known.orders.items()) ^ set(task.orders.items())) > _STALE:
        store.put(task.name, _written(replace(known, orders=task.orders)))
    return replace(known, references=np.zeros(0, np.uint64))


def _holds(known: Placed, task: Place) -> bool:
    """Whether none of the orders that came, went or changed since belongs to one of the records."""
    changed = {month for month, _ in set(known.orders.items()) ^ set(task.orders.items())}
    if changed & set(known.met):
        return False
    sieve = _sieve(known.references)
    return not any(len(_named(task, month, sieve, known.references)) for month in changed & set(task.orders))


def _found(task: Place) -> Placed:
    rows = Shelf(task.source.shelf).read(task.table, [task.month], counted(task.table))
    references = np.unique(np.concatenate([hashes(rows[name]) for name in _REFERENCES[task.table]]))
    orders = _candidates(task, references)
    records = frame(rows.select(list(_JOINED[task.table])))
    at = order_rows(records, orders)
    own = np.concatenate([orders["bucket"].to_numpy(dtype=np.uint8), hashes(rows["key"]).astype(np.uint8)])
    bucket = own[np.where(at >= 0, at, len(orders) + np.arange(len(records)))]
    month = np.append(orders["month"].to_numpy(dtype=object), task.month)[at]
    months, number = np.unique(month.astype(str), return_inverse=True)
    copy = copies_by_month(frame(rows)).to_numpy() if task.table == "reviews" else np.zeros(len(rows), bool)
    marked = rows.append_column("copy", pa.array(copy))
    return Placed(
        task.version, task.orders, sorted(set(orders["month"])), months.tolist(),
        [digest(marked.take(np.flatnonzero(number == each))) for each in range(len(months))],
        number.astype(np.uint16), bucket, copy, references,
    )  # fmt: skip


def _candidates(task: Place, references: Hashes) -> pd.DataFrame:
    """The orders of all months that bear one of the numbers (or, by chance, its hash), with month and bucket."""
    sieve, shelf = _sieve(references), Shelf(task.source.shelf)
    empty = frame(shelf.take("orders", "", np.zeros(0, np.int64), _JOINED["orders"]))
    parts = [empty.assign(month=np.array([], dtype=object), bucket=np.array([], dtype=np.uint8))]
    for month, version in task.orders.items():
        if len(rows := _named(task, month, sieve, references)):
            orders = frame(shelf.take("orders", month, rows, _JOINED["orders"]))
            bucket = orders_of(task.source, month, version).bucket[rows]
            parts.append(orders.assign(month=month, bucket=bucket))
    return pd.concat(parts, ignore_index=True).sort_values("key", kind="stable", ignore_index=True)


def _sieve(references: Hashes) -> NDArray[np.bool_]:
    marked = np.zeros(_SIEVE, dtype=np.bool_)
    marked[references % _SIEVE] = True
    return marked


def _named(task: Place, month: str, sieve: NDArray[np.bool_], references: Hashes) -> NDArray[np.int64]:
    """The numbers of the orders of a month that the records name, by sub-order or by order."""
    orders = orders_of(task.source, month, task.orders[month])
    likely = np.flatnonzero(sieve[orders.part % _SIEVE] | sieve[orders.whole % _SIEVE])
    named = np.isin(orders.part[likely], references) | np.isin(orders.whole[likely], references)
    return likely[named]


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
