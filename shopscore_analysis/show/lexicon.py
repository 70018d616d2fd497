"""What the lexicon explains, what it lacks, and what a change of it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from shopscore_analysis.schema import cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Html, joined, tag
from shopscore_analysis.show.tables import Column, Names, causes_column, column, named, notes, table

_PARTS: Names = {
    "phrase": "有根因，词表里有短语为证", "model": "有根因，只有模型认出来", "unmapped": "在抱怨，没认出根因",
    "content": "文字里没有抱怨", "silent": "没有写文字",
}  # fmt: skip


def lexicon_weeks(weeks: Sequence[str], asked: int) -> str:
    """Which weeks were read: those with reviews, of the `asked` last ones.

    >>> lexicon_weeks(["2026-W40", "2026-W42"], 4), lexicon_weeks(["2026-W42"], 1)
    ('2026-W40 — 2026-W42，其中 2 周有评价（要看的是 4 周）', '2026-W42')
    """
    named = weeks[0] if len(weeks) == 1 else f"{weeks[0]} — {weeks[-1]}"
    return named if len(weeks) == asked else f"{named}，其中 {len(weeks)} 周有评价（要看的是 {asked} 周）"


def lexicon_words(coverage: pd.DataFrame) -> str:
    """How much of the lost stars has a cause, in a sentence. `coverage`: part, k, n, loss, share_of_loss."""
    shares, total = coverage.set_index("part")["share_of_loss"], float(coverage["loss"].sum())
    if not total:
        return "这段时间没有丢星。"
    known = theme.percent(shares["phrase"] + shares["model"])
    return (
        f"丢掉的 {theme.decimal(total)} 星里，{known} 说得出根因；"
        f"{theme.percent(shares['unmapped'])} 在抱怨却没认出根因，其余的文字里没有抱怨，或者没有写字。"
    )


def lexicon_coverage(coverage: pd.DataFrame) -> Html:
    """The lost stars by why they have a cause, or none: part, k, n (reviews that lost stars), loss, share_of_loss."""
    columns = [
        named("part", "丢星的评价", _PARTS),
        Column("条数/丢星的评价", lambda row: theme.ratio(row.k, row.n)),
        column("loss", "丢掉的星", theme.decimal),
        column("share_of_loss", "占全部丢星", theme.percent),
    ]
    return table(coverage, columns, "丢掉的星，有多少说得出根因")


def gaps_table(phrases: pd.DataFrame, limit: int | None = 30) -> Html:
    """The phrases that cost most and have no cause, with two quotes each (`unmapped.PHRASES`)."""
    columns = [
        column("phrase", "短语", number=False),
        column("stars", "丢星", theme.decimal),
        Column("没认出的抱怨", lambda row: theme.ratio(row.k, row.n)),
        Column("好评", lambda row: theme.ratio(row.k_against, row.n_against)),
        Column("模型倾向", _leaning, number=False),
        Column("例句（已脱敏）", examples, number=False),
    ]
    return table(phrases, columns, "没有根因、丢星最多的说法（几乎相同的评价只算一条）", limit=limit)


def new_words_table(words: pd.DataFrame, limit: int | None = 20) -> Html:
    """New words in complaints without a cause, with two quotes each (`unmapped.WORDS`); a sentence where none is."""
    if words.empty:
        return tag(
            "p", "没认出根因的抱怨里，没有够格的新词：出现得够多、内部够紧、左右够自由的才列出来。", class_="note"
        )
    columns = [
        column("phrase", "新词", number=False),
        column("stars", "丢星", theme.decimal),
        column("k", "条数", theme.count),
        column("cohesion", "凝聚（比特）", theme.decimal),
        Column("左右自由度（比特）", lambda row: f"{theme.decimal(row.before)} / {theme.decimal(row.after)}"),
        Column("例句（已脱敏）", examples, number=False),
    ]
    return table(words, columns, "词典里没有的词：内部比偶然更紧，左右更自由", limit=limit)


def _leaning(row: Any) -> str:
    known = isinstance(row.cause, str)
    return f"{cause_label(row.cause)} {theme.percent(row.confidence)}" if known else theme.NOTHING


def examples(row: Any) -> Html:
    """The two quotes of a phrase."""
    return joined([tag("q", quote) for quote in (row.first, row.second) if quote], " ")


def effect_table(effect: Any) -> Html:
    """What the decisions would change: per cause reviews and stars before and after (`decisions.Effect`)."""
    told = (
        f"接受 {sum(map(len, effect.accepted.values()))} 个短语，从词表拿掉 {len(effect.rejected)} 个："
        f"{theme.ratio(effect.reviews, effect.n)} 条评价的根因会变，{theme.decimal(effect.stars)} 星换了根因。"
    )
    columns = [
        causes_column(),
        Column("评价数", lambda row: f"{theme.count(row.k_before)} → {theme.count(row.k)}"),
        Column("丢星", lambda row: f"{theme.decimal(row.loss_before)} → {theme.decimal(row.loss)}"),
    ]
    return notes(told) + (table(effect.causes, columns, "改词表前后") if len(effect.causes) else Html())


def lexicon_line(now: str, before: str | None = None, week: str = "") -> Html:
    """Which lexicon the page was counted with, and whether the last report used another.

    `now`, `before`: digests; None where there is no earlier report. All weeks are counted anew, so a change of the
    lexicon moves old weeks as well.
    """
    if before is None or before == now:
        told = "，和上一份报告相同。" if before else "。"
        return tag("p", "词表摘要 ", tag("code", now), told, class_="note")
    used = joined([f"上一份报告（{week}）用的是 ", tag("code", before), "，这一份是 ", tag("code", now), "。"])
    return tag("p", tag("strong", "词表换过："), used, _CHANGED, class_="note")


_CHANGED = "本页所有周都按新词表重新数过，周与周可以比；和上一份报告印出来的数对不上的地方，先想到词表，再想到顾客。"
