"""A shop's standing, from its files to the command line: the hand-counted shop with scores and rivals beside."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from shopscore_analysis import promises, report, standing
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.report import due
from shopscore_analysis.shop import Shop
from shopscore_analysis.show.plan import saved_words
from tests.conftest import Run

HAND = Path(__file__).parent / "hand"
SCORES = """\
日期,店铺名称,体验分,商品体验得分,物流体验得分,服务体验得分
2026-11-08,手算店,88,90,86,85
2026-11-15,手算店,86,88,86,84
"""
RIVALS = """\
日期,排名,店铺名称,体验分,商品体验,物流体验,服务体验
2026-11-15,1,竞店甲,4.9,4.9,4.8,4.8
2026-11-15,2,竞店乙,4.7,4.7,4.7,4.7
"""
ACTION = """\
[[actions]]
name = "page_audit"
label = "自己改详情页"
dimension = "product"
unit = "stars"
low = 0.05
mid = 0.2
high = 0.3
cost = 3000.0
per = "year"
delay_days = [7, 14]
claim = false
source = "本店去年的测试"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop.create(tmp_path / "shop", "手算店", "衣服")
    for name, text in (("店铺体验分_20261115.csv", SCORES), ("竞品_20261115.csv", RIVALS)):
        (shop.root / "data" / "raw" / name).write_text(text, encoding="utf-8")
    loaded = shop.load([*(path for path in HAND.iterdir() if path.suffix == ".csv"), shop.root / "data" / "raw"])
    assert [one.error for one in loaded] == [None] * 5
    return shop


def test_a_report_is_as_new_as_status_says_not_as_its_export(shop: Shop) -> None:
    """The newest review is of the 13th; the export that brought it was made three days later."""
    told = report.facts(shop, "2026-W46")
    reviews = shop.status()["tables"]["reviews"]
    assert told["data_as_of"] == reviews["newest_record"][:10] == "2026-11-13"
    assert told["exported"] == reviews["newest_export"][:10] == "2026-11-16"


def test_patterns_and_lags_of_the_twelve_reviews(shop: Shop) -> None:
    tally = shop.tally("all")
    patterns = tally.counts("pattern", "key").to_dict()
    assert patterns == {
        "": 3, "defect": 1, "defect+slow_response": 1, "size_fit": 1, "slow_delivery": 2, "wrong_item": 1,
        "refund_return": 1,
    }  # fmt: skip
    # all orders are of W44; reviews of W45 and W46 come one and two weeks later
    assert tally.counts("lag", "key").to_dict() == {"aftersale|1": 1, "aftersale|2": 2, "review|1": 5, "review|2": 7}
    assert tally.counts("lag", "week").index.tolist() == ["2026-W44"]


def test_the_account_reads_the_newest_score_of_the_week(shop: Shop) -> None:
    account = standing.standing(shop)
    assert account.published.total == 86 and account.published.scale == 100
    # as consumers see them: 88 → 4.7, 86 → 4.7, 84 → 4.6; clothes: 0.5, 0.25, 0.25
    assert account.dimensions["low"].tolist() == [4.7, 4.7, 4.6]
    assert account.low == pytest.approx(4.675)
    assert standing.standing(shop, "2026-W45").published.total == 88
    # product: 5 − (defect 2 + size_fit 3) / 12; logistics: 5 − (slow_delivery 2 + wrong_item 3) / 12
    assert account.dimensions["ledger"].tolist() == pytest.approx([5 - 5 / 12, 5 - 5 / 12, 5 - 6 / 12])


def test_indicators_of_the_hand_counted_shop(shop: Shop) -> None:
    found = standing.measured(shop).set_index("name")
    assert found.loc["rating", ["value", "n"]].tolist() == [3.25, 12]
    assert found.loc["quality_return", "k"] == 1  # order 2 by its size; the reason of order 13 states no cause
    # 15 was closed before it left; 4 and 7 left late
    assert found.loc["on_time", ["k", "n"]].tolist() == [12, 14]
    cards, weekly = standing.cards(shop)
    assert set(weekly["week"]) >= {"2026-W45", "2026-W46"} and "on_time" in set(cards["name"])
    assert standing.on_time(shop, "channel").empty


