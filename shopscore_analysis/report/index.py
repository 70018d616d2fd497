"""reports/<shop>/index.html: every week, newest first, with the score's line, the verdicts and links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from shopscore_analysis.errors import ReportError
from shopscore_analysis.report.archive import TABLES, Week, archived
from shopscore_analysis.report.checks import CSP
from shopscore_analysis.report.edition import MAIN
from shopscore_analysis.report.edition import named as edition_file
from shopscore_analysis.report.names import report_name
from shopscore_analysis.shop import Shop
from shopscore_analysis.show import theme, words
from shopscore_analysis.show.html import Html, joined, tag

_STYLE = """\
:root{color-scheme:light dark;--ink:#1c2530;--muted:#5a6572;--grid:#d8dde3;--accent:#a83e0a;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf1;--muted:#a9b4c0;--grid:#3a4450;--accent:#f0a875;--paper:#14181d}}
@media print{:root{--ink:#000;--muted:#444;--grid:#bbb;--accent:#a83e0a;--paper:#fff}
@page{size:A4}thead{display:table-header-group}}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--paper);color:var(--ink);line-height:1.6;
font-family:'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}
h1{font-size:1.4rem}.scroll{overflow-x:auto}svg{display:block;max-width:none}
table{border-collapse:collapse;width:100%}caption{text-align:left;color:var(--muted);padding:.5rem 0}
th,td{border-top:1px solid var(--grid);padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top}
a.tables{color:var(--muted);font-size:.9em}
a{color:var(--accent);display:inline-block;min-height:44px;line-height:44px;padding-right:.75rem}
th small{font-weight:400;color:var(--muted)}th{min-width:3em}
.num{text-align:right;font-variant-numeric:tabular-nums}
"""
_STEP, _HEIGHT, _EDGE, _FEW = 44, 160, 40, 2  # pixels of the line; weeks below which there is no line

Scores = Mapping[str, float]


def write_index(shop: Shop) -> Path | None:
    """The path of the shop's index page, written in one step; None where no report is published yet.

    Raises ReportError where the archive cannot be written.
    """
    weeks = archived(shop.reports)
    if not weeks:
        return None
    path = shop.reports / "index.html"
    making = path.with_name(".index.html.making")
    try:
        making.write_text(index(shop.name, weeks, scores_by_week(shop)), encoding="utf-8", newline="\n")
        making.replace(path)
    except OSError as error:
        raise ReportError(
            f"expected to write {path}, found: {error.strerror or error}; free some space, or make it writable",
            "archive",
        ) from error
    return path


def scores_by_week(shop: Shop) -> dict[str, float]:
    """The last own score of each week on the 5-point scale."""
    scores = shop.scores().dropna(subset="score")
    return {str(week): float(score) for week, score in scores.groupby("week")["score"].last().items()}


def index(shop: str, weeks: Sequence[Week], scores: Scores) -> str:
    """The page: one HTML file that asks no network for anything and links only to files below it."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=CSP),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="robots", content="noindex"),
        tag("title", f"{shop} 报告存档"),
        tag("style", Html(_STYLE)),
    )
    body = tag("body", tag("h1", f"{shop} 报告存档"), line(weeks, scores), _table(weeks, scores))
    return f'<!DOCTYPE html>\n<html lang="zh-CN">{head}{body}</html>\n'


def _table(weeks: Sequence[Week], scores: Scores) -> Html:
    heads = tag("tr", *(tag("th", name, scope="col") for name in ("周", "总分", "结论", "打开")))
    caption = tag("caption", f"{len(weeks)} 周，最近的在前；总分取当周最后一天，5 分制。")
    whole = tag("table", caption, tag("thead", heads), tag("tbody", *(_row(week, scores) for week in weeks)))
    return tag("div", whole, class_="scroll", role="region", aria_label="各周报告", tabindex=0)


def _row(week: Week, scores: Scores) -> Html:
    return tag(
        "tr",
        tag("th", tag("strong", week.name), tag("br"), tag("small", words.days(week.name)), scope="row"),
        tag("td", theme.points(scores.get(week.name)), class_="num"),
        tag("td", verdicts(week)),
        tag("td", *_links(week)),
    )


def verdicts(week: Week) -> str:
    """The week's findings counted by verdict.

    >>> verdicts(Week(Path("2026-W46"), {}, {}, [{"verdict": "真实变化"}]))
    '真实变化 1 项'
    """
    return "，".join(f"{verdict} {n} 项" for verdict, n in week.verdicts().items()) or "没有异常"


def _links(week: Week) -> Iterator[Html]:
    """The week's pages, the weekly report first, each with its workbook beside it."""
    for name, page in sorted(week.pages.items(), key=lambda item: (item[0] != MAIN, item[0])):
        called, tables = report_name(page), week.folder / edition_file(name, TABLES)
        yield tag("a", called, href=f"{week.name}/{page.name}")
        if tables.exists():
            yield tag("a", f"{called}表格", href=f"{week.name}/{tables.name}", class_="tables")


def line(weeks: Sequence[Week], scores: Scores) -> Html:
    """The score's line over the archived weeks, oldest at the left, as inline SVG with live text."""
    known = [(week.name, scores[week.name]) for week in reversed(weeks) if week.name in scores]
    if len(known) < _FEW:
        return Html()
    spots = _spots([score for _, score in known])
    title, told = (
        "总分走势",
        f"{known[0][0]} {theme.points(known[0][1])} 到 {known[-1][0]} {theme.points(known[-1][1])}。",
    )
    marks = chain.from_iterable(_mark(x, y, name, score) for (x, y), (name, score) in zip(spots, known, strict=True))
    path = tag("polyline", points=" ".join(f"{x},{y}" for x, y in spots), fill="none", stroke="var(--accent)")
    width = 2 * _EDGE + _STEP * (len(known) - 1)
    drawn = tag(
        "svg", tag("title", title, id="line-title"), tag("desc", told, id="line-desc"), path, joined(marks),
        viewBox=f"0 0 {width} {_HEIGHT}", width=width, height=_HEIGHT, role="img",
        aria_labelledby="line-title line-desc", font_size=11, fill="var(--ink)",
    )  # fmt: skip
    return tag("div", drawn, class_="scroll", role="region", aria_label=title, tabindex=0)


def _spots(scores: Sequence[float]) -> list[tuple[int, int]]:
    """Where each score stands, in pixels; a flat line runs through the middle."""
    low, high = min(scores), max(scores)
    span = (high - low) or 1.0
    room = _HEIGHT - 2 * _EDGE
    rise = [(score - low) / span if high > low else 0.5 for score in scores]
    return [(_EDGE + _STEP * at, round(_HEIGHT - _EDGE - room * up)) for at, up in enumerate(rise)]


def _mark(x: int, y: int, week: str, score: float) -> Iterator[Html]:
    yield tag("circle", cx=x, cy=y, r=3, fill="var(--accent)")
    yield tag("text", theme.points(score), x=x, y=y - 8, text_anchor="middle")
    yield tag("text", week[-3:], x=x, y=_HEIGHT - 10, text_anchor="middle", fill="var(--muted)")
