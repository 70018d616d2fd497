"""Reviews whose stars and words disagree, and follow-ups that complain: a line and a list each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from shopscore_analysis.schema import said_in
from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Html, folded, joined, marked, tag
from shopscore_analysis.show.tables import Column, Names, column, each, named, notes, table

ENOUGH = 5
_QUOTES = 10
_SAYS: Mapping[str, tuple[str, str]] = {
    "hidden": ("隐性差评", "4–5 星、有文字的评价里，文字在抱怨的有"),
    "praise_only": ("只有好话的低星", "1–3 星、有文字的评价里，文字只有好话的有"),
    "followup": ("追评里的抱怨", "有文字的追评里，在抱怨的有"),
}


def at_odds_lines(found: pd.DataFrame) -> Html:
    """The three shares, a line each. `found`: list, k, n, share, low, high (`measure.at_odds`)."""
    return notes(*(_line(row) for row in each(found)))


def _line(row: Any) -> str:
    name, says = _SAYS[row.list]
    rated = "样本不足" if row.n < ENOUGH else f"{theme.percent(row.share)}（{theme.interval(row.low, row.high)}）"
    return f"{name}：{says} {theme.ratio(row.k, row.n)} 条，{rated}。"


def at_odds_lists(found: pd.DataFrame, quotes: pd.DataFrame, names: Names) -> Html:
    """The three lists with masked texts, the newest week first, each to be opened.

    `found`: `measure.at_odds`; `quotes`: of the tally (feature, product, week, rank, rating, source, text, start, end).
    """
    return joined(_list(row, quotes[quotes["feature"] == row.list], names) for row in each(found))


def _list(row: Any, quotes: pd.DataFrame, names: Names) -> Html:
    newest = quotes.sort_values(["week", "rank", "text"], ascending=[False, True, True]).head(_QUOTES)
    columns = [
        Column("原文（已脱敏）", _told, number=False),
        named("product", "商品", names),
        column("week", "周", number=False),
        column("rating", "星级", theme.count),
    ]
    shown = table(newest, columns, _SAYS[row.list][0]) if len(newest) else Html()
    rest = max(int(row.k) - len(newest), 0)
    return folded(_line(row), shown, tag("p", f"另有 {rest} 条未列出。", class_="note") if rest else Html())


def _told(row: Any) -> Html:
    """The text that put a review on the list, which may be its follow-up, with the words that say so."""
    return joined([said_in(row.source, row.text), marked(row.text, [(row.start, row.end)])])
