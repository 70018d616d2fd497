"""What a report is called where people read it: in the archive's index, in the subject of a mail."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "weekly": "周报",
        "monthly": "月报",
        "portfolio": "多店比较",
        "01_data_quality": "数据质量",
        "02_root_causes": "根因",
        "03_benchmark": "对标 TOP10",
        "04_returns": "退货",
        "06_ledger_and_plan": "丢星账本与计划",
        "07_service_and_shipping": "客服与发货",
        "09_warnings": "预警与补偿",
    }
)
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def report_name(page: Path) -> str:
    """The Chinese name of a published page: of the project's notebooks a short one, else its own first heading.

    The file's name serves where the page has no heading, or cannot be read.
    """
    if page.stem in NAMES:
        return NAMES[page.stem]
    try:
        found = _HEADING.search(page.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return page.stem
    return (html.unescape(_TAG.sub("", found[1])).strip() if found else "") or page.stem
