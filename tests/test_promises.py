"""What was promised is read from the page that promised it, and judged with restraint."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from shopscore_analysis import promises, show
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.shop import Shop
from shopscore_analysis.tally import Tally
from tests.report import editions, shops
from tests.show import worlds

BEFORE, NOW = "2026-W45", "2026-W46"


def _tally(defect: tuple[int, int], delivery: tuple[int, int], size: int = 100) -> Tally:
    """Complaints before and now: of one product's defects, and of slow delivery over the whole shop."""
    rows = [("name", "p1", "", "连帽羽绒服", 1)]
    for week, at in ((BEFORE, 0), (NOW, 1)):
        rows += [("text", product, week, "", size) for product in ("p1", "p2")]
        rows += [("cause", "p1", week, "defect", defect[at]), ("cause", "p2", week, "slow_delivery", delivery[at])]
    cells = pd.DataFrame(rows, columns=["feature", "product", "week", "key", "count"])
    return Tally.of([cells.assign(shop="s", sku="", rating=1)])


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    """A shop with a published report of the week before."""
    editions.publish(tmp_path / BEFORE, BEFORE)
    held = _tally((20, 5), (20, 21))
    empty = pd.DataFrame({"week": [], "product_score": [], "logistics_score": [], "service_score": []})
    return SimpleNamespace(
        root=tmp_path,
        reports=tmp_path,
        week=lambda week="": week or NOW,
        tally=lambda last, week: held,
        scores=lambda: empty,
        inventory=SimpleNamespace(exported=lambda table: datetime(2026, 11, 17, 8)),
    )


def test_the_three_things_of_the_last_report_are_counted_in_both_weeks(shop: Any) -> None:
    """Of a product over its own texts, of the whole shop over all; at most 可能变化."""
    found = promises.things(shop).set_index("cause")
    defect, delivery = found.loc["defect"], found.loc["courier"] if "courier" in found.index else None
    assert list(defect[["week", "where", "k_before", "n_before", "k", "n"]]) == [
        BEFORE,
        "「连帽羽绒服」",
        20,
        100,
        5,
        100,
    ]
    assert defect["verdict"] == "可能变化" and defect["high"] < 0
    assert delivery is None or delivery["n"] == 200
    assert set(found["verdict"]) <= {"可能变化", "波动内", "样本不足"}
    assert found["action"].str.len().min() > 4 and found["who"].str.contains("11月").all()


def test_what_does_not_move_is_not_called_better(shop: Any) -> None:
    """Twenty against twenty-one of two hundred."""
    shop.tally = lambda last, week: _tally((20, 21), (0, 0))
    assert promises.things(shop).set_index("cause").loc["defect", "verdict"] == "波动内"
    shop.tally = lambda last, week: _tally((1, 0), (0, 0))
    assert promises.things(shop).set_index("cause").loc["defect", "verdict"] == "样本不足"


def test_a_first_report_says_that_nothing_was_promised_yet(tmp_path: Path, shop: Any) -> None:
    """No page, no plan, no scores: said, not raised."""
    shop.reports = tmp_path / "none"
    assert promises.things(shop).empty and list(promises.things(shop)) == list(promises.THINGS)
    assert promises.plan(shop) is None and promises.way(shop) is None
    assert "还没有更早的周报或存下的计划可以核对" in show.promised(None, promises.things(shop)).markup
    assert "请导入店铺体验分" in show.way_on(None).markup


def test_the_sentences_claim_no_more_than_the_verdicts(shop: Any) -> None:
    """可能, and no proof of cause."""
    said = show.promised(None, promises.things(shop)).markup
    assert "第45周周报的三件事：" in said and "「质量缺陷」可能变少了，还要再看一周" in said
    assert "−15.0 个百分点" in said and "不证明因果" in said and "20/100" in said
    assert "确实" not in said


def test_the_sources_change_with_the_last_report_and_with_the_plans(shop: Any) -> None:
    """So that the run id does, too."""
    first = promises.sources(shop)
    assert first["last_report"] == BEFORE and len(first["last_report_digest"]) == 12 and "plans_digest" not in first
    (shop.reports / "plan.json").write_text("{}", encoding="utf-8")
    editions.publish(shop.reports / BEFORE, BEFORE, extra="<p>x</p>")
    second = promises.sources(shop)
    assert second["last_report_digest"] != first["last_report_digest"] and second["plans_digest"]
    (shop.root / "actions.toml").write_text("", encoding="utf-8")
    assert "actions_digest" not in second and promises.sources(shop)["actions_digest"]