def test_own_actions_replace_those_of_the_file_and_terms_price_them(shop: Shop) -> None:
    (shop.root / "actions.toml").write_text(ACTION, encoding="utf-8")
    low, mid, _ = standing.plans(shop, 4.75)
    assert [item.action.label for item in mid.chosen] == ["自己改详情页"] and mid.cost == 3000
    assert "来源的说法" not in mid.words
    assert [item.action.label for item in low.chosen] == ["建立 QC 质检团队"]
    settings = shop.root / "shop.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("months = 12", "months = 2"), encoding="utf-8")
    assert standing.plans(Shop.open(shop.root), 4.75)[0].cost == 24_000


def test_the_rank_moves_with_the_plan(shop: Shop) -> None:
    after = standing.outlook(shop, standing.plans(shop, 4.8))
    assert after["case"].tolist() == ["现在", "保守之后", "居中之后", "乐观之后"]
    assert (after["rank_high"].iloc[0], after["rank_high"].iloc[-1]) == (3, 2)
    far = standing.outlook(shop, standing.plans(shop, 5))["case"]
    assert far.tolist() == ["现在", *(f"{case}最多（到不了目标）" for case in ("保守", "居中", "乐观"))]


def test_a_week_without_scores_is_refused_with_what_to_do(tmp_path: Path) -> None:
    bare = Shop.create(tmp_path / "bare", "手算店", "衣服")
    bare.load([path for path in HAND.iterdir() if path.suffix == ".csv"])
    for ask in (standing.published, standing.observed):
        with pytest.raises(
            SettingsError, match=r"expected .* of 2026-W46 on the shelf of 手算店, found none; load the 店铺体验分"
        ):
            ask(bare)


def test_score_prints_the_account_and_as_json(shop: Shop, run: Run) -> None:
    code, out, _ = run("score", "--shop", shop.root)
    assert code == 0
    assert "文章口径（5 分制）" in out and "4.67—" not in out and "近似" not in out.split("指标")[0]
    assert "评价均分" in out and "口径（5 − 丢星）" not in out and "· 评价均分：最近 5 周全部评价的平均星级" in out
    assert out.count("近 5 周评价均分") == 1 and "平均每条评价丢的星" in out
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    lost = [lines[name].split()[-1] for name in ("商品", "物流", "服务", "未归因")]
    assert lost == ["0.42", "0.42", "0.50", "0.41"]  # of 21 stars that 12 reviews lost 5, 5, 6 and 5: 1.75 in all
    assert "5 − 1.75 = 近 5 周评价均分 3.25" in lines["总分"]
    assert "其余权重来源未给出" in out and "近 30 天评价均分到 4.80" in out
    code, out, _ = run("score", "--shop", shop.root, "--json", "--target", "4.5")
    told = json.loads(out)
    assert (told["day"], told["rules"], told["assumed"], told["scale"]) == ("2026-11-15", "article-5pt", True, 5)
    assert told["five_stars"]["target"] == 4.5
    assert [row["dimension"] for row in told["dimensions"]] == ["product", "logistics", "service"]
    assert told["lost_unattributed"] == pytest.approx(5 / 12)
    assert {row["computable"] for row in told["indicators"]} == {"exact"}


def test_a_plan_is_kept_marked_and_checked_in_the_next_week(shop: Shop, run: Run) -> None:
    code, out, err = run("plan", "--target", 4.8, "--week", "2026-W45", "--save", "--shop", shop.root)
    assert code == 0 and err.startswith("计划存到 ") and err.endswith("plan.json")
    item = standing.kept_plans(shop)[0].plan.chosen[0].action
    name, label = item.name, item.label
    assert "[保守、居中、乐观] " in out and f"\n  {label} [{name}]（" in out
    (kept,) = standing.kept_plans(shop)
    assert out.splitlines()[-1] == saved_words(kept) and "没有更早的计划" not in out
    assert saved_words(kept) == (
        f"本期（2026-W45）的计划已存下，下一期会自动核对：已执行 无；未执行 "
        f"{'、'.join(one.action.label for one in kept.plan.chosen)}。"
        "做完一项就用 shopscore plan --done 加上方括号里的名字标记。"
    )
    code, out, _ = run("plan", "--done", name, "--week", "2026-W46", "--shop", shop.root, "--json")
    last = json.loads(out)["last"]
    assert code == 0 and (last["week"], last["done"]) == ("2026-W45", [name])
    assert {row["dimension"] for row in last["outcome"]} == {"product", "logistics", "service"}
    assert "2026-W45 的计划：已执行" in run("plan", "--week", "2026-W46", "--shop", shop.root)[1]
    assert standing.promises(shop, "2026-W46") and standing.promises(shop, "2026-W45") is None
    assert standing.reviewed(shop, "2026-W46")["done"].tolist() == [True]


