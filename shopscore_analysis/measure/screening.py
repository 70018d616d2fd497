"""Reviews that look handed out, malicious or mistaken: audited, never taken out of the official rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shopscore_analysis.measure.rates import estimate

CROWD, DAYS = 3, 7  # near-identical reviews within so many days that make a crowd
PRAISED, BLAMED = "雷同好评扎堆", "雷同差评扎堆"
FIVE_BUT_ANGRY, ONE_BUT_HAPPY = "五星但文字强烈不满", "一星但只有夸奖"
STRONG, MILD = 0.8, 0.3  # complaint from which a five-star text, and below which a one-star text contradicts its stars
BAD_STARS = 2
ALL, NO_DEFAULTS, NO_SUSPECTS, NEITHER = "全部评价（官方口径）", "不含默认评价", "不含可疑评价", "两者都不含"


def suspects(reviews: pd.DataFrame) -> pd.DataFrame:
    """The reviews that an auditor should look at, with `why` and `crowd`; the newest first.

    `reviews`: record, reviewed_at, stars, cluster (equal for near-identical texts, -1 for short or default ones),
    complaint (0-1), praises (praise and nothing else). `why`: PRAISED, BLAMED (four or five, one or two stars; at
    least CROWD within DAYS), FIVE_BUT_ANGRY, ONE_BUT_HAPPY; `crowd`: how many stand together, 0 for a mismatch.
    A review is listed once, for the first of these that holds.
    """
    crowd = _crowds(reviews)
    stars, grouped = reviews["stars"].fillna(0), crowd >= CROWD
    why = np.select(
        [
            grouped & (stars >= 4),
            grouped & stars.between(1, BAD_STARS),
            (stars == 5) & (reviews["complaint"] >= STRONG),
            (stars == 1) & reviews["praises"] & (reviews["complaint"] < MILD),
        ],
        [PRAISED, BLAMED, FIVE_BUT_ANGRY, ONE_BUT_HAPPY],
        default="",
    )
    found = reviews.assign(why=pd.Series(why, index=reviews.index, dtype="str"), crowd=crowd.where(grouped, 0))
    order = found[found["why"] != ""].sort_values(["reviewed_at", "record"], ascending=[False, True])
    return order.reset_index(drop=True)


def _crowds(reviews: pd.DataFrame) -> pd.Series:
    """How many near-identical reviews of the same side stand within DAYS around each, itself included."""
    size = pd.Series(0, index=reviews.index, dtype="int64")
    side = reviews["stars"].map(lambda stars: 1 if stars >= 4 else -1 if 1 <= stars <= BAD_STARS else 0)
    known = reviews[(reviews["cluster"] >= 0) & (side != 0)]
    for _, members in known.groupby(["cluster", side[known.index]]):
        if len(members) >= CROWD:
            size[members.index] = _together(members["reviewed_at"])
    return size


def _together(times: pd.Series) -> pd.Series:
    """For each time the largest number of times in a span of DAYS that it lies in."""
    days = times.to_numpy().astype("datetime64[s]").astype("int64")
    ordered = np.sort(days)
    span = DAYS * 86_400
    counts = np.searchsorted(ordered, ordered + span, side="left") - np.arange(len(ordered))
    most = [counts[(ordered <= day) & (ordered > day - span)].max() for day in days]
    return pd.Series(most, index=times.index, dtype="int64")


def side_by_side(reviews: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Bad reviews (one and two stars) of rated ones, with and without: of, k, n, share, low, high, mean stars.

    `reviews`: record, stars, default; `found`: `suspects` of them. The first row is the official one.
    """
    rated = reviews[reviews["stars"].notna()]
    suspect = rated["record"].isin(found["record"])
    parts = {
        ALL: rated,
        NO_DEFAULTS: rated[~rated["default"]],
        NO_SUSPECTS: rated[~suspect],
        NEITHER: rated[~rated["default"] & ~suspect],
    }
    counts = [
        (of, int((part["stars"] <= BAD_STARS).sum()), len(part), part["stars"].mean()) for of, part in parts.items()
    ]
    return estimate(pd.DataFrame(counts, columns=["of", "k", "n", "mean"]))
