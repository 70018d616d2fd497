"""Small estimates worked out by hand, in the shapes that `measure` returns."""

from __future__ import annotations

import pandas as pd

HOSTILE = '<script>alert("x")</script>&$x_1$'
NAMES = {"p1": "连帽羽绒服", "p2": HOSTILE}
WEEK = "2026-W46"
OWNERS = {"product": "王芳", "logistics": "李雷", "service": "韩梅"}
FACTS = {
    "shop": "测试小店",
    "category": "衣服",
    "week": WEEK,
    "data_as_of": "2026-11-16",
    "inputs": {"reviews": {"rows": 12, "digest": "0123456789ab"}},
    "versions": {"pandas": "3"},
}


def cells() -> pd.DataFrame:
    """Two causes over two products; the second product has too few texts."""
    rows = [
        ("size_fit", "p1", 30, 200, 0.15, 0.107, 0.206, True, 0.14),
        ("size_fit", "p2", 1, 4, 0.25, 0.046, 0.699, False, 0.15),
        ("defect", "p1", 6, 200, 0.03, 0.014, 0.064, True, 0.03),
        ("defect", "p2", 0, 4, 0.0, 0.0, 0.49, False, 0.03),
    ]
    return pd.DataFrame(rows, columns=["cause", "product", "k", "n", "share", "low", "high", "enough", "shrunk"])


def overall() -> pd.DataFrame:
    """The same causes over everything."""
    rows = [("size_fit", 31, 204, 0.152, 0.109, 0.207, True), ("defect", 6, 204, 0.029, 0.014, 0.063, True)]
    return pd.DataFrame(rows, columns=["cause", "k", "n", "share", "low", "high", "enough"])


def quotes() -> pd.DataFrame:
    """Four masked texts, one of them hostile, one a follow-up."""
    rows = [
        ("p1", WEEK, "size_fit", "01", 2, "text", "腰围小了一大圈", 0, 5),
        ("p1", WEEK, "size_fit", "02", 1, "text", HOSTILE + "太短", len(HOSTILE), len(HOSTILE) + 2),
        ("p2", WEEK, "size_fit", "03", 0, "text", "裤腿短", 0, 3),
        ("p1", WEEK, "defect", "04", 1, "followup", "拉链头掉了", 0, 5),
    ]
    return pd.DataFrame(rows, columns=["product", "week", "key", "rank", "rating", "source", "text", "start", "end"])


def findings() -> pd.DataFrame:
    """A real change that goes on, a possible one, and a surge in the whole shop that is over."""
    rows = [
        ("change", "defect", "p1", "2026-W44", WEEK, 12, 60, 0.05, "真实变化", 20.0),
        ("level", "size_fit", "p2", "2026-W34", WEEK, 9, 80, 0.04, "可能变化", 8.0),
        ("change", "slow_delivery", None, "2026-W40", "2026-W41", 20, 90, 0.03, "真实变化", 30.0),
    ]
    columns = ["kind", "cause", "product_id", "from_week", "to_week", "k", "n", "baseline", "verdict", "loss"]
    return pd.DataFrame(rows, columns=columns)


def ledger() -> pd.DataFrame:
    """100 reviews with a mean of 4.6: 40 stars lost."""
    rows = [
        ("slow_delivery", 12, 100, 16.0, 0.4, 4.6, 4.76),
        ("courier", 10, 100, 4.0, 0.1, 4.6, 4.64),
        ("defect", 14, 100, 8.0, 0.2, 4.6, 4.68),
        ("unattributed", 4, 100, 12.0, 0.3, 4.6, 4.72),
        ("spoiled", 0, 100, 0.0, 0.0, 4.6, 4.6),
    ]
    return pd.DataFrame(rows, columns=["cause", "k", "n", "loss", "share_of_loss", "mean", "mean_without"])


def trend(verdict: str = "波动内") -> pd.DataFrame:
    """Three weeks, the last one judged."""
    rows = [
        ("2026-W44", 10, 100, 0.10, 0.055, 0.174, float("nan"), float("nan"), float("nan"), "样本不足"),
        ("2026-W45", 12, 100, 0.12, 0.07, 0.198, 0.10, 0.02, 0.19, "波动内"),
        (WEEK, 30, 100, 0.30, 0.219, 0.396, 0.11, 0.03, 0.20, verdict),
    ]
    columns = ["week", "k", "n", "share", "low", "high", "center", "lower", "upper", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def benchmark() -> pd.DataFrame:
    """Behind in total, the rivals' service unknown."""
    nan = float("nan")
    rows = [
        ("total", 4.70, 4.90, 4.80, 4.75, 0.20, 0.10, 0.05, 10),
        ("product", 4.70, 4.80, 4.70, 4.80, 0.10, 0.0, 0.1, 10),
        ("logistics", 4.80, 4.80, 4.70, nan, 0.0, -0.10, nan, 10),
        ("service", 4.70, nan, nan, nan, nan, nan, nan, 0),
    ]
    columns = ["dimension", "own", "leader", "median", "next_rank", "gap_leader", "gap_median", "gap_next", "rivals"]
    return pd.DataFrame(rows, columns=columns)


def rank() -> pd.DataFrame:
    """Two weeks, the second a little better and less sure."""
    columns = ["week", "own", "rank_low", "rank_high", "leader", "median", "rivals", "own_verdict", "gap_verdict"]
    of_five = {"scale": 5, "usual": float("nan")}
    rows = [
        ("2026-W45", 4.68, 8, 8, 4.90, 4.80, 10, "样本不足", "样本不足"),
        (WEEK, 4.70, 6, 9, 4.90, 4.80, 10, "波动内", "可能变化"),
    ]
    return pd.DataFrame(rows, columns=columns).assign(raw=[4.68, 4.70], **of_five)


def history() -> pd.DataFrame:
    """The gap to the median in two weeks."""
    rows = [("2026-W45", "total", 0.12), (WEEK, "total", 0.10), ("2026-W45", "product", 0.0), (WEEK, "product", -0.1)]
    return pd.DataFrame(rows, columns=["week", "dimension", "gap_median"])


def keywords() -> pd.DataFrame:
    """Two terms that mark complaints, one that no font draws, one that marks praise."""
    rows = [
        ("起球", 9, 40, 0.225, 2, 200, 6.1),
        ("断码", 5, 40, 0.125, 1, 200, 3.2),
        ("😡", 4, 40, 0.1, 0, 200, 3.0),
        ("喜欢", 1, 40, 0.025, 90, 200, -5.0),
    ]
    return pd.DataFrame(rows, columns=["term", "k", "n", "share", "k_against", "n_against", "z"])


def status() -> dict[str, object]:
    """Two tables, one with a week missing."""
    full = {"2026-W44": 3, "2026-W45": 4, WEEK: 5}
    return {
        "shop": "测试小店",
        "tables": {
            "reviews": {"rows": 12, "weeks": full},
            "rivals": {"rows": 8, "weeks": {"2026-W44": 3, WEEK: 5}},
        },
    }
