"""One period against another: which causes became more or less frequent, and what the difference cost."""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.measure.causes import causes
from shopscore_analysis.measure.ledger import ledger
from shopscore_analysis.measure.rates import ENOUGH, bh, newcombe, p_value
from shopscore_analysis.schema import CAUSES, POSSIBLE, TOO_FEW, WITHIN
from shopscore_analysis.tally import Tally

COLUMNS = (
    "cause", "k", "n", "share", "k_before", "n_before", "share_before", "change", "low", "high", "q", "verdict",
    "stars", "stars_before",
)  # fmt: skip
_RATE = 0.20  # false discovery rate that 可能变化 stands for


def compare(now: Tally, before: Tally) -> pd.DataFrame:
    """Each cause in two periods: `COLUMNS`, the largest change first; causes that occur in neither are left out.

    k of n reviews with text now and before, `change` the difference of the shares with Newcombe's 95 % interval, q by
    Benjamini-Hochberg over the causes. `stars`, `stars_before`: what the cause took from the mean (loss / n). The
    verdict is 可能变化 at most, for two periods know nothing of the weeks' own unrest: 真实变化 is for `findings`.
    """
    one, two = (causes(tally).set_index("cause")[["k", "n", "share"]] for tally in (now, before))
    names = [cause for cause in CAUSES if cause in one.index or cause in two.index]
    n, n_before = now.total("text"), before.total("text")
    table = one.reindex(names).join(two.reindex(names).add_suffix("_before"))
    table = table.assign(k=table["k"].fillna(0), k_before=table["k_before"].fillna(0), n=n, n_before=n_before)
    sizes = [table[name].to_numpy(dtype=float) for name in ("k", "n", "k_before", "n_before")]
    change, low, high = newcombe(*sizes)
    table = table.assign(change=change, low=low, high=high, q=bh(p_value(*sizes)))
    table = table.assign(share=sizes[0] / max(n, 1), share_before=sizes[2] / max(n_before, 1))
    table = table.assign(
        verdict=_verdicts(table), stars=_stars(now).reindex(names), stars_before=_stars(before).reindex(names)
    )
    kinds = dict.fromkeys(("k", "n", "k_before", "n_before"), "int64")
    ranked = table.astype(kinds).rename_axis("cause").reset_index()
    size = ranked["change"].abs().rename("size")
    order = pd.concat([size, ranked["cause"]], axis=1).sort_values(["size", "cause"], ascending=[False, True]).index
    return ranked.loc[order, list(COLUMNS)].reset_index(drop=True)


def _verdicts(table: pd.DataFrame) -> pd.Series:
    words = (table["q"] < _RATE).map({True: POSSIBLE, False: WITHIN})
    return words.mask(
        (table["k"] + table["k_before"] < ENOUGH) | (table[["n", "n_before"]].min(axis=1) < ENOUGH), TOO_FEW
    )


def _stars(tally: Tally) -> pd.Series:
    account = ledger(tally).set_index("cause")
    return account["loss"] / account["n"].where(account["n"] > 0)
