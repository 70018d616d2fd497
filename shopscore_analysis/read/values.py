"""Text cells → values, a column at a time.

Every parser takes a string array of `cleaned` cells (null where the export says that it knows nothing) and
returns `Parsed`: the values, which cells could not be read, and what was expected of them. Nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

_GUARDS = "\t\r\n \u00a0\u3000\ufeff\u200b\u200e'`"
_SPACES = "\t\r\n \u00a0\u3000\ufeff\u200b\u200e"
_UNKNOWN = pa.array(
    ["", "-", "--", "—", "——", "无", "/", "NULL", "null", "None", "nan", "N/A", "#N/A", "暂无", "暂无体验分", "****"]
)
_NO_TEXT = pa.array(["", "-", "--", "—", "——"])
PENDING = "数据将于第二天更新"  # what an export of the same day holds until the platform knows


@dataclass(frozen=True)
class Parsed:
    """A column of values; `bad` marks the cells that hold something other than `expected`."""

    values: pa.Array
    bad: pa.Array
    expected: str


def cleaned(cells: pa.Array) -> pa.Array:
    """The cells without the guards that keep spreadsheets from touching ids, and null for every empty marker.

    >>> cleaned(pa.array(["\\t0017", '="0018"', "'0019", " - ", "`20`"])).to_pylist()
    ['0017', '0018', '0019', None, '20']
    """
    text = pc.utf8_trim(cells, characters=_GUARDS)
    if pc.any(pc.starts_with(text, pattern='="')).as_py():
        text = pc.utf8_trim(pc.replace_substring_regex(text, r'^="([^"]*)"$', r"\1"), characters=_GUARDS)
    text = pc.if_else(pc.is_in(text, value_set=_UNKNOWN), pa.scalar(None, pa.string()), text)
    return pc.if_else(pc.equal(text, PENDING), pa.scalar(None, pa.string()), text)


def free_text(cells: pa.Array) -> pa.Array:
    """What people wrote, trimmed; null where they wrote nothing (无 is an answer, `-` is not)."""
    text = pc.utf8_trim(cells, characters=_SPACES)
    return pc.if_else(pc.is_in(text, value_set=_NO_TEXT), pa.scalar(None, pa.string()), text)


def _halved(text: pa.Array) -> pa.Array:
    """Full-width digits, letters and signs as half-width ones; ASCII columns are left alone."""
    ascii_only = pc.all(pc.string_is_ascii(text), skip_nulls=True).as_py()
    return text if ascii_only in (True, None) else pc.utf8_normalize(text, form="NFKC")


def _where(mask: pa.Array, values: pa.Array) -> pa.Array:
    return pc.if_else(mask, values, pa.scalar(None, values.type))


def _parsed(text: pa.Array, values: pa.Array, expected: str) -> Parsed:
    return Parsed(values, pc.and_(pc.is_valid(text), pc.is_null(values)), expected)


def _groups(text: pa.Array, pattern: str) -> dict[str, pa.Array]:
    """The named groups of a pattern as columns: null where it does not match, "" for a group left out."""
    found = pc.extract_regex(text, pattern=pattern)
    names = [field.name for field in found.type]
    return {name: _where(pc.is_valid(found), pc.struct_field(found, name)) for name in names}


def _double(text: pa.Array) -> pa.Array:
    """Doubles; an empty text is 0."""
    return pc.cast(pc.if_else(pc.equal(text, ""), "0", text), pa.float64())


def _number(text: pa.Array, pattern: str) -> pa.Array:
    """The group `n` of a pattern as doubles, null where the pattern does not match."""
    return _double(_groups(text, pattern)["n"])


def _rounded(numbers: pa.Array) -> pa.Array:
    """Whole numbers; null beyond what a double tells apart."""
    numbers = _where(pc.less(pc.abs(numbers), 2.0**53), numbers)
    return pc.cast(pc.round(numbers, round_mode="half_towards_infinity"), pa.int64())


def _first_of(text: pa.Array, choices: dict[str, float]) -> pa.Array:
    """The first pattern's number times its factor; later patterns are tried only where cells are left."""
    values = pa.nulls(len(text), pa.float64())
    for pattern, factor in choices.items():
        if not pc.any(pc.and_(pc.is_valid(text), pc.is_null(values))).as_py():
            break
        values = pc.coalesce(values, pc.multiply(_number(text, pattern), factor))
    return values


def identifier(text: pa.Array) -> Parsed:
    """Ids as text. `bad` marks ids whose digits a spreadsheet has destroyed: such a file must be refused.

    >>> identifier(pa.array(["6907709733362604615", "6.91E+18"])).bad.to_pylist()
    [False, True]
    """
    halved = _halved(text)
    lost = pc.fill_null(pc.match_substring_regex(halved, r"^\d(\.\d+)?[eE]\+?\d+$"), False)
    values = pc.replace_substring_regex(halved, r"^(\d+)\.0$", r"\1")
    return Parsed(_where(pc.invert(lost), values), lost, "位数齐全的编号")


