"""A shop's records → what became of every order of a test: one value per unit, the same number of days after its order.

Reviews and returns come late. So an event counts only within `days` of its order, and only orders that old are read:
every order is observed for as long as any other, and what happens later changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.declaration import CAUSE, PRODUCT, Experiment
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.schema import week_start
from shopscore_analysis.shards import COMPLAINS, RETURN_KINDS, Shard, TaggedShard, order_rows, tag_shard, week_labels
from shopscore_analysis.shop import Shop

MIXED = "\x00"  # no arm bears this name
_BAD_STARS = 2  # a bad review has so many stars at most
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Facts:
    """The records that tests are read from; `tagged` only where a metric reads texts (it takes seconds)."""

    orders: pd.DataFrame
    reviews: pd.DataFrame
    cases: pd.DataFrame
    tagged: TaggedShard | None
    until: pd.Timestamp | None = None

    @property
    def known_until(self) -> pd.Timestamp:
        """When the oldest of the newest exports of orders, reviews and after-sales was made; `until` where earlier."""
        held = (rows for rows in (self.orders, self.reviews, self.cases) if len(rows))
        known = pd.Timestamp(min(rows["exported_at"].max() for rows in held))
        return known if self.until is None else min(known, self.until)


def facts(shop: Shop, names: set[str], week: str = "") -> Facts:
    """The records of a shop for these metrics, as far as known at the end of a week; SettingsError without orders."""
    orders, reviews, cases = (shop.records(name) for name in ("orders", "reviews", "aftersales"))
    if orders.empty:
        raise SettingsError(f"expected orders on the shelf of {shop.name}, found none; run `shopscore load` first")
    reads = any(name == "complaint" or name.startswith(CAUSE) for name in names)
    whole = Shard(shop.name, shop.settings.category, reviews, orders, cases, shop.records("service"), own=shop.own)
    until = pd.Timestamp(week_start(week)) + pd.Timedelta(weeks=1) if week else None
    return Facts(orders, reviews, cases, tag_shard(whole) if reads else None, until)


def assigned(known: Facts, test: Experiment) -> pd.DataFrame:
    """A row per sub-order of the test's days: row, unit, arm ("" for none), week, ripe (old enough to be read).

    The unit is the main order, the product, or the main order again where a column splits. An order whose column
    holds another value, or none, has no arm; one whose parts belong to two arms has the arm `MIXED`, read nowhere.
    """
    orders = known.orders
    first, last = pd.Timestamp(test.start), min(pd.Timestamp(test.end) + pd.Timedelta(days=1), known.known_until)
    placed = orders[orders["ordered_at"].between(first, last, inclusive="left")]
    unit = placed["product_id" if test.split == PRODUCT else "order_id"]
    unit = unit.fillna(placed["key"]) if test.split != PRODUCT else unit.fillna("")
    ripe = placed["ordered_at"] < known.known_until - pd.Timedelta(days=test.days)
    rows = pd.DataFrame(
        {"row": np.flatnonzero(orders.index.isin(placed.index)), "unit": unit, "arm": _arms(placed, unit, test),
         "week": week_labels(placed["ordered_at"]), "ripe": ripe}
    ).reset_index(drop=True)  # fmt: skip
    torn = rows[rows["arm"] != ""].groupby("unit")["arm"].nunique()
    return rows.assign(arm=rows["arm"].mask(rows["unit"].isin(torn.index[torn > 1]), MIXED))


def _arms(placed: pd.DataFrame, unit: pd.Series, test: Experiment) -> pd.Series:
    if test.is_hashed:
        drawn = {one: test.arm_of(one) if one else "" for one in unit.unique()}
        return unit.map(drawn)
    named = {arm.value: arm.name for arm in test.arms}
    return placed[test.split].map(named).fillna("").astype("str")


def units_of(rows: pd.DataFrame) -> pd.Series:
    """How many units each arm got, over all days of the test, read or not."""
    return _armed(rows).drop_duplicates(["unit", "arm"]).groupby("arm").size()


def _armed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[~rows["arm"].isin(["", MIXED])]


def strangers(known: Facts, test: Experiment, rows: pd.DataFrame) -> dict[str, int]:
    """What the splitting column says of sub-orders without an arm, most frequent first; empty where a hash drew."""
    if test.is_hashed:
        return {}
    said = known.orders[test.split].iloc[rows.loc[rows["arm"] == "", "row"].to_numpy()]
    counts = said.fillna("").value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return {str(value): int(n) for value, n in counts.items()}


def values(known: Facts, test: Experiment, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The values of a metric: unit, arm, week (of the unit's first order), value; only units of its denominator.

    A share is 1 for an order of which any part shows it, a mean the mean over the order's parts; of a product the mean
    over its orders. `rows`: `assigned`.
    """
    measured = _MEASURES.get(name, _of_cause)(known, test.days, name)
    parts = _armed(rows[rows["ripe"]])
    parts = parts.assign(value=measured[parts["row"].to_numpy()]).dropna(subset=["value"])
    whole = "mean" if test.is_mean(name) else "max"
    return parts.groupby(["unit", "arm"], sort=True).agg(week=("week", "min"), value=("value", whole)).reset_index()


