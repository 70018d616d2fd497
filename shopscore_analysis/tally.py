"""The tally: integer counts along fixed axes, which add.

`count(A ⊎ B) = count(A) + count(B)` for any split of the records by order, so one file, many processes
and a cluster are one code path. Only integers are kept; shares are computed when a measure reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

AXES = ("feature", "shop", "product", "sku", "week", "rating", "key")
QUOTE_AXES = ("feature", "shop", "product", "week", "key")
QUOTE_COLUMNS = (*QUOTE_AXES, "rank", "rating", "source", "text", "start", "end")
QUOTES_PER_CELL = 3
_INTEGERS = ("rating", "count", "start", "end")
_WIDE = 1 << 62  # what a cell's number stays below

Ints = NDArray[np.int64]


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
    """The cells of all parts, equal ones as one, in the order of their axes; texts are categories.

    A cell is numbered by the places of its values among all values, so that one sort of integers sums any number;
    features are summed one after the other, which bounds what is held beside the cells.
    """
    loose = [part for part in parts if part["feature"].dtype != "category"]
    parts = [_joined(loose), *(part for part in parts if part["feature"].dtype == "category")] if loose else parts
    codes, values = zip(*(_coded([part[axis] for part in parts]) for axis in AXES), strict=True)
    counts = np.concatenate([part["count"].to_numpy(dtype="int64") for part in parts])
    sizes = [len(known) for known in values]
    found = [_added(np.flatnonzero(codes[0] == feature), codes[1:], sizes[1:], counts) for feature in range(sizes[0])]
    at = np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in found)])
    sums = np.concatenate([np.zeros(0, np.int64), *(total for _, total in found)])
    columns = {axis: _decoded(axis, code[at], known) for axis, code, known in zip(AXES, codes, values, strict=True)}
    return pd.DataFrame({**columns, "count": sums})


def _added(rows: Ints, codes: tuple[NDArray[np.int32], ...], sizes: Iterable[int], counts: Ints) -> tuple[Ints, Ints]:
    """Of the rows of a feature one for each cell, in the order of the axes, and the sums, without cells of zero."""
    number = numbered([code[rows] for code in codes], sizes)
    order = np.argsort(number, kind="stable")
    first = np.flatnonzero(np.diff(number[order], prepend=-1))
    sums = np.add.reduceat(counts[rows[order]], first)
    return rows[order[first]][sums != 0], sums[sums != 0]


def _coded(columns: list[pd.Series]) -> tuple[NDArray[np.int32], pd.Index]:
    """The columns below one another as places among their sorted values, and these values."""
    own = [pd.Categorical(column) if column.dtype != "category" else column.array for column in columns]
    kind = "int64" if columns[0].name in _INTEGERS else "str"
    known = [part.categories.astype(kind) for part in own]
    values = pd.Index(np.unique(np.concatenate([index.to_numpy(dtype=object) for index in known])), dtype=kind)
    places = [np.append(values.get_indexer(index), -1) for index in known]
    narrow = [place.astype(np.int32)[part.codes] for place, part in zip(places, own, strict=True)]
    return np.concatenate(narrow), values


def numbered(codes: Iterable[NDArray[np.integer[Any]]], sizes: Iterable[int]) -> Ints:
    """One number for each row of codes, in the order of the rows; made dense again before it grows too wide."""
    number, width = np.zeros(1, dtype=np.int64), 1
    for code, size in zip(codes, sizes, strict=True):
        if width * max(size, 1) > _WIDE:
            seen, number = np.unique(number, return_inverse=True)
            width = len(seen)
        number, width = number * max(size, 1) + code, width * max(size, 1)
    return number


def _decoded(axis: str, codes: NDArray[np.int32], values: pd.Index) -> object:
    """A column of the tally: numbers as they are, texts as categories that all occur."""
    if axis in _INTEGERS:
        return values.to_numpy()[codes]
    return used(codes, values)


def used(codes: NDArray[np.integer[Any]], values: pd.Index) -> pd.Categorical:
    """Codes of values as categories that all occur."""
    occurs = np.bincount(codes, minlength=len(values)) > 0
    if occurs.all():
        return pd.Categorical.from_codes(codes, values)
    return pd.Categorical.from_codes((np.cumsum(occurs) - 1)[codes], values[occurs])


def bottom(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The quotes of smallest rank of each cell, in order; equal ones once."""
    quotes = _joined(parts)
    codes, values = zip(*(_coded([quotes[axis]]) for axis in (*QUOTE_AXES, "rank")), strict=True)
    cell = numbered(codes[:-1], [len(known) for known in values[:-1]])
    order = np.lexsort((codes[-1], cell))
    if not _apart(cell[order], codes[-1][order]):  # one record stands in a cell twice: the rest of it decides
        quotes = quotes.drop_duplicates(ignore_index=True)
        rest = ["rank", "source", "text", "start", "end", "rating"]
        quotes = quotes.sort_values([*QUOTE_AXES, *rest], ignore_index=True)
        return quotes[quotes.groupby(list(QUOTE_AXES), sort=False).cumcount() < QUOTES_PER_CELL].reset_index(drop=True)
    new = np.diff(cell[order], prepend=-1) != 0
    first = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    chosen = order[np.arange(len(order)) - first < QUOTES_PER_CELL]
    return quotes.take(chosen).reset_index(drop=True)


