"""Counts along the axes that an analyst asks for, over their denominators."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from shopscore_analysis.tally import Tally

By = str | Sequence[str] | None
TALLY_AXES = ("product", "sku", "week", "shop")
ORDER_AXES = ("channel", "warehouse", "carrier")  # known through the order only: features with a compound key


def axes_of(by: By, known: Collection[str] = TALLY_AXES + ORDER_AXES) -> list[str]:
    """The axes asked for as a list; ValueError names those that exist, two order axes at once, or one with sku.

    >>> axes_of(None), axes_of("week"), axes_of(("product", "sku"))
    ([], ['week'], ['product', 'sku'])
    """
    axes = [by] if isinstance(by, str) else list(by or ())
    if unknown := [axis for axis in axes if axis not in known]:
        raise ValueError(f"expected axes among {', '.join(known)}, found {', '.join(unknown)}")
    if len(compound := [axis for axis in axes if axis in ORDER_AXES]) > 1:
        raise ValueError(
            f"expected at most one of {', '.join(ORDER_AXES)}, found {', '.join(compound)}; ask for one at a time"
        )
    if compound and "sku" in axes:
        raise ValueError(f"expected {compound[0]} without sku, found both; it is counted over all SKUs of a product")
    return axes


def counted(tally: Tally, feature: str, *axes: str) -> pd.DataFrame:
    """The counts of one feature: a column per axis (`key` is one too), then int64 `count`; one row without axes.

    An axis of `ORDER_AXES` is read from the feature's compound twin `<feature>_by`, whose key is "axis|value"
    or, where `key` is asked for, "axis|value|key".
    """
    if not axes:
        return pd.DataFrame({"count": [tally.total(feature)]})
    compound = next((axis for axis in axes if axis in ORDER_AXES), "")
    if not compound:
        return tally.counts(feature, *axes).reset_index()
    cells = _compound(tally, f"{feature}_by", axes, compound)
    return summed(cells, axes) if len(cells) else _none(axes)


def summed(cells: pd.DataFrame, axes: Sequence[str]) -> pd.DataFrame:
    """`count` of the cells added up per value of the axes: a column per axis, then `count`."""
    return cells.groupby(list(axes))["count"].sum().reset_index()


def _none(axes: Sequence[str]) -> pd.DataFrame:
    kinds = {axis: "int64" if axis == "rating" else "str" for axis in axes} | {"count": "int64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _compound(tally: Tally, feature: str, axes: Sequence[str], compound: str) -> pd.DataFrame:
    """The cells of a compound feature that belong to one order axis, its value in a column of its own."""
    plain = [axis for axis in axes if axis not in (compound, "key")]
    cells = tally.counts(feature, *plain, "key").reset_index()
    cells = cells[cells["key"].str.startswith(f"{compound}|")]
    values = cells["key"].str.removeprefix(f"{compound}|")
    if "key" in axes:
        # a value may hold a | of its own, a cause never does
        cells = cells.assign(key=values.str.replace(r"^.*\|", "", regex=True))
        values = values.str.replace(r"\|[^|]*$", "", regex=True)
    return cells.assign(**{compound: values})


def on_grid(counts: pd.DataFrame, sizes: pd.DataFrame, keys: Sequence[str], name: str) -> pd.DataFrame:
    """Counts over their denominators: columns `name`, the axes, k (0 where never counted) and n (0 likewise).

    `counts` has the axes, `key` and `count`; `sizes` the axes and `count`. One row per key of `keys` and value
    of the axes that either side knows, the keys in the order given, the axes ascending.
    """
    axes = [column for column in sizes.columns if column != "count"]
    known = sizes.rename(columns={"count": "n"})
    if axes:
        known = known.merge(counts[axes].drop_duplicates(), on=axes, how="outer").sort_values(axes)
    grid = pd.DataFrame({name: pd.Series(list(keys), dtype="str")}).merge(known, how="cross")
    grid = grid.merge(counts.rename(columns={"key": name, "count": "k"}), on=[name, *axes], how="left")
    return grid.fillna({"k": 0, "n": 0}).astype({"k": "int64", "n": "int64"})[[name, *axes, "k", "n"]]
