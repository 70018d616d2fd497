"""Causes × one axis → a heat map whose cells are doors to their quotes."""

from __future__ import annotations

import re
import textwrap
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.schema import cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.canvas import Links, svg
from shopscore_analysis.show.html import Figure, Html, slug, tag
from shopscore_analysis.show.tables import AXES, Names, causes_table, each
from shopscore_analysis.show.words import week_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TWIN_ROWS = 200
PER_REVIEW = "有文字的评价数"
ONE_IS_NONE = ("channel", "warehouse", "carrier")  # one of these alone tells nothing
SURE = 0.05  # false discovery rate below which a cell is marked
UP, DOWN = "▲", "▼"
_CELL, _NARROW_CELL, _ROW, _LABELS, _HEAD, _LINE = 74, 60, 46, 100, 12, 16


def heatmap(
    estimates: pd.DataFrame,
    names: Names | None = None,
    *,
    rows: int = 12,
    columns: int = 8,
    evidence: bool = False,
    of: str = PER_REVIEW,
) -> Figure | Html:
    """Causes × one axis as a heat map: colour is the shrunken share, the printed number is k/n.

    `estimates`: cause, the axis, k, n, share, low, high, enough and, where known, shrunk (else share colours).
    The causes with most complaints and the values of the axis with most reviews are shown (weeks: the newest);
    the twin holds all. Cells with too small a sample bear no colour. Where `q` is known (`measure.contrasts`), cells
    unlike the rest of their cause bear ▲ or ▼. With `evidence`, each counted cell links to its quotes
    (`cards.evidence` with the same estimates writes them). `of` names what n counts. Along an axis of which only one
    value is known, or none, a note stands in the figure's place.
    """
    names, by = names or {}, next(axis for axis in AXES if axis in estimates)
    if by in ONE_IS_NONE and estimates[by].nunique() < 2:
        return tag("p", _alone(estimates, by, names), class_="note")
    estimates = estimates if "shrunk" in estimates else estimates.assign(shrunk=estimates["share"])
    shown = _most(estimates, by, rows, columns)
    title, told = f"根因 × {AXES[by]}" + (f"（按{of}）" if of != PER_REVIEW else ""), _worst(shown, by, names)
    links = _doors(shown, by, names) if evidence else {}
    picture = _picture(shown, by, names, links, title, told)
    twin = causes_table(estimates, by, names, TWIN_ROWS, f"抱怨/{of.removesuffix('数')}")
    return Figure(title, f"{told}{_legend(estimates, shown, by, of)}", picture, twin, wide=True)


def _alone(estimates: pd.DataFrame, by: str, names: Names) -> str:
    for value in estimates[by].unique():
        return f"只有一个{AXES[by]}（{_axis_label(by, str(value), names)}），没有可比的。"
    return f"这一时期的评价没有{AXES[by]}信息。"


def _picture(shown: pd.DataFrame, by: str, names: Names, links: Links, title: str, told: str) -> Html:
    """The causes' names, which stay in view, beside the cells, which scroll under them."""
    columns = [_wrapped(_axis_label(by, str(value), names)) for value in dict.fromkeys(shown[by])]
    head = _HEAD + _LINE * max((label.count("\n") + 1 for label in columns), default=1)
    height = head + _ROW * shown["cause"].nunique()
    width = (_NARROW_CELL if by == "week" else _CELL) * max(shown[by].nunique(), 1)
    key = slug("heat", by, title)
    causes = [cause_label(cause) for cause in dict.fromkeys(shown["cause"])]
    labels = svg(
        lambda ax: _draw_labels(ax, causes, 1 - head / height), (_LABELS, height), key=f"{key}-rows",
        title=f"{title}：行", description="、".join(causes) or "没有数据",
    )  # fmt: skip
    cells = svg(
        lambda ax: _draw_heat(ax, shown, by, columns, links, 1 - head / height) if len(shown) else ax.set_axis_off(),
        (width, height), key=key, title=title, description=told, links=links,
    )  # fmt: skip
    parts = ((labels, _LABELS, "rows"), (cells, width, "cells"))
    boxes = (tag("div", part, class_=name, style=f"--wide:{wide}") for part, wide, name in parts)
    hint = tag("p", "左右滑动看全部", class_="hint", style=f"--needs:{_LABELS + width}")
    heat = tag("div", *boxes, class_="heat", style=f"max-width:{round(1.35 * (_LABELS + width))}px")
    return tag("div", hint, heat)


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
    return f"{cause_label(row.cause)}，{value}：{_mark_of(row)}{theme.ratio(row.k, row.n)}，看原话"


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
    marks = _marks_told(shown) if "q" in shown else ""
    left_out = f"另有 {'、'.join(rest)}只在数据表里。" if rest else ""
    few = "" if shown["enough"].all() else f"{of}不到 5 的格子写“样本不足”，不上色。"
    return f"颜色越深，占比越高；格内是抱怨次数/{of}。{few}{marks}{left_out}"


def _marks_told(shown: pd.DataFrame) -> str:
    """What the marks of the cells mean; where none is marked, that none is unlike the rest."""
    if any(map(_mark_of, each(shown))):
        return f"{UP}{DOWN} 比同一根因的其他格高或低，全份报告一起校正后仍不像偶然。"
    return "没有一格和同一根因的其他格差得超出偶然。"


