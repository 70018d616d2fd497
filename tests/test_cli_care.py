"""warn, compensate and lint as a user meets them."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from shopscore_analysis.care import redress, watch
from shopscore_analysis.care.lint import banned
from shopscore_analysis.shop import Shop
from tests.conftest import Run

HAND = Path(__file__).parent / "hand"


@pytest.fixture
def shop(tmp_path: Path, run: Run) -> Path:
    run("init", tmp_path / "shop", "--name", "手算店", "--category", "衣服")
    run("load", HAND, "--shop", tmp_path / "shop")
    return tmp_path / "shop"


@pytest.mark.parametrize("command", ["warn", "compensate", "lint"])
def test_every_command_explains_itself_with_an_example(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0 and f"Example: shopscore {command}" in out


def test_warn_is_one_json_object(run: Run, shop: Path, tmp_path: Path) -> None:
    chat = tmp_path / "chat.csv"
    chat.write_text("内容\n孩子用了过敏\n", encoding="utf-8")
    code, out, _ = run("warn", "--shop", shop, "--chat", chat, "--json")
    found = json.loads(out)
    assert code == 0 and (found["shop"], found["since"], found["until"]) == ("手算店", "2026-11-09", "2026-11-15")
    (alarm,) = [one for one in found["warnings"] if one["table"] == "chat"]
    assert (alarm["level"], alarm["rule"], alarm["written"]) == (3, "过敏", None)
    assert alarm["text"][alarm["start"] : alarm["end"]] == "过敏"
    assert found["bursts"] == []


def test_warn_prints_the_words_the_clock_and_the_script_and_how_many_are_left_out(
    run: Run, shop: Path, tmp_path: Path
) -> None:
    chat = tmp_path / "chat.csv"
    chat.write_text("内容\n孩子用了过敏\n骗人\n", encoding="utf-8")
    _, out, _ = run("warn", "--shop", shop, "--chat", chat, "--limit", 1)
    assert "孩子用了【过敏】" in out and "[三级] 人身安全，1 条，可以这样答复：" in out and "条未列出" in out


def test_warn_says_which_level_is_the_gravest_and_each_script_once(run: Run, shop: Path, tmp_path: Path) -> None:
    """Whoever reads 三级 first may take it for the least; twelve cases of one situation need one script."""
    chat = tmp_path / "chat.csv"
    chat.write_text("内容\n孩子用了过敏\n大人用了也过敏\n骗人\n", encoding="utf-8")
    _, out, _ = run("warn", "--shop", shop, "--chat", chat)
    assert out.splitlines()[1].startswith("三级最重：人身安全、监管、曝光；二级：纠纷要升级；一级最轻：")
    script = watch.warnings(Shop.open(shop), watch.span(Shop.open(shop)), chat)["script"].iloc[0]
    assert out.count(script) == 1 and "[三级] 人身安全，2 条，可以这样答复：" in out
    assert out.splitlines()[1].endswith("每组里新的在前。")
    assert "\n  1. 过敏 · " in out and "\n  2. 过敏 · " in out and out.index("[三级]") < out.index("[二级]")


def test_warn_counts_the_cases_of_a_group_that_are_not_listed(run: Run, shop: Path, tmp_path: Path) -> None:
    chat = tmp_path / "chat.csv"
    chat.write_text("内容\n孩子用了过敏\n大人用了也过敏\n老人过敏\n", encoding="utf-8")
    _, out, _ = run("warn", "--shop", shop, "--chat", chat, "--limit", 2)
    assert "[三级] 人身安全，3 条，列出 2 条，可以这样答复：" in out and "\n  3. " not in out


def test_warn_obeys_no_text_and_knows_where_no_clock_runs(run: Run, shop: Path, tmp_path: Path) -> None:
    chat = tmp_path / "chat.jsonl"
    line = {"text": "\x1b[31m孩子\u202e用了过敏\x07", "product": "\x1b]0;杯\x07"}
    chat.write_text(json.dumps(line), encoding="utf-8")
    _, out, _ = run("warn", "--shop", shop, "--chat", chat)
    assert not {"\x1b", "\x07", "\u202e"} & set(out)
    assert "孩子 用了【过敏】" in out and "最晚 — · 未知" in out and "NaT" not in out


def test_warn_tells_a_text_of_several_grave_signs_once_with_all_of_them(run: Run, shop: Path, tmp_path: Path) -> None:
    chat = tmp_path / "chat.csv"
    chat.write_text("内容\n再这样我打12315，孩子都烫伤了\n", encoding="utf-8")
    _, out, _ = run("warn", "--shop", shop, "--chat", chat)
    assert "[三级] 人身安全，1 条，可以这样答复：" in out and "1. 受伤、找监管部门 · " in out
    assert "人身安全 1 条、监管投诉 1 条" in out and "[三级] 监管投诉" not in out
    alarm = json.loads(run("warn", "--shop", shop, "--chat", chat, "--json")[1])["warnings"][0]
    assert (alarm["situation"], alarm["situations"]) == ("人身安全", ["人身安全", "监管投诉"])


def test_warn_says_that_there_are_no_data_after_a_day_instead_of_nought(run: Run, shop: Path, tmp_path: Path) -> None:
    code, out, _ = run("warn", "--shop", shop, "--since", "2027-01-01")
    assert code == 0 and "预警 0 条" not in out
    assert out == "2027-01-01 及以后没有评价和售后，最新的是 2026-11-13 的：先导入新的导出，或者把 --since 提前。\n"
    assert json.loads(run("warn", "--shop", shop, "--since", "2027-01-01", "--json")[1])["newest"] == "2026-11-13"
    run("init", tmp_path / "new", "--name", "新店", "--category", "衣服")
    new = run("warn", "--shop", tmp_path / "new", "--since", "2026-11-01")[1]
    assert "一条也还没有导入" in new and "--since" not in new
    assert "及以后没有" not in run("warn", "--shop", shop, "--since", "2026-11-01")[1]


def test_only_who_gave_since_is_advised_to_change_it(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A week without reviews is refused with the weeks that there are; whatever the newest record is."""
    code, out, err = run("warn", "--shop", shop, "--week", "2026-W50")
    assert (code, out) == (1, "") and "expected a week with reviews, found 2026-W50" in err and "--since" not in err
    monkeypatch.setattr(watch, "newest", lambda home: None)
    assert "及以后没有" not in run("warn", "--shop", shop, "--week", "2026-W46")[1]
    assert "及以后没有" in run("warn", "--shop", shop, "--since", "2026-11-09")[1]


