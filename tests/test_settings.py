"""shop.toml: what is written is read back, and what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.score import rules
from shopscore_analysis.settings import FILE, Settings, read_settings, write_settings

hostile = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60).filter(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=hostile, category=st.sampled_from(["", "衣服", '"]\nname = "x']))
def test_any_name_survives_the_file(tmp_path: Path, name: str, category: str) -> None:
    (tmp_path / FILE).unlink(missing_ok=True)
    write_settings(tmp_path, name, category)
    found = read_settings(tmp_path)
    assert (found.name, found.category) == (name.strip(), category.strip())


def test_the_written_file_holds_the_defaults(tmp_path: Path) -> None:
    write_settings(tmp_path, "店", "")
    assert read_settings(tmp_path) == Settings(name="店")


def test_the_written_file_names_every_rule_set(tmp_path: Path) -> None:
    text = write_settings(tmp_path, "店", "").read_text(encoding="utf-8")
    assert [name for name in rules.names() if f'"{name}"' not in text.split("\nrules = ")[0]] == []


def test_a_second_shop_is_refused(tmp_path: Path) -> None:
    write_settings(tmp_path, "店", "")
    with pytest.raises(SettingsError, match=r"expected a folder without shop.toml, found .*; edit that file"):
        write_settings(tmp_path, "店", "")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('nam = "x"', "name: Field required; nam: Extra inputs are not permitted"),
        ('name = "x"\ntarget = 6', "target: Input should be less than or equal to 5"),
        ('name = "x"\n[weights]\nproduct = 0.5\nlogistics = 0.3\nservice = 0.3', "must sum to 1, found 1.1"),
        ("name = ", "expected TOML in UTF-8 in"),
        ('name = "x"\n[[events]]\nweek = "2026-W99"\nlabel = "a"', "expected an ISO week such as 2026-W46, found"),
        ('name = "x"\n[plan]\nmonths = 0', "plan.months: Input should be greater than or equal to 1"),
        ('name = "x"\nshop_type = "大店"', "shop_type: Input should be '', '旗舰', '非旗舰' or '通用'"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path)
    assert complaint in str(caught.value) and str(tmp_path / FILE) in str(caught.value)


def test_a_folder_without_a_shop_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"expected shop.toml in .*, found none; make a shop with `shopscore init"):
        read_settings(tmp_path)


def test_events_and_prices_of_the_plan_are_read(tmp_path: Path) -> None:
    text = 'name = "x"\n[plan]\npurchases = 300000\n[[events]]\nweek = "2026-W40"\nlabel = "换快递"'
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    found = read_settings(tmp_path)
    assert (found.plan.purchases, found.plan.freight, found.plan.months) == (300_000, None, 12)
    assert [(event.week, event.label) for event in found.events] == [("2026-W40", "换快递")]
