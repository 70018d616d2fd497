"""Shops beside one another, read one by one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from shopscore_analysis import portfolio, show
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.report import bundle
from shopscore_analysis.report.under import newest
from tests.report import shops
from tests.report.notebooks import write

RECEIPT = """\
from IPython.display import display
facts = {"shop": "两家", "category": "", "week": week, "data_as_of": ""}
display({"text/plain": "", "application/vnd.shopscore.receipt+json": {"findings": None, "facts": facts}}, raw=True)"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two shops with the same exports, one that has none, and one whose settings are broken."""
    for name in ("甲", "乙"):
        shop = shops.make(tmp_path / name)
        shop.load([shop.root / "data" / "inbox"])
    shops.make(tmp_path / "空", inbox=False)
    (tmp_path / "坏").mkdir()
    (tmp_path / "坏" / "shop.toml").write_text("name = ", encoding="utf-8")
    return tmp_path


def test_every_shop_is_compared_and_what_cannot_be_is_listed(root: Path) -> None:
    """Counts of the last four weeks, the same for the same exports; two shops fail alone."""
    held = portfolio.compared(root)
    assert sorted(held.shops["shop"]) == ["乙", "甲"] and list(held.shops) == list(portfolio.SHOPS)
    one, two = (held.shops.drop(columns="shop").iloc[at] for at in (0, 1))
    assert one.equals(two) and one["n"] > 0 and one["k"] > 0
    assert sorted(held.failed["shop"]) == ["坏", "空"]
    assert held.facts["week"] == newest(root) == "2026-W46" and set(held.facts["inputs"]) == {"甲", "乙"}
    assert "坏" in show.failed_table(held.failed).markup


def test_the_reviews_of_other_weeks_are_not_even_tagged(root: Path) -> None:
    """A week a year later holds none of them."""
    held = portfolio.compared(root, "2027-W40")
    assert held.shops.empty and len(held.failed) == 4
    assert show.shops_figure(held.shops).description.startswith("没有一家店的数据可以比较。")


def test_a_folder_without_reviews_is_refused(tmp_path: Path) -> None:
    """What to do stands in the message."""
    shops.make(tmp_path / "空", inbox=False)
    with pytest.raises(SettingsError) as caught:
        newest(tmp_path)
    assert str(caught.value) == (
        f"expected reviews in at least one shop under {tmp_path}, found none; run `shopscore load`"
    )


def _shops() -> pd.DataFrame:
    rows = [
        ("甲", 4.7, 4.8, 40, 100, 0, 20, 100, None, "defect", 0.2, None, -0.0),
        ("乙", 4.9, 4.9, 5, 100, 0, 20, 100, None, None, 0.0, "late_dispatch", -0.1),
        ("丙", 4.6, float("nan"), 1, 3, 0, 1, 3, None, None, 0.0, None, 0.0),
    ]  # fmt: skip
    names = ["shop", "score", "score_before", "k", "n", "_", "k_before", "n_before", "__", "worse", "worse_stars",
             "better", "better_stars"]  # fmt: skip
    return portfolio._judged(pd.DataFrame(rows, columns=names))


def test_shops_are_judged_together_and_never_above_possible() -> None:
    """The worst first; too few is said."""
    judged = _shops().set_index("shop")
    assert list(judged.index) == ["甲", "丙", "乙"] or list(judged.index) == ["甲", "乙", "丙"]
    assert judged["verdict"].to_dict() == {"甲": "可能变化", "乙": "可能变化", "丙": "样本不足"}
    said = show.portfolio_line(_shops())
    assert said == (
        "3 家店最近 4 周对之前 4 周：抱怨可能变多 1 家，可能变少 1 家，其余看不出变化。"
        "变多最多的是「甲」，+20.0 个百分点。"
    )
    table = show.shops_table(_shops()).markup
    assert "质量缺陷 +0.200 星/条" in table and "发货慢 −0.100 星/条" in table and "−0.10" in table


def test_a_cause_is_followed_over_all_shops() -> None:
    """In how many it rose, and where most."""
    rows = [
        ("甲", "defect", 9, 50, 1, 50, 0.16, "可能变化", 0.5, 0.1),
        ("乙", "defect", 1, 50, 9, 50, -0.16, "可能变化", 0.1, 0.5),
    ]
    causes = pd.DataFrame(rows, columns=list(portfolio.CAUSES))
    found = portfolio.rises(portfolio.Portfolio(pd.DataFrame(), causes, pd.DataFrame(), {}))
    assert found.iloc[0].to_dict() == {
        "cause": "defect", "up": 1, "down": 1, "same": 0, "worst": "甲", "worst_stars": pytest.approx(0.4),
    }  # fmt: skip
    assert portfolio.rises(portfolio.Portfolio(pd.DataFrame(), causes.head(0), pd.DataFrame(), {})).empty


def test_a_notebook_over_many_shops_is_published_under_their_folder(root: Path) -> None:
    """`shopscore report NAME -p root=…`: no shop is opened, no shop's index is written."""
    (root / "notebooks").mkdir()
    write(root / "notebooks" / "over.ipynb", RECEIPT, parameters='root: str = ""  # shops\nweek: str = ""  # week')
    made = bundle.issue(Path(), "over", parameters={"root": str(root)})
    assert made.html == root / "reports" / "2026-W46" / "over.html" and made.index is None
    assert made.tables.exists() and "两家" in made.html.read_text(encoding="utf-8")
