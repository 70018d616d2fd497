"""After-sale reasons map to the same causes as reviews."""

import pytest

from shopscore_analysis.text.reasons import cause_of


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("多拍/错拍/不想要", None),
        ("7天无理由退货", None),
        ("与商家协商一致退款", None),
        ("其他", None),
        ("", None),
        ("-", None),
        ("未按约定时间发货", "late_dispatch"),
        ("缺货", "late_dispatch"),
        ("快递一直未送达", "slow_delivery"),
        ("快递无跟踪记录", "slow_delivery"),
        ("收到商品少件/错件/空包裹", "missing_items"),
        ("少件／漏发", "missing_items"),
        ("做工粗糙/有瑕疵", "defect"),
        ("功能故障", "defect"),
        ("效果与商品描述不符", "not_as_described"),
        ("商品材质/品牌/外观等描述不符", "not_as_described"),
        ("大小／尺寸／重量与商品描述不符", "size_fit"),
        ("假冒品牌", "counterfeit"),
        ("盗版", "counterfeit"),
        ("腐烂/变质", "spoiled"),
        ("生产日期/保质期与商品描述不符", "spoiled"),
        ("包装／商品破损", "package_damage"),
        ("产品 破损/损坏", "package_damage"),
        ("商家发错货", "wrong_item"),
        ("退运费", "refund_return"),
        ("使用后过敏", "performance"),
        ("一种谁也没见过的原因", None),
    ],
)
def test_reason(reason: str, cause: str | None) -> None:
    assert cause_of(reason) == cause


def test_spelling_does_not_matter() -> None:
    assert cause_of(" 做工粗糙 ／ 有瑕疵 ") == cause_of("做工粗糙/有瑕疵") == "defect"
