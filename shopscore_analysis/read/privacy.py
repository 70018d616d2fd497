"""Free text → the same text with contact data, ids and addresses masked.

Masks stand in square brackets (`[手机号]`). They are meant to be precise: prices, sizes, weights and dates stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

_HAN = "\u4e00-\u9fff"
_D = r"(?<![\d.])"  # no figure and no decimal point before
_END = r"(?!\d)"
# Any text that could hold something to mask; RE2 reads a whole column with it before Python looks at one text.
_SUSPECT = (
    r"(?:[0-9０-９*＊][-－– .·]?){10,}|[A-Za-zＡ-Ｚａ-ｚ][0-9０-９]{9,}|@|＠|[零〇一二三四五六七八九幺两]{11}"
    r"|[0-9０-９]\s*[号栋幢弄室座单#＃]"
    r"|(?i:[vVｖ][xX信ｘ]|wx|微信|薇信|威信|weixin|wechat|qq|扣扣|企鹅号)|收件人|收货人|联系人|姓名|单号"
)


def _is_card(found: re.Match[str]) -> str:
    digits = [int(c) for c in re.sub(r"\D", "", found[0])]
    doubled = [sum(divmod(2 * digit, 10)) if at % 2 else digit for at, digit in enumerate(reversed(digits))]
    return "[银行卡]" if sum(doubled) % 10 == 0 else found[0]


# Letters, figures and signs of contact data that a writer may have typed full-width, one for one.
_HALF_WIDTH = {0xFF01 + at: 0x21 + at for at in range(94) if chr(0x21 + at).isalnum() or chr(0x21 + at) in "@-.+*_"}
_ROAD = r"(?:路|街|大道|巷|弄|胡同|村|小区|花园|家园|公寓|大厦|广场|新苑|苑|庭|公馆|镇|社区|工业园|里)"
_REGION = (
    rf"(?:[{_HAN}]{{2,7}}?(?:省|自治区|特别行政区))?(?:[{_HAN}]{{2,5}}?(?:市|自治州))?(?:[{_HAN}]{{1,4}}?(?:区|县))?"
)
_UNIT = r"(?:号楼|号院|号|栋|幢|座|弄|单元|室|#)"
_CONTACT = r"[A-Za-z0-9][-_A-Za-z0-9]{4,19}"

# A cheap look for what a kind of rule cannot do without; masks only take figures and words away, so once is enough.
_NEEDS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "at": "@",
        "figures": r"[0-9][-–0-9. ·*]{8}",
        "numerals": r"[一幺][三四五六七八九]",
        "name": r"vx|wx|v信|微信|薇信|威信|weixin|wechat|qq|扣扣|企鹅",
        "field": r"收件人|收货人|联系人|姓名|单号|订单",
        "unit": rf"[0-9]\s*{_UNIT}",
    }.items()
}
_RULES: tuple[tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (needs, re.compile(pattern, re.IGNORECASE), mask)
    for needs, pattern, mask in (
        ("at", r"[A-Z0-9._%+-]+[@＠][A-Z0-9-]+(?:\.[A-Z0-9-]+)+", "[邮箱]"),
        (
            "figures",
            rf"{_D}[1-9]\d{{5}}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}[\dX](?![0-9A-Z])",
            "[身份证]",
        ),
        ("figures", rf"{_D}(?:\d{{4}}[ -]){{3}}\d{{1,7}}{_END}|{_D}[3-6]\d{{12,18}}{_END}", _is_card),
        (
            "name",
            r"((?:微信|薇信|威信|weixin|wechat|(?<![A-Z])(?:vx|wx|v信))(?:号码?|id)?\s*(?:[:：是为]|)\s*)" + _CONTACT,
            r"\1[微信号]",
        ),
        ("name", r"((?:qq|扣扣|企鹅)(?:号码?|群)?\s*(?:[:：是为]|)\s*)[1-9]\d{4,11}(?!\d)", r"\1[QQ号]"),
        (
            "figures",
            rf"(?<!\d)(?:(?:\+|00)?86[- ]?)?1[3-9]\d(?:\d{{8}}|[- .·]\d{{4}}[- .·]\d{{4}}|\*{{4,8}}\d{{2,4}}){_END}",
            "[手机号]",
        ),
        ("figures", rf"(?<!\d)1[ ][3-9](?:[ ]\d){{9}}{_END}|(?<!\d)1-[3-9](?:-\d){{9}}{_END}", "[手机号]"),
        (
            "numerals",
            r"(?<![零〇一二三四五六七八九])[一幺][三四五六七八九][零〇一二三四五六七八九幺两]{9}(?![零〇一二三四五六七八九])",
            "[手机号]",
        ),
        (
            "figures",
            rf"(?<!\d)0\d{{2,3}}[- ]\d{{7,8}}{_END}|(?<!\d)400[- ]\d{{3}}[- ]?\d{{4}}{_END}|(?<!\d)400\d{{7}}{_END}",
            "[电话]",
        ),
        ("figures", r"(?<![A-Z])(?:SF|YT|ZTO|STO|JD[A-Z]{0,3}|JT|YD|EMS|DPK|DB|HT|TT)\d{9,18}(?!\d)", "[单号]"),
        ("figures", r"(?<!\d)\d{6}-\d{15}(?!\d)|(?<![A-Z0-9])P\d{14,20}(?!\d)", "[单号]"),
        ("field", r"((?:单号|订单编号|订单号码)\s*(?:[:：是为]|)\s*)[A-Z0-9][-A-Z0-9]{6,24}", r"\1[单号]"),
        ("figures", rf"{_D}\d{{12,}}(?![\d.])", "[单号]"),
        ("field", rf"((?:收件人|收货人|联系人|姓名)\s*[:：是]\s*)[{_HAN}·]{{2,4}}", r"\1[姓名]"),
        (
            "unit",
            rf"{_REGION}[{_HAN}]{{1,8}}{_ROAD}[东西南北中]?[A-Z]?\s*\d{{1,5}}\s*{_UNIT}"
            rf"(?:[-\s]*(?:[A-Z]?\d{{1,5}}|[一二三四五六七八九十]{{1,3}})\s*(?:{_UNIT}|楼|层)?)*",
            "[地址]",
        ),
    )
)


def mask(text: str) -> str:
    """The text with phones, e-mail, WeChat and QQ, id and bank cards, waybill and order numbers, addresses masked.

    >>> mask("打13800001234没人接，买了2件，59.9元，2026-09-01到的")
    '打[手机号]没人接，买了2件，59.9元，2026-09-01到的'
    """
    plain = text.translate(_HALF_WIDTH)
    hidden = plain
    met = {name for name, needed in _NEEDS.items() if needed.search(plain)}
    for needs, pattern, instead in _RULES:
        if needs in met:
            hidden = pattern.sub(instead, hidden)
    return text if hidden == plain else hidden


_SAMPLE = 1000  # rows that tell whether a column repeats itself


def mask_all(texts: pa.Array) -> pa.Array:
    """The same for a string array; only texts that could hold something are looked at one by one."""
    if pc.count_distinct(texts[:_SAMPLE]).as_py() * 4 >= len(texts[:_SAMPLE]):
        return _masked(texts)
    coded = texts.dictionary_encode()
    return pc.take(_masked(coded.dictionary), coded.indices)


def _masked(texts: pa.Array) -> pa.Array:
    suspect = pc.fill_null(pc.match_substring_regex(texts, _SUSPECT), False)
    if not pc.any(suspect).as_py():
        return texts
    hidden = pa.array([mask(text) for text in texts.filter(suspect).to_pylist()], pa.string())
    return pc.replace_with_mask(texts, suspect, hidden)
