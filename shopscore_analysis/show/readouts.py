"""The readouts of A/B tests as a page shows them: notes, decision, tables and the weekly looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shopscore_analysis.declaration import Experiment
from shopscore_analysis.show import theme
from shopscore_analysis.show.account import weeks_axis
from shopscore_analysis.show.canvas import svg
from shopscore_analysis.show.experiment import (
    NO_TESTS,
    between,
    change,
    decision_words,
    effects_table,
    honesty_notes,
    readout_notes,
    split_words,
)
from shopscore_analysis.show.html import Figure, Html, slug, tag, titled
from shopscore_analysis.show.tables import Column, column, each, notes, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NARROW = 360


def experiment_readouts(readouts: Sequence[Any]) -> Html:
    """Every readout: how it was declared, the split, the decision, what else must be known, tables, the looks."""
    if not readouts:
        return tag("p", NO_TESTS, class_="note")
    return Html("".join(_one(readout).markup for readout in readouts))


def _one(readout: Any) -> Html:
    name, honesty = readout.test.name, honesty_notes(readout)
    parts = [*([notes(*honesty)] if honesty else []), tag("p", split_words(readout))]
    parts += [tag("p", tag("strong", decision_words(readout)))] if len(readout.main) else []
    parts.append(notes(*readout_notes(readout)))
    if len(readout.main):
        parts.append(effects_table(readout.rows, f"{name}：指标和护栏，都和「{readout.test.arms[0].name}」比"))
    figures = [looks_figure(readout)] if len(readout.path) else []
    return titled(name, *parts, *figures)


def looks_figure(readout: Any) -> Figure:
    """The always-valid interval of every arm, week by week, beside no difference and the smallest effect declared."""
    test, path = readout.test, readout.path
    title = f"{test.name}：每周看一次，区间怎么收窄"
    last = path.drop_duplicates("arm", keep="last")
    told = "；".join(f"{row.arm} {between(row.low, row.high, test.metric)}" for row in each(last))
    told += "；前后不一致：效应随时间变了，最后的区间只是那一次看的" if last["drifted"].any() else ""
    told += "。区间不含 0 才算有差别，什么时候看都作数；虚线是声明的最小效应。"
    weeks = sorted(path["week"].unique())
    picture = svg(
        lambda ax: _draw_looks(ax, path, weeks, test), (_NARROW, 220), key=slug("looks", test.name), title=title,
        description=told,
    )  # fmt: skip
    columns = [
        column("arm", "组", number=False), column("week", "订单周", number=False), column("n", "这一组", theme.count),
        column("n_control", "对照", theme.count), Column("差", lambda row: change(row.change, test.metric)),
        Column("到这周为止的区间", lambda row: between(row.low, row.high, test.metric)),
    ]  # fmt: skip
    return Figure(title, told, picture, table(path, columns, title))


def _draw_looks(ax: Axes, path: pd.DataFrame, weeks: list[str], test: Experiment) -> None:
    scale = 1 if test.measured.is_mean else 100
    colours = (theme.ACCENT, theme.INK, theme.MUTED)
    for at, (arm, rows) in enumerate(path.groupby("arm", sort=False)):
        x = np.array([weeks.index(week) for week in rows["week"]]) + 0.15 * at
        ax.vlines(x, rows["low"] * scale, rows["high"] * scale, color=colours[at % 3], linewidth=2)
        ax.scatter(x, rows["change"] * scale, color=colours[at % 3], s=20, zorder=3, label=str(arm))
    ax.axhline(0, color=theme.INK, linewidth=1)
    for end in (-test.effect, test.effect):
        ax.axhline(end * scale, color=theme.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    weeks_axis(ax, weeks)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}" if scale == 1 else f"{value:g}pp")
    if path["arm"].nunique() > 1:
        ax.legend(frameon=False, fontsize=12)
