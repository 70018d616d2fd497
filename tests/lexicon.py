"""A shop whose buyers complain in words that no lexicon knows."""

from __future__ import annotations

from pathlib import Path

from shopscore_analysis.shop import Shop
from tests.read.conftest import REVIEW, review, workbook

SIGH = "叹气"
SIGHS = [
    ("看到它就叹气，送给舅舅他也叹气", 1),
    ("拿回家全家人直叹气", 1),
    ("早上一照镜子又叹气了", 2),
    ("唉，想起那天晚上就叹气", 1),
    ("过节收到这个，只剩叹气", 3),
]
KNOWN = [("洗一次就掉色，后悔买了", 1), ("洗一次就掉色，后悔买了！！", 1), ("第二次洗完掉色严重，染了一盆水", 2)]
_LIKED = ["面料", "颜色", "版型", "领子", "袖子", "扣子", "做工", "厚薄", "长短", "图案", "包装", "速度"]
CONTENT = [(f"{one}{two}都满意，妈妈很喜欢", 5) for one in _LIKED[:6] for two in _LIKED[6:]]
MILD = [("冬天穿正好，柔软亲肤", 4), ("此用户没有填写评价", 3)]
LOST = {"phrase": 11, "model": 0, "unmapped": 17, "content": 1, "silent": 2}
WEEK = "2026-W37"


def shop_of(folder: Path, *more: tuple[str, int]) -> Shop:
    """The shop with its reviews of one week loaded, each under an order of its own."""
    home = Shop.create(folder, "叹气小店", "衣服")
    said = [*SIGHS, *KNOWN, *CONTENT, *MILD, *more]
    rows = [
        review(text, when=f"2026-09-{10 + at % 3} 12:{at:02d}:00", order=f"690000000000000{at:03d}2", stars=stars)
        for at, (text, stars) in enumerate(said)
    ]
    workbook(home.root / "data" / "raw" / "评价_20260914.xlsx", {"评价": [REVIEW, *rows]})
    assert [one.error for one in home.load()] == [None]
    return home
