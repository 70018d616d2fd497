"""Which reviews lost stars to no cause: what of 未归因 has no words, what has, and of which kind."""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.measure.ledger import STARS
from shopscore_analysis.tally import Tally

DEFAULT, PRAISE, FOUR, UNNAMED = "default", "praise_only", "four", "unnamed"
COLUMNS = ("part", "k", "loss", "share_of_loss")


def unattributed(tally: Tally) -> pd.DataFrame:
    """What the ledger's `unattributed` consists of: part, k, loss, share_of_loss (of all stars that were lost).

    k reviews below five stars without a cause, `loss` in stars; both add up to the ledger's row exactly. `default`:
    without a word of the buyer's own; `four`: four stars whose words name no cause; of one to three stars
    `praise_only`: words that praise and complain of nothing, `unnamed`: all other words.
    """
    below = tally.where(rating=STARS[:-1])
    worded = below.where(feature="pattern", key="").counts("pattern", "rating")
    praised, four = below.counts("praise_only", "rating"), worded.filter([4])
    rest = worded.drop(four.index).sub(praised, fill_value=0)
    counts = {DEFAULT: below.counts("default", "rating"), PRAISE: praised, FOUR: four, UNNAMED: rest}
    stars = tally.where(rating=STARS).counts("review", "rating")
    whole = _lost(stars)
    rows = [(part, int(count.sum()), _lost(count)) for part, count in counts.items()]
    found = pd.DataFrame(rows, columns=["part", "k", "loss"]).astype({"loss": float})
    return found.assign(share_of_loss=found["loss"] / whole if whole else float("nan"))


def _lost(counts: pd.Series) -> float:
    """The stars that reviews counted by their stars lost."""
    return float(((STARS[-1] - counts.index.to_numpy(dtype=float)) * counts.to_numpy(dtype=float)).sum())
