"""The orders that some reviews and after-sales name: found by the kept hashes of order numbers, whatever their month.

An order may lie in any earlier month. Of the months in which none is named nothing is read but those hashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.errors import ShopscoreError
from shopscore_analysis.placed import Hashes, Orders, Source, frame, orders_of
from shopscore_analysis.schema import TABLES
from shopscore_analysis.shelf import Shelf

_REFERENCES = ("order_ref", "sub_order_id", "order_id")
_SIEVE = 1 << 18  # places of the sieve through which orders pass before their numbers are compared
_ATTEMPTS = 5


def references(records: pd.DataFrame) -> Hashes:
    """The different hashes of the order numbers that records name, sorted."""
    texts = [records[name].dropna().astype("str") for name in _REFERENCES if name in records]
    hashes = [pd.util.hash_array(text.to_numpy(dtype=object), categorize=False) for text in texts]
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *hashes]))


class Numbers:
    """The hashes of all order numbers of a shelf as it is now, 16 bytes an order; a month is read when it is asked."""

    def __init__(self, source: Source) -> None:
        self.source, self.shelf = source, Shelf(source.shelf)
        self.versions = self.shelf.versions("orders")
        self._known: dict[str, Orders] = {}

    def named(self, month: str, wanted: Hashes) -> NDArray[np.int64]:
        """The numbers of the orders of a month that bear one of these hashes (sorted), as sub-order or as order."""
        if month not in self._known:
            self._known[month] = orders_of(self.source, month, self.versions[month])
        orders, sieve = self._known[month], np.zeros(_SIEVE, dtype=np.bool_)
        sieve[wanted % _SIEVE] = True
        likely = np.flatnonzero(sieve[orders.part % _SIEVE] | sieve[orders.whole % _SIEVE])
        return likely[_among(orders.part[likely], wanted) | _among(orders.whole[likely], wanted)]


def _among(hashes: Hashes, wanted: Hashes) -> NDArray[np.bool_]:
    place = np.searchsorted(wanted, hashes)
    found: NDArray[np.bool_] = np.append(wanted, np.uint64(0))[place] == hashes
    return found


def orders_named(numbers: Numbers, wanted: Hashes, columns: Sequence[str] = ()) -> pd.DataFrame:
    """All orders that bear one of these hashes, sorted by key: those that `shards.order_rows` can choose from.

    `columns`: those read (default: all). ShopscoreError where loaders change the shelf all the time.
    """
    every = [name for name in TABLES["orders"].all_columns if name != "shop"]
    for _ in range(_ATTEMPTS):
        parts = list(_parts(numbers, wanted, list(columns) or every))
        if numbers.shelf.versions("orders") == numbers.versions:
            return pd.concat(parts, ignore_index=True).sort_values("key", kind="stable", ignore_index=True)
        numbers = Numbers(numbers.source)
    raise ShopscoreError(
        f"expected a quiet moment to read {numbers.source.shelf}, found loaders all the time; wait for them and try "
        "again"
    )


def _parts(numbers: Numbers, wanted: Hashes, columns: list[str]) -> Iterator[pd.DataFrame]:
    yield frame(numbers.shelf.take("orders", "", np.zeros(0, np.int64), columns))
    for month in numbers.versions if len(wanted) else ():
        if len(rows := numbers.named(month, wanted)):
            yield frame(numbers.shelf.take("orders", month, rows, columns))