def test_warn_says_that_a_chat_without_warnings_was_read(run: Run, shop: Path, tmp_path: Path) -> None:
    chat = tmp_path / "chat.csv"
    chat.write_text("内容\n你好\n在吗\n", encoding="utf-8")
    out = run("warn", "--shop", shop, "--since", "2027-01-01", "--chat", chat)[1]
    assert "及以后没有评价和售后" in out and out.endswith("会话 2 行，预警 0 条。\n")
    assert "会话" not in run("warn", "--shop", shop, "--since", "2027-01-01")[1]


def test_warn_since_a_day_reaches_to_the_newest_line_of_a_chat(run: Run, shop: Path, tmp_path: Path) -> None:
    """What buyers wrote after the newest export was left out without a word."""
    chat = tmp_path / "chat.csv"
    chat.write_text("内容,时间\n用了过敏,2026-12-24 09:00:00\n", encoding="utf-8")
    _, out, _ = run("warn", "--shop", shop, "--since", "2026-12-01", "--chat", chat)
    assert "用了【过敏】" in out and "2026-12-01 及以后没有评价和售后" in out


def test_warn_says_how_long_a_deadline_is_over(
    run: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = tmp_path / "chat.csv"
    lines = ("内容,时间,会话ID,角色", "骗人,2026-11-12 10:00,a,买家", "在的,2026-11-11 10:00,b,客服")
    chat.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr("shopscore_analysis.report.due.today", lambda: date(2026, 11, 20))
    _, out, _ = run("warn", "--shop", shop, "--chat", chat)
    assert "最晚 11月13日 10:00，已过期 7 天 · 导出时还没有答复" in out and "条已过期）" in out


@pytest.mark.parametrize(
    ("asked", "week"), [((), ""), (("--week", "2026-W46"), "2026-W46"), (("--since", "2026-11-09"), "")]
)
def test_warn_counts_over_processes_before_bursts_take_weeks_from_the_tally(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...], week: str
) -> None:
    """A shelf of years was counted in silence; and since a day, the weeks were those of a week that was not over."""
    done: list[object] = []
    monkeypatch.setattr("shopscore_analysis.cli.care.count_ahead", lambda home, *how: done.append(how))
    monkeypatch.setattr(watch, "bursts", lambda *_, week: done.append(week) or pd.DataFrame())
    code, _, _ = run("warn", "--shop", shop, *asked, "--workers", 2, "--memory", "1GB", "--json")
    assert code == 0 and done == [(2, "", "1GB"), week]


