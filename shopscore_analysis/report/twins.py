"""The twins of a published page: its tables as a workbook, the body of a mail, and a card for a chat.

All three are read back from the page, its findings and its manifest, so that no figure can differ from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from shopscore_analysis.errors import ReportError
from shopscore_analysis.report.names import report_name
from shopscore_analysis.report.reading import Reading, read_page
from shopscore_analysis.show import words
from shopscore_analysis.show.html import Html, joined, tag
from shopscore_analysis.show.tables import each

MAIL_BYTES = 100_000  # Gmail clips a body at about 102 kB
CARD_BYTES = 4_000  # below what Feishu, DingTalk (20 kB) and a WeCom markdown message (4,096) take
_MOST = 12  # findings that a mail lists
_INK, _MUTED, _ACCENT = "#1c2530", "#5a6572", "#a83e0a"
_FONT = "font-family:'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"


@dataclass(frozen=True)
class Published:
    """A published edition as it lies in its folder: what it says, what it found, what it was made from."""

    page: Path
    reading: Reading
    found: list[dict[str, Any]]
    facts: dict[str, Any]

    @property
    def title(self) -> str:
        """Shop, weeks, kind of report and days: the subject of a mail."""
        span = words.days(self.facts["week"], self.facts.get("from_week", ""))
        return f"{self.facts['shop']} {words.reported(self.facts)}体验分{report_name(self.page)}（{span}）"


def beside(page: Path, name: str) -> Path:
    """A file of the same edition: `name` beside weekly.html, <notebook>.`name` beside any other page."""
    return page.with_name(name if page.stem == "weekly" else f"{page.stem}.{name}")


def read_edition(page: Path) -> Published:
    """The edition whose page is at `page`; ReportError where page or manifest is missing."""
    try:
        facts = json.loads(beside(page, "manifest.json").read_text(encoding="utf-8"))
        reading = read_page(page.read_bytes())
    except FileNotFoundError as error:
        raise ReportError(
            f"expected a published report at {page}, found no {Path(error.filename).name}; "
            "make it with `shopscore report`",
            page.name,
            said="还没有发布",
        ) from error
    findings = beside(page, "findings.json")
    found = json.loads(findings.read_text(encoding="utf-8")) if findings.exists() else []
    return Published(page, reading, found, facts)


def mail(edition: Published, names: Mapping[str, str]) -> str:
    """The body of a mail: HTML with inline styles, under 100 kB, that asks no network for anything.

    `names`: product id → name. Findings that do not fit are counted.
    """
    for most in range(_MOST, -1, -1):
        body = _mail(edition, names, most)
        if len(body.encode("utf-8")) < MAIL_BYTES:
            return body
    raise ReportError(f"expected a mail body under {MAIL_BYTES:,} bytes, found none that fits", edition.page.name)


def _mail(edition: Published, names: Mapping[str, str], most: int) -> str:
    reading, facts = edition.reading, edition.facts
    parts = [
        tag("h1", edition.title, style=f"font-size:20px;color:{_INK};margin:0 0 8px"),
        tag("p", reading.verdict, style=f"font-size:16px;color:{_INK};margin:0 0 16px") if reading.verdict else Html(),
        _tiles(reading.tiles),
        *_listed("本周三件事", [_thing(item) for item in reading.todo]),
        *_listed("值得盯住的变化", said(edition, names, most)),
        tag(
            "p", f"完整的报告和数据表在附件里。{origin(facts)}", style=f"font-size:12px;color:{_MUTED};margin:24px 0 0"
        ),
    ]
    box = tag("div", *parts, style=f"max-width:640px;margin:0 auto;padding:16px;{_FONT};line-height:1.6")
    head = tag("head", tag("meta", charset="utf-8"), tag("title", edition.title))
    return f'<!DOCTYPE html>\n<html lang="zh-CN">{head}{tag("body", box)}</html>\n'


def _tiles(tiles: Sequence[Sequence[str]]) -> Html:
    """The tiles side by side, as a table, which every mail program draws."""
    if not tiles:
        return Html()
    cell = f"border:1px solid #d8dde3;padding:8px 12px;color:{_INK};font-size:13px"
    big = f"font-size:22px;color:{_ACCENT}"
    cells = [
        tag("td", tag("div", tile[0]), tag("div", tag("strong", " ".join(tile[1:2]), style=big)),
            tag("div", " ".join(tile[2:])), style=cell)
        for tile in tiles
        if tile
    ]  # fmt: skip
    return tag("table", tag("tr", *cells), style="border-collapse:collapse;width:100%", role="presentation")


def _thing(phrases: Sequence[str]) -> Html:
    """One thing to do: what and where in bold, then the rest in the page's order."""
    return tag("strong", " ".join(phrases[:2])) + tag("br") + joined(phrases[2:], " · ")


def _listed(heading: str, lines: Sequence[str | Html]) -> Iterator[Html]:
    if lines:
        yield tag("h2", heading, style=f"font-size:16px;color:{_INK};margin:20px 0 6px")
        items = (tag("li", line, style="margin:0 0 8px") for line in lines)
        yield tag("ol", joined(items), style=f"font-size:14px;color:{_INK};margin:0;padding-left:22px")


def said(edition: Published, names: Mapping[str, str], most: int) -> list[str]:
    """The findings as sentences, most important first; the last line counts those left out."""
    found = pd.DataFrame(edition.found)
    sentences = [words.sentence(row, names) for row in each(found)] if "kind" in found else []
    left_out = len(sentences) - most
    return [*sentences[:most], *([f"另有 {left_out} 项，见报告。"] if left_out > 0 else [])]


def origin(facts: Mapping[str, Any]) -> str:
    """Where the figures come from, in a line."""
    return f"数据截至 {facts.get('data_as_of') or '未知'} · 运行编号 {facts['run_id']}"


def card(edition: Published, names: Mapping[str, str], most: int = CARD_BYTES) -> str:
    """A message of plain lines under `most` bytes of UTF-8, verdict first; lines that do not fit are counted."""
    reading = edition.reading
    todo = [f"{at}. {' · '.join(item)}" for at, item in enumerate(reading.todo, 1)]
    more = [sentence for sentence in said(edition, names, 3) if sentence not in "".join(todo)]
    lines = [
        edition.title,
        reading.verdict,
        "｜".join(" ".join(tile) for tile in reading.tiles),
        *todo,
        *more,
    ]
    return fitted([line for line in lines if line], origin(edition.facts), most)


def fitted(lines: Sequence[str], last: str, most: int) -> str:
    """As many lines as fit into `most` bytes together with `last`, which always stands at the end.

    >>> fitted(["甲乙", "丙丁"], "完", 100)
    '甲乙\\n丙丁\\n完'
    >>> fitted(["甲" * 30, "乙" * 30], "完", 130).splitlines()[1:]
    ['另有 1 行，见报告。', '完']
    """
    for kept in range(len(lines), -1, -1):
        note = [f"另有 {len(lines) - kept} 行，见报告。"] if kept < len(lines) else []
        text = "\n".join([*lines[:kept], *note, last])
        if len(text.encode("utf-8")) < most:
            return text
    raise ValueError(f"expected room for at least {last!r}, found {most} bytes")