def _apart(cell: Ints, rank: NDArray[np.int32]) -> bool:
    """Whether no two neighbours are equal in both."""
    return bool((np.diff(cell).astype(bool) | np.diff(rank).astype(bool)).all())


def _trimmed(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells, numbered anew, without categories that do not occur."""
    texts = cells.select_dtypes("category")
    shown = {str(name): used(column.cat.codes.to_numpy(), column.cat.categories) for name, column in texts.items()}
    trimmed: pd.DataFrame = cells.assign(**shown).reset_index(drop=True)
    return trimmed


@dataclass(frozen=True)
class Tally:
    """Counts and a small sample of evidence.

    `cells`: one row per (feature, shop, product, sku, week, rating, key) with an int64 `count`; texts are categories.
    `quotes`: per (feature, shop, product, week, key) the masked texts of smallest `rank`, with the matched span and
    their `source`, "text" or "followup"; a bottom-k sample, so it merges lawfully too. A rank begins with a digit, how
    doubtful the quote is (`quoted.doubts`), and goes on with the record's key, which is a hash.
    """

    cells: pd.DataFrame = field(default_factory=lambda: _summed([_empty((*AXES, "count"))]))
    quotes: pd.DataFrame = field(default_factory=lambda: _empty(QUOTE_COLUMNS))

    @classmethod
    def of(cls, cells: Iterable[pd.DataFrame], quotes: Iterable[pd.DataFrame] = ()) -> Tally:
        """The tally of loose cells (axes and `count`, repeats allowed) and quotes, in canonical order."""
        return cls(_summed([_empty((*AXES, "count")), *cells]), bottom([_empty(QUOTE_COLUMNS), *quotes]))

    def __add__(self, other: Tally) -> Tally:
        return Tally.of([self.cells, other.cells], [self.quotes, other.quotes])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self.cells.equals(other.cells) and self.quotes.equals(other.quotes)

    def where(self, **axes: str | int | Iterable[str | int]) -> Tally:
        """The part of the tally in which every named axis has the value, or one of the values, given.

        `product` takes an id or a product's name. Unknown axes and products raise ValueError. What is counted over all
        SKUs (words, patterns, ways of the order) belongs to no `sku`.
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
        return Tally(_trimmed(cells), quotes.reset_index(drop=True))

    def _products(self, wanted: set[str | int]) -> set[str]:
        """The ids of the products named; ValueError for a name or id that no product bears."""
        named = {product for product, name in self.names.items() if name in wanted}
        if wanted and not self.cells.empty and not named and not self.cells["product"].isin(wanted).any():
            known = "、".join(self.names.values())
            raise ValueError(f"expected a product's id or name, found {wanted}; there are {known}")
        return named

    def counts(self, feature: str, *axes: str) -> pd.Series:
        """The int64 counts of one feature, summed over all axes but those named (a Series indexed by them)."""
        cells = self.cells.loc[self.cells["feature"] == feature, [*axes, "count"]]
        sums = cells.groupby(list(axes), sort=True, observed=True)["count"].sum().reset_index()
        return sums.astype(_types(sums.columns)).set_index(list(axes))["count"]

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


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of the tallies."""
    found = list(tallies)
    return Tally.of([tally.cells for tally in found], [tally.quotes for tally in found])