def _mark_of(cell: Any) -> str:
    """What says that a cell is unlike the rest of its cause; nothing where it is not, or nobody asked."""
    if not getattr(cell, "q", 1.0) < SURE:
        return ""
    return f"{DOWN} " if cell.lift < 1 else f"{UP} "


def _grid(shown: pd.DataFrame, by: str, values: str) -> pd.DataFrame:
    rows, columns = list(dict.fromkeys(shown["cause"])), list(dict.fromkeys(shown[by]))
    return shown.pivot(index="cause", columns=by, values=values).reindex(index=rows, columns=columns)


def _draw_heat(ax: Axes, shown: pd.DataFrame, by: str, columns: list[str], links: Links, top: float) -> None:
    import seaborn as sns

    share = _grid(shown.assign(shrunk=shown["shrunk"].where(shown["enough"])), by, "shrunk").astype(float)
    most = max(float(share.max().max() or 0), 0.01)
    sns.heatmap(share, ax=ax, cmap=theme.ramp(), vmin=0, vmax=most, cbar=False, linewidths=2, linecolor=theme.PAPER)
    _print_cells(ax, shown, by, most, links)
    ax.set(xlabel="", ylabel="", yticks=[])
    ax.xaxis.tick_top()
    ax.set_xticks([at + 0.5 for at in range(len(columns))], columns, fontsize=11, rotation=0)
    ax.set_position((0, 0, 1, top))


def _draw_labels(ax: Axes, causes: list[str], top: float) -> None:
    """The causes as high as their rows of cells, right beside them."""
    ax.set_position((0, 0, 1, top))
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(max(len(causes), 1), 0))
    for at, name in enumerate(causes):
        ax.text(0.95, at + 0.5, name, ha="right", va="center", fontsize=13)


def _print_cells(ax: Axes, shown: pd.DataFrame, by: str, top: float, links: Links) -> None:
    from matplotlib.patches import Rectangle

    causes, values = list(dict.fromkeys(shown["cause"])), list(dict.fromkeys(shown[by]))
    for cell in each(shown):
        x, y = values.index(getattr(cell, by)), causes.index(cell.cause)
        content, size = (_mark_of(cell) + theme.ratio(cell.k, cell.n), 12) if cell.enough else ("样本不足", 10)
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


# What no line breaks: T恤, iPhone 15, 第5周 or 5斤, other letters and digits; a Chinese character by itself.
_PIECE = re.compile(r"[;,/]|[A-Za-z][^ -~]|[A-Za-z][!-~]*(?: \d[!-~]*)?|第?\d[\d.]*[^ -~]|[!-~]+|.", re.DOTALL)
_PARTS = ";；,，、/）)】"  # signs that end a part of a name (雾霾蓝;480ml)
_LETTER = 0.6  # of the width of a Chinese character


def _wide(label: str) -> float:
    """How wide a label is, in Chinese characters."""
    return sum(_LETTER if sign.isascii() else 1.0 for sign in label)


def _wrapped(label: str, width: int = 6, most: int = 3) -> str:
    """A long name on up to three short lines, of two broken where a word may end; `width` in Chinese characters.

    That is at a space, or where Chinese meets letters or digits that are no word with it (T恤, 5斤), else before the
    last three characters: names of goods end in what they are (收纳箱, 保温杯).

    >>> _wrapped("可折叠布艺收纳箱"), _wrapped("攀枝花芒果5斤"), _wrapped("圆领加绒卫衣"), _wrapped("儿童 T恤 纯棉短袖")
    ('可折叠布艺\\n收纳箱', '攀枝花芒果\\n5斤', '圆领加绒卫衣', '儿童 T恤\\n纯棉短袖')
    """
    if _wide(label) <= width:
        return label
    breaks = [at for at in accumulate(map(len, _PIECE.findall(label))) if _fits(label, at, width)]
    if breaks:
        turns = [at for at in breaks if _turns(label, at)]
        at = min(turns, key=lambda at: abs(_wide(label[:at]) - _wide(label[at:])), default=0)
        at = at or max((at for at in breaks if at <= len(label) - 3), default=breaks[0])
        return f"{label[:at].rstrip()}\n{label[at:].lstrip()}"
    lines = min(max(-(-len(label) // width), 1), most)
    even = min(max(-(-len(label) // lines), 1), width)
    return "\n".join(textwrap.wrap(label, even, max_lines=most, placeholder="…"))


def _fits(label: str, at: int, width: int) -> bool:
    """Whether a label cut there stands on two lines, neither of which begins with a sign that parts."""
    return (
        at < len(label)
        and label[at] not in _PARTS
        and max(_wide(label[:at].rstrip()), _wide(label[at:].lstrip())) <= width
    )


def _turns(label: str, at: int) -> bool:
    """Whether a piece that ends there ends a word for sure: at a space, or where Chinese meets letters or digits."""
    before, after = label[at - 1], label[at]
    return " " in (before, after) or before in _PARTS or before.isascii() != after.isascii()
