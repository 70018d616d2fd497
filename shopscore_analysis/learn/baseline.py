"""The keywords that the usual pipeline finds, to be printed beside ours."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from shopscore_analysis.shards import NEGATIVE_STARS
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.normalize import is_default
from shopscore_analysis.text.segment import tfidf


def baseline(shop: Shop, weeks: Sequence[str], top: int = 20) -> pd.DataFrame:
    """jieba's TF-IDF over the texts of 1-3 stars of some weeks: term, weight, greatest first."""
    reviews = shop.reviews(weeks)
    low = reviews["stars"].isin(NEGATIVE_STARS)
    texts = [text for text in reviews.loc[low, "text"].dropna() if not is_default(text)]
    return pd.DataFrame(tfidf(texts, top), columns=["term", "weight"])