def test_chat_lines_of_other_days_are_counted_and_said(run: Run, shop: Path, tmp_path: Path) -> None:
    """Whoever asked for one week of a month's chat took its silence for good news."""
    chat = tmp_path / "chat.csv"
    rows = ["买家,过敏了,2026-12-24 09:00:00", "买家,骗人,2026-10-01 09:00:00", "客服,您好,2026-12-24 09:01:00"]
    chat.write_text("\n".join(["角色,内容,时间", *rows, "买家,骗人的店,"]), encoding="utf-8")
    said = "会话文件里另有 {} 条买家的话不在 2026-11-09 — 2026-11-15 之内，没有看；"
    said += "要看就选它们的那一周（命令里的 --week，笔记本里的 week）。"
    for command in ("warn", "compensate"):
        _, out, _ = run(command, "--shop", shop, "--week", "2026-W46", "--chat", chat)
        assert out.splitlines()[-1] == said.format(2)
        told = json.loads(run(command, "--shop", shop, "--week", "2026-W46", "--chat", chat, "--json")[1])
        assert told["chat_left_out"] == 2
        assert "会话文件里" not in run(command, "--shop", shop)[1]
    assert json.loads(run("warn", "--shop", shop, "--json")[1])["chat_left_out"] == 0
    _, out, _ = run("warn", "--shop", shop, "--since", "2027-01-01", "--chat", chat)
    assert "会话文件里另有 2 条" in out


def test_warn_refuses_what_is_no_day_and_no_chat(run: Run, shop: Path, tmp_path: Path) -> None:
    code, _, err = run("warn", "--shop", shop, "--since", "neulich")
    assert code == 1 and err == "shopscore: expected a day such as 2026-11-09, found 'neulich'"
    nothing = tmp_path / "x.csv"
    nothing.write_text("主题\n周会\n", encoding="utf-8")
    code, _, err = run("warn", "--shop", shop, "--chat", nothing)
    assert code == 1 and "expected a column of chat lines such as 内容" in err


def test_compensate_adds_up(run: Run, shop: Path) -> None:
    code, out, _ = run("compensate", "--shop", shop, "--month", "2026-11", "--json")
    found = json.loads(out)
    assert code == 0 and found["total_fen"] == sum(one["amount_fen"] for one in found["open"])
    what_if = found["what_if"]
    assert (what_if["month"], what_if["cases"]) == ("2026-11", 3)
    assert sum(row["n"] for row in what_if["rows"]) == 3
    assert sum(row["amount_fen"] for row in what_if["rows"]) == what_if["offered_fen"]
    _, printed, _ = run("compensate", "--shop", shop, "--month", "2026-11")
    assert "按表合计" in printed
    assert not [line for line in printed.splitlines() if line.count("：") > 1 and "单，¥" in line]
    assert " · 0 单" not in printed and "条这个月没有用到" in printed


def test_compensate_prints_what_a_clerk_needs_and_no_whole_order_number(run: Run, shop: Path) -> None:
    run("load", HAND.parent / "care" / "exports", "--shop", shop)
    offers = json.loads(run("compensate", "--shop", shop, "--json")[1])["open"]
    _, out, _ = run("compensate", "--shop", shop)
    assert len(offers) == 3 and out.count("订单尾号") == 3
    assert all(one["number"] not in out and f"尾号 {one['number'][-6:]}" in out for one in offers)
    assert "· 11月13日 12:00 · 售后" in out and "“再【不退款】我就打12315” · 平台原因：做工粗糙/有瑕疵/有污渍" in out
    assert "订单只印尾号，整个单号在 --json 里" in out