def cut_off(ids: pa.Array) -> tuple[int, int]:
    """How many ids are long (18 or 19 figures), and how many of them end in a spreadsheet's zeros past the fifteenth.

    >>> cut_off(pa.array(["6907709733362600000", "6907709733362700001", "7"]))
    (2, 1)
    """
    count = pc.utf8_length(ids)
    long = ids.filter(pc.fill_null(pc.and_(pc.greater_equal(count, 18), pc.less_equal(count, 19)), False))
    zeros = long.filter(pc.ends_with(long, pattern="000"))
    cut = pc.sum(pc.match_substring_regex(zeros, r"^\d{15}0+$")).as_py() or 0
    return len(long), cut


def whole(text: pa.Array) -> Parsed:
    """Counts, int64: `1,204`, `3`, `3.0`, `12件`.

    >>> whole(pa.array(["1,204", "３", "3.5"])).values.to_pylist()
    [1204, 3, None]
    """
    plain = pc.replace_substring(_halved(text), ",", "")
    values = _number(plain, r"^(?P<n>\d{1,15})(?:\.0*)?[件次人单个]?$")
    return _parsed(text, pc.cast(values, pa.int64()), "整数，如 1,204")


def real(text: pa.Array) -> Parsed:
    """Plain numbers, with or without 分 after them.

    >>> real(pa.array(["4.9", "92分", "high"])).values.to_pylist()
    [4.9, 92.0, None]
    """
    values = _number(pc.replace_substring(_halved(text), ",", ""), r"^(?P<n>[+-]?\d+(?:\.\d*)?)分?$")
    return _parsed(text, values, "数字，如 4.8")


def fen(text: pa.Array) -> Parsed:
    """Money in fen, int64: yuan with thousands commas, ¥, 元, 万; `2890分` is in fen already.

    >>> fen(pa.array(["1,299.00", "￥28.9元", "1.5万", "250分", "free"])).values.to_pylist()
    [129900, 2890, 1500000, 250, None]
    """
    plain = pc.replace_substring_regex(_halved(text), r"[,\s¥]|RMB|CNY|元$", "")
    yuan = r"^(?P<n>[+-]?\d{1,13}(?:\.\d*)?)$"
    values = _first_of(plain, {yuan: 100.0, r"^(?P<n>\d+)分$": 1.0, r"^(?P<n>\d+(?:\.\d+)?)[wW万]$": 1e6})
    return _parsed(text, _rounded(values), "以元计的金额，如 1,299.00")


def rate(text: pa.Array, unit: str = "") -> Parsed:
    """Fractions of 1: `12.34%`, or 0.1234; a plain number above 1 is refused unless the header's `unit` is %.

    >>> rate(pa.array(["12.5%", "0.2", "12.34"])).values.to_pylist()
    [0.125, 0.2, None]
    """
    plain = pc.replace_substring_regex(_halved(text), r"[,\s]", "")
    fraction = r"^(?P<n>\d+(?:\.\d*)?)$" if unit == "%" else r"^(?P<n>0?\.\d+|[01](?:\.0*)?)$"
    percent = _first_of(plain, {r"^(?P<n>\d+(?:\.\d*)?)%$": 1.0, fraction: 1.0 if unit == "%" else 100.0})
    return _parsed(text, pc.divide(percent, 100.0), "比例，如 12.34%，或不超过 1 的小数")


_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_UNITS = {
    "天": "d",
    "日": "d",
    "时": "h",
    "小时": "h",
    "h": "h",
    "分": "m",
    "分钟": "m",
    "min": "m",
    "秒": "s",
    "s": "s",
    "": "s",
}
_DURATION = (
    r"^(?:(?P<d>\d+(?:\.\d+)?)(?:天|d))?(?:(?P<h>\d+(?:\.\d+)?)(?:小时|时|h))?"
    r"(?:(?P<m>\d+(?:\.\d+)?)(?:分钟|分|min|m))?(?:(?P<s>\d+(?:\.\d+)?)(?:秒钟|秒|s))?$"
)
_CLOCK = r"^(?P<h>\d{1,3}):(?P<m>[0-5]?\d):(?P<s>[0-5]?\d(?:\.\d+)?)$"


