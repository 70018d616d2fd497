"""Reviews to audit: near-identical ones that come in crowds, and stars that contradict their text.

No export tells buyers apart (nicks are dropped when a file is read, and no pseudonymous key is exported), so one buyer
with many products cannot be looked for.
"""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.care.watch import Span, tagged
from shopscore_analysis.cells import Ints
from shopscore_analysis.schema import SAID_IN
from shopscore_analysis.shards import TaggedShard
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.duplicates import first_alike
from shopscore_analysis.text.lexicon import CLASSES, lexicon
from shopscore_analysis.text.phrases import Book, spot


def audited(shop: Shop, days: Span, read: TaggedShard | None = None) -> pd.DataFrame:
    """The reviews of these days as `measure.screening` reads them, with text and product; oldest first.

    Copies are looked for among the reviews of these days. `read` is `watch.tagged` of these days or more where it is
    at hand. [`start`, `end`) is what of the text a reader must see: see `_shown`.
    """
    known = read or tagged(shop, days)
    born, until = known.reviews["reviewed_at"], pd.Timestamp(days.until) + pd.Timedelta(days=1)
    inside = known.reviews[born.ge(pd.Timestamp(days.since)) & born.lt(until)]
    reviews = inside.sort_values(["reviewed_at", "key"])
    text = reviews["words"].str.strip()
    first = pd.Series(first_alike(text.tolist()), index=reviews.index)
    found = pd.DataFrame(
        {
            "record": reviews["key"], "reviewed_at": reviews["reviewed_at"], "stars": reviews["stars"],
            "product_id": reviews["product"], "product": reviews["title"].fillna(reviews["product"]),
            "default": ~reviews["has_text"], "complaint": reviews["complaint"],
            "cluster": first.where(first.duplicated(keep=False), -1), "praises": _praises(text, shop),
        }
    )  # fmt: skip
    return found.join(_shown(reviews, known.shown)).reset_index(drop=True)


def _shown(reviews: pd.DataFrame, shown: Ints) -> pd.DataFrame:
    """text, start, end: review and follow-up, which is named, and the first evidence in what complains more of both.

    Where that is the follow-up and names no cause, the span of nothing stands where it begins.
    """
    followup = reviews["followup"].where(reviews["followed"], "").fillna("")
    own = _own(reviews["words"], followup)
    mark = pd.Series(SAID_IN["followup"], reviews.index).where(own == "", f" {SAID_IN['followup']}")
    text = own + (mark + followup).where(followup != "", "")
    later = reviews["followup_complaint"] > reviews["text_complaint"]
    base = (text.str.len() - followup.str.len()).where(later, 0)
    spans = shown[later.astype("int64"), reviews.index]
    return pd.DataFrame({"text": text, **{name: base + spans[:, at] for at, name in enumerate(("start", "end"))}})


def _own(words: pd.Series, followup: pd.Series) -> pd.Series:
    """What of the words of each review is not the follow-up behind them."""
    parts = [said.removesuffix(later).removesuffix("\n") for said, later in zip(words, followup, strict=True)]
    return pd.Series(parts, words.index, dtype="str")


def _praises(texts: pd.Series, shop: Shop) -> pd.Series:
    """Whether a text states praise and nothing else that the lexicon knows."""
    known = Book(CLASSES, lexicon(shop.settings.category, shop.own))
    return pd.Series(
        [{one.name for one in said} == {"praise"} for said in spot(texts.tolist(), known)], index=texts.index
    )