def test_compensate_cuts_long_words_between_clauses_and_says_so(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words were cut in the middle without a sign; the whole text stays in --json."""
    run("load", HAND.parent / "care" / "exports", "--shop", shop)
    text = "鞋子很好看，就是有一点小，孩子穿着挤脚。" * 9
    real = redress.open_offers
    long = {"text": text, "start": 100, "end": 104}
    monkeypatch.setattr(redress, "open_offers", lambda *asked: real(*asked).assign(**long))
    _, out, _ = run("compensate", "--shop", shop)
    assert out.count("“…") == out.count("…”") == 3 and text[:40] not in out and f"【{text[100:104]}】" in out
    assert {one["text"] for one in json.loads(run("compensate", "--shop", shop, "--json")[1])["open"]} == {text}


def test_compensate_says_that_a_month_has_no_cases_yet(run: Run, shop: Path) -> None:
    code, out, _ = run("compensate", "--month", "2027-03", "--shop", shop)
    assert code == 0 and "2027-03 还没有售后记录，没有可以试算的。" in out and "2027-03共" not in out


def test_no_product_name_commands_the_terminal(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A product's name is a stranger's text: in the lines of offers, and in those of bursts."""
    hostile = "\x1b]0;杯\x07\u202e"
    offers = pd.DataFrame([{
        "product": hostile, "cause_label": "质量缺陷", "offer": "refund", "amount_fen": 100, "label": "行",
        "number": "6938114207666067860", "written": pd.Timestamp("2026-11-09"), "source": "售后", "reason": hostile,
        "text": f"[red]{hostile}", "start": 0, "end": 2, "liability": "merchant", "limited": "most",
    }])  # fmt: skip
    burst = {
        "product_id": "1", "cause": "defect", "from_day": pd.Timestamp("2026-11-09"), "k": 5, "n": 9, "past_k": 1,
        "alarm_day": pd.Timestamp("2026-11-10"), "past_n": 90, "verdict": "真实变化",
        "seen_day": pd.Timestamp("2026-11-10"), "goes_on": True, "now_k": 5, "now_n": 9, "from_week": "", "to_week": "",
        "of_shop": False,
    }  # fmt: skip
    monkeypatch.setattr(redress, "open_offers", lambda *_: offers)
    monkeypatch.setattr(watch, "bursts", lambda *_, **__: pd.DataFrame([burst]))
    monkeypatch.setattr(Shop, "names", {"1": hostile})
    for command in ("compensate", "warn"):
        code, out, _ = run(command, "--shop", shop)
        assert code == 0 and "杯" in out and not {"\x1b", "\x07", "\u202e"} & set(out)
        assert "6938114207666067860" not in out and ("【[r】ed]" in out) == (command == "compensate")
        assert out.count("一次发声：一个订单在一天里写了评价或追评、或申请了售后") == (command == "warn")


MESSAGES = tomllib.loads((Path(__file__).parent / "care" / "messages.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", MESSAGES["phone"]["broken"])
def test_lint_prints_no_telephone_number_however_it_is_written(run: Run, tmp_path: Path, text: str) -> None:
    """Nor into --json; that of a courier, which is no breach, is hidden beside one that is."""
    path = tmp_path / "a.txt"
    path.write_text(f"{text}，快递员15900001111\n", encoding="utf-8")
    (start, end) = next(place for ban, *place in banned([text])[0] if ban.name == "phone")
    _, printed, _ = run("lint", path)
    _, told, _ = run("lint", path, "--json")
    assert "——“[电话]”" in printed
    figures = {text[start:end], "15900001111", *re.findall(r"\d{4,}", text[start:])}
    assert [one for one in figures for out in (printed, told) if one in out] == []
    phone = next(one for one in json.loads(told)["breaches"] if one["rule"] == "phone")
    assert phone["text"][phone["start"] : phone["end"]] == "*" * (end - start) and len(phone["text"]) == len(text) + 15


def test_lint_ends_with_one_where_a_rule_is_broken(run: Run, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("有问题请联系平台内客服\n", encoding="utf-8")
    bad.write_text("好的\n五星好评返现5元\n", encoding="utf-8")
    assert run("lint", good)[0] == 0
    code, out, _ = run("lint", good, bad)
    assert code == 1 and "bad.txt 第 2 行：以利益换好评或指定评价——“好评返现”" in out and "2 个文件，1 处违规。" in out
    bad.write_text("有事打13800001234\n", encoding="utf-8")
    code, out, _ = run("lint", bad)
    assert code == 1 and "留电话号码，引导站外联系——“[电话]”" in out and "13800001234" not in out
    bad.write_text("好\x1b评\x1b返现\n", encoding="utf-8")
    assert "“好 评 返现”" in run("lint", bad)[1]
    code, out, _ = run("lint", bad, "--json")
    assert code == 1 and json.loads(out)["breaches"][0]["rule"] == "praise_for_reward"
    assert run("lint", tmp_path / "none.txt")[0] == 1
    assert run("lint")[0] == 2
