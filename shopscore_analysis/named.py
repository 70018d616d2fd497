"""The orders that some reviews and after-sales name: found by the kept hashes of order numbers, whatever their month.

An order may lie in any earlier month. Of the months in which none is named nothing is read but those hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

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

    def named(self, wanted: Hashes, months: Collection[str] | None = None) -> dict[str, NDArray[np.int64]]:
        """By month the numbers of the orders that bear one of these hashes (sorted), as sub-order or as order.

        Of months in which none is named nothing is told; `months`: those looked at (default: all).
        """
        sieve = np.zeros(_SIEVE, dtype=np.bool_)
        sieve[wanted % _SIEVE] = True
        chosen = list(self.versions if months is None else months) if len(wanted) else []
        found = {month: _named(self._orders(month), wanted, sieve) for month in chosen}
        return {month: rows for month, rows in found.items() if len(rows)}

    def _orders(self, month: str) -> Orders:
        if month not in self._known:
            self._known[month] = orders_of(self.source, month, self.versions[month])
        return self._known[month]


def _named(orders: Orders, wanted: Hashes, sieve: NDArray[np.bool_]) -> NDArray[np.int64]:
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
    return by_key(named_by_month(numbers, wanted, columns))


def by_key(months: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The orders of all months, sorted by key."""
    return pd.concat(months.values(), ignore_index=True).sort_values("key", kind="stable", ignore_index=True)


def named_by_month(numbers: Numbers, wanted: Hashes, columns: Sequence[str] = ()) -> dict[str, pd.DataFrame]:
    """The orders of `orders_named` by month; under "" none, with the columns."""
    chosen = list(columns) or [name for name in TABLES["orders"].all_columns if name != "shop"]
    for _ in range(_ATTEMPTS):
        rows = {"": np.zeros(0, np.int64), **numbers.named(wanted)}
        found = {month: frame(numbers.shelf.take("orders", month, own, chosen)) for month, own in rows.items()}
        if numbers.shelf.versions("orders") == numbers.versions:
            return found
        numbers = Numbers(numbers.source)
    raise ShopscoreError(
        f"expected a quiet moment to read {numbers.source.shelf}, found loaders all the time; wait for them and try "
        "again"
    )
