"""What scripts and parcel cards must not say; what the package suggests itself says none of it."""

from __future__ import annotations

import re
import time
import tomllib
from pathlib import Path

import pytest

from shopscore_analysis.care.lint import _books, _together, banned, lint
from shopscore_analysis.errors import ExportError, LexiconError
from shopscore_analysis.score.compliance import FILE, Ban, read_bans
from shopscore_analysis.score.warnings import read_rule_book
from shopscore_analysis.show.todo import ACTIONS, actions
from shopscore_analysis.text.lexicon import expand_all
from shopscore_analysis.text.phrases import Spot, spot

DATA = FILE.parent


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("五星好评返现5元", ["praise_for_reward"]),
        ("晒图评价后找客服领取优惠券", ["praise_for_reward"]),
        ("如果给好评，返您3元", ["praise_asked", "praise_for_reward"]),
        ("满意请给五星哦", ["praise_asked"]),
        ("扫码领红包", ["reward_card"]),
        ("麻烦您删除差评", ["change_review"]),
        ("不给五星就不退款", ["threat"]),
        ("再给差评就公开您的地址", ["threat"]),
        ("售后请加微信", ["off_platform"]),
        ("加VX私下转账", ["off_platform"]),
        ("拆封概不退换", ["rights"]),
        ("请提供您的验证码", ["secrets"]),
        ("好评后领小礼品", ["praise_for_reward"]),
        ("写50字好评送5元", ["praise_for_reward"]),
        ("好 评 返 现", ["praise_for_reward"]),
        ("好评\u200b返\u200b现", ["praise_for_reward"]),
        ("满意请给五⭐", ["praise_asked"]),
        ("给个5分好评呗", ["praise_asked"]),
        ("加V领红包", ["off_platform"]),
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
        "请稍等，给我们5分钟",
        "加V领设计，显脖子长",
        "加VIP会员免运费",
        "",
    ],
)
def test_what_is_allowed_or_forbidden_by_the_text_itself_is_not(text: str) -> None:
    assert banned([text]) == [[]]


@pytest.mark.parametrize("rule", read_bans().rules, ids=lambda rule: rule.name)
def test_every_word_of_every_rule_is_found_alone(rule: Ban) -> None:
    for name, words in ((rule.name, rule.phrases), (rule.name + "+near", rule.near), (rule.name + "+with", rule.with_)):
        listed = expand_all(words, {})
        found = [{one.name for one in spots} for spots in spot(listed, *_books())]
        assert [word for word, names in zip(listed, found, strict=True) if name not in names] == []


