"""Copies: found over all reviews, so that counting stays additive, and counted once where words are counted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from shopscore_analysis.copies import copies, copies_by_month, repeats
from shopscore_analysis.count import count
from shopscore_analysis.shards import Shard, shards
from tests.lexicon import shop_of

LONG = "杯盖拧不紧，放进包里水全洒在本子上，第二天才有人回我"
ROWS = [
    ("k3", "2026-09-12", LONG, "p1", 1),
    ("k1", "2026-08-30", LONG + "！", "p2", 2),
    ("k2", "2026-09-12", "评价方未及时做出评价,系统默认好评", "p1", 5),
    ("k4", "2026-09-13", "评价方未及时做出评价,系统默认好评", "p1", 5),
    ("k5", "2026-09-13", "不错不错", "p1", 5),
    ("k6", "2026-09-14", "不错不错", "p1", 5),
]


def _reviews() -> pd.DataFrame:
    reviews = pd.DataFrame(ROWS, columns=["key", "reviewed_at", "text", "product_id", "stars"], index=range(10, 16))
    return reviews.assign(reviewed_at=pd.to_datetime(reviews["reviewed_at"]))


def test_the_earliest_stands_for_its_copies_and_default_or_short_texts_have_none() -> None:
    found = copies(_reviews())
    assert found[found].index.tolist() == [10]
    assert copies(_reviews().iloc[::-1]).sort_index().equals(found)


def test_by_month_a_text_of_an_earlier_month_is_no_original() -> None:
    reviews = _reviews()
    assert not copies_by_month(reviews).any()
    again = reviews.assign(reviewed_at=reviews["reviewed_at"].mask(reviews["key"] == "k1", pd.Timestamp("2026-09-01")))
    assert copies_by_month(again)[lambda flags: flags].index.tolist() == [10]


def test_a_cluster_is_listed_with_its_first_text_products_stars_and_days() -> None:
    (row,) = repeats(_reviews()).itertuples(index=False)
    assert tuple(row) == (LONG + "！", 2, 2, 2, "1 星 1、2 星 1", "2026-08-30", "2026-09-12")
    assert repeats(_reviews().head(0)).empty


def test_copies_count_once_among_words_and_every_time_in_rates(tmp_path: Path) -> None:
    part = shop_of(tmp_path / "shop").shard()
    reviews = part.reviews.head(40)
    reviews = reviews.assign(text=LONG, followup=None, stars=1, reviewed_at=reviews["reviewed_at"].iloc[0])
    none = {name: getattr(part, name).head(0) for name in ("orders", "aftersales", "service")}
    tally = count(shards(Shard("店", "衣服", reviews=reviews, **none)))
    assert (tally.total("negative"), tally.total("text"), tally.total("review")) == (1, 40, 40)
    assert tally.counts("negative_term", "key").max() == 1
