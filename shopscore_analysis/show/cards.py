"""What stands on the first screen, and the quotes behind the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from shopscore_analysis.schema import POSSIBLE, REAL, cause_label, said_in, weeks_to
from shopscore_analysis.show import theme, words
from shopscore_analysis.show.grid import evidence_id
from shopscore_analysis.show.html import Html, folded, joined, marked, tag
from shopscore_analysis.show.tables import AXES, Names, each

QUOTES_SHOWN = 3
ENOUGH = 5


def header(facts: Mapping[str, Any], run_id: str, verdict: str) -> Html:
    """Who, when, from which data, which run, and the verdict in one line; an unfinished week says so.

    `facts`: shop, category, week, data_as_of (`report.facts`), and `from_week` where the report covers more weeks.
    """
    period = f"{words.reported(facts)}（{words.days(str(facts['week']), str(facts.get('from_week', '')))}）"
    known = [facts["category"], period, f"数据截至 {facts['data_as_of'] or '未知'}"]
    line = joined([*filter(None, known), joined(["运行编号 ", tag("code", run_id)])], " · ")
    return tag(
        "header",
        tag("p", facts["shop"], class_="shop"), tag("p", line, class_="facts"), tag("p", verdict, class_="verdict"),
        tag("p", UNFINISHED, class_="note") if facts.get("unfinished") else Html(),
        class_="masthead",
    )  # fmt: skip


UNFINISHED = "这一周的导出还没到周日，数字还会变；这一周的变化最多说“可能”。"


@dataclass(frozen=True)
class Tile:
    """One number of the first screen: its name, the value, its direction in words, and a verdict word."""

    name: str
    value: str
    direction: str
    verdict: str = ""


def tiles(*shown: Tile) -> Html:
    """The numbers of the first screen side by side."""
    return tag("ul", *(_tile(tile) for tile in shown), class_="tiles")


def _tile(tile: Tile) -> Html:
    verdict = tag("span", tile.verdict, class_="word") if tile.verdict else Html()
    parts = (
        tag("span", tile.name, class_="name"),
        tag("strong", tile.value),
        tag("span", tile.direction, class_="way"),
        verdict,
    )
    return tag("li", *parts)


_NO_WEEK, _SAME = "没有上周可比", 0.005  # below which two decimals print nothing
_TOTAL = "总分（平台）"  # the plan further down starts from our own


def score_tiles(rank: pd.DataFrame, gaps: pd.DataFrame, week: str, target: float) -> Html:
    """The three tiles: total score, gap to the target, gap to the TOP10 median, each with its direction.

    `rank`: week, own, raw, scale, usual, median, own_verdict, gap_verdict; `gaps`: a `benchmark`. The direction is that
    since the week before, in points of the export; where the verdict is a change, the usual level stands beside it.
    Without rivals the third tile says so.
    """
    until = rank[rank["week"] <= week]
    own = list(until["own"])
    if not own or until["week"].iloc[-1] != week:
        return tiles(*(Tile(name, theme.NOTHING, "本周没有体验分数据") for name in (_TOTAL, "距目标", "距 TOP10 中位")))
    way, verdict = _way(until), until["own_verdict"].iloc[-1]
    return tiles(
        Tile(_TOTAL, theme.points(own[-1]), way, verdict),
        Tile(f"距目标 {theme.points(target)}", *_gap_told(target - until["own"], list(until["week"])), verdict),
        _gap_tile(until),
    )


def _gap_tile(until: pd.DataFrame) -> Tile:
    behind = until["median"] - until["own"]
    if pd.isna(behind.iloc[-1]):
        return Tile("距 TOP10 中位", theme.NOTHING, "本周没有竞品数据")
    return Tile("距 TOP10 中位", *_gap_told(behind, list(until["week"])), until["gap_verdict"].iloc[-1])


def _distance(gap: float) -> str:
    return "持平" if abs(gap) < _SAME else f"{'差' if gap > 0 else '超'} {theme.points(abs(gap))}"


def _gap_told(behind: pd.Series, weeks: Sequence[str]) -> tuple[str, str]:
    """How far behind, and whether that is more or less than the week before: an arrow would not say of what."""
    now, step = float(behind.iloc[-1]), _step(behind, weeks)
    if step is None or abs(step) < _SAME:
        return _distance(now), _NO_WEEK if step is None else "和上周一样"
    before = now - step
    if now * before <= 0 or min(abs(now), abs(before)) < _SAME:
        return _distance(now), f"上周{_distance(before)}"
    way = "拉大" if abs(now) > abs(before) else "缩小"
    return _distance(now), f"{'差距' if now > 0 else '领先'}{way} {theme.points(abs(step))}"


def _way(until: pd.DataFrame) -> str:
    """The step of the own score since the week before, on the scale of its export, and how far off the usual it is."""
    same = until[until["scale"] == until["scale"].iloc[-1]]
    step, now = _step(same["raw"], list(same["week"])), same.iloc[-1]
    given = f"百分制 {_amount(now['raw'], 100)} 分，" if now["scale"] == 100 else ""
    off = f"；{_off_usual(now)}" if now["own_verdict"] in (REAL, POSSIBLE) else ""
    if step is None:
        return f"{given}{_NO_WEEK}{off}"
    way = "→ 持平" if abs(step) < _SAME else f"{'↑ +' if step > 0 else '↓ −'}{_amount(abs(step), now['scale'])}"
    return f"{given}{way}{off}"


def _off_usual(now: pd.Series) -> str:
    off = now["raw"] - now["usual"]
    way = "高" if off > 0 else "低"
    return f"比平时的 {_amount(now['usual'], now['scale'])} {way} {_amount(abs(off), now['scale'])}"


def _amount(value: float, scale: int) -> str:
    """Points as their export has them: of 5 with two decimals, of 100 with two at most."""
    return theme.points(value) if scale == 5 else f"{round(value, 2):g}"


_MOVED = {REAL: "确实变了", POSSIBLE: "可能变了，还要再看一周"}


def score_moved(rank: pd.DataFrame, week: str) -> Html:
    """A line above the watch list where the platform's score of a week left its usual level; nothing where it did not.

    `rank`: as `score_tiles` reads it.
    """
    now = next((row for _, row in rank[rank["week"] == week].iterrows() if row["own_verdict"] in _MOVED), None)
    if now is None:
        return Html()
    scale = "百分制 " if now["scale"] == 100 else ""
    told = f"平台总分{_MOVED[now['own_verdict']]}：{scale}{_amount(now['raw'], now['scale'])} 分，{_off_usual(now)}。"
    return tag("p", told, class_="note")


def _step(values: pd.Series, weeks: Sequence[str]) -> float | None:
    """The step since the week before, if that week has a value."""
    if len(values) < 2 or list(weeks[-2:]) != weeks_to(weeks[-1], 2) or pd.isna(values.iloc[-2]):
        return None
    return float(values.iloc[-1] - values.iloc[-2])


def watch_list(found: pd.DataFrame, names: Names, week: str = "") -> Html:
    """Every finding in a sentence, most important first, each a door to its quotes.

    `found`: `findings`. What ended before `week`, where given, is marked so.
    """
    if found.empty:
        return tag("p", "没有检出超出正常波动的根因。历史不足 5 周时不作比较。", class_="note")
    return tag("ul", *(_watched(row, names, row.to_week < week) for row in each(found)), class_="watch")


def _watched(row: Any, names: Names, ended: bool) -> Html:
    said = words.sentence(row, names, ended=ended)
    word = tag("span", words.pill(row) + ("，已结束" if ended else ""), class_="word")
    return tag("li", word, tag("a", said, href=f"#{evidence_id(row.cause)}"))


def evidence(
    quotes: pd.DataFrame,
    overall: pd.DataFrame,
    cells: pd.DataFrame | None = None,
    names: Names | None = None,
    *,
    period: str,
    also: Sequence[str] = (),
) -> Html:
    """Masked quotes behind every counted number, one box a cause, its cells inside; opens without a script.

    `quotes`: product, week, key (the cause), rank, rating, source, text, start, end, a bottom-k sample per cell;
    `overall`: `causes` along nothing; `cells`: `causes` along product or week, the doors of a heat map. `also`
    names causes that other parts of the page lead to, complained of or not. How many complaints are not shown
    is printed.
    """
    inner = _inner_boxes(quotes, cells, names or {}, period) if cells is not None else {}
    said = _said(quotes)
    boxes = [
        _box(row, "", "", said.get((row.cause,), []), period, inner.get(row.cause, [])) for row in _counted(overall)
    ]
    silent = sorted(set(also) - set(overall.loc[overall["k"] > 0, "cause"]))
    return tag("div", *boxes, *(_silent(cause, period) for cause in silent), class_="evidence")


def _counted(estimates: pd.DataFrame) -> Iterator[Any]:
    return each(estimates[estimates["k"] > 0].sort_values(["k", "cause"], ascending=[False, True], kind="stable"))


def _inner_boxes(quotes: pd.DataFrame, cells: pd.DataFrame, names: Names, period: str) -> dict[str, list[Html]]:
    by = next(axis for axis in AXES if axis in cells)
    said = _said(quotes, by)
    boxes: dict[str, list[Html]] = {}
    for row in _counted(cells):
        value = str(getattr(row, by))
        boxes.setdefault(row.cause, []).append(
            _box(row, by, names.get(value, value), said.get((row.cause, value), []), period)
        )
    return boxes


def _silent(cause: str, period: str) -> Html:
    return folded(
        cause_label(cause),
        tag("p", f"{period}的评价里没有这种抱怨；售后没有原话可以引。", class_="note", id=evidence_id(cause)),
    )


def _box(row: Any, by: str, label: str, said: Sequence[Html], period: str, inner: Sequence[Html] = ()) -> Html:
    name = (words.week_name(label) if by == "week" else label) if by else cause_label(row.cause)
    share = "样本不足" if row.n < ENOUGH else f"{theme.percent(row.share)}（{theme.interval(row.low, row.high)}）"
    summary = tag("span", name, tag("small", f"{theme.ratio(row.k, row.n)} · {share}"))
    rest = max(int(row.k) - len(said), 0)
    left_out = f"，另有 {rest} 条未列出" if rest else ""
    # The id stands inside the box: a browser that follows a link to it opens the box and those around it.
    anchor = evidence_id(row.cause, by, str(getattr(row, by)) if by else "")
    told = f"{period}，{theme.count(row.n)} 条有文字的评价里 {row.k} 条抱怨{left_out}；先列说得最清楚的，原话已脱敏。"
    head = tag("p", told, class_="note", id=anchor)
    return folded(summary, head, *said, *inner)


def _said(quotes: pd.DataFrame, by: str = "") -> dict[tuple[str, ...], list[Html]]:
    """The first quotes of each cause, or of each cause and value of `by`; row by row, for a frame a cell is slow."""
    cells: dict[tuple[str, ...], dict[tuple[str, str], list[Any]]] = {}
    for hit in each(_unlike(quotes, ["key", by] if by else ["key"])):
        texts = cells.setdefault((hit.key, str(getattr(hit, by))) if by else (hit.key,), {})
        if (hit.source, hit.text) in texts or len(texts) < QUOTES_SHOWN:
            texts.setdefault((hit.source, hit.text), []).append(hit)
    return {cell: [_quote(hits) for hits in texts.values()] for cell, texts in cells.items()}


def _unlike(quotes: pd.DataFrame, cell: list[str]) -> pd.DataFrame:
    """The quotes, the least doubtful of each cell first; of equally doubtful ones those whose words are new."""
    ranked = quotes.sort_values(["rank", "text", "start"], ignore_index=True)
    spans = zip(ranked["text"], ranked["start"], ranked["end"], strict=True)
    ranked = ranked.assign(doubt=ranked["rank"].str[:1], words=[text[start:end] for text, start, end in spans])
    again = ranked.groupby([*cell, "doubt", "words"], sort=False).cumcount()
    return ranked.assign(again=again).sort_values(["doubt", "again", "rank"], kind="stable", ignore_index=True)


def _quote(hits: Sequence[Any]) -> Html:
    stars, first = int(hits[0].rating), hits[0]
    rated = tag("small", f"{stars} 星" if stars else "未评星")
    content = marked(first.text, [(int(hit.start), int(hit.end)) for hit in hits])
    return tag("blockquote", said_in(first.source, first.text), content, " ", rated)
