"""Reviews to audit: near-identical ones that come in crowds, and stars that contradict their text.

No export tells buyers apart (nicks are dropped when a file is read, and no pseudonymous key is exported), so one buyer
with many products cannot be looked for.
"""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.care.watch import Span, tagged
from shopscore_analysis.shards import TaggedShard
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.duplicates import first_alike
from shopscore_analysis.text.lexicon import CLASSES, lexicon
from shopscore_analysis.text.phrases import Book, spot


def audited(shop: Shop, days: Span, read: TaggedShard | None = None) -> pd.DataFrame:
    """The reviews of these days as `measure.screening` reads them, with text and product; oldest first.

    Copies are looked for among the reviews of these days. `read` is `watch.tagged` of these days or
    more where it is at hand.
    """
    reviews = (read or tagged(shop, days)).reviews
    until = pd.Timestamp(days.until) + pd.Timedelta(days=1)
    inside = reviews["reviewed_at"].ge(pd.Timestamp(days.since)) & reviews["reviewed_at"].lt(until)
    reviews = reviews[inside].sort_values(["reviewed_at", "key"], ignore_index=True)
    text = reviews["words"].str.strip()
    first = pd.Series(first_alike(text.tolist()), index=reviews.index)
    return pd.DataFrame(
        {
            "record": reviews["key"], "reviewed_at": reviews["reviewed_at"], "stars": reviews["stars"], "text": text,
            "product_id": reviews["product"], "product": reviews["title"].fillna(reviews["product"]),
            "default": ~reviews["has_text"], "complaint": reviews["complaint"],
            "cluster": first.where(first.duplicated(keep=False), -1), "praises": _praises(text, shop),
        }
    )  # fmt: skip


def _praises(texts: pd.Series, shop: Shop) -> pd.Series:
    """Whether a text states praise and nothing else that the lexicon knows."""
    known = Book(CLASSES, lexicon(shop.settings.category, shop.own))
    return pd.Series(
        [{one.name for one in said} == {"praise"} for said in spot(texts.tolist(), known)], index=texts.index
    )
