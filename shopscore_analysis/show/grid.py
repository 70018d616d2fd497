"""Causes × one axis → a heat map whose cells are doors to their quotes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.schema import cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.canvas import Links, svg
from shopscore_analysis.show.html import Figure, slug
from shopscore_analysis.show.tables import AXES, Names, causes_table, each
from shopscore_analysis.show.words import week_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TWIN_ROWS = 200
_CELL, _NARROW_CELL, _ROW, _LABELS, _HEAD = 74, 56, 46, 112, 74


def heatmap(
    estimates: pd.DataFrame,
    names: Names | None = None,
    *,
    rows: int = 12,
    columns: int = 8,
    evidence: bool = False,
    of: str = "有文字的评价数",
) -> Figure:
    """Causes × one axis as a heat map: colour is the shrunken share, the printed number is k/n.

    `estimates`: cause, the axis, k, n, share, low, high, enough and, where known, shrunk (else share colours).
    The causes with most complaints and the values of the axis with most reviews are shown (weeks: the newest);
    the twin holds all. Cells with too small a sample bear no colour. With `evidence`, each counted cell links
    to its quotes (`cards.evidence` with the same estimates writes them). `of` names what n counts.
    """
    names, by = names or {}, next(axis for axis in AXES if axis in estimates)
    estimates = estimates if "shrunk" in estimates else estimates.assign(shrunk=estimates["share"])
    shown = _most(estimates, by, rows, columns)
    title, told = f"根因 × {AXES[by]}", _worst(shown, by, names)
    links = _doors(shown, by, names) if evidence else {}
    size = (
        _LABELS + (_NARROW_CELL if by == "week" else _CELL) * shown[by].nunique(),
        _HEAD + _ROW * shown["cause"].nunique(),
    )
    picture = svg(
        lambda ax: _draw_heat(ax, shown, by, names, links) if len(shown) else ax.set_axis_off(), size,
        key=f"heat-{by}", title=title, description=told, links=links,
    )  # fmt: skip
    twin = causes_table(estimates, by, names, limit=TWIN_ROWS)
    return Figure(title, f"{told}{_legend(estimates, shown, by, of)}", picture, twin, wide=True)


def evidence_id(cause: str, by: str = "", value: str = "") -> str:
    """The id under which the quotes of one cell stand on the page."""
    return slug("e", cause, *((by, str(value)) if by else ()))


def _most(estimates: pd.DataFrame, by: str, rows: int, columns: int) -> pd.DataFrame:
    """The cells to draw, in reading order: the worst cause first, the worst value first (weeks: as time goes)."""
    causes = estimates.groupby("cause")["k"].sum().sort_values(ascending=False, kind="stable")
    worst_causes = list(causes[causes > 0].index[:rows])
    sizes = estimates.groupby(by)["n"].max().sort_values(ascending=False, kind="stable")
    wanted = sorted(sizes.index)[-columns:] if by == "week" else list(sizes.index[:columns])
    kept = estimates[estimates["cause"].isin(worst_causes) & estimates[by].isin(wanted)]
    worst = kept[kept["enough"]].groupby(by)["shrunk"].max().reindex(kept[by].unique()).fillna(0)
    values = sorted(worst.index) if by == "week" else list(worst.sort_values(ascending=False, kind="stable").index)
    order = {value: at for at, value in enumerate([*worst_causes, *values])}
    return kept.sort_values(["cause", by], key=lambda axis: axis.map(order), ignore_index=True)


def _doors(shown: pd.DataFrame, by: str, names: Names) -> Links:
    return {
        f"#{evidence_id(row.cause, by, getattr(row, by))}": _spoken(row, by, names)
        for row in each(shown[shown["k"] > 0])
    }


def _spoken(row: Any, by: str, names: Names) -> str:
    value = _axis_label(by, str(getattr(row, by)), names)
    return f"{cause_label(row.cause)}，{value}：{theme.ratio(row.k, row.n)}，看原话"


def _worst(shown: pd.DataFrame, by: str, names: Names) -> str:
    enough = shown[shown["enough"] & (shown["k"] > 0)]
    if enough.empty:
        return "所有格子都样本不足。"
    top = enough.sort_values("shrunk", ascending=False, kind="stable").iloc[0]
    where, counted = _axis_label(by, str(top[by]), names), theme.ratio(top["k"], top["n"])
    return f"占比最高的是「{where}」的「{cause_label(top['cause'])}」：{counted}，{theme.percent(top['share'])}。"


def _legend(estimates: pd.DataFrame, shown: pd.DataFrame, by: str, of: str) -> str:
    happened = estimates[estimates["k"] > 0]
    causes = happened["cause"].nunique() - shown["cause"].nunique()
    values = estimates[by].nunique() - shown[by].nunique()
    rest = [f"{n} {what}" for n, what in ((causes, "种根因"), (values, f"个{AXES[by]}")) if n > 0]
    return f"颜色越深，占比越高；格内是次数/{of}。" + (f"另有 {'、'.join(rest)}只在数据表里。" if rest else "")


def _grid(shown: pd.DataFrame, by: str, values: str) -> pd.DataFrame:
    rows, columns = list(dict.fromkeys(shown["cause"])), list(dict.fromkeys(shown[by]))
    return shown.pivot(index="cause", columns=by, values=values).reindex(index=rows, columns=columns)


def _draw_heat(ax: Axes, shown: pd.DataFrame, by: str, names: Names, links: Links) -> None:
    import seaborn as sns

    share = _grid(shown.assign(shrunk=shown["shrunk"].where(shown["enough"])), by, "shrunk").astype(float)
    top = max(float(share.max().max() or 0), 0.01)
    sns.heatmap(share, ax=ax, cmap=theme.ramp(), vmin=0, vmax=top, cbar=False, linewidths=2, linecolor=theme.PAPER)
    _print_cells(ax, shown, by, top, links)
    _name_axes(ax, share, by, names)


def _name_axes(ax: Axes, share: pd.DataFrame, by: str, names: Names) -> None:
    ax.set(xlabel="", ylabel="")
    ax.xaxis.tick_top()
    values = [_wrapped(_axis_label(by, str(value), names)) for value in share.columns]
    ax.set_xticks([at + 0.5 for at in range(share.shape[1])], values, fontsize=11, rotation=0)
    causes = [cause_label(cause) for cause in share.index]
    ax.set_yticks([at + 0.5 for at in range(share.shape[0])], causes, fontsize=13, rotation=0)


def _print_cells(ax: Axes, shown: pd.DataFrame, by: str, top: float, links: Links) -> None:
    from matplotlib.patches import Rectangle

    causes, values = list(dict.fromkeys(shown["cause"])), list(dict.fromkeys(shown[by]))
    for cell in each(shown):
        x, y = values.index(getattr(cell, by)), causes.index(cell.cause)
        content, size = (theme.ratio(cell.k, cell.n), 12) if cell.enough else ("样本不足", 10)
        ax.text(x + 0.5, y + 0.5, content, ha="center", va="center", fontsize=size, color=_on_cell(cell, top))
        door = f"#{evidence_id(cell.cause, by, getattr(cell, by))}"
        if door in links:
            ax.add_patch(Rectangle((x, y), 1, 1, facecolor="none", edgecolor="none", url=door))


def _on_cell(cell: Any, top: float) -> str:
    from matplotlib.colors import to_hex

    if not cell.enough:
        return theme.MUTED
    background = to_hex(theme.ramp()(cell.shrunk / top))
    return max((theme.CELL_DARK, theme.CELL_LIGHT), key=lambda ink: theme.contrast(ink, background))


def _axis_label(by: str, value: str, names: Names) -> str:
    return week_name(value) if by == "week" else names.get(value, value)


def _wrapped(label: str, width: int = 5, most: int = 3) -> str:
    """A long name on up to three short lines of about the same length.

    >>> _wrapped("羊毛混纺针织衫")
    '羊毛混纺\\n针织衫'
    """
    lines = min(max(-(-len(label) // width), 1), most)
    even = min(max(-(-len(label) // lines), 1), width)
    return "\n".join(textwrap.wrap(label, even, max_lines=most, placeholder="…"))
