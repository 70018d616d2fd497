"""Chat lines of any table: headers by alias, masked, with the shop's answer."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.chat import read_chat

LINES = """\
会话ID,发送时间,角色,买家昵称,消息内容
s1,2026-11-10 09:00:00,买家,张三,我要投诉，打13800001234
s1,2026-11-10 09:05:00,客服,小美,您好
s2,2026-11-10 10:00:00,用户,李四,急急急
,坏时间,客服,小美,在的
"""


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "会话.csv"
    path.write_text(LINES, encoding="utf-8-sig")
    return path


def test_lines_are_masked_and_know_who_speaks_and_when_the_shop_answered(chat: Path) -> None:
    lines = read_chat(chat)
    assert lines["text"].tolist() == ["我要投诉，打[手机号]", "您好", "急急急", "在的"]
    assert lines["buyer"].tolist() == [True, False, True, False]
    assert lines["answered_at"].iloc[0] == pd.Timestamp("2026-11-10 09:05:00")
    assert lines["answered_at"].isna().tolist() == [False, False, True, True]
    assert pd.isna(lines["at"].iloc[3])


def test_an_agent_is_no_buyer_by_name_and_a_machine_is_neither(tmp_path: Path) -> None:
    roles = ["客户服务", "customer_service", "客户经理", "系统", "智能客服机器人", "客户", "VIP用户", "店铺"]
    path = tmp_path / "chat.csv"
    said = [f"s,2026-11-10 09:0{minute}:00,{role},在" for minute, role in enumerate(["买家", "机器人", *roles])]
    path.write_text("\n".join(["会话,时间,角色,内容", *said]), encoding="utf-8")
    lines = read_chat(path)
    assert lines["buyer"].tolist() == [True, False, False, False, False, False, False, True, True, False]
    assert lines["agent"].tolist() == [False, False, True, True, True, False, False, False, False, True]
    assert lines["answered_at"].iloc[0] == pd.Timestamp("2026-11-10 09:02:00")  # the robot's line answers nothing


def test_nicks_are_not_kept(chat: Path) -> None:
    assert "张三" not in read_chat(chat).to_csv()


def test_the_same_file_gives_the_same_keys(chat: Path) -> None:
    assert read_chat(chat)["record"].tolist() == read_chat(chat)["record"].tolist()
    assert read_chat(chat)["record"].is_unique


def test_jsonl_of_texts_alone_are_all_the_buyers(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text('{"text": "骗人"}\n{"text": null}\n', encoding="utf-8")
    lines = read_chat(path)
    assert lines["text"].tolist() == ["骗人", ""]
    assert lines["buyer"].all() and lines["at"].isna().all()


def test_a_table_without_texts_is_refused_with_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("主题,地点\n周会,三楼\n", encoding="utf-8")
    with pytest.raises(ExportError) as refused:
        read_chat(path)
    assert str(refused.value) == (
        "x.csv: expected a column of chat lines such as 内容、消息内容、消息、聊天内容, found 主题, 地点"
    )
