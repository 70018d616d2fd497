"""No row lost: of every table in every format, each row is a record or a reject."""

from __future__ import annotations

import gzip
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import FORMATS, check, file_of
from shopscore_analysis.read import read_export
from shopscore_analysis.read.dialects import Dialect, dialects
from shopscore_analysis.read.values import PENDING

# what each kind of field may hold, good and bad; ids and required fields get their own
_TIMES = ["2026-09-01 10:00:00", "2026/9/1 8:00", "2026年9月1日", "46275.5", "改天", "-", "20260231"]
_WORDS = ["1", "1,018.00", "12.34%", "2分30秒", "7.5w~10w", "5星", "好评", "已完成", "", "-", PENDING, "打13800001234"]

READ = [dialect for dialect in dialects() if not dialect.refuse]


def _cell(field: str, row: int, chance: random.Random) -> str:
    if field in ("order_id", "sub_order_id", "aftersale_id", "order_ref", "product_id"):
        return f"\t69{row:016d}1"
    if field.removesuffix("_else").endswith("_at") or field in ("date", "day"):
        return chance.choice(_TIMES)
    if field == "score":
        return chance.choice(["92", "88.5", "-", "改天"])
    if field == "shop_name":
        return "店"
    return f"第{row}" if field in ("agent", "rival") else chance.choice(_WORDS)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(READ), st.sampled_from(range(len(FORMATS))), st.integers(0, 9), st.randoms())
def test_every_row_is_a_record_or_a_reject(dialect: Dialect, form: int, count: int, chance: random.Random) -> None:
    fields = list(dialect.fields)
    header = [dialect.fields[field][0] for field in fields]
    rows = [[_cell(field, row, chance) for field in fields] for row in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "导出_20260901-20260907.csv"
        path.write_bytes(FORMATS[form]([header, *rows]))
        (batch,) = read_export(path, shop="店")
    lost = {reject.row for reject in batch.rejects if not reject.kept}
    assert (batch.dialect, len(batch.records) + len(lost)) == (dialect.name, count)
    assert all(reject.value != "打13800001234" for reject in batch.rejects)


@settings(max_examples=100, deadline=None)
@given(st.randoms())
def test_any_file_is_read_or_refused_with_advice(chance: random.Random) -> None:
    check(file_of(chance.randrange))


@pytest.mark.parametrize("cell", ["99999999999999999999w", "１" * 30, "9e99", "1" * 400 + "秒"])
def test_numbers_beyond_measure_are_rejects_not_crashes(cell: str, tmp_path: Path) -> None:
    header = "排名,店铺名称,体验分,近30天销量,近30天销售额\n"
    path = tmp_path / "竞品_20260901.csv.gz"
    path.write_bytes(gzip.compress(f"{header}1,邻店甲,4.9,{cell},{cell}\n".encode()))
    (batch,) = read_export(path, shop="店")
    assert {reject.column for reject in batch.rejects} == {"近30天销量", "近30天销售额"}
    assert batch.records["sales_low"].to_pylist() == [None]