def test_a_report_is_made_for_the_day_it_is_given_or_of_the_newest_export_and_never_by_the_clock(shop: Any) -> None:
    assert promises.sources(shop)["made_for"] == promises.made_for(shop) == "2026-11-17"
    assert promises.sources(shop, today="2026-12-01")["made_for"] == "2026-12-01"
    with pytest.raises(SettingsError) as refused:
        promises.made_for(shop, "morgen")
    assert str(refused.value) == "expected a day such as 2026-11-16 as `today`, found 'morgen'; mend it or leave it out"


def test_a_report_of_the_same_or_a_later_week_promises_nothing(tmp_path: Path, shop: Any) -> None:
    """Only what was said before."""
    editions.publish(tmp_path / NOW, NOW)
    assert promises.last_page(shop) == tmp_path / BEFORE / "weekly.html"
    assert promises.last_page(shop, BEFORE) is None


def test_a_real_shop_without_scores_still_gets_its_sections(tmp_path: Path) -> None:
    """Reviews alone make a report."""
    real = shops.make(tmp_path / "小店")
    real.load([tmp_path / "小店" / "data" / "inbox"])
    opened = Shop.open(real.root)
    assert promises.way(opened) is None and promises.plan(opened) is None and promises.things(opened).empty
    assert promises.outlook(opened).empty


def test_a_range_of_totals_is_given_with_the_cost() -> None:
    """Low to high; whole yuan."""
    action = SimpleNamespace(name="photos", label="拍新图", claim=False)
    plans = [
        SimpleNamespace(
            chosen=(SimpleNamespace(action=action),), feasible=True, target=4.8, cost=28000.0, capital=0.0,
            months=12, total_before=4.7, total_after=after, left_out=(), before={"product": 4.5},
            after={"product": 4.5 + after - 4.7},
        )
        for after in (4.8, 4.82, 4.85)
    ]  # fmt: skip
    said = show.way_on(plans).markup
    assert "自算总分从 4.70 到 4.80—4.85（保守到乐观）。" in said and "¥28,000<" in said and "4.70 → 4.82" in said


def test_a_total_out_of_reach_is_a_ceiling_and_not_where_the_plan_ends() -> None:
    """Of a plan that only its better cases reach; what is not reached costs nothing because nothing is chosen."""
    chosen = (SimpleNamespace(action=SimpleNamespace(name="photos", label="拍新图", claim=False)),)
    plans = [
        SimpleNamespace(
            chosen=chosen if reached else (), feasible=reached, target=4.8, cost=28000.0 * reached, capital=0.0,
            months=12, total_before=4.7, total_after=after, left_out=(), before={"product": 4.5},
            after={"product": after}, words="不可行：就是不行",
        )
        for reached, after in ((False, 4.75), (True, 4.82), (True, 4.85))
    ]  # fmt: skip
    said = show.way_on(plans).markup
    assert "自算总分从 4.70 到 4.82—4.85（居中到乐观）；最多到 4.75（保守）。" in said
    assert "4.70 → 最多 4.75" in said and ">—<" in said and "¥0" not in said


def test_the_method_and_the_taggers_quality_are_told() -> None:
    """Precision and recall with their counts, and what they are not."""
    quality = pd.DataFrame(
        [
            ("defect", 593, 485, 427, 0.865, 0.706, 0.848, 0.906, 0.681, 0.756),
            ("hidden", 40, 50, 30, 0.6, 0.75, 0.462, 0.724, 0.598, 0.858),
        ],
        columns=["cause", "n", "said", "hit", "precision", "recall", "precision_low", "precision_high", "recall_low",
                 "recall_high"],
    )  # fmt: skip
    said = show.tagger_table(quality).markup
    assert "427/485" in said and "84.8%–90.6%" in said and "427/593" in said and "68.1%–75.6%" in said
    assert "86.5%" in said and "485 次里有 427 次说对（88.0%）" in said and "没有用到本店的评价" in said
    assert "50 条好评里 30 条真有（60.0%，95% 区间 46.2%–72.4%）" in said and "40 条里认出 75.0%" in said
    assert worlds.WEEK and "Laney" in show.method().markup


def test_the_lexicon_of_the_last_report_is_read_from_its_manifest(tmp_path: Path) -> None:
    """None where there is no earlier report, or it does not say."""
    shop = shops.make(tmp_path / "shop")
    shop.load([shop.root / "data" / "inbox"])
    assert promises.last_lexicon(shop, "2026-W46") == (None, "")
    page = shops.published(shop, "2026-W45")
    assert promises.last_lexicon(shop, "2026-W46") == (None, "2026-W45")
    page.with_name("manifest.json").write_text('{"versions": {"lexicon": "0123456789abcdef"}}', encoding="utf-8")
    assert promises.last_lexicon(shop, "2026-W46") == ("0123456789ab", "2026-W45")
    assert promises.sources(shop, "2026-W46")["last_lexicon"] == "0123456789ab"
