"""What a file leaves to be worked out: sub-orders, refunds, levels, periods, scales."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.batches import N, Origin, days_in
from shopscore_analysis.read.fields import ROW

SUMMARY = {
    "总计": "total", "合计": "total", "汇总": "total", "小计": "total", "店铺汇总值": "total", "店铺数据": "total",
    "全店汇总": "total", "店铺平均值": "mean", "平均值": "mean", "均值": "mean", "平均": "mean",
}  # fmt: skip
_STAMP = pa.timestamp("s")


def _with(table: pa.Table, name: str, values: pa.Array | pa.Scalar) -> pa.Table:
    if isinstance(values, pa.Scalar):
        values = pa.repeat(values, len(table))
    at = table.schema.get_field_index(name)
    return table.append_column(name, values) if at < 0 else table.set_column(at, name, values)


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    """A column, or nulls where the file has none."""
    return table[name].combine_chunks() if name in table.column_names else pa.nulls(len(table), kind)


def _orders(table: pa.Table, origin: Origin) -> pa.Table:
    if "sub_order_id" not in table.column_names:
        origin.note("没有子订单列：一个主订单记一条，用主订单的编号")
        table = _with(table, "sub_order_id", table["order_id"].combine_chunks())
    born = table["ordered_at"].combine_chunks()
    if born.null_count and "order_id" in table.column_names:
        table = _with(table, "ordered_at", pc.coalesce(born, _dated(table["order_id"].combine_chunks())))
    return table


def _dated(order_ids: pa.Array) -> pa.Array:
    """The day in front of a Pinduoduo order number (`260901-…`), else null."""
    day = pc.extract_regex(order_ids, pattern=r"^(?P<y>\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])-\d{9,}$")
    parts = [pc.struct_field(day, part) for part in "ymd"]
    iso = pc.binary_join_element_wise(pc.binary_join_element_wise("20", parts[0], ""), *parts[1:], "-")
    return pc.strptime(iso, format="%Y-%m-%d", unit="s", error_is_null=True)


def _aftersales(table: pa.Table, origin: Origin) -> pa.Table:
    goods, freight = (_column(table, name, pa.int64()) for name in ("refund_goods_fen", "refund_freight_fen"))
    known = pc.or_(pc.is_valid(goods), pc.is_valid(freight))
    total = pc.add(pc.fill_null(goods, 0), pc.fill_null(freight, 0))
    return _with(table, "refund_fen", pc.if_else(known, total, pa.scalar(None, pa.int64())))


def _service(table: pa.Table, origin: Origin) -> pa.Table:
    agent = table["agent"].combine_chunks()
    known = pa.array(list(SUMMARY))
    level = pc.take(pa.array(list(SUMMARY.values())), pc.index_in(agent, value_set=known))
    table = _with(
        table, "level", pc.coalesce(level, pc.if_else(pc.is_valid(agent), "agent", pa.scalar(None, pa.string())))
    )
    table = _with(table, "agent", pc.if_else(pc.is_valid(level), "", agent))
    if "day" in table.column_names:
        days = pc.floor_temporal(table["day"].combine_chunks(), unit="day")
        return _with(_with(table, "period_start", days), "period_end", days)
    start, end = _period(origin)
    return _with(_with(table, "period_start", _midnight(start)), "period_end", _midnight(end))


def _midnight(day: date) -> pa.Scalar:
    return pa.scalar(day, pa.date32()).cast(_STAMP)


def _period(origin: Origin) -> tuple[date, date]:
    """The days that a service file covers: as told, else as its name or folder says."""
    if origin.period:
        return origin.period
    for name in origin.names:
        if days := days_in(name):
            return days[-2:][0], days[-1]
    raise ExportError(
        "expected the days that this file covers in its name (…_20260901-20260907.xlsx), found none, nor a "
        "column 日期; rename it, or load it with --period 2026-09-01..2026-09-07",
        origin.path,
        why="没有写明是哪几天的，请在文件名里写上起止日期，如 20260901-20260907",
    )


def _scores(table: pa.Table, origin: Origin) -> pa.Table:
    score = table["score"].combine_chunks()
    ends = pc.min_max(score).as_py()
    if ends["max"] is not None and ends["min"] <= 5 < ends["max"]:
        raise ExportError(
            f"expected one scale, found scores from {ends['min']:g} to {ends['max']:g}; put the 5-point and the "
            "100-point history into two files",
            origin.path,
            column="体验分",
            why="5 分制和 100 分制的分混在一起，请拆成两个文件",
        )
    scale = 5 if ends["max"] is not None and ends["max"] <= 5 else 100
    return _whole_days(_with(table, "scale", pa.scalar(scale, pa.int64())))


def _whole_days(table: pa.Table) -> pa.Table:
    return _with(table, "date", pc.floor_temporal(table["date"].combine_chunks(), unit="day"))


def _rivals(table: pa.Table, origin: Origin) -> pa.Table:
    if "date" in table.column_names:
        return _whole_days(table)
    for name in origin.names:
        if days := days_in(name):
            return _with(table, "date", _midnight(days[-1]))
    raise ExportError(
        "expected the day of this board in its name (竞品TOP10_20260901.csv) or in a column 日期, found neither; "
        "rename the file",
        origin.path,
        why="没有写明是哪一天的，请在文件名里写上日期，如 20260901",
    )


_DERIVED: dict[str, Callable[[pa.Table, Origin], pa.Table]] = {
    "orders": _orders, "aftersales": _aftersales, "service": _service, "scores": _scores, "rivals": _rivals,
}  # fmt: skip


def derived(name: str, table: pa.Table, origin: Origin) -> pa.Table:
    """The typed columns with those added that follow from others, from the file's name or from the period told.

    ExportError where a period, a day or a scale cannot be known.
    """
    return _DERIVED[name](table, origin) if name in _DERIVED else table


def without_summaries(name: str, raw: pa.Table, firsts: list[pa.Array], origin: Origin) -> pa.Table:
    """The raw rows without summary rows, which are counted in a warning; service keeps its own as shop rows."""
    if name == "service":
        return raw
    words = pa.array(list(SUMMARY))
    summary = pa.repeat(pa.scalar(False), len(raw))
    for cells in firsts:
        start = pc.utf8_trim(pc.replace_substring_regex(cells, r"[:：（(].*$", ""), characters=" \t'")
        summary = pc.or_(summary, pc.fill_null(pc.is_in(start, value_set=words), False))
    count = pc.sum(summary).as_py() or 0
    if count:
        rows = raw[ROW].filter(summary).to_pylist()
        origin.note(f"{N} 行汇总没有导入", count, f"（第 {'、'.join(map(str, rows[:5]))} 行）")
    return raw.filter(pc.invert(summary)) if count else raw
