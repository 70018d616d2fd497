"""Which reviews say nearly the same as an earlier one: copies are counted once where words are counted.

They are found over all reviews of a month before these are cut into shards, as joins with orders are: what a shard
then counts depends on its own records only, so tallies go on adding. The first of a cluster, by time and key, speaks
for it; a copy that arrives later changes no earlier week. Rates by order and by review count every review.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from shopscore_analysis.said import own_words
from shopscore_analysis.text.duplicates import first_alike


def copies(reviews: pd.DataFrame) -> pd.Series:
    """Whether each review's text is nearly that of an earlier review of the shop (bool, in the index of `reviews`)."""
    first = _first(reviews)
    found: pd.Series = first != pd.Series(first.index, index=first.index)
    return found


def copies_by_month(reviews: pd.DataFrame) -> pd.Series:
    """`copies`, each calendar month for itself: what a month's reviews are does not depend on any other month.

    So a month is looked at once, however long the history, and a text that comes back in a later month counts again.
    """
    born = reviews["reviewed_at"]
    parts = [copies(rows) for _, rows in reviews.groupby([born.dt.year, born.dt.month], dropna=False)]
    found: pd.Series = pd.concat([pd.Series(dtype=bool), *parts]).reindex(reviews.index).astype(bool)
    return found


def repeats(reviews: pd.DataFrame) -> pd.DataFrame:
    """Clusters of near-duplicates, the largest first: text (of the first), k, wordings, products, stars, since, until.

    `reviews` as on the shelf; `stars` reads "1 星 3、5 星 1"; `since` and `until` are days. Short and default texts
    form no cluster.
    """
    first = _first(reviews)
    members = reviews.assign(cluster=first)[first.duplicated(keep=False)].sort_values(["reviewed_at", "key"])
    found = members.groupby("cluster").agg(
        text=("text", "first"), k=("key", "size"), wordings=("text", "nunique"), products=("product_id", "nunique"),
        since=("reviewed_at", "first"), until=("reviewed_at", "last"),
    )  # fmt: skip
    days = {end: found[end].dt.strftime("%Y-%m-%d") for end in ("since", "until")}
    found = found.assign(stars=_stars(members).reindex(found.index, fill_value=""), **days)
    columns = ["text", "k", "wordings", "products", "stars", "since", "until"]
    return found[columns].sort_values(["k", "text"], ascending=[False, True], ignore_index=True)


def _stars(members: pd.DataFrame) -> pd.Series:
    """How often each star stands in each cluster, in words; clusters without any star are missing."""
    counts = (
        members.dropna(subset="stars").astype({"stars": "int64"}).groupby(["cluster", "stars"]).size().reset_index()
    )
    words = counts["stars"].astype(str) + " 星 " + counts[0].astype(str)
    return words.groupby(counts["cluster"]).agg("、".join)


def _first(reviews: pd.DataFrame) -> pd.Series:
    """The index of the first review that says nearly the same; of default texts their own."""
    by_time = reviews[["reviewed_at", "key"]].reset_index(drop=True).sort_values(["reviewed_at", "key"], kind="stable")
    order = by_time.index.to_numpy()
    first = np.empty_like(order)
    first[order] = order[first_alike(own_words(reviews["text"].iloc[order]).tolist())]
    return pd.Series(reviews.index.to_numpy()[first], index=reviews.index)
