"""The TOP10 against ranks and gaps worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.measure.benchmark import GAP_COLUMNS, benchmark, cover, history, rank, weakest
from shopscore_analysis.measure.ledger import ledger
from shopscore_analysis.tally import Tally

WEEK = "2026-W46"
SUNDAY = pd.Timestamp("2026-11-15")


def rows(*values: tuple, dates=None) -> pd.DataFrame:
    """A table of (score, product, logistics, service) with rivals named by their place."""
    table = pd.DataFrame(values, columns=["score", "product_score", "logistics_score", "service_score"], dtype=float)
    names = [f"竞店{place}" for place in range(len(table))]
    return table.assign(date=dates if dates is not None else SUNDAY, rival=pd.Series(names, dtype="str"))


def test_gaps_to_leader_median_and_next_rank_by_hand() -> None:
    rivals = rows((4.9, 4.8, 5.0, 4.9), (4.9, 4.9, np.nan, 4.7), (4.7, 4.6, 4.8, 4.7), (4.5, 4.4, np.nan, 4.6))
    table = benchmark(rows((4.7, 4.5, 4.9, 4.9)), rivals, WEEK).set_index("dimension")
    columns = ["own", "leader", "median", "next_rank", "gap_leader", "gap_median", "gap_next", "rivals"]
    assert table.loc["total", columns].tolist() == pytest.approx([4.7, 4.9, 4.8, 4.9, 0.2, 0.1, 0.2, 4])
    assert table.loc["product", columns].tolist() == pytest.approx([4.5, 4.9, 4.7, 4.6, 0.4, 0.2, 0.1, 4])
    assert table.loc["logistics", columns].tolist() == pytest.approx([4.9, 5.0, 4.9, 5.0, 0.1, 0.0, 0.1, 2])
    service = table.loc["service", columns]
    assert service[["leader", "gap_leader"]].tolist() == pytest.approx([4.9, 0.0])
    assert np.isnan(service["next_rank"]) and np.isnan(service["gap_next"])


def test_the_last_day_of_the_week_counts_for_both_sides() -> None:
    days = pd.to_datetime(["2026-11-15", "2026-11-10"])
    own = rows((4.8, 4.8, 4.8, 4.8), (4.1, 4.1, 4.1, 4.1), dates=days)
    rivals = rows((4.9, 4.9, 4.9, 4.9), (4.2, 4.2, 4.2, 4.2), dates=days).assign(rival="竞店甲")
    table = benchmark(own, rivals, WEEK)
    assert (table["own"] == 4.8).all() and (table["leader"] == 4.9).all() and (table["rivals"] == 1).all()


@pytest.mark.parametrize(
    ("own", "low", "high"),
    [(4.8, 2, 4), (4.9, 1, 2), (4.85, 1, 4), (4.4, 5, 5)],
)
def test_rank_is_as_wide_as_the_rounding(own: float, low: int, high: int) -> None:
    """Rivals 4.9 4.8 4.8 4.7 are ±0.05: at 4.8 one is surely ahead, two more may be; at 4.85 (±0.005) none is sure."""
    rivals = rows(*[(score,) * 4 for score in (4.9, 4.8, 4.8, 4.7)])
    table = rank(rows((own,) * 4), rivals)
    assert table[["week", "own", "rank_low", "rank_high", "leader", "rivals"]].values.tolist() == [
        [WEEK, own, low, high, 4.9, 4]
    ]


exact = st.floats(3.0, 4.999)


@settings(max_examples=60, deadline=None)
@given(exact, st.lists(exact, min_size=1, max_size=10))
def test_the_true_rank_lies_within_the_interval(own: float, theirs: list[float]) -> None:
    """Whatever the true values, ranking the values rounded half up to 0.1 brackets the true rank."""
    true = 1 + sum(value > own for value in theirs)
    published = [np.floor(value * 10 + 0.5) / 10 for value in (own, *theirs)]
    table = rank(rows((published[0],) * 4), rows(*[(value,) * 4 for value in published[1:]]))
    assert table["rank_low"].item() <= true <= table["rank_high"].item()


def test_exact_figures_rank_without_an_interval() -> None:
    rivals = rows((4.8123,) * 4, (4.7001,) * 4, (4.6999,) * 4)
    assert rank(rows((4.7002,) * 4), rivals)[["rank_low", "rank_high"]].values.tolist() == [[2, 2]]


def test_a_shop_without_rivals_still_has_its_own_score() -> None:
    table = rank(rows((4.8,) * 4), rows())
    assert (table["own"].item(), table["rivals"].item()) == (4.8, 0)
    assert table[["rank_low", "rank_high", "leader", "median"]].isna().all(axis=None)


def test_a_score_is_judged_as_exported_and_each_scale_by_itself() -> None:
    """Three points of 100 are one step of 5, which may be rounding; a history of 5 points says nothing about 100."""
    days = pd.date_range("2026-03-01", periods=37, freq="7D")
    raw, scale = [4.6] * 11 + [89.0] * 25 + [86.0], [5] * 11 + [100] * 26
    shown = [4.6] * 11 + [4.8] * 25 + [4.7]
    own = rows(*[(score,) * 4 for score in shown], dates=days).assign(raw_score=raw, scale=scale)
    table = rank(own, rows())
    last = table[["own", "raw", "scale", "usual", "own_verdict"]].iloc[-1]
    assert last.tolist() == [4.7, 86, 100, 89, "真实变化"]
    assert rank(own, rows(), over=False)["own_verdict"].tolist() == [*table["own_verdict"][:-1], "可能变化"]
    assert table["own_verdict"].tolist()[10:22] == ["波动内"] + ["样本不足"] * 10 + ["波动内"]


def test_of_two_boards_in_a_week_the_last_one_counts() -> None:
    days = [SUNDAY - pd.Timedelta(days=6)] * 2 + [SUNDAY]
    rivals = rows((4.9,) * 4, (4.9,) * 4, (4.7,) * 4, dates=days).assign(rival=["甲", "乙", "丙"])
    table = rank(rows((4.8,) * 4), rivals)
    assert (table["rivals"].item(), table["median"].item(), table["rank_high"].item()) == (1, 4.7, 1)


def test_the_weakest_dimension_is_the_largest_weighted_gap() -> None:
    """Product is .2 behind at .4, logistics .3 behind at .2: product weighs more."""
    gaps = benchmark(rows((4.5, 4.6, 4.5, 4.9)), rows((4.8, 4.8, 4.8, 4.8)), WEEK)
    table = weakest(gaps, {"product": 0.4, "logistics": 0.2, "service": 0.4})
    assert table["dimension"].tolist() == ["product", "logistics", "service"]
    assert table["points"].tolist() == pytest.approx([0.08, 0.06, -0.04])


@pytest.fixture
def account(tally_of) -> pd.DataFrame:
    """100 reviews: 10 one-star for size, 5 two-star for smell, 4 one-star for slow delivery."""
    found = [("size_fit", 1, 10), ("taste_smell", 2, 5), ("slow_delivery", 1, 4)]
    cells = [{"feature": "review", "rating": 5, "count": 81}]
    for cause, stars, count in found:
        cells.append({"feature": "review", "rating": stars, "count": count})
        cells.append({"feature": "cause", "key": cause, "rating": stars, "count": count})
        cells.append({"feature": "loss", "key": cause, "rating": stars, "count": count * (5 - stars) * 60})
    return ledger(tally_of(cells))


def test_own_causes_cover_a_gap_dearest_first(account: pd.DataFrame) -> None:
    """Size costs .40 and smell .15: a gap of .46 takes all ten size complaints and two smell complaints (.06/.03)."""
    table = cover(0.46, account, "product")
    assert table[["cause", "k", "fewer"]].values.tolist() == [["size_fit", 10, 10], ["taste_smell", 5, 2]]
    assert table["needed"].tolist() == pytest.approx([0.40, 0.06]) and table["covered"].iloc[-1] == pytest.approx(1)
    assert cover(0.1, account, "product")["fewer"].tolist() == [3, 0]
    assert cover(0.7, account, "product")["covered"].iloc[-1] == pytest.approx(0.55 / 0.7)
    assert cover(-0.1, account, "product").empty


@pytest.mark.filterwarnings("error")
def test_without_rivals_or_scores_everything_is_missing(account: pd.DataFrame) -> None:
    none = rows().astype({"date": "datetime64[s]"})
    table = benchmark(rows((4.7,) * 4), none, WEEK)
    assert list(table) == list(GAP_COLUMNS) and table["gap_median"].isna().all() and (table["rivals"] == 0).all()
    assert benchmark(none, none, WEEK)["own"].isna().all()
    assert rank(none, none).empty and history(none, none).empty and "week" in history(none, none)
    assert weakest(table, {"product": 0.4, "logistics": 0.3, "service": 0.3})["points"].isna().all()
    assert cover(float("nan"), account, "product").empty and cover(0.2, ledger(Tally()), "product").empty


def test_history_lists_the_weeks_that_both_tables_hold() -> None:
    days = pd.to_datetime(["2026-11-08", "2026-11-15"])
    table = history(rows((4.6,) * 4, (4.7,) * 4, dates=days), rows((4.8,) * 4, (4.9,) * 4, dates=days))
    assert table[table["dimension"] == "total"][["week", "own", "leader"]].values.tolist() == [
        ["2026-W45", 4.6, 4.8],
        ["2026-W46", 4.7, 4.9],
    ]
