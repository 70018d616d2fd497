"""Masks: contact data goes, everything a report needs stays."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.read.privacy import mask, mask_all


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("打13800001234没人接", "打[手机号]没人接"),
        ("打１３８００００１２３４没人接", "打[手机号]没人接"),
        ("+86 138-0000-1234", "[手机号]"),
        ("138 0000 1234", "[手机号]"),
        ("1 3 8 0 0 0 0 1 2 3 4", "[手机号]"),
        ("一三八零零零零一二三四", "[手机号]"),
        ("尾号138****1234", "尾号[手机号]"),
        ("010-12345678 或 400-800-1234", "[电话] 或 [电话]"),
        ("发到 some.one@mail.example.com 吧", "发到 [邮箱] 吧"),
        ("加微信abc_12345聊", "加微信[微信号]聊"),
        ("VX：hello888", "VX：[微信号]"),
        ("qq群：12345678", "qq群：[QQ号]"),
        ("身份证11010119900307001X", "身份证[身份证]"),
        ("卡号4111 1111 1111 1111", "卡号[银行卡]"),
        ("卡4111111111111111", "卡[银行卡]"),
        ("订单6907709733362604615没到", "订单[单号]没到"),
        ("拼单260901-000000000000001", "拼单[单号]"),
        ("顺丰SF126517224308丢了", "顺丰[单号]丢了"),
        ("快递单号：Y12345678", "快递单号：[单号]"),
        ("收件人：赵六", "收件人：[姓名]"),
        ("送到浙江省杭州市西湖区文三路12号3单元501室", "[地址]"),
        ("阳光小区3栋2单元501门口", "[地址]门口"),
    ],
)
def test_contact_data_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "59.9元两件，原价1299",
        "2026-09-01 10:00:00",
        "2026年9月1日到9月15日",
        "20260901",
        "身高175体重135",
        "175/92A",
        "尺码135 155 160 90",
        "120x60x45厘米",
        "买了12345件",
        "500g",
        "0.5kg",
        "3号色很好",
        "路上12号才到",
        "12号下单15号到",
        "iPhone13 128G",
        "3.14159265358979",
        "8000毫安",
        "10点30分",
        "微信付款很方便",
        "QQ糖很好吃",
        "1号楼快递柜",
        "１２.５万",
        "100%",
        "电话一直打不通",
        "型号A1234-5678",
    ],
)
def test_prices_sizes_weights_and_dates_stay(text: str) -> None:
    assert mask(text) == text


PIECES = st.sampled_from(
    [
        "13800001234",
        "138 0000 1234",
        "１３８００００１２３４",
        "a@b.cn",
        "微信abc123",
        "vx",
        "QQ1234567",
        "SF126517224308",
        "6907709733362604615",
        "文三路12号",
        "3栋",
        "收件人：王五",
        "一三八零零零零一二三四",
        "010-12345678",
        "4111 1111 1111 1111",
        "Ｖｘ:abcde1",
        "ｑｑ１２３４５６",
        "单号abc12345",
        "P12345678901234",
        "a＠b．cn",
        "很好",
        " ",
        "，",
        "12.5",
        "件",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text("0123456789-. 号栋路微信qqvx@a一二三", max_size=8)), max_size=6).map("".join))
def test_the_quick_look_over_a_column_misses_nothing(text: str) -> None:
    assert mask_all(pa.array([text, None])).to_pylist() == [mask(text), None]


@given(st.text("0123456789-. 号栋路微信qqvx@ab，", max_size=30))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(
    st.from_regex(r"\A1[3-9][0-9]{9}\Z"), st.text("一二很好，。 了", max_size=6), st.text("一二很好，。 了", max_size=6)
)
def test_no_mobile_number_survives_in_any_text(phone: str, before: str, after: str) -> None:
    assert phone not in mask(before + phone + after)


def test_a_number_that_fails_the_card_check_is_still_a_number_to_hide() -> None:
    assert mask("6222021234567890128x") == "[单号]x" or mask("6222021234567890128x") == "[银行卡]x"
    assert mask("4111 1111 1111 1112") == "4111 1111 1111 1112"
