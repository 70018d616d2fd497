"""What is shown of a text: a part that ends where clauses or words do, and evidence in whole words."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate

import pandas as pd

from shopscore_analysis.text.clauses import clauses
from shopscore_analysis.text.segment import cut

LEFT_OUT = "…"
QUOTE = 80  # characters of a text that is quoted on a page or a terminal
_BEFORE, _BEHIND = 1, 3  # characters of its clause that evidence takes along: 卡得 of 脚背卡得紧 says little
_LONGEST_COUNT = 5
_NEAR = 4  # a clause's border counts where it costs at most this part of the room
_COUNTED = re.compile(  # what stands before a unit of time belongs to it: 天才发货 of 好多天才发货 reads as a genius
    r"((?:\d|[好数](?=[几多天])|[一二三四五六七八九十百两半几多])+个?)"
    "(?:天(?![然气])|周(?![到围末])|月(?![饼亮])|年(?![糕货])|小时|星期|礼拜)"
)
_BRACKETS = "[]"  # of a mask such as [手机号], which stays whole

Span = tuple[int, int]


def whole_words(quotes: pd.DataFrame) -> pd.DataFrame:
    """The quotes of a tally, each span of evidence widened to whole words, or its clause, without the signs around.

    `quotes`: text, start, end and whatever else. What a tally holds is what was matched (漏 of 漏水, or a clause with
    its comma); a reader wants words. A span of nothing stays.

    >>> row = {"text": "盖子拧紧了还是漏水，差评", "start": 5, "end": 8}
    >>> shown = whole_words(pd.DataFrame([row])).iloc[0]
    >>> shown["text"][shown["start"]:shown["end"]]
    '还是漏水'
    """
    tokens = cut(quotes["text"].tolist())
    rows = zip(quotes["text"], tokens, quotes["start"].tolist(), quotes["end"].tolist(), strict=True)
    spans = [_widened(text, words, (start, end)) for text, words, start, end in rows]
    columns = {"start": [start for start, _ in spans], "end": [end for _, end in spans]}
    return quotes.assign(**{name: pd.Series(ends, quotes.index, "int64") for name, ends in columns.items()})


def whole_clauses(text: str, span: Span) -> Span:
    """The clauses that a span touches, from the first word to the last, without the signs around; else the span itself.

    >>> said = "1、要求换货，客服说就算换也没用！"
    >>> start, end = whole_clauses(said, (7, 10))
    >>> said[start:end]
    '客服说就算换也没用'
    """
    touched = [part for part in clauses(text) if part[0] < span[1] and span[0] < part[1]]
    return _said(text, touched[0][0], touched[-1][1], span) if touched else span


def _said(text: str, start: int, end: int, span: Span) -> Span:
    """The words between two places, or the span where there is none."""
    said = [at for at in range(start, end) if text[at].isalnum() or text[at] in _BRACKETS]
    return (said[0], said[-1] + 1) if said else span


def _widened(text: str, words: list[str], span: Span) -> Span:
    start, end = span
    if start >= end:
        return span
    borders, parts = _borders(words), clauses(text)
    start, end = borders[bisect_right(borders, start) - 1], borders[min(bisect_left(borders, end), len(borders) - 1)]
    start = next((first for first, last in parts if first <= start < last and start - first <= _BEFORE), start)
    end = next((last for first, last in parts if first < end <= last and last - end <= _BEHIND), end)
    return _said(text, _with_count(text, start), end, span)


def _with_count(text: str, start: int) -> int:
    """Where evidence begins: a unit of time takes the count before it along."""
    near = _COUNTED.finditer(text, max(start - _LONGEST_COUNT, 0), start + _LONGEST_COUNT)
    return next((found.start() for found in near if found.end(1) == start), start)


def _borders(words: list[str]) -> list[int]:
    return [0, *accumulate(map(len, words))]


def excerpt(text: str, span: Span, most: int) -> tuple[str, Span]:
    """At most `most` characters of a text around a span, and the span within them; … stands for what is left out.

    Cut where a clause begins or ends, where none does so near enough between two words.

    >>> excerpt("鞋子很好看，就是有一点小，孩子穿着挤脚", (13, 19), 10)
    ('…孩子穿着挤脚', (1, 7))
    """
    start, end = (min(at, len(text)) for at in span)
    if len(text) <= most:
        return text, (start, end)
    room = most - 2 * len(LEFT_OUT)
    end = min(end, start + room)
    first = max(min(start - (room - (end - start)) // 2, len(text) - room), 0)
    first, last = _cuts(text, (first, min(first + room, len(text))), (start, end))
    before, after = LEFT_OUT * (first > 0), LEFT_OUT * (last < len(text))
    return f"{before}{text[first:last]}{after}", (start - first + len(before), end - first + len(before))


def quoted(rows: pd.DataFrame, most: int = QUOTE) -> pd.DataFrame:
    """The rows with each `text` cut to an excerpt around its span [`start`, `end`), where it begins if none is known.

    >>> quoted(pd.DataFrame({"text": ["鞋子很好看，就是有一点小，孩子穿着挤脚", None]}), 10)["text"].tolist()
    ['鞋子很好看，就是…', None]
    """
    ends = [rows.get(name, pd.Series(0, rows.index)).tolist() for name in ("start", "end")]
    texts = rows["text"].astype(object).where(rows["text"].notna(), None).tolist()
    cut_ = [excerpt(text or "", span, most) for text, span in zip(texts, zip(*ends, strict=True), strict=True)]
    shown = [None if text is None else one for text, (one, _) in zip(texts, cut_, strict=True)]
    sides = {name: [span[side] for _, span in cut_] for side, name in enumerate(("start", "end")) if name in rows}
    columns = {name: pd.Series(side, rows.index, "int64") for name, side in sides.items()}
    return rows.assign(text=pd.Series(shown, rows.index, dtype=object), **columns)


def _cuts(text: str, window: Span, span: Span) -> Span:
    """A part within a window, around a span, that begins and ends with a clause, or with a word if none is near."""
    parts, near = _parts(text, window), (window[1] - window[0]) // _NEAR
    begins = (at for at in (0, *(at for at, _ in parts)) if window[0] <= at <= min(window[0] + near, span[0]))
    ends = (at for at in (*(at for _, at in parts), len(text)) if max(window[1] - near, span[1]) <= at <= window[1])
    first, last = min(begins, default=-1), max(ends, default=-1)
    if first < 0 or last < 0:
        words = _borders(cut([text])[0])
        first = min(at for at in (*words, span[0]) if window[0] <= at <= span[0]) if first < 0 else first
        last = max(at for at in (*words, span[1]) if span[1] <= at <= window[1]) if last < 0 else last
    return first, last


def _parts(text: str, window: Span) -> list[Span]:
    """The clauses in a window and one character around it, which tells whether a clause ends at its border."""
    first = max(window[0] - 1, 0)
    return [(start + first, end + first) for start, end in clauses(text[first : window[1] + 1])]
