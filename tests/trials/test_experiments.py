"""A/B tests of a whole shop: declared, planned or refused, read; and the commands."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from shopscore_analysis.declaration import BETTER, EARLY, STOPPED, Experiment
from shopscore_analysis.errors import ExportError, SettingsError
from shopscore_analysis.measure.experiment import Baseline
from shopscore_analysis.read.formats import read_table
from shopscore_analysis.schema import TABLES
from shopscore_analysis.shop import Shop
from shopscore_analysis.show.experiment import (
    decision_words,
    experiment_line,
    honesty_notes,
    plan_words,
    readout_notes,
    split_words,
)
from shopscore_analysis.show.readouts import experiment_readouts
from shopscore_analysis.trials import assignment
from shopscore_analysis.trials.assignment import arms_of, assign_file
from shopscore_analysis.trials.experiments import Plan, declared, find, plan, plans
from shopscore_analysis.trials.readout import Readout, read, readouts
from tests.conftest import Run

BEFORE = datetime(2026, 8, 1)
CARD = """
[[experiments]]
name = "尺码卡"
hypothesis = "差评率降四个点"
metric = "bad_review"
effect = 0.04
start = 2026-09-07
end = 2026-10-18
arms = [{ name = "原样" }, { name = "放卡片" }]
guards = ["return", "late"]
"""


def _table(name: str, frame: pd.DataFrame) -> pa.Table:
    kinds = TABLES[name].all_columns
    whole = frame.assign(shop="店", source="000000000000", exported_at=pd.Timestamp("2026-11-16"))
    columns = {
        column: pa.array(whole[column], type=pa.type_for_alias(kind))
        if column in whole
        else pa.nulls(len(whole), pa.type_for_alias(kind))
        for column, kind in kinds.items()
    }
    return pa.table(columns)


def _card() -> Experiment:
    return Experiment.model_validate(
        {"name": "尺码卡", "hypothesis": "h", "metric": "bad_review", "effect": 0.04, "start": "2026-09-07",
         "end": "2026-10-18", "arms": [{"name": "原样"}, {"name": "放卡片"}]}
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of 20 weeks with 350 orders each; 10 % bad reviews, 5 % where the card is in the parcel."""
    random, number = np.random.default_rng(5), 7_000
    ids = pd.Series([f"69{at:010d}" for at in range(number)])
    ordered = pd.Timestamp("2026-06-29") + pd.to_timedelta(np.arange(number) * 140 / number, unit="D").floor("s")
    ordered = pd.Series(ordered)
    carded = ids.map(_card().arm_of).eq("放卡片") & ordered.between("2026-09-07", "2026-10-19", inclusive="left")
    bad = random.random(number) < np.where(carded, 0.05, 0.10)
    orders = pd.DataFrame(
        {"key": ids, "sub_order_id": ids, "order_id": ids, "product_id": "p1", "product": "围巾", "status": "已完成",
         "ordered_at": ordered, "shipped_at": ordered + pd.Timedelta(hours=20),
         "promised_at": ordered + pd.Timedelta(hours=48), "qty": 1,
         "carrier": np.where(np.arange(number) % 2, "甲", "乙")}
    )  # fmt: skip
    reviews = pd.DataFrame(
        {"key": "r" + ids, "order_ref": ids, "product_id": "p1", "product": "围巾", "text": "还可以",
         "reviewed_at": ordered + pd.Timedelta(days=9), "stars": np.where(bad, 1, 5)}
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("shops") / "店"
    shop = Shop.create(folder, "店", "衣服")
    shop.shelf.put([("orders", _table("orders", orders)), ("reviews", _table("reviews", reviews))])
    (folder / "experiments.toml").write_text(CARD, encoding="utf-8")
    return folder


@pytest.fixture
def shop(whole: Path) -> Shop:
    """That shop, its declaration not seen yet."""
    (whole / "data" / "experiments.json").unlink(missing_ok=True)
    (whole / "experiments.toml").write_text(CARD, encoding="utf-8")
    return Shop.open(whole)


def _declare(shop: Shop, text: str) -> Shop:
    (shop.root / "experiments.toml").write_text(text, encoding="utf-8")
    return Shop.open(shop.root)


def _read(shop: Shop, week: str = "", at: datetime = BEFORE) -> Readout:
    return read(shop, find(declared(shop)), week, at)


def test_a_planted_effect_is_read_with_its_interval(shop: Shop) -> None:
    found = _read(shop)
    row = found.main.iloc[0]
    assert not found.split.failed and found.over and found.placed == found.ripe == 2100
    assert row["n"] + row["n_control"] == 2100
    assert row["verdict"] == BETTER and row["low"] <= -0.05 <= row["high"]
    assert found.guards["metric"].tolist() == ["return", "late"]
    assert decision_words(found).endswith("更好。") and f"/{int(row['n'])}）" in decision_words(found)
    assert split_words(found).startswith("分流正常：原样 ")


def test_before_its_end_a_fixed_test_is_only_peeked_at(shop: Shop) -> None:
    found = _read(shop, "2026-W43")
    assert not found.over and found.ripe < found.placed == 2100
    assert set(found.rows["verdict"]) == {EARLY}
    assert any(note.startswith("提前看：到 2026-11-09 才到齐") for note in readout_notes(found))


def test_only_orders_old_enough_are_read(shop: Shop) -> None:
    found = _read(shop, "2026-W40")  # known until 5 October: orders until 13 September are ripe, a week of them
    assert (found.placed, found.ripe) == (1400, 350)
    assert "350/1400 个可读" in readout_notes(found)[0]


def test_a_sequential_test_may_speak_early(shop: Shop) -> None:
    found = _read(_declare(shop, CARD + 'mode = "sequential"\n'), "2026-W45")
    assert found.path["week"].tolist() == [f"2026-W{week}" for week in range(37, 43)]
    assert found.main["method"].tolist() == ["always valid"]
    assert found.main["verdict"].tolist() == [BETTER]


def test_declared_after_its_start_is_told_and_read_as_fixed(shop: Shop) -> None:
    found = _read(_declare(shop, CARD + 'mode = "sequential"\n'), "2026-W43", at=datetime(2026, 9, 8))
    told = honesty_notes(found)
    assert told[0].startswith("声明晚于开始：2026-09-08 00:00:00 才第一次见到，2026-09-07 已经开始")
    assert told[1].startswith("随时可读要在开始之前声明才算") and set(found.rows["verdict"]) == {EARLY}


def test_changed_after_its_start_names_what_changed(shop: Shop) -> None:
    _read(shop)
    found = _read(_declare(shop, CARD.replace("effect = 0.04", "effect = 0.02")), at=datetime(2026, 11, 1))
    assert honesty_notes(found)[0].startswith("开始之后改过声明（最小效应；2026-11-01 00:00:00 见到）")
    assert experiment_line([found]).endswith("（改过，只作参考）。")


def test_what_is_only_for_reference_says_so_beside_and_above_its_verdict(shop: Shop) -> None:
    found = _read(shop, at=datetime(2026, 9, 8))
    assert experiment_line([found]) == "尺码卡：更好（声明晚，只作参考）。"
    markup = experiment_readouts([found]).markup
    assert markup.index("声明晚于开始") < markup.index("分流正常") < markup.index("更好")
    assert experiment_line([_read(shop)]) == "尺码卡：更好（声明晚，只作参考）。"  # once late, always late


def test_in_time_and_drawn_needs_no_caveat(shop: Shop) -> None:
    found = _read(shop)
    assert experiment_line([found]) == "尺码卡：更好。" and honesty_notes(found) == []


def test_a_wrong_split_stops_the_readout(shop: Shop) -> None:
    uneven = CARD.replace(
        '{ name = "原样" }, { name = "放卡片" }', '{ name = "原样", share = 0.4 }, { name = "放卡片", share = 0.6 }'
    )
    column = uneven.replace("share = 0.4", 'share = 0.4, value = "甲"').replace(
        "share = 0.6", 'share = 0.6, value = "乙"'
    )
    found = _read(_declare(shop, column + 'split = "carrier"\n'))
    assert found.split.failed and found.rows.empty and found.path.empty
    assert decision_words(found) == STOPPED
    assert split_words(found).startswith(
        "停止：分流异常。原样 1,050、放卡片 1,050，按声明的份额应是 840、1,260（p < 0.001）"
    )


def test_a_column_without_shares_is_never_called_random(shop: Shop) -> None:
    arms = '[{ name = "甲", value = "甲" }, { name = "乙", value = "乙" }]'
    found = _read(
        _declare(shop, CARD.replace('[{ name = "原样" }, { name = "放卡片" }]', arms) + 'split = "carrier"\n')
    )
    assert any("不是随机分的" in note and "不能说是原因" in note for note in honesty_notes(found))
    assert "查不了分流" in split_words(found)
    assert experiment_line([found]).endswith("（非随机）。") and not found.strangers


def test_values_that_no_arm_names_are_listed(shop: Shop) -> None:
    arms = '[{ name = "甲", value = "甲快递" }, { name = "乙", value = "乙快递" }]'
    text = CARD.replace('[{ name = "原样" }, { name = "放卡片" }]', arms) + 'split = "carrier"\n'
    declared_ = _declare(shop, text)
    found = _read(declared_)
    assert (found.placed, found.outside, found.strangers) == (0, 2100, {"甲": 1050, "乙": 1050})
    assert any(
        "没有分组的子订单 2,100 个（快递里是 乙 1,050、甲 1,050；声明的是 甲快递、乙快递）" in note
        for note in readout_notes(found)
    )
    assert [one.test.name for one in readouts(declared_)] == ["尺码卡"]
    markup = experiment_readouts([found]).markup
    assert "甲 1,050" in markup and markup.index(">结论<") < markup.index(">这一组<")  # in view without scrolling


def test_a_split_of_products_waits_for_no_orders_and_needs_five_of_each(shop: Shop) -> None:
    test = find(declared(shop)).model_copy(update={"split": "product"})
    before = Baseline(0.10, 0.01**2, 40.0, 40)
    found = Plan(test, before, {"原样": 5, "放卡片": 5}, 0.0, 12, 0.01)
    assert not found.refused and found.last_day is None and "商品够用" in plan_words(found)


def test_the_plan_counts_the_shops_own_volume(shop: Shop) -> None:
    found = plan(shop, find(declared(shop)))
    assert not found.refused
    assert found.baseline.level == pytest.approx(0.1, abs=0.015) and found.baseline.weekly == pytest.approx(350, abs=2)
    assert found.weeks == pytest.approx(sum(found.needed.values()) / found.baseline.weekly, rel=0.01)
    assert "声明的结束日" not in plan_words(found)


def test_what_cannot_be_read_in_time_is_refused_with_its_weeks(shop: Shop) -> None:
    found = plan(
        _declare(shop, CARD.replace("0.04", "0.005")), find(declared(shop)).model_copy(update={"effect": 0.005})
    )
    assert found.refused and found.weeks > 100 and found.last_day is None
    assert 0.01 < found.detectable < 0.05
    assert f"要 {found.weeks:.1f} 周，超过 12 周" in plan_words(found) and "最小只看得出" in plan_words(found)


def test_an_effect_larger_than_the_level_cannot_be_planned(shop: Shop) -> None:
    test = find(declared(shop)).model_copy(update={"effect": 0.3})
    with pytest.raises(
        SettingsError, match=r"尺码卡: expected an effect below the 差评率.* found 30.00%; it cannot fall"
    ):
        plan(shop, test)
    assert plans(_declare(shop, CARD.replace("0.04", "0.3")))[1] == {"尺码卡": "too-large"}


def test_without_records_before_the_start_nothing_is_planned(shop: Shop) -> None:
    early = find(declared(shop)).model_copy(update={"start": datetime(2026, 6, 29).date()})
    with pytest.raises(SettingsError, match="expected records before 2026-06-29 to plan"):
        plan(shop, early)


def test_what_the_platform_forbids_is_no_test(shop: Shop) -> None:
    banned = _declare(shop, CARD.replace("差评率降四个点", "五星好评返现 5 元，好评率更高"))
    with pytest.raises(SettingsError, match=r"expected a test that the platform allows, found “.*好评返现"):
        declared(banned)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (CARD + CARD, "expected every test under a name of its own, found 尺码卡 again"),
        ("[experiments", "expected TOML in UTF-8 in"),
        ('name = "x"', "expected only [[experiments]] in"),
        ("experiments = 5", "found experiments = 5"),
        ("experiments = ['a']", "a valid dictionary"),
        (CARD.replace("effect = 0.04", "effect = 4"), "expected the effect as a fraction"),
    ],
)
def test_a_faulty_file_is_named(shop: Shop, text: str, complaint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        declared(_declare(shop, text))
    assert complaint in str(caught.value)


def test_an_unknown_test_lists_those_there_are(shop: Shop) -> None:
    with pytest.raises(SettingsError, match=r"expected the name of a declared test \(尺码卡\), found 别的"):
        find(declared(shop), "别的")
    with pytest.raises(SettingsError, match=r"\(none\), found no name"):
        find([])


def test_names_of_a_declaration_are_escaped_on_the_page(shop: Shop) -> None:
    hostile = _declare(shop, CARD.replace("放卡片", "<b>x</b>").replace("尺码卡", "<script>1</script>"))
    markup = experiment_readouts([_read(hostile)]).markup
    assert "<script>" not in markup and "<b>x" not in markup and "&lt;script&gt;" in markup


def test_tests_without_orders_yet_are_not_read(shop: Shop) -> None:
    assert [one.test.name for one in readouts(shop, "2026-W38")] == ["尺码卡"]
    assert readouts(shop, "2026-W35") == []


# assign


def test_a_file_gets_its_arms_and_ids_stay_whole(tmp_path: Path) -> None:
    source = tmp_path / "待发货.csv"
    source.write_text("主订单编号,备注\n\t690123456789012345,=1+1\n690123456789012346,\n", encoding="utf-8-sig")
    wanted = [_card().arm_of("690123456789012345"), _card().arm_of("690123456789012346")]
    for name in ("out.csv", "out.xlsx"):
        counts = assign_file(_card(), source, tmp_path / name)
        rows = read_table(tmp_path / name).to_pylist()
        assert [row["分组"] for row in rows] == wanted and sum(counts.values()) == 2
        assert [row["主订单编号"].strip() for row in rows] == ["690123456789012345", "690123456789012346"]
    assert '"\t=1+1"' in (tmp_path / "out.csv").read_text(encoding="utf-8-sig") or "\t=1+1" in (
        tmp_path / "out.csv"
    ).read_text(encoding="utf-8-sig")


def test_an_id_is_the_same_with_what_spreadsheets_put_around_it() -> None:
    assert list(arms_of(_card(), ["6901", "\t6901", " 6901 ", "'6901", '="6901"', "`6901`", "６９０１", "6901.0"])) == [
        "6901"
    ]


@pytest.mark.parametrize("spoilt", ["", "6.9E+18", '="6901', '6901="', "-", "6.91e18"])
def test_what_is_no_whole_id_is_refused(spoilt: str) -> None:
    with pytest.raises(SettingsError, match="expected whole ids, found"):
        arms_of(_card(), ["6901", spoilt])


def test_guarded_ids_of_a_file_fall_into_the_arm_that_is_read(tmp_path: Path) -> None:
    ids = [str(6907 + at) for at in range(8)]
    source, out = tmp_path / "orders.csv", tmp_path / "out.csv"
    guards = ('"=""{}"""', "`{}", "'{}", "{}")
    lines = [guards[at % 4].format(one) for at, one in enumerate(ids)]
    source.write_text("\n".join(["订单号", *lines]) + "\n", encoding="utf-8")
    assign_file(_card(), source, out)
    assert [row["分组"] for row in read_table(out).to_pylist()] == [_card().arm_of(one) for one in ids]


def test_a_file_that_cannot_be_written_whole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "orders.csv"
    source.write_text("订单号\n6901\n6902\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"expected a folder that can be written for --out, found .*nodir"):
        assign_file(_card(), source, tmp_path / "nodir" / "x.csv")
    monkeypatch.setattr(assignment, "_SHEET_ROWS", 2)
    with pytest.raises(SettingsError, match=r"expected fewer than 2 rows for a sheet of .xlsx, found 2; write a .csv"):
        assign_file(_card(), source, tmp_path / "x.xlsx")
    assert assign_file(_card(), source, tmp_path / "x.csv")
    with pytest.raises(ExportError, match="expected no column 分组 yet, found one"):
        assign_file(_card(), tmp_path / "x.csv", tmp_path / "y.csv")
    assert not (tmp_path / "y.csv").exists()


def test_rounded_ids_and_unknown_columns_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "orders.csv"
    source.write_text("订单号,备注\n6.9E+18,a\n", encoding="utf-8")
    with pytest.raises(ExportError, match=r"row 2, column 订单号\): expected whole ids, found '6.9E\+18'"):
        assign_file(_card(), source, tmp_path / "out.csv")
    source.write_text("编号,备注\n1,a\n", encoding="utf-8")
    with pytest.raises(
        ExportError, match=r"expected a column 主订单编号、订单号.*found 编号、备注; name it with --column"
    ):
        assign_file(_card(), source, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(SettingsError, match=r"ending in .csv, .xlsx, found out.txt"):
        assign_file(_card(), source, tmp_path / "out.txt")


# The commands


@pytest.mark.parametrize("command", ["list", "plan", "assign", "read"])
def test_every_command_explains_itself_with_an_example(run: Run, command: str) -> None:
    code, out, _ = run("experiment", command, "--help")
    assert code == 0 and f"Example: shopscore experiment {command}" in " ".join(out.split())


def test_the_commands_speak_json_and_exit_by_what_may_be_read(run: Run, shop: Shop) -> None:
    code, out, _ = run("experiment", "plan", "--shop", shop.root, "--json")
    assert code == 0 and json.loads(out)["refused"] is False
    assert run("experiment", "plan", "尺码卡", "--horizon", 1, "--shop", shop.root)[0] == 1
    code, out, _ = run("experiment", "read", "尺码卡", "--week", "2026-W46", "--shop", shop.root, "--json")
    found = json.loads(out)
    assert code == 0 and found["results"][0]["verdict"] == BETTER
    assert found["standing"]["is_late"] and found["words"][0].startswith("声明晚于开始")
    assert json.loads(run("experiment", "list", "--shop", shop.root, "--json")[1])["experiments"][0]["name"] == "尺码卡"
    code, out, _ = run("experiment", "assign", "尺码卡", "--id", "6901", "--shop", shop.root, "--json")
    assert json.loads(out)["arms"] == {"6901": _card().arm_of("6901")}


def test_assign_wants_ids_or_a_file_with_its_target(run: Run, shop: Shop) -> None:
    assert run("experiment", "assign", "尺码卡", "--shop", shop.root)[0] == 2
    assert run("experiment", "assign", "尺码卡", "a.csv", "--shop", shop.root)[0] == 2


def test_an_unknown_name_is_refused(run: Run, shop: Shop) -> None:
    code, _, said = run("experiment", "read", "别的", "--shop", shop.root)
    assert code == 1 and "expected the name of a declared test (尺码卡), found 别的" in said
