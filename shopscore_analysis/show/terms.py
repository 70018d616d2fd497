"""Keywords → a word cloud that draws no boxes."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Figure, Html, tag
from shopscore_analysis.show.tables import each, keywords_table

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
