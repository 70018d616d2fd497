"""Whole files of every dialect → records, keys, rejects."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read import read_export, read_table
from shopscore_analysis.schema import TABLES
from tests.read.conftest import ORDER, REVIEW, one, order, review, values

Write = Callable[..., Path]


def test_records_have_exactly_the_columns_of_the_shelf(write: Write) -> None:
    records = one(write("评价.csv", [REVIEW, review()])).records
    expected = {name: pa.type_for_alias(kind) for name, kind in TABLES["reviews"].all_columns.items()}
    assert dict(zip(records.schema.names, records.schema.types, strict=True)) == expected


def test_a_review_is_keyed_by_order_product_sku_time_and_its_unmasked_text(write: Write) -> None:
    batch = one(write("评价_20260912.csv", [REVIEW, review("打13800001234"), review("打13900001234")]))
    joined = "\x1f".join(
        ["6900000000000000012", "3500000000000000001", "米白;M", "2026-09-10T12:00:00", "打13800001234"]
    )
    assert values(batch, "key")[0] == hashlib.blake2b(joined.encode()).hexdigest()[:32]
    assert values(batch, "text") == ["打[手机号]", "打[手机号]"]
    assert len(set(values(batch, "key"))) == 2


def test_a_followup_or_reply_does_not_change_the_key(write: Write) -> None:
    later = review()
    later[8:10] = ["洗后又褪色", "2026-09-20 08:00:00"]
    before, after = (one(write("评价.csv", [REVIEW, row])) for row in (review(), later))
    assert values(before, "key") == values(after, "key")
    assert values(after, "followup_at") == [dt.datetime(2026, 9, 20, 8)]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("1791430000_订单.csv", dt.datetime(2026, 10, 8, 11, 26, 40)),
        ("订单_20260901-20260907.csv", dt.datetime(2026, 9, 7)),
        ("订单 2026-09-08.csv", dt.datetime(2026, 9, 8)),
        ("订单.csv", dt.datetime(2026, 9, 2, 18, 20)),
    ],
)
def test_the_time_of_export_is_in_the_name_else_the_newest_past_time_inside(
    write: Write, name: str, at: dt.datetime
) -> None:
    assert values(one(write(name, [ORDER, order()])), "exported_at") == [at]


def test_orders_keep_amounts_statuses_and_the_first_known_warehouse(write: Write) -> None:
    header = [*ORDER, "仓库名称", "发货主体", "快递信息", "收件人", "详细地址"]
    rows = [
        [
            *order(1, 售后状态="同意退款，退款成功", 订单应付金额="1,018.00"),
            "-",
            "华东主体",
            "SF0000000001-顺丰速运",
            "赵六",
            "文三路1号",
        ],
        [*order(2), "东仓", "华东主体", "-", "##k9", "##"],
    ]
    batch = one(write("订单.csv", [header, *rows]))
    assert values(batch, "payable_fen") == [101800, 5400]
    assert values(batch, "aftersale_status") == ["退款成功", None]
    assert values(batch, "warehouse") == ["华东主体", "东仓"]
    assert values(batch, "carrier") == ["顺丰速运", None]
    assert "赵六" not in str(batch.records.to_pydict())


def test_a_main_order_with_joined_items_becomes_one_record_per_item(write: Write) -> None:
    joined = order(
        1,
        子订单编号="6901;6902",
        选购商品="衬衫;长裤",
        商品规格="米白;M;黑色;L",
        商品数量="1;2",
        商品ID="31;32",
        商品单价="20.00;30.00",
    )
    batch = one(write("订单.csv", [ORDER, joined, order(2)]))
    assert values(batch, "sub_order_id") == ["6901", "6902", "6900000000000000022"]
    assert values(batch, "sku") == ["米白;M", "黑色;L", "米白;M"]
    assert values(batch, "qty") == [1, 2, 1]
    assert values(batch, "payable_fen") == [5400, None, 5400]
    assert batch.warnings == ["1 行把一个订单的几件商品用分号连在一起：已拆成一件一行，订单金额记在第一件上"]


def test_orders_without_a_column_of_sub_orders_are_keyed_by_order_and_place(write: Write) -> None:
    at = ORDER.index("子订单编号")
    rows = [[*row[:at], *row[at + 1 :]] for row in (ORDER, order(1), order(2, 商品ID="31;32", 选购商品="衬衫;长裤"))]
    batch = one(write("订单.csv", rows))
    assert values(batch, "sub_order_id") == ["6900000000000000011", "6900000000000000021-1", "6900000000000000021-2"]


SERVICE = [
    "客服账号",
    "接待会话量",
    "有效评价数",
    "有效差评数",
    "全天不满意率",
    "全天平响时长",
    "全天首响时长",
    "全天3分钟回复率",
]
AGENTS = [
    SERVICE,
    ["店铺汇总值", "1,204", 130, 9, "6.92%", "-", "-", "-"],
    ["店铺平均值", 602, 65, 4, "6.92%", "38秒", "11秒", "96.10%"],
    ["小禾", "700", "80", "5", "6.25%", "2分30秒", "--", "95.00%"],
]


def test_agents_the_shop_total_and_the_shop_mean_are_kept_apart(write: Write) -> None:
    batch = one(write("飞鸽_客服表现_20260901-20260907.xlsx", AGENTS))
    assert list(zip(values(batch, "level"), values(batch, "agent"), values(batch, "sessions"), strict=True)) == [
        ("total", "", 1204),
        ("mean", "", 602),
        ("agent", "小禾", 700),
    ]
    assert values(batch, "avg_reply_s") == [None, 38.0, 150.0]
    assert (values(batch, "period_start")[0], values(batch, "period_end")[0]) == (
        dt.datetime(2026, 9, 1),
        dt.datetime(2026, 9, 7),
    )


def test_a_service_period_is_told_or_named_or_asked_for(write: Write) -> None:
    path = write("飞鸽.xlsx", AGENTS)
    batch = one(path, period=(dt.date(2026, 8, 3), dt.date(2026, 8, 9)))
    assert values(batch, "period_end")[2] == dt.datetime(2026, 8, 9)
    with pytest.raises(ExportError) as caught:
        read_export(path, shop="试衣间")
    assert str(caught.value) == (
        "飞鸽.xlsx: expected the days that this file covers in its name (…_20260901-20260907.xlsx), found none, nor a "
        "column 日期; rename it, or load it with --period 2026-09-01..2026-09-07"
    )


def test_a_daily_service_table_takes_its_days_from_its_column(write: Write) -> None:
    rows = [
        ["日期", "店铺名称", "客服昵称", "人工已接待会话量", "首次响应时长（秒）", "平均响应时长（秒）"],
        ["2024-06-01", "试衣间", "小禾", 120, 9.2, 31.0],
    ]
    batch = one(write("客服.xlsx", rows))
    assert values(batch, "period_start") == values(batch, "period_end") == [dt.datetime(2024, 6, 1)]
    assert values(batch, "first_reply_s") == [9.2]


SCORES = ["日期", "店铺名称", "体验分", "商品体验得分", "物流体验得分", "服务体验得分"]


@pytest.mark.parametrize(("score", "scale"), [("4.8", 5), ("92", 100), ("92分", 100)])
def test_scores_know_their_scale(write: Write, score: str, scale: int) -> None:
    batch = one(write("分.csv", [SCORES, ["2026-09-01", "试衣间", score, "-", "-", "-"]]))
    assert values(batch, "scale") == [scale]
    assert values(batch, "key") == ["2026-09-01T00:00:00"]


def test_scores_of_two_scales_are_refused(write: Write) -> None:
    rows = [["2026-09-01", "试衣间", "92", "", "", ""], ["2026-09-02", "试衣间", "4.8", "", "", ""]]
    with pytest.raises(
        ExportError, match=r"expected one scale, found scores from 4.8 to 92; put the 5-point and the 100-point"
    ):
        read_export(write("分.csv", [SCORES, *rows]), shop="试衣间")


def test_rows_of_other_shops_are_rejects(write: Write) -> None:
    rows = [["2026-09-01", "试衣间", "92", "", "", ""], ["2026-09-01", "隔壁店", "88", "", "", ""]]
    batch = one(write("分.csv", [SCORES, *rows]))
    assert values(batch, "score") == [92.0]
    assert [(reject.row, reject.value, reject.reason) for reject in batch.rejects] == [
        (3, "隔壁店", "不是本店“试衣间”的行")
    ]


def test_a_board_of_rivals_needs_its_day(write: Write) -> None:
    rows = [["排名", "店铺名称", "体验分"], [1, "邻店甲", "4.9"]]
    assert values(one(write("竞品TOP10_20260901.csv", rows)), "date") == [dt.datetime(2026, 9, 1)]
    with pytest.raises(
        ExportError, match=r"expected the day of this board in its name .* found neither; rename the file"
    ):
        read_export(write("竞品.csv", rows), shop="试衣间")


def test_taobao_orders_and_refunds(write: Write) -> None:
    orders = [
        ["订单编号", "买家会员名", "买家实际支付金额", "订单状态", "订单创建时间", "宝贝标题", "宝贝总数量"],
        ['="1000000000000000001"', "某某", "54.00", "交易成功", "2026-09-01 10:00:00", "示例衬衫", "1"],
    ]
    batch = one(write("淘宝.csv", orders, "gbk"))
    assert (batch.dialect, values(batch, "status"), values(batch, "sub_order_id")) == (
        "taobao-orders",
        ["已完成"],
        ["1000000000000000001"],
    )
    refunds = [
        [
            "订单编号",
            "退款编号",
            "退款完结时间",
            "商品id",
            "宝贝标题",
            "退款总额",
            "货物状态",
            "售后类型",
            "买家退款原因",
            "退款状态",
        ],
        [
            "1000000000000000001",
            "2000000000000000002",
            "2026-09-05 10:00:00",
            "77",
            "示例衬衫",
            "54.00",
            "已收到货",
            "退货退款",
            "质量问题",
            "退款关闭",
        ],
    ]
    batch = one(write("退款.csv", refunds))
    assert (batch.dialect, values(batch, "status"), values(batch, "refund_fen")) == (
        "taobao-refunds",
        ["售后关闭"],
        [5400],
    )
    assert values(batch, "applied_at") == [dt.datetime(2026, 9, 5, 10)]


def test_pinduoduo_orders_take_a_missing_day_from_their_number(write: Write) -> None:
    rows = [
        ["名称：示例店 订单", "", "", ""],
        ["订单成交时间", "商品", "订单号", "订单状态", "商品总价(元)", "用户实付金额(元)", "商品数量(件)", "售后状态"],
        ["", "示例杯", "260901-000000000000001", "已签收", "28.90", "25.90", "1", "无售后或售后取消"],
    ]
    batch = one(write("拼多多.csv", rows))
    assert (batch.dialect, values(batch, "ordered_at"), values(batch, "status")) == (
        "pinduoduo-orders",
        [dt.datetime(2026, 9, 1)],
        ["已完成"],
    )
    assert (values(batch, "payable_fen"), values(batch, "aftersale_status")) == ([2590], [None])


def test_a_generic_review_table(write: Write) -> None:
    rows = [
        ["评论内容", "追加评论", "评分", "日期", "SKU", "用户昵称", "商家回复", "平台"],
        ["掉色", "", "★★☆☆☆", "2026-09-01", "黑色", "路人甲", "抱歉", "天猫"],
    ]
    batch = one(write("天猫评价.csv", rows))
    assert (batch.dialect, values(batch, "stars"), values(batch, "text")) == ("generic-reviews", [2], ["掉色"])
    assert "路人甲" not in str(batch.records.to_pydict())


def test_a_row_without_what_a_record_needs_is_a_reject_with_place_and_reason(write: Write) -> None:
    path = write(
        "评价.csv", [REVIEW, review(), review(when="改天"), review(when=""), review("四", order="6900000000000000013")]
    )
    batch = one(path)
    assert len(batch.records) == 2
    assert [(reject.row, reject.column, reject.value, reject.reason, reject.kept) for reject in batch.rejects] == [
        (3, "评价日期", "改天", "应为时间，如 2026-09-22 00:54:10，或日期", False),
        (4, "评价日期", "", "评价日期应当有值，这一格是空的", False),
    ]
    assert {
        "1 行没有导入，评价日期：应为时间，如 2026-09-22 00:54:10，或日期",
        "1 行没有导入，评价日期：评价日期应当有值，这一格是空的",
    } < set(batch.warnings)


def test_an_unreadable_cell_is_left_empty_listed_and_warned_of(write: Write) -> None:
    batch = one(write("评价.csv", [REVIEW, review(stars="打13800001234")]))
    assert values(batch, "stars") == [None]
    assert [(reject.row, reject.value, reject.kept) for reject in batch.rejects] == [(2, "打[手机号]", True)]
    assert batch.warnings == ["商品评价得分：1 格留空，应为一到五星，如第 2 行的“打[手机号]”"]


def test_blank_lines_are_no_records_and_no_rejects(write: Write) -> None:
    batch = one(write("评价.xlsx", [REVIEW, review(), [], [""] * 10, review("末", order="6900000000000000013")]))
    assert (values(batch, "text"), batch.rejects) == (["袖口有点紧", "末"], [])


def test_read_table_gives_any_table_as_text(write: Write, tmp_path: Path) -> None:
    for name in ("texts.csv", "texts.xlsx"):
        assert read_table(write(name, [["id", "text"], ["007", "慢"]])).to_pydict() == {"id": ["007"], "text": ["慢"]}
    path = tmp_path / "texts.jsonl"
    path.write_text('{"id": 7, "text": "慢"}\n\n{"text": "快", "more": ["a"]}\n', encoding="utf-8")
    assert read_table(path).to_pydict() == {"id": ["7", None], "text": ["慢", "快"], "more": [None, '["a"]']}


def test_read_table_refuses_what_is_no_table(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "慢"}\nnot json\n', encoding="utf-8")
    with pytest.raises(ExportError, match=r"texts.jsonl \(row 2\): expected one JSON object a line"):
        read_table(path)
    with pytest.raises(ExportError, match="expected a different name for each column, found a, a; rename one"):
        read_table(write("两.csv", [["a", "a"], ["1", "2"]]))


def test_service_tables_of_other_platforms(write: Write) -> None:
    pinduoduo = [
        [
            "店铺名",
            "客服账号",
            "咨询人数",
            "需要人工回复的咨询人数",
            "平均人工响应时长",
            "询单人数",
            "最终成团人数",
            "3分钟人工回复率(8-23点)",
        ],
        ["试衣间", "小禾", "120", "100", "42秒", "60", "20", "95.5%"],
    ]
    kuaishou = [
        [
            "客服昵称",
            "三分钟回复率（人维度）",
            "三分钟回复率（会话）",
            "咨询人数",
            "人工会话量",
            "人工平均回复时长",
            "询单人数",
            "支付人数",
        ],
        ["店铺数据", "90%", "91%", "120", "150", "30秒", "60", "20"],
        ["小禾", "90%", "91%", "120", "150", "30秒", "60", "20"],
    ]
    jingdong = [
        ["店铺客服数据"],
        ["客服", "接待量", "平均响应时长（新）", "30s应答率", "售前接待人数", "促成下单人数"],
        ["小禾", "80", "25", "96%", "50", "10"],
    ]
    read = {
        rows: one(write(f"客服{at}_20260901-20260907.xlsx", table))
        for at, (rows, table) in enumerate({"pinduoduo": pinduoduo, "kuaishou": kuaishou, "jingdong": jingdong}.items())
    }
    for platform, batch in read.items():
        assert batch.dialect == f"{platform}-service"
    sessions = {platform: (values(batch, "level"), values(batch, "sessions")) for platform, batch in read.items()}
    assert sessions == {
        "pinduoduo": (["agent"], [100]),
        "kuaishou": (["total", "agent"], [150, 150]),
        "jingdong": (["agent"], [80]),
    }
    assert values(read["kuaishou"], "reply_3min_rate") == [0.91, 0.91]
    assert [values(batch, "avg_reply_s")[-1] for batch in read.values()] == [42.0, 30.0, 25.0]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (["近90天用户评价得分排名", "近30天平台求助率", "严重劣质率"], "found Pinduoduo's percent ranks"),
        (["店铺星级", "客服咨询得分", "物流履约得分"], "found JD's, which follow rules of their own"),
    ],
)
def test_scores_of_other_platforms_are_refused_with_the_reason(write: Write, header: list[str], said: str) -> None:
    with pytest.raises(ExportError, match=f"expected scores.*{said}.*; leave this file out"):
        read_export(write("得分.csv", [header, ["1", "2", "3"]]), shop="试衣间")
