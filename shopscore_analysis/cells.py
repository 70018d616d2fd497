"""Cells by number: what a shard counts is summed as integers, and becomes text once, at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.tally import numbered, used

PLACES = ("product", "sku", "week")  # the axes that rows of a frame stand on; `rating` is a number of its own

Ints = NDArray[np.int64]
Wanted = Ints | NDArray[np.bool_]


class Rows(NamedTuple):
    """Where rows stand on the axes: places among the sorted values of each, 0 for ""; `week` -1 where it is missing."""

    product: Ints
    sku: Ints
    week: Ints
    rating: Ints

    def at(self, rows: Wanted) -> Rows:
        """Some of the rows."""
        return Rows(*(codes[rows] for codes in self))

    def over(self, *axes: str) -> Rows:
        """The rows with some axes left open: "" or 0 there."""
        return self._replace(**{axis: np.zeros_like(self.week) for axis in axes})


class Key(NamedTuple):
    """The last axis of rows: numbers of `values`, -1 where a row has none and is left out."""

    code: Ints
    values: Sequence[str]

    def at(self, rows: Wanted) -> Key:
        """Those of some of the rows."""
        return Key(self.code[rows], self.values)

    def under(self, name: str) -> Key:
        """The same rows with "name|" before each value."""
        return Key(self.code, [f"{name}|{value}" for value in self.values])


class Cell(NamedTuple):
    """Rows to be counted under one feature, each as often as its weight says, once where there is none."""

    feature: str
    rows: Rows
    key: Key | None = None
    weight: Ints | None = None


def key_of(column: pd.Series) -> Key:
    """The texts of a column as a key; a missing one is left out."""
    code, values = pd.factorize(column)
    return Key(code.astype(np.int64), values.tolist())


def crossed(first: Key, second: Key) -> Key:
    """Both keys of the same rows as one: "first|second" for every pair that occurs."""
    known = (first.code >= 0) & (second.code >= 0)
    pair = np.where(known, first.code * len(second.values) + second.code, -1)
    occurs = np.zeros(len(first.values) * len(second.values), dtype=np.bool_)
    occurs[pair[known]] = True
    number = np.append(np.cumsum(occurs) - 1, -1)
    found = np.flatnonzero(occurs)
    one, two = (found // max(len(second.values), 1)).tolist(), (found % max(len(second.values), 1)).tolist()
    return Key(number[pair], [f"{first.values[a]}|{second.values[b]}" for a, b in zip(one, two, strict=True)])


def rows_of(frames: Sequence[pd.DataFrame]) -> tuple[list[Rows], list[pd.Index]]:
    """The rows of each frame, and the sorted values of each of `PLACES`, which all frames share."""
    ends = np.cumsum([len(frame) for frame in frames])[:-1]
    codes, values = zip(*(_coded([frame[axis] for frame in frames]) for axis in PLACES), strict=True)
    product, sku, week = (np.split(code, ends) for code in codes)
    ratings = [frame["rating"].to_numpy(np.int64) if "rating" in frame else np.zeros(len(frame), np.int64)
               for frame in frames]  # fmt: skip
    known = [(np.maximum(one, 0), np.maximum(two, 0)) for one, two in zip(product, sku, strict=True)]
    return [Rows(*parts, *rest) for parts, *rest in zip(known, week, ratings, strict=True)], list(values)


def _coded(columns: list[pd.Series]) -> tuple[Ints, pd.Index]:
    """The columns below one another as places among their sorted values, and these values, "" among them."""
    code, values = pd.factorize(pd.concat([pd.Series([""], dtype="str"), *columns], ignore_index=True), sort=True)
    return code[1:].astype(np.int64), values.astype("str")


def table(shop: str, cells: Iterable[Cell], values: Sequence[pd.Index]) -> pd.DataFrame:
    """The summed cells in the order of their axes, as a tally holds them; cells of zero and of no week are left out."""
    features: dict[str, list[_Numbered]] = {}
    keys: dict[str, int] = {"": 0}
    for cell in cells:
        features.setdefault(cell.feature, []).append(_known(cell, keys))
    order = np.array(sorted(keys), dtype=object)
    place = np.empty(len(keys), dtype=np.int64)
    place[[keys[key] for key in order]] = np.arange(len(keys))
    sizes = [*map(len, values), 1, len(keys)]
    sums = {name: _summed(features[name], place, sizes) for name in sorted(features)}
    found = {name: (codes, count) for name, (codes, count) in sums.items() if len(count)}
    product, sku, week, rating, key = np.concatenate(
        [np.zeros((5, 0), np.int64), *(codes for codes, _ in found.values())], axis=1
    )
    feature = np.repeat(np.arange(len(found)), [len(count) for _, count in found.values()])
    texts = {"product": product, "sku": sku, "week": week}
    return pd.DataFrame({
        "feature": used(feature, pd.Index(list(found), dtype="str")),
        "shop": used(np.zeros_like(key), pd.Index([shop], dtype="str")),
        **{axis: used(codes, known) for (axis, codes), known in zip(texts.items(), values, strict=True)},
        "rating": rating,
        "key": used(key, pd.Index(order, dtype="str")),
        "count": np.concatenate([np.zeros(0, np.int64), *(count for _, count in found.values())]),
    })  # fmt: skip


class _Numbered(NamedTuple):
    """The rows of a cell, the number of the key of each among all keys, and how often each counts."""

    rows: Rows
    key: Ints
    weight: Ints


def _known(cell: Cell, keys: dict[str, int]) -> _Numbered:
    """The cell without rows of no week or key, its key numbered among all keys."""
    known = cell.rows.week >= 0
    code = np.zeros(len(known), dtype=np.int64)
    if cell.key is not None:
        number = np.array([keys.setdefault(value, len(keys)) for value in cell.key.values] + [-1], dtype=np.int64)
        code = number[cell.key.code]
        known &= code >= 0
    weight = np.ones(len(known), dtype=np.int64) if cell.weight is None else cell.weight
    if known.all():
        return _Numbered(cell.rows, code, weight)
    return _Numbered(cell.rows.at(known), code[known], weight[known])


def _summed(cells: list[_Numbered], place: Ints, sizes: list[int]) -> tuple[Ints, Ints]:
    """The codes of a feature's cells [5, cells] in the order of the axes, and their sums."""
    rows = [np.concatenate(codes) for codes in zip(*(cell.rows for cell in cells), strict=True)]
    codes = [*rows, place[np.concatenate([cell.key for cell in cells])]]
    weight = np.concatenate([cell.weight for cell in cells])
    sizes = [*sizes[:3], int(codes[3].max(initial=0)) + 1, sizes[4]]
    number = numbered(codes, sizes)
    order = np.argsort(number, kind="stable")
    first = np.flatnonzero(np.diff(number[order], prepend=-1))
    sums = np.add.reduceat(weight[order], first) if len(first) else np.zeros(0, np.int64)
    one = order[first][sums != 0]
    return np.stack([code[one] for code in codes]), sums[sums != 0]
