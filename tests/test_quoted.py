"""What is quoted: the very text that gave the label, its evidence in sight, the least doubtful first."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from shopscore_analysis.care.screening import audited
from shopscore_analysis.care.watch import Span, tagged
from shopscore_analysis.excerpts import quoted, whole_words
from shopscore_analysis.quoted import PLAIN, SOURCES, doubts
from shopscore_analysis.shards import COMPLAINS
from shopscore_analysis.shop import Shop
from shopscore_analysis.tally import QUOTES_PER_CELL
from tests.read.conftest import REVIEW, review, workbook

LONG = (
    "给妈妈买的生日礼物，颜色比照片上还要好看，她拿到手高兴得很，当天就穿着出门了，邻居都来问在哪里买的，"
    "面料摸着软，里面的绒也厚实，洗过两次没有起球，领口不扎人，袖口也收得住风，家里人都说这个价钱买得值，我自己又跟着买了一件，"
)
SAID = [
    ("很喜欢", 5, "穿了一次就开线"),
    ("面料舒服", 5, f"{LONG}就是穿了一次就开线了"),
    (f"{LONG}可惜物流太慢，{LONG}", 2, "还是喜欢"),
    ("穿了一次就开线", 4, f"{LONG}{LONG}又穿了一次就开线了"),
    ("穿了一次就开线", 5, "今天又开线了，质量太差，很失望"),
    ("此用户没有填写评价", 1, "面料很舒服，颜色也好看"),
    *[(f"袖口开线了，第{at}件", 1 + at % 5, "") for at in range(8)],
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    home = Shop.create(tmp_path_factory.mktemp("quoted") / "shop", "引文店", "衣服")
    days = ["2026-09-03 12:00:00" if "又" in later else "2026-09-10 12:00:00" for _, _, later in SAID]
    rows = [
        [*review(text, day, f"690000000000000{at:03d}2", stars)[:8], later, "2026-09-12 12:00:00" * bool(later)]
        for at, (day, (text, stars, later)) in enumerate(zip(days, SAID, strict=True))
    ]
    workbook(home.root / "data" / "raw" / "评价_20260914.xlsx", {"评价": [REVIEW, *rows]})
    assert [one.error for one in home.load()] == [None]
    return home


@pytest.fixture(scope="module")
def quotes(shop: Shop) -> pd.DataFrame:
    return shop.tally("all").quotes


def test_a_quote_is_of_the_text_that_gave_its_label_and_shows_its_evidence(quotes: pd.DataFrame) -> None:
    """A follow-up behind two hundred characters of praise, a complaint between them: what says so is in the excerpt."""
    assert len(quotes) and set(quotes["source"]) == {"text", "followup"}
    for row in whole_words(quotes).itertuples():
        wanted = [parts[0 if row.source == "text" else 2] for parts in SAID]
        assert any(row.text.strip("…") in text for text in wanted)
        shown = row.text[row.start : row.end]
        silent = row.feature == "praise_only"
        assert silent or {"slow_delivery": "物流太慢"}.get(row.key, "开线") in shown, row.text
    assert {"defect", "slow_delivery"} <= set(quotes["key"])


def test_a_follow_up_that_repeats_the_cause_of_its_review_shows_its_own_evidence(
    quotes: pd.DataFrame, shop: Shop
) -> None:
    """Each cause is counted once, where it is said first; the list of follow-ups quotes the second time."""
    said = whole_words(quotes[quotes["feature"] == "followup"])
    (row,) = said[said["text"].str.contains("又穿了一次")].itertuples()
    assert "开线" in row.text[row.start : row.end]
    again = tagged(shop)
    (at,) = again.reviews.index[again.reviews["followup"].fillna("").str.contains("又穿了一次")]
    text, later = (again.reviews.loc[at, part][slice(*again.shown[end, at])] for end, part in enumerate(SOURCES))
    assert "开线" in text and "开线" in later


def test_a_silent_review_is_listed_by_what_its_follow_up_says(quotes: pd.DataFrame) -> None:
    (row,) = quotes[quotes["feature"] == "praise_only"].itertuples()
    assert (row.source, row.text) == ("followup", "面料很舒服，颜色也好看")


def test_low_stars_stand_before_high_ones_as_examples(quotes: pd.DataFrame) -> None:
    """The same words, one to five stars: three of them are kept."""
    kept = quotes[(quotes["feature"] == "cause") & (quotes["key"] == "defect") & (quotes["week"] == "2026-W37")]
    assert len(kept) == QUOTES_PER_CELL and kept["rating"].max() <= 3
    assert (kept["rank"].str[0] == "0").all()


def test_doubtful_quotes_stand_behind_sure_ones_and_texts_that_hardly_complain_behind_all() -> None:
    sure, mild, silent = 1.0, PLAIN - 0.01, COMPLAINS - 0.01
    order = [
        (sure, True, False), (sure, True, True), (mild, True, False), (sure, False, True), (silent, True, False),
    ]  # fmt: skip
    found = [doubts(np.array([c]), np.array([known]), np.array([high]))[0] for c, known, high in order]
    assert found == sorted(set(found)) and max(found) < 10  # a digit, or ranks would not sort as texts


def test_a_text_to_audit_is_cut_where_the_follow_up_contradicts_the_stars(shop: Shop) -> None:
    """Eighty characters of praise would hide why five stars are called angry."""
    reviews = audited(shop, Span(date(2026, 9, 1), date(2026, 9, 30)))
    shown = quoted(reviews)["text"].tolist()
    late = [text for text in shown if "就开线了" in text or "又开线了，质量" in text]
    assert "追评：" in next(text for text in shown if text.startswith("很喜欢"))
    assert len(late) == 2 and max(map(len, late)) <= 80
    again = reviews[reviews["text"].str.contains("又开线了，质量")].iloc[0]
    assert "开线" in again["text"][again["start"] : again["end"]]
