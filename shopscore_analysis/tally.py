"""The tally: integer counts along fixed axes, which add.

`count(A ⊎ B) = count(A) + count(B)` for any split of the records by order, so one file, many processes
and a cluster are one code path. Only integers are kept; shares are computed when a measure reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

AXES = ("feature", "shop", "product", "sku", "week", "rating", "key")
QUOTE_AXES = ("feature", "shop", "product", "week", "key")
QUOTE_COLUMNS = (*QUOTE_AXES, "rank", "rating", "text", "start", "end")
QUOTES_PER_CELL = 3
_INTEGERS = ("rating", "count", "start", "end")


def _types(columns: Iterable[str]) -> dict[str, str]:
    return {name: "int64" if name in _INTEGERS else "str" for name in columns}


def _empty(columns: Iterable[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _types(columns).items()})


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The parts below one another, in the types of a tally: an empty part must not change them."""
    loose = pd.concat(parts, ignore_index=True)
    joined: pd.DataFrame = loose.astype(_types(loose.columns))
    return joined


def _summed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    cells = _joined(parts).groupby(list(AXES), sort=True, observed=True)[["count"]].sum().reset_index()
    return cells[cells["count"] != 0].reset_index(drop=True)


def _bottom(parts: list[pd.DataFrame]) -> pd.DataFrame:
    quotes = _joined(parts).drop_duplicates()
    quotes = quotes.sort_values([*QUOTE_AXES, "rank", "text", "start", "end", "rating"], ignore_index=True)
    return quotes[quotes.groupby(list(QUOTE_AXES), sort=False).cumcount() < QUOTES_PER_CELL].reset_index(drop=True)


@dataclass(frozen=True)
class Tally:
    """Counts and a small sample of evidence.

    `cells`: one row per (feature, shop, product, sku, week, rating, key) with an int64 `count`.
    `quotes`: per (feature, shop, product, week, key) the masked texts whose record keys have the smallest
    hashes (`rank`), with the matched span; a bottom-k sample, so it merges lawfully too.
    """

    cells: pd.DataFrame = field(default_factory=lambda: _empty((*AXES, "count")))
    quotes: pd.DataFrame = field(default_factory=lambda: _empty(QUOTE_COLUMNS))

    @classmethod
    def of(cls, cells: Iterable[pd.DataFrame], quotes: Iterable[pd.DataFrame] = ()) -> Tally:
        """The tally of loose cells (axes and `count`, repeats allowed) and quotes, in canonical order."""
        return cls(_summed([_empty((*AXES, "count")), *cells]), _bottom([_empty(QUOTE_COLUMNS), *quotes]))

    def __add__(self, other: Tally) -> Tally:
        return Tally.of([self.cells, other.cells], [self.quotes, other.quotes])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self.cells.equals(other.cells) and self.quotes.equals(other.quotes)

    def where(self, **axes: str | int | Iterable[str | int]) -> Tally:
        """The part of the tally in which every named axis has the value, or one of the values, given.

        `product` takes an id or a product's name. Unknown axes and products raise ValueError.
        """
        cells, quotes = self.cells, self.quotes
        for axis, wanted in axes.items():
            if axis not in AXES:
                raise ValueError(f"expected one of the axes {', '.join(AXES)}, found {axis!r}")
            values = {wanted} if isinstance(wanted, (str, int)) else set(wanted)
            if axis == "product":
                values |= self._products(values)
            cells = cells[cells[axis].isin(values)]
            quotes = quotes[quotes[axis].isin(values)] if axis in quotes else quotes
        return Tally(cells.reset_index(drop=True), quotes.reset_index(drop=True))

    def _products(self, wanted: set[str | int]) -> set[str]:
        """The ids of the products named; ValueError for a name or id that no product bears."""
        named = {product for product, name in self.names.items() if name in wanted}
        if wanted and not self.cells.empty and not named and not self.cells["product"].isin(wanted).any():
            known = "、".join(self.names.values())
            raise ValueError(f"expected a product's id or name, found {wanted}; there are {known}")
        return named

    def counts(self, feature: str, *axes: str) -> pd.Series:
        """The int64 counts of one feature, summed over all axes but those named (a Series indexed by them)."""
        cells = self.cells[self.cells["feature"] == feature]
        return cells.groupby(list(axes), sort=True, observed=True)["count"].sum()

    def total(self, feature: str) -> int:
        """The count of one feature over everything."""
        return int(self.cells.loc[self.cells["feature"] == feature, "count"].sum())

    @cached_property
    def names(self) -> dict[str, str]:
        """The commonest name of each product id (ties go to the first in code-point order)."""
        counts: pd.DataFrame = self.counts("name", "product", "key").reset_index()
        named = counts.sort_values(["product", "count", "key"], ascending=[True, False, True])
        return dict(named.drop_duplicates("product")[["product", "key"]].itertuples(index=False))

    @cached_property
    def weeks(self) -> list[str]:
        """The weeks that hold any count, oldest first."""
        return sorted(set(self.cells["week"]) - {""})