def test_a_kept_plan_of_the_same_week_keeps_what_was_done(shop: Shop, run: Run) -> None:
    run("plan", "--target", 4.75, "--save", "--shop", shop.root)
    name = standing.kept_plans(shop)[0].plan.chosen[0].action.name
    run("plan", "--done", name, "--save", "--target", 4.75, "--shop", shop.root)
    assert [kept.done for kept in standing.kept_plans(shop)] == [(name,)]


def test_nothing_kept_means_nothing_to_mark(shop: Shop, run: Run) -> None:
    code, out, err = run("plan", "--done", "qc_team", "--shop", shop.root)
    assert (code, out) == (1, "")
    assert "expected a kept plan to mark actions of, found none; keep one with `shopscore plan --save`" in err


def test_an_impossible_target_is_proved_so(shop: Shop, run: Run) -> None:
    out = run("plan", "--target", 5, "--shop", shop.root)[1]
    assert "[保守、居中、乐观] 不可行：全部可用措施都见效时" in out and out.count("不可行：") == 1


def test_a_plan_says_from_which_total_it_starts_and_why_the_platforms_differs(shop: Shop, run: Run) -> None:
    found = standing.plans(shop, 4.75)[0]
    out = run("plan", "--target", 4.75, "--shop", shop.root)[1].splitlines()
    assert out[0].endswith(f" · 自算总分 {found.total_before:.2f} · 目标 4.75")
    assert out[1].startswith(f"自算总分 {found.total_before:.2f} 由三个维度的平台分按权重相加，平台公布的总分是 4.")
    assert promises.start(shop) == standing.start_note(shop) and out[1].startswith(standing.start_note(shop))
    assert out[2].startswith("2026年第44—46周丢星最多的是「")


def test_a_case_that_only_its_source_lets_reach_the_target_is_printed_with_the_doubt(
    shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopscore_analysis.show.lead.reserves", lambda *_: {"保守": "它说得多。", "乐观": ""})
    out = run("plan", "--target", 4.75, "--shop", shop.root)[1].splitlines()
    cases = {line[1:3]: line for line in out if line.startswith("[")}
    assert "；按来源说法达到；12 个月花费 ¥" in cases["保守"] and "按来源说法达到" in cases["乐观"]
    assert "按来源说法达到" not in cases["居中"]
    assert [line for line in out if "它说得多" in line] == ["保守：它说得多。"]


def test_a_plan_begins_on_the_monday_after_its_week(shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on the day of the score, which is past; a plan printed later begins on the day it is printed."""
    (shop.root / "actions.toml").write_text(ACTION, encoding="utf-8")
    assert promises.plan_start(shop, "2026-W46").isoformat() == "2026-11-16"
    assert promises.plan_start(shop, "2026-W45").isoformat() == "2026-11-16"  # the day of the newest export
    assert promises.plan_start(shop, "2026-W46", "2026-11-30").isoformat() == "2026-11-30"
    monday = "11月16日（报告出来时）"
    for today, begins in (("2026-11-14", monday), ("2026-11-30", "11月30日（今天）")):
        monkeypatch.setattr(due, "today", lambda today=today: date.fromisoformat(today))
        code, out, _ = run("plan", "--shop", shop.root, "--week", "2026-W46", "--target", "4.75")
        assert code == 0 and f"假定 {begins}动手：" in out


def test_a_week_asked_for_before_it_is_over_is_marked_in_the_facts(shop: Shop) -> None:
    """The exports of the twelve reviews were made on the Monday after; of the week begun then nothing is there."""
    assert "unfinished" not in report.facts(shop, "2026-W46")
    assert report.facts(shop, "2026-W47")["unfinished"] is True
