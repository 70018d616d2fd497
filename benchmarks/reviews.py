"""Synthetic review exports of any size, in the platform's header, written in slices."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from pyarrow import csv

_OPENERS = ["收到货第一时间就试了", "买之前犹豫了很久", "第二次在这家下单了", "给家里长辈挑的", "同事推荐过来买的"]
_MIDDLES = [
    "面料摸起来偏硬，洗过一次之后袖口有点起毛",
    "颜色和页面上的图差得不远，灯光下会深一些",
    "快递放在驿站没有通知，隔了三天才拿到手",
    "尺码按推荐表选的，肩膀那里还是紧了一指",
    "客服回得慢，问了两遍才告诉我怎么退",
    "扣子缝得很牢，里衬也没有多余的线头",
    "箱子压瘪了一个角，好在里面的东西没有坏",
    "分量比想象的足，三个人吃了两顿还剩一些",
]
_CLOSERS = ["总的来说对得起这个价", "下次打折再考虑", "希望店家改进一下", "已经推荐给邻居了", "先用一阵子再来追评"]
CONTACTS = ["，有事打13800001234找我", "，加我微信abc_12345说", "，我住文三路12号3单元501室"]
_SIZES = ["米白;M", "米白;L", "黑色;M", "黑色;XL", "雾蓝;S", "驼色;均码"]
_LEVELS = ["差评", "差评", "中评", "好评", "好评"]
_SLICE = 100_000
FIRST_DAY = np.datetime64("2021-11-01T00:00:00", "s")


def columns(start: int, count: int, days: int, seed: int = 7) -> pa.Table:
    """`count` reviews numbered from `start`, spread evenly over `days` from FIRST_DAY on, newest first as exported."""
    chance = np.random.default_rng([seed, start])
    number = np.arange(start, start + count)
    at = FIRST_DAY + chance.integers(0, days * 86400, count).astype("timedelta64[s]")
    stars = chance.choice(5, count, p=[0.06, 0.05, 0.09, 0.2, 0.6])
    return pa.table(
        {
            "用户昵称": pa.array(["李**"] * count),
            "评价日期": pc.strftime(pa.array(at), format="%Y-%m-%d %H:%M:%S"),
            "订单ID": _numbered("\t69", number * 9973, 17),
            "商品ID": _numbered("\t35", number % 40, 17),
            "商品名称": _numbered("示例商品", number % 40, 3),
            "商品规格": _drawn(chance, _SIZES, count),
            "商品评价得分": pa.array(stars + 1).cast(pa.string()),
            "评价等级": pc.take(pa.array(_LEVELS), pa.array(stars)),
            "评价内容": _texts(chance, number),
            "追评内容": _followups(chance, count),
            "追评时间": pa.array([""] * count),
            "商家是否回复": _drawn(chance, ["已回复", "未回复"], count),
            "回复内容": pa.array([""] * count),
            "门店ID": pa.array(["-"] * count),
            "门店名称": pa.array(["-"] * count),
        }
    )


def _drawn(chance: np.random.Generator, choices: list[str], count: int) -> pa.Array:
    return pc.take(pa.array(choices), pa.array(chance.integers(0, len(choices), count)))


def _numbered(prefix: str, number: np.ndarray, width: int) -> pa.Array:
    return pc.binary_join_element_wise(
        prefix, pc.utf8_lpad(pa.array(number).cast(pa.string()), width=width, padding="0"), ""
    )


def _texts(chance: np.random.Generator, number: np.ndarray) -> pa.Array:
    """Texts of about 60 characters, nearly all different; one in fifty with contact data."""
    count = len(number)
    contact = pc.if_else(pa.array(chance.random(count) < 0.02), _drawn(chance, CONTACTS, count), "")
    parts = [_drawn(chance, pool, count) for pool in (_OPENERS, _MIDDLES, _MIDDLES, _CLOSERS)]
    said = pc.binary_join_element_wise(*parts, _numbered("第", number, 1), "，")
    return pc.binary_join_element_wise(said, contact, "")


def _followups(chance: np.random.Generator, count: int) -> pa.Array:
    return pc.if_else(pa.array(chance.random(count) < 0.05), _drawn(chance, _MIDDLES, count), "")


def slices(count: int, days: int, seed: int = 7) -> Iterator[pa.Table]:
    """The reviews of a whole file, a slice at a time."""
    for start in range(0, count, _SLICE):
        yield columns(start, min(_SLICE, count - start), days, seed)


def write_csv(path: Path, count: int, days: int, encoding: str = "utf-8-sig", seed: int = 7) -> Path:
    """The path of a CSV of `count` reviews, written if it is not there yet."""
    if path.exists():
        return path
    draft = path.with_suffix(".part")
    with draft.open("wb") as out:
        encode = codecs.getincrementalencoder(encoding)().encode
        for at, part in enumerate(slices(count, days, seed)):
            text = io.BytesIO()
            csv.write_csv(part, text, csv.WriteOptions(include_header=at == 0, quoting_style="all_valid"))
            out.write(encode(text.getvalue().decode()))
    return draft.replace(path)


def write_xlsx(path: Path, count: int, days: int, seed: int = 7) -> Path:
    """The path of a workbook of `count` reviews, written if it is not there yet."""
    if not path.exists():
        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            sheet = book.add_worksheet("评价")
            at = 0
            for part in slices(count, days, seed):
                rows = zip(*(column.to_pylist() for column in part.columns), strict=True)
                for row in [part.column_names, *rows] if at == 0 else rows:
                    sheet.write_row(at, 0, row)
                    at += 1
    return path
