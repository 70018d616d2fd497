"""Many shops beside one another: who gained, who lost, and to which cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.schema import POSSIBLE, cause_label
from shopscore_analysis.show import theme, words
from shopscore_analysis.show.canvas import svg
from shopscore_analysis.show.html import Figure, Html, tag
from shopscore_analysis.show.tables import PER_TEXT, Column, causes_column, column, each, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NARROW = 360  # CSS pixels: as wide as a phone, so that its text needs no scaling there
MOST = 20  # shops drawn; all of them are in the table


def portfolio_line(shops: pd.DataFrame) -> str:
    """In how many shops complaints rose and fell, in a sentence.

    `shops`: `portfolio.Portfolio.shops`.
    """
    if shops.empty:
        return "没有一家店的数据可以比较。"
    moved = shops[shops["verdict"] == POSSIBLE]
    up, down = int((moved["change"] > 0).sum()), int((moved["change"] < 0).sum())
    told = f"{len(shops)} 家店最近 4 周对之前 4 周：抱怨可能变多 {up} 家，可能变少 {down} 家，其余看不出变化。"
    worst = next(each(moved[moved["change"] > 0]), None)
    return told + (f"变多最多的是「{worst.shop}」，{words.change(worst.change)}。" if worst else "")


def shops_figure(shops: pd.DataFrame, *, title: str = "谁变好，谁变差") -> Figure:
    """The change of each shop's share of complaints with its interval, the worst first; the twin has every shop.

    `shops`: `portfolio.Portfolio.shops`. Where there are many, the outermost are drawn.
    """
    drawn = shops if len(shops) <= MOST else pd.concat([shops.head(MOST // 2), shops.tail(MOST // 2)])
    drawn = drawn.dropna(subset="change").reset_index(drop=True)
    legend = "点在虚线右边是抱怨变多；横线是 95% 区间，碰到虚线的，没有变也说得通，最多说“可能”。"
    told = legend if len(drawn) else portfolio_line(shops)
    size = (NARROW, 40 + 30 * max(len(drawn), 1))
    picture = svg(lambda ax: _draw(ax, drawn), size, key="shops", title=title, description=told)
    return Figure(title, told, picture, shops_table(shops))


def _draw(ax: Axes, shops: pd.DataFrame) -> None:
    at, scaled = list(range(len(shops))), shops[["change", "low", "high"]].astype(float) * 100
    ax.axvline(0, color=theme.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    ax.hlines(at, scaled["low"], scaled["high"], color=theme.GRID, linewidth=5)
    ax.scatter(scaled["change"], at, s=60, color=theme.ACCENT, zorder=3)
    ax.set_yticks(at, [_short(name) for name in shops["shop"]], fontsize=13)
    ax.set_ylim(max(len(shops), 1) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:+g}".replace("-", "−") if value else "0")
    ax.set_xlabel("个百分点", fontsize=12)
    ax.spines["left"].set_visible(False)


def _short(name: str, most: int = 8) -> str:
    """A shop's name that leaves room for the figure.

    >>> _short("棉里旗舰店"), _short("一家名字特别特别长的店")
    ('棉里旗舰店', '一家名字特别特…')
    """
    return name if len(name) <= most else f"{name[: most - 1]}…"


def shops_table(shops: pd.DataFrame) -> Html:
    """Every shop: score, complaints now and before, the verdict, and the causes that took more or fewer stars.

    `shops`: `portfolio.Portfolio.shops`.
    """
    columns = [
        column("shop", "店铺", number=False),
        Column("抱怨", lambda row: words.fared(row.verdict, more=row.change > 0), False),
        column("score", "总分（平台）", theme.points),
        Column("总分变化", lambda row: theme.signed(row.score - row.score_before)),
        Column("最近 4 周", lambda row: theme.ratio(row.k, row.n)),
        Column("之前 4 周", lambda row: theme.ratio(row.k_before, row.n_before)),
        Column("占比变化", lambda row: words.change(row.change)),
        Column("95% 区间", lambda row: words.change_interval(row.low, row.high)),
        Column("丢星变多的根因", lambda row: _cause(row.worse, row.worse_stars), False),
        Column("丢星变少的根因", lambda row: _cause(row.better, row.better_stars), False),
    ]
    return table(shops, columns, f"各店：最近 4 周对之前 4 周（{PER_TEXT}），变差的在前")


def _cause(cause: Any, stars: float) -> str:
    """A cause with what it adds to, or takes from, the stars that a review loses."""
    known = isinstance(cause, str)
    return f"{cause_label(cause)} {'+' if stars > 0 else '−'}{abs(stars):.3f} 星/条" if known else theme.NOTHING


def rises_table(rises: pd.DataFrame) -> Html:
    """In how many shops each cause rose or fell, the most widespread rise first.

    `rises`: `portfolio.rises`.
    """
    columns = [
        causes_column(),
        column("up", "可能变多（家）", theme.count),
        column("down", "可能变少（家）", theme.count),
        column("same", "看不出变化（家）", theme.count),
        Column("比上期多丢星最多的店", lambda row: row.worst if row.worst_stars > 0 else theme.NOTHING, False),
    ]
    return table(rises, columns, "各根因：在多少家店变多、变少")


def failed_table(failed: pd.DataFrame) -> Html:
    """The shops that could not be compared, each with its reason; a sentence where there is none.

    `failed`: shop, why.
    """
    if failed.empty:
        return tag("p", "每家店都读到了。", class_="note")
    columns = [column("shop", "文件夹", number=False), column("why", "原因", number=False)]
    return table(failed, columns, "没有比较的店")