def _within(known: Facts, rows: pd.DataFrame, at: str, days: int) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """The events that came within so many days of their order, and the row numbers of those orders."""
    owner = order_rows(rows, known.orders)
    ordered = known.orders["ordered_at"].to_numpy()[owner]
    late = (rows[at].to_numpy() - ordered) / np.timedelta64(1, "D")
    kept = (owner >= 0) & (late <= days)
    return rows[kept], owner[kept]


def _flags(known: Facts, owner: NDArray[np.intp]) -> Flags:
    flags = np.zeros(len(known.orders), dtype=bool)
    flags[owner] = True
    return flags


def _share(seen: Flags, among: Flags) -> NDArray[np.float64]:
    return np.where(among, seen.astype(float), np.nan)


def _signed(known: Facts, days: int) -> Flags:
    """Orders that were completed, reviewed or sent back within so many days.

    One that is 已完成 without a time of it counts, too: nobody knows since when.
    """
    sent_back = known.cases[known.cases["kind"].isin(RETURN_KINDS)]
    came = ((known.reviews, "reviewed_at"), (sent_back, "applied_at"))
    owners = [_within(known, rows, at, days)[1] for rows, at in came]
    orders = known.orders
    undated = orders["completed_at"].isna() & (orders["status"] == "已完成")
    done = (undated | _soon(orders, "completed_at", days)).to_numpy()
    return done | _flags(known, np.concatenate(owners))


def _soon(orders: pd.DataFrame, at: str, days: int) -> pd.Series:
    return orders[at] - orders["ordered_at"] <= pd.Timedelta(days=days)


def _bad_review(known: Facts, days: int, _name: str) -> NDArray[np.float64]:
    rows, owner = _within(known, known.reviews, "reviewed_at", days)
    return _share(_flags(known, owner[(rows["stars"] <= _BAD_STARS).to_numpy()]), _signed(known, days))


def _reviewed(known: Facts, days: int, _name: str) -> NDArray[np.float64]:
    _, owner = _within(known, known.reviews, "reviewed_at", days)
    return _share(_flags(known, owner), _signed(known, days))


def _stars(known: Facts, days: int, _name: str) -> NDArray[np.float64]:
    rows, owner = _within(known, known.reviews, "reviewed_at", days)
    mean = rows["stars"].groupby(owner).mean()
    return mean.reindex(range(len(known.orders))).to_numpy(dtype=float)


def _returned(known: Facts, days: int, _name: str) -> NDArray[np.float64]:
    rows, owner = _within(known, known.cases, "applied_at", days)
    return _share(_flags(known, owner[rows["kind"].isin(RETURN_KINDS).to_numpy()]), _signed(known, days))


def _late(known: Facts, days: int, _name: str) -> NDArray[np.float64]:
    orders = known.orders
    shipped = (_soon(orders, "shipped_at", days) & orders["promised_at"].notna()).to_numpy()
    return _share((orders["shipped_at"] > orders["promised_at"]).to_numpy(), shipped)


def _complaint(known: Facts, days: int, _name: str) -> NDArray[np.float64]:
    assert known.tagged is not None
    rows, owner = _within(known, known.tagged.reviews, "reviewed_at", days)
    said = rows["has_text"].to_numpy()
    ordered = known.orders["ordered_at"].to_numpy()[owner]
    tardy = (rows["followup_at"].to_numpy() - ordered) / np.timedelta64(1, "D") > days
    by_followup = (rows["followup_complaint"] >= rows["complaint"]).to_numpy()
    complains = (rows["complaint"] >= COMPLAINS).to_numpy() & ~(tardy & by_followup)
    return _share(_flags(known, owner[said & complains]), _flags(known, owner[said]))


def _of_cause(known: Facts, days: int, name: str) -> NDArray[np.float64]:
    assert known.tagged is not None
    seen = np.zeros(len(known.orders), dtype=bool)
    for found, records, at in (
        (known.tagged.review_causes, known.tagged.reviews, "reviewed_at"),
        (known.tagged.aftersale_causes, known.tagged.aftersales, "applied_at"),
    ):
        blamed = records.loc[found.loc[found["cause"] == name.removeprefix(CAUSE), "row"].unique()]
        seen |= _flags(known, _within(known, blamed, at, days)[1])
    return _share(seen, _signed(known, days))


_MEASURES = {
    "bad_review": _bad_review, "reviewed": _reviewed, "stars": _stars, "return": _returned, "late": _late,
    "complaint": _complaint,
}  # fmt: skip
