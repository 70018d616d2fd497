"""The plan against every subset tried out, its proof of infeasibility, and the action file."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.score.actions import FILE, Action, Terms, overridden, price_list, read_actions
from shopscore_analysis.score.plan import CASE_LABELS, against, calendar, dated, outcome, plan, table
from shopscore_analysis.score.rules import rule_set, weighted, weights_for

WEIGHTS = weights_for(rule_set("article-5pt")).weights
SCORES = {"product": 4.5, "logistics": 4.7, "service": 4.6}


def action(name: str, dimension: str, low: float, high: float, cost: float, group: str = "") -> Action:
    return Action(
        name=name, label=name, dimension=dimension, unit="stars", low=low, mid=(low + high) / 2, high=high, cost=cost,
        per="year", delay_days=(7, 14), group=group, claim=False, source="试算",
    )  # fmt: skip


drawn = st.builds(
    lambda dimension, low, extra, cost, group: (dimension, low / 100, (low + extra) / 100, cost, group),
    st.sampled_from(list(SCORES)), st.integers(1, 40), st.integers(0, 30), st.integers(0, 50), st.booleans(),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(drawn, max_size=6), st.integers(460, 500))
def test_the_plan_is_the_cheapest_of_all_subsets(rows: list[tuple], hundredths: int) -> None:
    """Every subset is tried: overlap groups hold one at most, dimensions stop at 5."""
    actions = [
        action(f"a{at}", dimension, low, high, cost, f"group {dimension}" if grouped else "")
        for at, (dimension, low, high, cost, grouped) in enumerate(rows)
    ]
    target = hundredths / 100
    items = price_list(actions, Terms())
    for found in plan(SCORES, WEIGHTS, target, items):
        reaching = []
        for size in range(len(items) + 1):
            for chosen in combinations(items, size):
                groups = [item.action.group for item in chosen if item.action.group]
                after = {
                    name: min(5.0, score + sum(i.uplift[found.case] for i in chosen if i.action.dimension == name))
                    for name, score in SCORES.items()
                }
                if len(groups) == len(set(groups)) and weighted(after, WEIGHTS) >= target - 1e-6:
                    reaching.append(sum(item.cost for item in chosen))
        assert found.feasible == bool(reaching)
        if reaching:
            assert found.cost == pytest.approx(min(reaching))
            assert found.total_after >= target - 1e-6 and max(found.after.values()) <= 5.0
        else:
            assert found.chosen == () and found.words.startswith("不可行") and found.total_after < target


def test_no_plan_on_the_product_alone_reaches_the_target_and_the_words_say_why() -> None:
    """From 4.5/4.7/4.6 = 4.59 even 商品 5.0 gives 4.79."""
    plans = plan(SCORES, WEIGHTS, 4.8, price_list(read_actions(), Terms()))
    assert [found.feasible for found in plans] == [False, False, False]
    listed = table(plans)
    assert listed["cost"].isna().all() and listed["capital"].isna().all()  # what is not done does not cost ¥0
    assert listed["words"].str.startswith("不可行").all()
    assert plans[1].total_before == pytest.approx(4.59) and plans[1].total_after == pytest.approx(4.79)
    assert plans[1].words == (
        "不可行：全部可用措施都见效时商品 4.50→5.00（已到上限），物流 4.70（不变），服务 4.60（不变），"
        "自算总分从 4.59 最多到 4.79，低于目标 4.80；还差 0.01，例如物流再 +0.04 或 服务再 +0.04；"
        "提升幅度是来源的说法，未经本店验证"
    )


def test_cautious_figures_need_more_than_hopeful_ones() -> None:
    scores = {"product": 4.3, "logistics": 4.9, "service": 4.9}
    low, mid, high = plan(scores, WEIGHTS, 4.8, price_list(read_actions(), Terms()))
    assert [[item.action.name for item in found.chosen] for found in (low, mid, high)] == [
        ["qc_team", "page_audit"],
        ["qc_team"],
        ["page_audit"],
    ]
    assert [found.cost for found in (low, mid, high)] == [172000, 144000, 28000]
    assert mid.words == (
        "建立 QC 质检团队：商品 4.30→4.70，物流 4.90（不变），服务 4.90（不变），自算总分 4.66→4.82，达到目标 4.80"
        "；提升幅度是来源的说法，未经本店验证"
    )


def test_actions_without_a_price_or_a_unit_are_left_out_with_the_reason() -> None:
    found = plan(SCORES, WEIGHTS, 4.8, price_list(read_actions(), Terms()))[0]
    assert {item.action.name: item.missing for item in found.left_out} == {
        "supplier_deposit": "缺每月采购额（purchases）",
        "cloud_warehouse": "缺每月运费（freight）、好评率百分点尚未换算成分（stars_per_point）",
        "transfer_hub": "缺每月运费（freight）、好评率百分点尚未换算成分（stars_per_point）",
        "factory_direct": "缺每月运费（freight）、好评率百分点尚未换算成分（stars_per_point）",
    }


def test_prices_follow_the_shops_terms() -> None:
    """12,000 a month; 28,000 a year begun; 5 % of 200,000 locked at 6 % for 18 months; 23 % of 10,000 freight."""
    terms = Terms(months=18, purchases=200_000, freight=10_000, capital_rate=0.06, stars_per_point=0.02)
    items = {item.action.name: item for item in price_list(read_actions(), terms)}
    costs = {name: item.cost for name, item in items.items()}
    assert costs == pytest.approx(
        {
            "qc_team": 216_000,
            "page_audit": 56_000,
            "supplier_deposit": 900,
            "cloud_warehouse": 41_400,
            "transfer_hub": 9_000,
            "factory_direct": -21_600,
        }
    )
    assert items["supplier_deposit"].capital == 10_000 and items["qc_team"].capital == 0
    assert items["cloud_warehouse"].uplift["mid"] == pytest.approx(0.17) and not items["cloud_warehouse"].missing


def test_a_target_already_reached_asks_for_nothing() -> None:
    plans = plan(dict.fromkeys(SCORES, 4.9), WEIGHTS, 4.8, price_list(read_actions(), Terms()))
    assert {found.words for found in plans} == {"自算总分 4.90，已达到目标 4.80，不需要措施"}
    assert not any(found.chosen for found in plans)
    assert table(plans)["case"].tolist() == list(CASE_LABELS.values())


def test_a_missing_score_cannot_be_planned_with() -> None:
    with pytest.raises(ValueError) as refusal:
        plan({"product": 4.5, "logistics": float("nan")}, WEIGHTS, 4.8, [])
    assert str(refusal.value) == (
        "expected a score from 0 to 5 for product, logistics, service, found none for logistics, service"
    )


def test_the_calendar_shows_when_each_action_can_be_seen() -> None:
    scores = {"product": 4.3, "logistics": 4.9, "service": 4.9}
    found = plan(scores, WEIGHTS, 4.8, price_list(read_actions(), Terms()))[0]
    rows = calendar(found, date(2026, 11, 16))
    assert rows[["action", "from", "to", "claim"]].values.tolist() == [
        ["引入 AI 详情页审核", date(2026, 11, 16), date(2026, 11, 16), True],
        ["建立 QC 质检团队", date(2026, 11, 30), date(2026, 12, 7), True],
    ]
    assert calendar(plan(SCORES, WEIGHTS, 4.8, [])[0], date(2026, 11, 16)).empty


def test_every_case_has_dates_each_action_once_with_the_cases_that_choose_it() -> None:
    """Low chooses both, mid the team, high the audit."""
    plans = plan({"product": 4.3, "logistics": 4.9, "service": 4.9}, WEIGHTS, 4.8, price_list(read_actions(), Terms()))
    rows = dated(plans, date(2026, 11, 16))
    assert rows[["name", "cases", "from"]].values.tolist() == [
        ["page_audit", "保守、乐观", date(2026, 11, 16)],
        ["qc_team", "保守、居中", date(2026, 11, 30)],
    ]
    assert dated(plan(SCORES, WEIGHTS, 4.8, []), date(2026, 11, 16)).empty


@pytest.mark.parametrize(
    ("done", "seen", "verdict"),
    [
        ({"qc_team"}, 4.65, "符合预期"),
        ({"qc_team"}, 4.5, "低于预期"),
        ({"qc_team"}, 4.9, "高于预期"),
        (set(), 4.9, "未执行"),
        ({"qc_team"}, float("nan"), "没有得分"),
    ],
)
def test_what_became_of_the_plan(done: set[str], seen: float, verdict: str) -> None:
    """QC alone promises 4.6 to 4.8; an action that was not done promises nothing."""
    scores = {"product": 4.3, "logistics": 4.9, "service": 4.9}
    found = plan(scores, WEIGHTS, 4.8, price_list(read_actions(), Terms()))[1]
    rows = outcome(found, done, {"product": seen, "logistics": 4.9}).set_index("dimension")
    assert rows["verdict"].tolist() == [verdict, "没有计划", "没有计划"]
    if done:
        assert rows.loc["product", ["expected_low", "expected_high"]].tolist() == pytest.approx([4.6, 4.8])


def test_every_action_of_the_file_is_marked_as_its_sources_claim() -> None:
    actions = read_actions()
    assert len(actions) == 6 and all(found.claim and found.source for found in actions)
    figures = {found.name: (found.low, found.high, found.cost, found.per) for found in actions}
    assert figures == {
        "qc_team": (0.3, 0.5, 12000, "month"),
        "page_audit": (0.2, 0.4, 28000, "year"),
        "supplier_deposit": (0.4, 0.7, 0.05, "purchases"),
        "cloud_warehouse": (8.5, 8.5, 0.23, "freight"),
        "transfer_hub": (2.1, 2.1, 0.05, "freight"),
        "factory_direct": (-3.2, -3.2, -0.12, "freight"),
    }


def test_a_shops_own_figures_override_the_files() -> None:
    own = [action("qc_team", "product", 0.1, 0.2, 9000.0), action("night_shift", "service", 0.1, 0.2, 500.0)]
    merged = overridden(read_actions(), own)
    assert [found.name for found in merged][0::6] == ["qc_team", "night_shift"] and merged[0].cost == 9000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ('name = "page_audit"', 'name = "qc_team"'),
            "expected every name once in a.toml, found qc_team again; mend the file",
        ),
        (
            ('group = ""', 'group = "发货方式"'),
            "expected one dimension per group in a.toml, found 发货方式 again; mend the file",
        ),
    ],
)
def test_an_action_file_that_breaks_its_rules_is_refused(tmp_path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(FILE.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(LexiconError) as refusal:
        read_actions(path)
    assert str(refusal.value) == message


def test_an_action_file_with_uplifts_upside_down_names_the_action(tmp_path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(FILE.read_text(encoding="utf-8").replace("low = 0.3", "low = 3"), encoding="utf-8")
    with pytest.raises(LexiconError) as refusal:
        read_actions(path)
    assert str(refusal.value) == (
        "expected a list of actions in a.toml, found actions.0: Value error, qc_team: uplift and delay must run from "
        "low to high; mend the file"
    )


def test_an_action_works_on_causes_that_are_known() -> None:
    assert all(set(one.causes) <= set(CAUSES) and one.causes for one in read_actions())
    with pytest.raises(ValueError, match=r"expected causes by name, .*found sizefit"):
        Action.model_validate(action("a", "product", 0.1, 0.2, 1.0).model_dump() | {"causes": ["sizefit"]})


def _priced(**causes: tuple[str, ...]) -> list:
    """Actions a (cheap), b, c (dear, of one group with b), each of +0.3 for the product, against these causes."""
    made = {"a": action("a", "product", 0.3, 0.3, 10), "b": action("b", "product", 0.3, 0.3, 50, "g")}
    made |= {"c": action("c", "product", 0.3, 0.3, 70, "g"), "worse": action("worse", "product", -0.1, -0.1, 0)}
    return price_list([made[name].model_copy(update={"causes": said}) for name, said in causes.items()], Terms())


def test_the_cheapest_way_that_works_on_a_cause_is_named_beside_the_cheapest_of_all() -> None:
    items = _priced(a=("size_fit",), b=("defect",), c=("defect",), worse=("defect", "courier"))
    found = plan(SCORES, WEIGHTS, 4.7, items)[1]
    assert [item.action.name for item in found.chosen] == ["a"]
    aimed = against(found, WEIGHTS, "defect")
    assert aimed is not None and [item.action.name for item in aimed.chosen] == ["b"]
    assert aimed.cost == 50 and aimed.total_after == pytest.approx(weighted(SCORES | {"product": 4.8}, WEIGHTS))
    assert against(found, WEIGHTS, "size_fit") is None  # what is chosen works on it
    assert against(found, WEIGHTS, "courier") is None  # what works on it lowers the score
    assert against(found, WEIGHTS, "installation") is None


def test_a_case_that_needs_nothing_or_reaches_nothing_has_no_other() -> None:
    items = _priced(a=("size_fit",), b=("defect",))
    assert against(plan(SCORES, WEIGHTS, 4.0, items)[1], WEIGHTS, "defect") is None
    assert against(plan(SCORES, WEIGHTS, 5.0, items)[1], WEIGHTS, "defect") is None
