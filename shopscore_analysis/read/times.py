"""Text cells → times on the wall clock of Asia/Shanghai, in every spelling that exports use."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.read.values import Parsed

_TYPE = pa.timestamp("s")
_SHANGHAI = dt.timezone(dt.timedelta(hours=8))
_YEARS = range(2000, 2100)
_SERIALS = range(36526, 73050)  # spreadsheet days of those years, counted from 1899-12-30
_EPOCH = dt.datetime(1899, 12, 30)
_SPELLED = re.compile(
    r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"
    r"(?:[\sT]*(?P<half>上午|下午|凌晨|晚上|中午|AM|PM)?\s*(?P<H>\d{1,2})[:时点](?P<M>\d{1,2})(?:[:分](?P<S>\d{1,2})(?:[.,]\d+)?)?[秒分]?"
    r"\s*(?P<end>AM|PM)?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:[\sT]?(?P<H>\d{2}):?(?P<M>\d{2}):?(?P<S>\d{2})?)?")
EXPECTED = "时间，如 2026-09-22 00:54:10，或日期"


def time(text: pa.Array) -> Parsed:
    """Times, timestamp[s]: ISO, `2026/9/10 8:00`, `2026年09月10日 12:00:00`, days, Excel serials.

    Times with a zone are put to Asia/Shanghai.

    >>> [str(at) for at in time(pa.array(["2026/9/10 8:00", "2026年09月10日", "46275.5"])).values.to_pylist()]
    ['2026-09-10 08:00:00', '2026-09-10 00:00:00', '2026-09-10 12:00:00']
    """
    values = _iso(text)
    if values is None:
        values = _mixed(_folded(text))
    values = pc.if_else(_plausible(values), values, pa.scalar(None, _TYPE))
    return Parsed(values, pc.and_(pc.is_valid(text), pc.is_null(values)), EXPECTED)


def _iso(text: pa.Array) -> pa.Array | None:
    """The whole column by Arrow's ISO reader, or None if one cell is no ISO time."""
    try:
        return pc.cast(text, _TYPE)
    except pa.ArrowInvalid:
        return None


def _folded(text: pa.Array) -> pa.Array:
    """Slashes and 年月日 as ISO dashes; one-figure months, days and hours filled up to two."""
    dashed = pc.replace_substring_regex(text, r"^(\d{4})[/年-](\d{1,2})[/月-](\d{1,2})日?", r"\1-\2-\3")
    for short in (r"^(\d{4}-)(\d-)", r"^(\d{4}-\d\d-)(\d(?:\D|$))", r"^(\d{4}-\d\d-\d\d )(\d:)"):
        dashed = pc.replace_substring_regex(dashed, short, r"\10\2")
    return dashed


def _mixed(text: pa.Array) -> pa.Array:
    """Cells that look like ISO by Arrow, the rest, and all where a day does not exist, one at a time."""
    iso = pc.match_substring_regex(text, r"^\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?$")
    values = _iso(pc.if_else(iso, text, pa.scalar(None, pa.string())))
    if values is None:
        return _each(text)
    rest = pc.if_else(iso, pa.scalar(None, pa.string()), text)
    return values if rest.null_count == len(rest) else pc.coalesce(values, _each(rest))


def _plausible(values: pa.Array) -> pa.Array:
    year = pc.year(values)
    return pc.and_(pc.greater_equal(year, _YEARS.start), pc.less(year, _YEARS.stop))


def _each(text: pa.Array) -> pa.Array:
    """One cell at a time, each distinct cell once: for mixed and rare spellings."""
    coded = text.dictionary_encode()
    distinct = pa.array([_one(cell) for cell in coded.dictionary.to_pylist()], _TYPE)
    return pc.take(distinct, coded.indices)


@lru_cache(maxsize=65536)
def _one(cell: str) -> dt.datetime | None:
    plain = cell.translate(_HALF_WIDTH).strip()
    found = _SPELLED.fullmatch(plain) or _COMPACT.fullmatch(plain)
    if found:
        return _clock(found.groupdict())
    return _serial(plain) or _zoned(plain)


_HALF_WIDTH = {0xFF01 + at: 0x21 + at for at in range(94)} | {0x3000: 0x20}


def _clock(part: dict[str, str | None]) -> dt.datetime | None:
    year, month, day, hour, minute, second = (int(part.get(name) or 0) for name in "ymdHMS")
    half = (part.get("half") or part.get("end") or "").upper()
    if half in ("下午", "晚上", "PM", "中午") and hour < 12 and not (half == "中午" and hour > 10):
        hour += 12
    elif half in ("上午", "凌晨", "AM") and hour == 12:
        hour = 0
    try:
        return dt.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None


def _serial(plain: str) -> dt.datetime | None:
    """A spreadsheet's day number; half a second is rounded up, as the sheet shows it."""
    if not re.fullmatch(r"\d{5}(\.\d+)?", plain) or int(plain[:5]) not in _SERIALS:
        return None
    return _EPOCH + dt.timedelta(seconds=int(float(plain) * 86400 + 0.5))


def _zoned(plain: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(plain)
    except ValueError:
        return None
    return at.astimezone(_SHANGHAI).replace(tzinfo=None, microsecond=0) if at.tzinfo else at.replace(microsecond=0)
