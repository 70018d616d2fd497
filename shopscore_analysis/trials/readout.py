"""What an A/B test of a shop says so far.

The rules of honest testing are kept here: the split is checked first, orders are read once they are old enough, a fixed
test is read at its end, and what was declared late or changed afterwards is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from shopscore_analysis.declaration import Experiment
from shopscore_analysis.measure.experiment import ROWS, SplitCheck, compare, split_check
from shopscore_analysis.measure.sequential import LOOKS, SPREAD, looks
from shopscore_analysis.shop import Shop
from shopscore_analysis.trials.experiments import declared, rule_of, standings
from shopscore_analysis.trials.outcomes import MIXED, assigned, facts, strangers, units_of, values
from shopscore_analysis.trials.registry import Standing

_PER_REVIEW = ("complaint", "stars")  # read among those who answered: whether the arms answer alike is watched, too


@dataclass(frozen=True)
class Readout:
    """What a test says so far. Where the split check failed, `rows` is empty: nothing may be read.

    `rows`: `measure.experiment.ROWS` with `metric`, first those of the test's own metric, then its guards; `path`: the
    weekly looks of a sequential test. Of `placed` units `ripe` are old enough to be read; `outside`: sub-orders of the
    test's days that belong to no arm, `strangers` what the splitting column says of them, the most frequent first;
    `mixed`: orders whose parts belong to two. `over`: all orders are ripe.
    """

    test: Experiment
    standing: Standing
    split: SplitCheck
    rows: pd.DataFrame
    path: pd.DataFrame
    placed: int
    ripe: int
    outside: int
    strangers: dict[str, int]
    mixed: int
    over: bool
    known_until: datetime

    @property
    def main(self) -> pd.DataFrame:
        """The rows of the metric that decides."""
        return self.rows[self.rows["metric"] == self.test.metric].reset_index(drop=True)

    @property
    def guards(self) -> pd.DataFrame:
        """The rows of the guard metrics."""
        return self.rows[self.rows["metric"] != self.test.metric].reset_index(drop=True)


def readouts(shop: Shop, week: str = "") -> list[Readout]:
    """The readouts of every declared test with orders, of an arm or none, by the end of a week (default: by now)."""
    found = [read(shop, test, week) for test in declared(shop)]
    return [one for one in found if one.placed or one.outside]


def failed(found: list[Readout]) -> int:
    """How many of the readouts stop at the split check."""
    return sum(one.split.failed for one in found)


def read(shop: Shop, test: Experiment, week: str = "", at: datetime | None = None) -> Readout:
    """What the test says, as far as known at the end of a week (default: by now).

    `at`: what counts as now where the declaration has not been seen before.
    """
    standing = standings(shop, at)[test.name]
    names = watched(test)
    known = facts(shop, set(names), week)
    rows = assigned(known, test)
    counts, ripe = units_of(rows), units_of(rows[rows["ripe"]])
    arms = [arm.name for arm in test.arms]
    split = split_check(arms, [int(counts.get(arm, 0)) for arm in arms], test.shares)
    over, sequential = bool(known.known_until >= pd.Timestamp(test.readable_on)), standing.mode == "sequential"
    found = {name: values(known, test, name, rows) for name in ([] if split.failed else names)}
    tables = [
        compare(part, arms, rule_of(test, name, sequential), over=over).assign(metric=name)
        for name, part in found.items()
    ]
    return Readout(
        test, standing, split, _joined(tables), _path(test, found if sequential else {}), int(counts.sum()),
        int(ripe.sum()), int((rows["arm"] == "").sum()), strangers(known, test, rows),
        rows.loc[rows["arm"] == MIXED, "unit"].nunique(), over, known.known_until.to_pydatetime(),
    )  # fmt: skip


def watched(test: Experiment) -> list[str]:
    """The metrics that are read: the test's own, its guards, and the review rate where only reviews are read."""
    names = [test.metric, *test.guards]
    return names + (["reviewed"] if set(names) & set(_PER_REVIEW) and "reviewed" not in names else [])


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*ROWS, "metric"])


def _path(test: Experiment, found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The looks at the metric that decides; none where it is not read sequentially."""
    if test.metric not in found:
        return pd.DataFrame(columns=list(LOOKS))
    rule = rule_of(test, test.metric, True)
    return looks(found[test.metric], test.arms[0].name, SPREAD * rule.effect, is_mean=rule.is_mean)
