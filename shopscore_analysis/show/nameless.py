"""What 未归因 consists of: in words, and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Html
from shopscore_analysis.show.tables import Column, column, each, table

PARTS: Mapping[str, str] = MappingProxyType(
    {
        "default": "没有写文字",
        "four": "打 4 星、文字没认出问题",
        "praise_only": "打 1–3 星、文字却只有好话",
        "unnamed": "打 1–3 星、文字认不出是哪种根因",
    }
)


def nameless_words(share: float, parts: pd.DataFrame) -> str:
    """How much of what was lost has no cause, and of which reviews that is, in a sentence that adds up.

    `share` of all lost stars; `parts`: `measure.unattributed`, or no row where nobody asked for them.

    >>> parts = pd.DataFrame({"part": ["default", "four"], "k": [3, 8], "loss": [12.0, 8.0]})
    >>> nameless_words(0.2, parts)
    '另有 20.0% 未归因，共 20 星：没有写文字的 12 星，打 4 星、文字没认出问题的 8 星。'
    """
    shown = _shown(parts)
    if shown.empty:
        return f"另有 {theme.percent(share)} 未归因。"
    told = "，".join(f"{PARTS[row.part]}的 {theme.count(row.loss)} 星" for row in each(shown))
    return f"另有 {theme.percent(share)} 未归因，共 {theme.count(shown['loss'].sum())} 星：{told}。"


def nameless_table(parts: pd.DataFrame) -> Html:
    """The same as a table; nothing where there is no part. `parts`: `measure.unattributed`."""
    columns = [
        Column("未归因的评价", lambda row: PARTS[row.part], number=False),
        column("k", "评价数", theme.count),
        column("loss", "丢掉的星", theme.count),
        column("share_of_loss", "占全部丢星", theme.percent),
    ]
    shown = _shown(parts)
    return table(shown, columns, "未归因里都是哪些评价") if len(shown) else Html()


def _shown(parts: pd.DataFrame) -> pd.DataFrame:
    return parts[parts["loss"] > 0].sort_values("loss", ascending=False, kind="stable") if len(parts) else parts
