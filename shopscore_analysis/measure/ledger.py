"""The stars-lost ledger: an exact account of what the mean lost, and to which cause."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from shopscore_analysis.measure.axes import By, axes_of, counted, on_grid, summed
from shopscore_analysis.measure.rates import wilson
from shopscore_analysis.schema import CAUSES, LOSS_UNIT, UNATTRIBUTED
from shopscore_analysis.tally import Tally

STARS = (1, 2, 3, 4, 5)
ENTRIES = (*CAUSES, UNATTRIBUTED)
WITHOUT = ("mean_without", "without_low", "without_high")
COLUMNS = ("k", "n", "loss", "share_of_loss", "mean", "mean_without")


def _divided(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole > 0)


def _mentions(tally: Tally, axes: list[str]) -> pd.DataFrame:
    """Reviews below five stars per entry: those that name the cause; unattributed ones counted from their loss."""
    below = tally.where(rating=STARS[:-1])
    named = counted(below, "cause", "key", *axes)
    lost = counted(below, "loss", "key", "rating", *axes)
    lost = lost[lost["key"] == UNATTRIBUTED]
    # a review without a cause loses its stars to this entry whole, so the loss counts the reviews
    lost = lost.assign(count=lost["count"] // (LOSS_UNIT * (STARS[-1] - lost["rating"])))
    parts = pd.concat([named, lost[named.columns]], ignore_index=True)
    return summed(parts, ["key", *axes])


def _means(tally: Tally, axes: list[str]) -> pd.DataFrame:
    """Reviews with stars per slice: the axes, n and their mean stars."""
    rated = counted(tally.where(rating=STARS), "review", "rating", *axes)
    rated = rated.assign(total=rated["rating"] * rated["count"])
    if axes:
        sums = rated.groupby(axes, as_index=False)[["count", "total"]].sum()
    else:
        sums = rated[["count", "total"]].sum().to_frame().T
    return sums.assign(mean=_divided(sums["total"], sums["count"])).drop(columns="total")


def ledger(tally: Tally, by: By = None) -> pd.DataFrame:
    """What each cause cost: the axes of `by`, cause, k, n, loss, share_of_loss, mean, mean_without.

    Every slice has one row per cause of the vocabulary and one for `unattributed`, zeros included. `loss` is in
    stars: each review loses 5 - stars, split equally among its causes, or whole to `unattributed`. Exactly:
    Σ loss = n · (5 - mean), n being all reviews with stars (default reviews too). k: reviews below five stars
    that name the cause. `mean_without`: the mean stars if this loss had not been.
    """
    axes = axes_of(by)
    sizes = _means(tally, axes)
    losses = on_grid(counted(tally, "loss", "key", *axes), sizes.drop(columns="mean"), ENTRIES, "cause")
    named = _mentions(tally, axes).rename(columns={"key": "cause", "count": "k"})
    table = losses.rename(columns={"k": "units"}).merge(named, on=["cause", *axes], how="left")
    table = (
        table.merge(sizes.drop(columns="count"), on=axes, how="left") if axes else table.assign(mean=sizes["mean"][0])
    )
    table = table.fillna({"k": 0}).astype({"k": "int64"}).assign(loss=table["units"] / LOSS_UNIT)
    whole = table.groupby(axes)["units"].transform("sum") if axes else table["units"].sum()
    table["share_of_loss"] = _divided(table["units"], pd.Series(whole, index=table.index))
    table["mean_without"] = table["mean"] + _divided(table["loss"], table["n"])
    ordered = table.sort_values(axes, kind="stable", ignore_index=True) if axes else table
    return ordered[[*axes, "cause", *COLUMNS]]


def dearest(account: pd.DataFrame) -> str:
    """The cause that lost the most stars of a ledger over causes; "" where none lost any."""
    named = account[(account["cause"] != UNATTRIBUTED) & (account["loss"] > 0)]
    return next(iter(named.sort_values(["loss", "cause"], ascending=[False, True])["cause"]), "")


def points(account: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """A ledger with dimension, weight and points: what each cause took from the total, on its 5-point scale.

    points = loss / n · weight of the cause's dimension, `weights` being those of a rule set (they sum to 1).
    It reads each dimension as 5 less what its causes lost: our reading, since the platform scores dimensions by
    indicators too. `unattributed` has dimension "" and the mean weight, because nobody knows where it belongs.
    """
    dimensions = {name: cause.dimension for name, cause in CAUSES.items()} | {UNATTRIBUTED: ""}
    dimension = account["cause"].map(dimensions)
    weight = dimension.map({**weights, "": float(np.mean(list(weights.values())))}).astype("float64")
    return account.assign(dimension=dimension, weight=weight, points=_divided(account["loss"], account["n"]) * weight)


def vanished(tally: Tally, by: By = None) -> pd.DataFrame:
    """What each cause would give back if it vanished: the axes of `by`, cause, k, n, gain, low, high, mean, and more.

    `gain` = loss / n in stars, with its 95 % interval; `mean_without` = mean + gain, `without_low` and
    `without_high` likewise. Reviews are taken as independent. The interval is Wilson's for as many equal losses
    as would scatter as the cause's reviews do at most (each loses 5 - stars at most), so it errs on the wide side.
    NaN where the cause lost nothing or there are no reviews.
    """
    axes = axes_of(by)
    account = ledger(tally, by=axes)
    lost = counted(tally, "loss", "key", "rating", *axes)
    lost = lost.assign(
        count=lost["count"] / LOSS_UNIT, squares=lost["count"] / LOSS_UNIT * (STARS[-1] - lost["rating"])
    )
    squares = lost.groupby(["key", *axes])["squares"].sum().reset_index().rename(columns={"key": "cause"})
    size = _divided(account.merge(squares, on=["cause", *axes], how="left")["squares"], account["loss"])
    low, high = wilson(_divided(account["loss"], size), account["n"])
    gain = _divided(account["loss"], account["n"])
    table = account.assign(gain=gain.where(account["loss"] > 0), low=low * size, high=high * size)
    table = table.assign(without_low=table["mean"] + table["low"], without_high=table["mean"] + table["high"])
    return table[[*axes, "cause", "k", "n", "gain", "low", "high", "mean", *WITHOUT]]
