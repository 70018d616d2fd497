"""Quality returns that hide under codes such as 七天无理由 and 不想要, told by what the buyer wrote."""

from __future__ import annotations

import pandas as pd

from shopscore_analysis.measure.indicators import DAMAGE, QUALITY
from shopscore_analysis.measure.rates import estimate

FAULTS = (QUALITY | DAMAGE | {"wrong_item", "missing_items"}) - {"poor_value"}
HIDDEN_OF_NO_REASON, HIDDEN_OF_QUALITY, OTHER_CAUSE = "no_reason", "quality", "other"


def disagreeing(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases whose code and text tell different stories, with `blamed` and `hidden`; the newest first.

    `cases`: coded ("" none), said (tuple of causes), no_reason, applied_at, record. `blamed`: the first cause that the
    text names and the code does not; `hidden`: the code says that nothing was wrong, and the text names a fault of
    the goods, their packing or picking.
    """
    blamed = [_blamed(*case) for case in zip(cases["coded"], cases["said"], cases["no_reason"], strict=True)]
    told = cases.assign(blamed=pd.Series(blamed, index=cases.index, dtype="str"))
    told["hidden"] = told["no_reason"] & told["blamed"].isin(FAULTS)
    apart = told["hidden"] | ((told["coded"] != "") & (told["blamed"] != ""))
    return told[apart].sort_values(["applied_at", "record"], ascending=[False, True], ignore_index=True)


def _blamed(coded: str, said: tuple[str, ...], no_reason: bool) -> str:
    """What the text blames instead; nothing where it names the coded cause, too."""
    if coded in said:
        return ""
    wanted = [cause for cause in said if cause in FAULTS] if no_reason else list(said)
    return next(iter(wanted), "")


def disguised(cases: pd.DataFrame) -> pd.DataFrame:
    """How much is hidden, two denominators and one disagreement: of, k, n, share, low, high.

    `of`: "no_reason": k hidden of n no-reason cases that say anything; "quality": k hidden of all n cases that are a
    quality return by code or by text; "other": k cases of n with a coded cause and a text that names other causes only.
    """
    hidden = int(disagreeing(cases)["hidden"].sum())
    speaks = cases["text"].fillna("").str.strip() != ""
    coded = cases["coded"] != ""
    quality = cases["coded"].isin(FAULTS) | cases["said"].map(lambda said: not FAULTS.isdisjoint(said)).astype(bool)
    both = cases[coded & cases["said"].map(bool)]
    apart = int((disagreeing(both)["coded"] != "").sum())
    counts = [
        (HIDDEN_OF_NO_REASON, hidden, int((cases["no_reason"] & speaks).sum())),
        (HIDDEN_OF_QUALITY, hidden, int(quality.sum())),
        (OTHER_CAUSE, apart, len(both)),
    ]
    return estimate(pd.DataFrame(counts, columns=["of", "k", "n"]))