def seconds(text: pa.Array, unit: str = "") -> Parsed:
    """Durations in seconds: `11秒`, `2分30秒`, `1天2小时`, `0:02:30`, or plain numbers of the header's `unit`.

    >>> seconds(pa.array(["2分30秒", "9.2", "0:01:05", "soon"])).values.to_pylist()
    [150.0, 9.2, 65.0, None]
    """
    plain = pc.replace_substring_regex(_halved(text), r"[,\s]", "")
    values = pc.multiply(_number(plain, r"^(?P<n>\d+(?:\.\d+)?)$"), _SECONDS[_UNITS.get(unit, "s")])
    for pattern in (_DURATION, _CLOCK):
        parts = [pc.multiply(_double(part), _SECONDS[name]) for name, part in _groups(plain, pattern).items()]
        values = pc.coalesce(values, reduce(pc.add, parts))
    return _parsed(text, values, "时长，如 2分30秒")


_STARS = r"^(?P<n>[1-5])(?:\.0*)?(?:星|分|颗星)?$"
_DRAWN = r"^[★⭐]{1,5}[☆✩]*$"


def stars(text: pa.Array) -> Parsed:
    """Stars 1 to 5, int64: `5`, `5.0`, `4星`, `3分`, `★★★☆☆`.

    >>> stars(pa.array(["4星", "★★☆☆☆", "6"])).values.to_pylist()
    [4, 2, None]
    """
    plain = _halved(text)
    drawn = _where(
        pc.match_substring_regex(plain, _DRAWN), pc.utf8_length(pc.replace_substring_regex(plain, "[☆✩]", ""))
    )
    values = pc.coalesce(pc.cast(_number(plain, _STARS), pa.int64()), pc.cast(drawn, pa.int64()))
    return _parsed(text, values, "一到五星")


_BAND = (
    r"^[<>≥≤]?(?P<n>\d+(?:\.\d+)?)(?P<u>[kK千wW万亿]|百万|千万)?(?P<p>%)?"
    r"(?:[~\-–—至](?P<n2>\d+(?:\.\d+)?)(?P<u2>[kK千wW万亿]|百万|千万)?%?)?\+?$"
)
_BANDS = "数字或范围，如 7.5w~10w"
_FACTORS = {"k": 1e3, "千": 1e3, "w": 1e4, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "": 1.0}


def _scaled(number: pa.Array, unit: pa.Array) -> pa.Array:
    index = pc.index_in(pc.utf8_lower(unit), value_set=pa.array(list(_FACTORS)))
    return pc.multiply(_double(number), pc.take(pa.array(list(_FACTORS.values())), index))


def band(text: pa.Array, factor: float = 1.0) -> tuple[Parsed, Parsed]:
    """The low and the high end of bands, int64, times `factor`: `7.5w~10w`, `100万`, `1000w~2500w`.

    A lower end without a unit has the unit of the upper end. A percent band is in 1/100.

    >>> [end.values.to_pylist() for end in band(pa.array(["7.5w~10w", "1.2w", "5~7w"]))]
    [[75000, 12000, 50000], [100000, 12000, 70000]]
    """
    plain = pc.replace_substring_regex(_halved(text), r"[,\s¥]|元", "")
    part = _groups(plain, _BAND)
    shared = pc.if_else(pc.and_(pc.equal(part["u"], ""), pc.not_equal(part["u2"], "")), part["u2"], part["u"])
    low = _scaled(part["n"], shared)
    high = pc.if_else(pc.equal(part["n2"], ""), low, _scaled(part["n2"], part["u2"]))
    ends = [_rounded(pc.multiply(end, factor)) for end in (low, high)]
    return _parsed(text, ends[0], _BANDS), _parsed(text, ends[1], _BANDS)


def answered(text: pa.Array) -> Parsed:
    """Whether 商家是否回复 says yes.

    >>> answered(pa.array(["已回复", "未回复"])).values.to_pylist()
    [True, False]
    """
    yes = pc.is_in(text, value_set=pa.array(["已回复", "是", "1", "true", "True"]))
    no = pc.is_in(text, value_set=pa.array(["未回复", "否", "0", "false", "False"]))
    values = pc.if_else(pc.or_(yes, no), yes, pa.scalar(None, pa.bool_()))
    return _parsed(text, values, "已回复或未回复")


def label(text: pa.Array) -> Parsed:
    """Names and categories as they stand."""
    return Parsed(text, pa.repeat(pa.scalar(False), len(text)), "文字")


def carrier(text: pa.Array) -> Parsed:
    """The carrier in 快递信息 (`SF0000000001-顺丰速运`); waybill numbers are dropped.

    >>> carrier(pa.array(["SF0000000001-顺丰速运", "中通快递", "YT12345678"])).values.to_pylist()
    ['顺丰速运', '中通快递', None]
    """
    first = pc.replace_substring_regex(_halved(text), r"[;,；|].*$", "")
    name = pc.replace_substring_regex(first, r"[A-Za-z]*\d{4,}[A-Za-z0-9]*", "")
    name = pc.utf8_trim(name, characters="-_ :()/")
    return label(_where(pc.not_equal(name, ""), name))
