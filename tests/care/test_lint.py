"""What scripts and parcel cards must not say; what the package suggests itself says none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopscore_analysis.care.lint import banned, lint
from shopscore_analysis.errors import ExportError, LexiconError
from shopscore_analysis.score.compliance import FILE, read_bans
from shopscore_analysis.show.words import ACTIONS

DATA = FILE.parent


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("五星好评返现5元", ["praise_for_reward"]),
        ("晒图评价后找客服领取优惠券", ["praise_for_reward"]),
        ("如果给好评，返您3元", ["praise_asked"]),
        ("满意请给五星哦", ["praise_asked"]),
        ("扫码领红包", ["reward_card"]),
        ("麻烦您删除差评", ["change_review"]),
        ("不给五星就不退款", ["threat"]),
        ("再给差评就公开您的地址", ["threat"]),
        ("售后请加微信", ["off_platform"]),
        ("加VX私下转账", ["off_platform"]),
        ("拆封概不退换", ["rights"]),
        ("请提供您的验证码", ["secrets"]),
    ],
)
def test_what_is_banned_is_found(text: str, rules: list[str]) -> None:
    assert [ban.name for ban, *_ in banned([text])[0]] == rules


@pytest.mark.parametrize(
    "text",
    [
        "请勿添加微信，谨防受骗",
        "不得以红包、返现诱导好评",
        "我们不会要求您修改或删除评价",
        "有问题请先联系平台内在线客服，24 小时内处理",
        "不合适可以七天无理由退换，运费险已赠送",
        "无论好评还是差评，我们都会看",
        "按补偿标准给您优惠券",
        "",
    ],
)
def test_what_is_allowed_or_forbidden_by_the_text_itself_is_not(text: str) -> None:
    assert banned([text]) == [[]]


def test_everything_the_package_suggests_passes() -> None:
    assert lint([DATA / "warnings.toml", DATA / "compensation.toml", DATA / "actions.toml"]) == []
    assert [text for text, found in zip(ACTIONS.values(), banned(list(ACTIONS.values())), strict=True) if found] == []


def test_each_kind_of_file_says_where(tmp_path: Path) -> None:
    files = {
        "card.txt": ("谢谢惠顾\n扫码领红包\n", "第 2 行"),
        "card.md": ("# 卡\n\n扫码领红包", "第 3 行"),
        "script.csv": ("场景,话术\n售后,扫码领红包\n", "第 2 行 话术"),
        "script.toml": ('[a.b]\nc = ["好", "扫码领红包"]\n', "a.b.c.2"),
        "script.jsonl": ('{"话术": "扫码领红包"}\n', "第 1 行 话术"),
    }
    for name, (content, where) in files.items():
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        (found,) = lint([path])
        assert (found.rule, found.file, found.where) == ("reward_card", name, where)
        assert found.text[found.start : found.end] == "扫码领红包"
        assert found.reference


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"nowhere.txt: expected a text in UTF-8, found"):
        lint([tmp_path / "nowhere.txt"])
    broken = tmp_path / "x.toml"
    broken.write_text("a = ", encoding="utf-8")
    with pytest.raises(ExportError, match=r"x.toml: expected TOML, found"):
        lint([broken])


def test_rules_are_reviewed_data_each_with_its_reference(tmp_path: Path) -> None:
    assert all(rule.reference for rule in read_bans().rules)
    path = tmp_path / "compliance.toml"
    text = FILE.read_text(encoding="utf-8")
    path.write_text(text.replace('name = "threat"', 'name = "rights"'), encoding="utf-8")
    with pytest.raises(LexiconError) as refused:
        read_bans(path)
    assert str(refused.value) == "expected every name once in compliance.toml, found rights again; mend the file"
    path.write_text(text.replace("within = 24\n", ""), encoding="utf-8")
    with pytest.raises(LexiconError, match="near, with and within belong together"):
        read_bans(path)