CASES = tomllib.loads((Path(__file__).parent / "messages.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("rule", "text"), [(name, text) for name, case in CASES.items() for text in case.get("broken", ())]
)
def test_other_phrasings_of_the_same_are_found(rule: str, text: str) -> None:
    assert rule in [ban.name for ban, *_ in banned([text])[0]]


MISSED = [(name, text) for name, case in CASES.items() for text in case.get("missed", ())]


@pytest.mark.parametrize(("rule", "text"), MISSED)
def test_known_failures_are_still_missed(rule: str, text: str) -> None:
    """What is found by now moves to `broken`."""
    assert rule in {ban.name for ban in read_bans().rules} and banned([text]) == [[]]


@pytest.mark.parametrize("text", [text for case in CASES.values() for text in case.get("kept", ())])
def test_harmless_messages_pass(text: str) -> None:
    assert banned([text]) == [[]]


@pytest.mark.parametrize("unit", ["", "元", "件", " ml"])
@pytest.mark.parametrize(
    "before", ["订单号：", "运单号", "SKU ", "批号 ", "快递员", "收件人电话：", "请勿拨打", "SF", "9", "0."]
)
def test_a_figure_of_something_else_is_no_telephone_and_with_a_unit_it_never_is(before: str, unit: str) -> None:
    assert banned([f"{before}13812345678{unit}"]) == [[]]
    assert bool(banned([f"有事打13812345678{unit}"])[0]) == (not unit)


@pytest.mark.parametrize("figures", ["1381234567", "138123456789", "12812345678", "20261122130", "0571-1234567"])
def test_other_rows_of_figures_are_no_telephones(figures: str) -> None:
    assert banned([f"有事打{figures}"]) == [[]]


@pytest.mark.parametrize("sign", ["❤", "❤\ufe0f", "-", ".", "·", "*", "_", "~", "/", " ", "\u200b", "🌹"])
@pytest.mark.parametrize(("first", "last"), [("微", "信"), ("薇", "信"), ("v", "信"), ("V", "X")])
def test_signs_between_the_characters_of_a_barred_word_hide_nothing(first: str, last: str, sign: str) -> None:
    text = f"亲，加我{first}{sign}{last}"
    ((ban, start, end),) = banned([text])[0]
    assert ban.name == "off_platform" and text[start:end].startswith("加我")


def test_a_cell_of_many_words_that_only_ban_together_is_read_in_no_time() -> None:
    """Every word of either list was held against every word of the other."""
    rule = next(rule for rule in read_bans().rules if rule.name == "receipt_reward")
    near = [Spot("receipt_reward+near", at, at + 4) for at in range(0, 400_000, 100)]
    others = [Spot("receipt_reward+with", at + 40, at + 42) for at in range(0, 400_000, 100)]
    began = time.process_time()
    assert list(_together(rule, [*near, *others])) == []
    assert time.process_time() - began < 1
    assert list(_together(rule, [near[1], Spot("receipt_reward+with", 82, 84)])) == [(82, 104)]


def test_signs_that_end_a_clause_make_no_word_of_two() -> None:
    assert banned(["配件可以增加，v是型号", "请不要加，微信是别家的"]) == [[], []]


def test_what_is_written_with_blanks_between_is_shown_as_it_stands() -> None:
    text = "亲，好 评 返 现哦"
    ((_, start, end),) = banned([text])[0]
    assert text[start:end] == "好 评 返 现"


def test_scripts_promise_nothing_beyond_the_table_and_state_nothing_as_done() -> None:
    promises = re.compile("全额退款|不需要寄回|不用寄回|运费由本店|已经")
    lines = [line for one in read_rule_book().situations.values() for line in (one.explain, one.compensate)]
    assert lines and [line for line in lines if promises.search(line)] == []


def test_everything_the_package_suggests_passes() -> None:
    assert lint([DATA / "warnings.toml", DATA / "compensation.toml", DATA / "actions.toml"]) == []
    tried = [*ACTIONS.values(), *actions("水果").values()]
    assert [text for text, found in zip(tried, banned(tried), strict=True) if found] == []


def test_each_kind_of_file_says_where(tmp_path: Path) -> None:
    files = {
        "card.txt": ("谢谢惠顾\n扫码领红包\n", "第 2 行"),
        "card.md": ("# 卡\n\n扫码领红包", "第 3 行"),
        "script.csv": ("场景,话术\n售后,扫码领红包\n", "第 2 行 话术"),
        "script.toml": ('[a.b]\nc = ["好", "扫码领红包"]\n', "a.b.c.2"),
        "one.csv": ("扫码领红包\n谢谢\n", "第 1 行"),
        "key.toml": ('[card]\n"扫码领红包" = "谢谢"\n', "card.扫码领红包"),
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
    with pytest.raises(ExportError, match=r"nowhere.txt: expected a file that can be read, found"):
        lint([tmp_path / "nowhere.txt"])
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\0\xff")
    with pytest.raises(ExportError, match=r"picture.txt: expected a text in UTF-8 or GB18030, found neither"):
        lint([tmp_path / "picture.txt"])
    broken = tmp_path / "x.toml"
    broken.write_text("a = ", encoding="utf-8")
    with pytest.raises(ExportError, match=r"x.toml: expected TOML, found"):
        lint([broken])


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.pdf", b"hello", "expected txt, md, csv, xlsx, jsonl or toml, found .pdf; copy its words into a txt file"),
        ("a.docx", b"PK\x03\x04", "found .docx"),
        ("a.png", b"\x89PNG\r\n", "found .png"),
        ("a.txt", b"%PDF-1.4\n1 0 obj\n", "expected a text in UTF-8 or GB18030, found neither; copy its words"),
        ("a.txt", b"GIF89a", "found neither"),
        ("a.csv", b"%PDF-1.4\n", "found a PDF"),
        ("a.txt", b"", "expected messages to check, found none; write them into the file, one a line or cell"),
        ("a.md", "\ufeff\n  \n---\n".encode(), "found none"),
        ("a.toml", b"# nothing yet", "found none"),
        ("a.jsonl", b"\n", "found none"),
        ("a.csv", b"", "found an empty file"),
        ("a.csv", "场景,话术\n".encode(), "found a header and nothing below it"),
        ("a.csv", "场景,话术\n,\n".encode(), "found a header and nothing below it"),
        ("nowhere.jsonl", None, "found No such file or directory"),
    ],
)
def test_what_is_no_text_or_holds_no_messages_is_not_clean(
    tmp_path: Path, name: str, content: bytes | None, found: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ExportError) as refused:
        lint([tmp_path / name])
    assert found in str(refused.value) and str(refused.value).startswith(name)


def test_a_table_of_one_line_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("扫码领红包\n", encoding="utf-8")
    assert [one.where for one in lint([tmp_path / "a.csv"])] == ["第 1 行"]


def test_a_text_in_gb18030_is_read(tmp_path: Path) -> None:
    path = tmp_path / "card.txt"
    path.write_bytes("谢谢惠顾\r\n扫码领红包\r\n".encode("gb18030"))
    assert [(found.where, found.text) for found in lint([path])] == [("第 2 行", "扫码领红包")]


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
    path.write_text(text.replace('phrases = "(概不|恕不', 'figures = ["("] # "(概不|恕不'), encoding="utf-8")
    with pytest.raises(LexiconError, match="rules of compliance"):
        read_bans(path)
    path.write_text(text.replace('phrases = "(概不|恕不', '# "(概不|恕不'), encoding="utf-8")
    with pytest.raises(LexiconError, match="rights: expected phrases, figures, or near and with, found none of them"):
        read_bans(path)
