"""Whose words say that nothing was wrong, and whose only sound like it."""

from __future__ import annotations

import pytest

from shopscore_analysis.care.wishes import FILE, Wish, wishes

WISHES = """
想换别的颜色 不想要了 拍错了 拍错了规格 多拍了一件 家里人已经买了 临时用不上了 亲，我拍错尺码了，麻烦退一下
颜色选错了 想换个颜色 不喜欢这个颜色 单纯不喜欢 不喜欢，退了 买多了 重复下单了 手滑点错了 改主意了，不买了
地址填错了，重新拍 忘记用优惠券了，想重新下单 老公不让买 冲动消费了 想要别的颜色，这个先退了 买错了，要的是大号
家里还有，不想要了 家里有了 朋友送了一个 暂时用不上 已经不需要了
拍错了，麻烦你们退一下 麻烦你们退了，拍错了 就是想退 没有原因 没看清楚规格拍错了
"""
FAULTS = """
杯子漏水，不想要了 质量太差了不想要了 穿着硌脚，想换别的款 收到是坏的，不要了 坏了不要了
等了半个月还不发货，不想要了 发错颜色了，想换别的颜色 没有拍错，是你们发错 客服让我选不想要的 尺码偏小，不喜欢
味道太大，家里人都不喜欢 色差大，不喜欢这个颜色 没有多拍 不好看，不想要了 效果不好 很薄，用不上 面料扎人，买错了
买小了 太小了用不了 不是不想要，是坏了 不想要了，退款太慢 你们没货让我换别的颜色 想换货 很好用
你们客服填错地址了 快递单写错地址了 客服忘了减优惠券 别人都有赠品就我没有 孩子有过敏反应
收到时节都过了，用不上了 优惠券用不上
你们把地址填错了 仓库多拍了一件 卖家选错了颜色 系统重复下单了 商家把款式拍错了 地址被快递写错了 填错的是你们
老公有反应 妈妈刚送医院 家里都有异味了 优惠券现在用不上 物流写错地址 家里还有老人等着用 家里有蚊子
"""


@pytest.mark.parametrize("text", WISHES.split())
def test_a_change_of_mind_is_read_from_the_words(text: str) -> None:
    (found,) = wishes([text])
    assert found and 0 <= found.start < found.end <= len(text) and found.alone


@pytest.mark.parametrize("text", FAULTS.split())
def test_with_a_fault_beside_it_or_denied_it_is_none(text: str) -> None:
    assert wishes([text]) == [None]


def test_texts_keep_their_places_and_none_is_nothing() -> None:
    assert wishes(["漏水", "不想要了", "", "拍错了"]) == [
        None, Wish(0, 4, alone=True), None, Wish(0, 3, alone=True),
    ]  # fmt: skip
    assert wishes([]) == []


@pytest.mark.parametrize("text", ["和朋友商量过，不想要了", "收到时节都过了，不需要了"])
def test_a_wish_beside_other_words_is_not_alone(text: str) -> None:
    (found,) = wishes([text])
    assert found and not found.alone


def test_the_list_names_its_source() -> None:
    assert "Source: own" in FILE.read_text(encoding="utf-8")
