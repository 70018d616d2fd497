"""Reviews whose stars and words say different things, and follow-ups that complain."""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.measure.rates import estimate
from shopscore_analysis.tally import Tally

_HIGH, _LOW = (4, 5), (1, 2, 3)


def at_odds(tally: Tally) -> pd.DataFrame:
    """The three lists with their shares: list, k, n, share, low, high.

    hidden: 4-5 stars whose text or follow-up complains, of all 4-5 stars with words; praise_only: 1-3 stars whose text
    praises and complains of nothing, of all 1-3 stars with words; followup: follow-ups that complain, of all
    follow-ups with words. The reviews themselves are quotes of the tally under these names.
    """
    high, low = tally.where(rating=_HIGH), tally.where(rating=_LOW)
    counted = [
        ("hidden", high.total("complaint"), high.total("text")),
        ("praise_only", low.total("praise_only"), low.total("text")),
        ("followup", tally.total("followup"), tally.total("followed")),
    ]
    return estimate(pd.DataFrame(counted, columns=["list", "k", "n"]))
