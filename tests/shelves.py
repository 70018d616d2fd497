"""A small shop on a shelf, invented, with everything that makes joining hard."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from shopscore_analysis.count import count
from shopscore_analysis.merge import schema_of
from shopscore_analysis.packed import dumped
from shopscore_analysis.shards import shards
from shopscore_analysis.shop import Shop

NAME = "试验店"
FIRST = datetime(2026, 3, 2, 9)
SAID = [
    "杯盖拧不紧，放进包里水全洒在本子上",
    "快递走了九天，中间没有一条消息",
    "颜色和图片一样，孩子很喜欢",
    "问了三遍客服都没有人回",
    "尺码偏小，肩膀那里紧得抬不起手",
    "评价方未及时做出评价,系统默认好评",
    "洗过一次就起球了，摸起来也硬",
]


def make_shop(folder: Path, months: int = 2, orders: int = 16) -> Shop:
    """A shop of some months: reviews and after-sales up to six weeks after their order, some without any."""
    shop = Shop.create(folder, NAME, "衣服")
    add(shop, 0, months, orders)
    return shop


def add(shop: Shop, first: int, months: int, orders: int = 16) -> None:
    """Puts the orders of some months on the shelf with what followed them."""
    placed, said, sent = [], [], []
    for number in range(first * orders, (first + months) * orders):
        at = FIRST + timedelta(days=30 * (number // orders) + number * 5 % 27)
        placed += [_order(number, part, at) for part in range(1 + number % 2)]
        if number % 3:
            said.append(_review(number, at + timedelta(days=number * 7 % 40)))
        if number % 5 == 0:
            sent.append(_case(number, at + timedelta(days=number * 11 % 35)))
    service = [_agent(day) for day in range(first * 30, (first + months) * 30, 7)]
    tables = {"orders": placed, "reviews": said, "aftersales": sent, "service": service}
    shop.shelf.put([(name, _table(name, rows)) for name, rows in tables.items()])


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    common = {"shop": NAME, "exported_at": FIRST, "source": "0" * 12}
    schema = schema_of(name)
    return pa.Table.from_pylist([{**dict.fromkeys(schema.names), **common, **row} for row in rows], schema=schema)


def _order(number: int, part: int, at: datetime) -> dict[str, Any]:
    """A main order of one or two sub-orders; the first bears the number of the main order."""
    return {
        "key": f"9{number:06}{part or ''}", "sub_order_id": f"9{number:06}{part or ''}", "order_id": f"9{number:06}",
        "ordered_at": at, "product_id": f"p{(number + part) % 3}", "product": f"商品{(number + part) % 3}",
        "sku": f"s{number % 4}", "status": "已完成" if number % 4 else "已关闭", "qty": 1, "payable_fen": 990 + number,
        "promised_at": at + timedelta(days=2), "shipped_at": at + timedelta(days=1 + number % 3),
        "channel": ("短视频", "直播", None)[number % 3], "warehouse": "一仓",
        "carrier": ("甲速运", "乙速运")[number % 2],
    }  # fmt: skip


def _review(number: int, at: datetime) -> dict[str, Any]:
    """Every seventh names no order; of two sub-orders the second may be meant."""
    return {
        "key": f"{number * 2654435761 % 2**32:08x}{number:024x}", "order_ref": f"9{number:06}" if number % 7 else None,
        "reviewed_at": at, "product_id": f"p{(number + number % 2) % 3}", "product": f"商品{(number + 1) % 3}",
        "sku": f"s{number % 4}", "stars": (1, 5, 4, 2, 5)[number % 5],
        "text": SAID[number % len(SAID)] + "，" + str(number // 3) * (number % 4),
        "followup": SAID[3] if number % 11 == 0 else None,
    }  # fmt: skip


def _case(number: int, at: datetime) -> dict[str, Any]:
    return {
        "key": f"a{number:06}", "aftersale_id": f"a{number:06}", "applied_at": at, "order_id": f"9{number:06}",
        "sub_order_id": f"9{number:06}{'1' if number % 2 else ''}", "product_id": f"p{number % 3}",
        "kind": "退货退款", "reason": "质量问题", "refund_fen": 990, "text": SAID[number % len(SAID)],
    }  # fmt: skip


def _agent(day: int) -> dict[str, Any]:
    at = FIRST.replace(hour=0) + timedelta(days=day)
    return {
        "key": f"agent{day}", "period_start": at, "period_end": at + timedelta(days=6),
        "level": "agent", "agent": "小林",
        "sessions": 40 + day, "rated": 9, "good": 8, "bad": 1, "avg_reply_s": 31.5, "reply_3min_rate": 0.9,
    }  # fmt: skip


def told(shop: Shop) -> tuple[bytes, list[str], list[str]]:
    """The bytes of the tally, the shards that were counted, and what was said."""
    counted: list[str] = []
    said: list[str] = []
    whole = Shop.open(shop.root).count(progress=lambda path, done, total: counted.append(path.name), notice=said.append)
    return dumped(whole), counted, said


def afresh(shop: Shop) -> bytes:
    """The bytes of the tally as counted in memory, in one process, from all records at once."""
    return dumped(count(shards(shop.shard())))
