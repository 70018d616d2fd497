"""Keywords → a word cloud that draws no boxes, and tables."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Figure, Html, folded, joined, tag
from shopscore_analysis.show.tables import AXES, Column, Names, causes_column, column, each, named, table

if TYPE_CHECKING:
    from wordcloud import WordCloud

_SIZE = (880, 480)
_SEED = 7  # the layout is random; a fixed seed makes it repeatable


def cloud(keywords: pd.DataFrame, *, font: str = "", title: str = "差评里的词", pool: str = "差评") -> Figure:
    """The terms that mark a pool of texts as a word cloud; size is z, the twin holds the numbers.

    `keywords`: term, z, k, n, share, k_against, n_against; terms with z ≤ 0 are left out, and so is one with a
    character that the font cannot draw (it stays in the twin). `font`: the setting of shop.toml. Raises
    SettingsError where there is no font with Chinese characters.
    """
    found = theme.font(font)
    marking = keywords[keywords["z"] > 0].head(80)
    drawable = [not theme.missing_glyphs(term, found.path) for term in marking["term"]]
    sizes = {row.term: float(row.z) for row in each(marking[drawable])}
    told = f"最突出的词：{'、'.join(list(sizes)[:8])}。" if sizes else "没有突出的词。"
    picture = _image(_png(sizes, found), f"{title}。{told}") if sizes else Html()
    return Figure(title, f"{told}字越大，越是{pool}独有。", picture, keywords_table(keywords, pool=pool))


def _image(png: bytes, alt: str) -> Html:
    data = base64.b64encode(png).decode("ascii")
    return tag("img", src=f"data:image/png;base64,{data}", alt=alt, width=_SIZE[0], height=_SIZE[1], class_="cloud")


def _png(sizes: dict[str, float], font: theme.Font) -> bytes:
    target = io.BytesIO()
    _laid_out(sizes, font).to_image().quantize(32).save(target, format="PNG", optimize=True)
    return target.getvalue()


def _laid_out(sizes: dict[str, float], font: theme.Font) -> WordCloud:
    from wordcloud import WordCloud

    blank = WordCloud(
        font_path=str(font.path), width=_SIZE[0], height=_SIZE[1], background_color=theme.PAPER,
        collocations=False, prefer_horizontal=1.0, relative_scaling=0.6, margin=6, max_font_size=120, min_font_size=15,
        random_state=_SEED, color_func=_colour,
    )  # fmt: skip
    return blank.generate_from_frequencies(sizes)


def _colour(word: str, font_size: int, **_: Any) -> str:
    return theme.ACCENT if font_size >= 40 else theme.INK if font_size >= 24 else theme.MUTED


def keywords_table(keywords: pd.DataFrame, limit: int | None = 30, *, pool: str = "差评") -> Html:
    """Terms that mark a pool of texts: z, and in how many texts of each pool they stand."""
    columns = [column("term", "词", number=False), *_term_columns(pool)]
    caption = f"{pool}关键词：按 z 值排列，每条评价只计一次，几乎相同的评价只算一条"
    return table(keywords, columns, caption, limit=limit)


def _term_columns(pool: str) -> list[Column]:
    return [
        column("z", "z 值", theme.decimal),
        Column(f"{pool}池", lambda row: theme.ratio(row.k, row.n)),
        Column("对照", lambda row: theme.ratio(row.k_against, row.n_against)),
        column("share", f"{pool}池占比", theme.percent),
    ]


KEYWORD_AXES: Names = {**AXES, "cause": "根因", "channel": "渠道", "price": "价格带"}


def keywords_along(names: Names, *keywords: pd.DataFrame) -> Html:
    """The terms of each value of one axis after another, to be opened; the axis is the first column of each frame."""
    return joined(_keywords_along(one, names) for one in keywords)


def _keywords_along(keywords: pd.DataFrame, names: Names) -> Html:
    by = str(keywords.columns[0])
    axis = causes_column() if by == "cause" else named(by, KEYWORD_AXES[by], names)
    columns = [axis, column("term", "词", number=False), *_term_columns("这一类")]
    spoken = keywords[(keywords["k"] >= ENOUGH_TEXTS) & (keywords["z"] > 0)]
    title = f"按{KEYWORD_AXES[by]}：和其余差评相比更突出的词"
    return folded(title, table(spoken, columns, f"{title}（至少 {ENOUGH_TEXTS} 条）"))


ENOUGH_TEXTS = 3


def baseline_table(baseline: pd.DataFrame, keywords: pd.DataFrame) -> Html:
    """What jieba's TF-IDF calls keywords of the low stars, beside z. `baseline`: term, weight."""
    known = dict(zip(keywords["term"], keywords["z"], strict=True))
    columns = [
        column("term", "jieba TF-IDF 的词", number=False),
        column("weight", "权重", theme.fine),
        Column("z 值", lambda row: theme.decimal(known[row.term]) if row.term in known else theme.NOTHING),
    ]
    table_ = table(baseline, columns, "对照：jieba.analyse 的 TF-IDF（只看低星文字，不和好评比较）")
    return folded("对照：常用的 TF-IDF 会给出哪些词", table_)
