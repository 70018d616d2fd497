"""Which causes changed, where and when; which products stand out all along.

A scan over weeks asks of every (product or whole shop, cause): is there a span of weeks in which the share
of complaining texts differs from all other weeks by more than chance? The best span is the one with the
largest binomial likelihood ratio (Kulldorff 1997); its p-value is Fisher's exact test, never below that of
a Laney P′ z, times the number of spans tried. What a finding explains is taken out before the next look,
so that a week that was bad everywhere is one finding and not one for each product. Then the rest is
compared product against product. Benjamini-Hochberg over all cells of the report decides the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from shopscore_analysis.measure.rates import bh
from shopscore_analysis.measure.trend import laney_sigma
from shopscore_analysis.schema import CAUSES, LOSS_UNIT, POSSIBLE, REAL, WITHIN, weeks_to
from shopscore_analysis.tally import Tally

COLUMNS = ("kind", "cause", "product_id", "from_week", "to_week", "k", "n", "baseline", "verdict", "loss")
WINDOW = 13  # weeks that every report's findings cover, however far back its other tables look
_LEVELS = ((0.05, REAL), (0.20, POSSIBLE))  # false discovery rates that the words stand for
_FEWEST = 5  # complaints below which nothing is called real
_REST = 4  # weeks that must stay outside a span to compare it with
_ELSEWHERE = 0.01  # p at which the other products share a change, so that it is the shop's
_STANDS_OUT = 1.5  # times the other products' share from which a level is worth a manager's time
_GROWS = 0.01  # p at which the weeks beside a change belong to it
_WHOLE_SHOP = -1


def findings(tally: Tally, week: str, window: int = WINDOW, *, over: bool = True) -> pd.DataFrame:
    """What stands out in the `window` weeks up to `week`, effects that have ended included; most important first.

    Columns: `kind` "change" (a span of weeks unlike the others) or "level" (a product unlike the others all
    along); `cause`; `product_id`, None for the whole shop; `from_week`, `to_week`; `k` complaining texts of
    `n` reviews with text in that span; `baseline` the share to compare with; `verdict` 真实变化 or 可能变化;
    `loss` the stars lost beyond the baseline (negative: saved). Weeks before the window serve as baseline. A week
    that is not `over` yet makes nothing sure: a change that lasts into it is 可能变化 at most.
    """
    cube = _Cube.of(tally, week)
    first = max(len(cube.weeks) - window, 0)
    found = _ranked([*_changes(cube, first), *_levels(cube, first)], cube)
    return found if over else _capped(found, week)


def _capped(found: pd.DataFrame, week: str) -> pd.DataFrame:
    unsure = (found["kind"] == "change") & (found["to_week"] == week)
    capped = found.assign(verdict=found["verdict"].mask(unsure, POSSIBLE))
    return capped.sort_values("verdict", key=lambda said: said == POSSIBLE, kind="stable", ignore_index=True)


@dataclass(frozen=True)
class _Span:
    kind: str
    cause: int
    product: int  # _WHOLE_SHOP or a row of the cube
    first: int
    last: int
    k: int
    n: int
    baseline: float
    p: float


@dataclass(frozen=True)
class _Cube:
    """Complaining texts `k` and texts `n`, int64 arrays (cause, product, week); explained cells are zeroed."""

    causes: list[str]
    products: list[str]
    weeks: list[str]
    k: np.ndarray
    n: np.ndarray
    stars_each: np.ndarray  # mean stars lost by one complaint, by cause

    @classmethod
    def of(cls, tally: Tally, week: str) -> _Cube:
        until = [known for known in tally.where(feature="text").weeks if known <= week]
        weeks = _every_week(until, week)
        texts = (
            tally.counts("text", "product", "week").unstack("week", fill_value=0).reindex(columns=weeks, fill_value=0)
        )
        causes = list(CAUSES)
        shape = pd.MultiIndex.from_product([causes, texts.index, weeks], names=["key", "product", "week"])
        said = tally.counts("cause", "key", "product", "week").reindex(shape, fill_value=0)
        k = said.to_numpy().reshape(len(causes), len(texts.index), len(weeks)).copy()
        n = np.broadcast_to(texts.to_numpy(), k.shape).copy()
        return cls(causes, list(texts.index), weeks, k, n, _stars_each(tally, causes))

    def series(self, cause: int, product: int) -> tuple[np.ndarray, np.ndarray]:
        """(k, n) by week of one cause in one product or the whole shop."""
        k, n = self.k[cause], self.n[cause]
        return (k.sum(0), n.sum(0)) if product == _WHOLE_SHOP else (k[product], n[product])

    def without(self, span: _Span) -> None:
        """Take the cells of a span out of every later look."""
        rows = slice(None) if span.product == _WHOLE_SHOP else span.product
        for cells in (self.k, self.n):
            cells[span.cause, rows, span.first : span.last + 1] = 0


def _every_week(known: list[str], week: str) -> list[str]:
    if not known:
        return [week]
    count = 1
    while weeks_to(week, count)[0] > known[0]:
        count += 1
    return weeks_to(week, count)


def _stars_each(tally: Tally, causes: list[str]) -> np.ndarray:
    loss = tally.counts("loss", "key").reindex(causes, fill_value=0) / LOSS_UNIT
    k = tally.counts("cause", "key").reindex(causes, fill_value=0)
    return (loss / k.where(k > 0, 1)).to_numpy(dtype=float)


def _changes(cube: _Cube, first: int) -> Iterator[_Span]:
    """The changes of every cause, the clearest of each cause before what remains beside it."""
    for cause in range(len(cube.causes)):
        while (best := _clearest(cube, cause, first)) is not None:
            yield best
            if best.p > _LEVELS[-1][0]:
                break
            cube.without(best)


def _clearest(cube: _Cube, cause: int, first: int) -> _Span | None:
    scopes = [_WHOLE_SHOP, *range(len(cube.products))]
    spans = [span for scope in scopes if (span := _scan(cube, cause, scope, first))]
    if not spans:
        return None
    best = _placed(cube, min(spans, key=lambda span: span.p))
    return replace(_grown(cube, best), p=min(best.p * len(scopes), 1.0))


def _scan(cube: _Cube, cause: int, product: int, first: int) -> _Span | None:
    """The span of weeks that differs most from the weeks around it, or None where there is nothing to compare."""
    k, n = cube.series(cause, product)
    if k.sum() == 0 or len(k) <= _REST:
        return None
    starts, ends = _stretches(len(k), first)
    inside_k, inside_n = (_sums(weekly, starts, ends) for weekly in (k, n))
    worse = inside_k * n.sum() > inside_n * k.sum()
    lasting = ends == len(k) - 1  # a dip that ended says what its neighbours say better: they were worse
    ratio = _likelihood_ratio(inside_k, inside_n, k.sum(), n.sum())
    at = int(np.argmax(np.where(worse | lasting, ratio, -np.inf)))
    return _span(cube, cause, product, int(starts[at]), int(ends[at]), tried=len(starts))


@lru_cache(maxsize=4)
def _stretches(weeks: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last week of every span to be tried: one that begins in week 0 is told by its rest."""
    starts, ends = np.triu_indices(weeks)
    fits = (starts > 0) & (ends >= first) & (ends - starts + 1 <= weeks - _REST)
    return starts[fits], ends[fits]


def _sums(weekly: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    running = np.concatenate([[0], np.cumsum(weekly)])
    return np.asarray(running[ends + 1] - running[starts])


def _likelihood_ratio(k: np.ndarray, n: np.ndarray, all_k: int, all_n: int) -> np.ndarray:
    """The log likelihood ratio of two shares, inside and outside, against one."""

    def log_likelihood(k: np.ndarray, n: np.ndarray) -> np.ndarray:
        share = np.divide(k, n, out=np.zeros(np.shape(n)), where=n > 0)
        inner = np.clip(share, 1e-12, 1 - 1e-12)
        return np.asarray(k * np.log(inner) + (n - k) * np.log1p(-inner))

    apart = log_likelihood(k, n) + log_likelihood(all_k - k, all_n - n)
    return np.asarray(apart - log_likelihood(np.asarray(all_k), np.asarray(all_n)))


def _span(cube: _Cube, cause: int, product: int, first: int, last: int, tried: int) -> _Span:
    k, n = cube.series(cause, product)
    inside = slice(first, last + 1)
    in_k, in_n = int(k[inside].sum()), int(n[inside].sum())
    out_k, out_n = int(k.sum()) - in_k, int(n.sum()) - in_n
    outside = np.ones(len(k), dtype=bool)
    outside[inside] = False
    p = max(_fisher(in_k, in_n, out_k, out_n), _p_prime(in_k, in_n, k[outside], n[outside]))
    return _Span("change", cause, product, first, last, in_k, in_n, out_k / max(out_n, 1), min(p * tried, 1.0))


def _fisher(k: int, n: int, other_k: int, other_n: int) -> float:
    from scipy.stats import hypergeom

    urn = (n + other_n, k + other_k, n)
    return float(min(2 * min(hypergeom.sf(k - 1, *urn), hypergeom.cdf(k, *urn)), 1.0))


def _p_prime(k: int, n: int, baseline_k: np.ndarray, baseline_n: np.ndarray) -> float:
    """Two-sided p of a share against a baseline of weeks whose own unrest (Laney's sigma z) widens the limits."""
    from scipy.special import ndtr

    all_k, all_n = int(baseline_k.sum()), int(baseline_n.sum())
    center = (all_k + 0.5) / (all_n + 1)
    spread = np.sqrt(center * (1 - center) * (1 / max(n, 1) + 1 / max(all_n, 1)))
    z = (k / max(n, 1) - center) / spread / max(laney_sigma(baseline_k, baseline_n), 1.0)
    return float(2 * ndtr(-abs(z)))


def _grown(cube: _Cube, span: _Span) -> _Span:
    """The span with the weeks at its two ends that are unlike the rest as well: effects creep in and fade.

    Reviews come weeks after their orders, so a batch that turns bad at once shows as a slope, of which the
    likelihood ratio picks the steepest part only.
    """
    earlier = [(at, at, span.first - 1) for at in range(1, span.first)]
    later = [(at, span.last + 1, at) for at in range(span.last + 1, len(cube.weeks))]
    first = _edge(cube, span, earlier, span.first)
    return _resized(cube, span, first, _edge(cube, span, later, span.last))


def _edge(cube: _Cube, span: _Span, stretches: list[tuple[int, int, int]], now: int) -> int:
    """The new edge of a span: that of the stretch (edge, first, last) which differs most, if it does at all."""
    k, n = cube.series(span.cause, span.product)
    best_p, best = _GROWS, now
    for edge, first, last in stretches:
        rest = np.ones(len(k), dtype=bool)
        rest[min(first, span.first) : max(last, span.last) + 1] = False
        part = slice(first, last + 1)
        counts = int(k[part].sum()), int(n[part].sum()), int(k[rest].sum()), int(n[rest].sum())
        same_way = (counts[0] * counts[3] > counts[2] * counts[1]) == (span.k > span.n * span.baseline)
        if rest.sum() >= _REST and same_way and (p := _fisher(*counts)) < best_p:
            best_p, best = p, edge
    return best


def _resized(cube: _Cube, span: _Span, first: int, last: int) -> _Span:
    return replace(_span(cube, span.cause, span.product, first, last, tried=1), p=span.p)


def _placed(cube: _Cube, span: _Span) -> _Span:
    """The span, widened to the whole shop if the other products share it, narrowed to one product if they do not."""
    loudest = _loudest(cube, span) if span.product == _WHOLE_SHOP else span.product
    scope = _WHOLE_SHOP if _shared(cube, span, loudest) else loudest
    return span if scope == span.product else (_scan(cube, span.cause, scope, span.first) or span)


def _loudest(cube: _Cube, span: _Span) -> int:
    inside = slice(span.first, span.last + 1)
    beyond = cube.k[span.cause][:, inside].sum(1) - span.baseline * cube.n[span.cause][:, inside].sum(1)
    return int(np.argmax(beyond if span.k >= span.n * span.baseline else -beyond))


def _shared(cube: _Cube, span: _Span, product: int) -> bool:
    """Do the products other than `product` show the change of this span as well, in the same direction?"""
    others = np.arange(len(cube.products)) != product
    inside = np.zeros(len(cube.weeks), dtype=bool)
    inside[span.first : span.last + 1] = True
    k, n = cube.k[span.cause][others].sum(0), cube.n[span.cause][others].sum(0)
    counts = [int(x[part].sum()) for part in (inside, ~inside) for x in (k, n)]
    up = counts[0] * counts[3] > counts[2] * counts[1]
    return up == (span.k > span.n * span.baseline) and _fisher(*counts) < _ELSEWHERE


def _levels(cube: _Cube, first: int) -> Iterator[_Span]:
    """Every product against the others over the window, as far as no change explains it already.

    Fewer weeks than `_REST` are no "all along".
    """
    if len(cube.weeks) - first < _REST:
        return
    k, n = cube.k[:, :, first:].sum(2), cube.n[:, :, first:].sum(2)
    for cause, product in np.argwhere(k > 0):
        own_k, own_n = int(k[cause, product]), int(n[cause, product])
        other_k, other_n = int(k[cause].sum()) - own_k, int(n[cause].sum()) - own_n
        baseline = other_k / max(other_n, 1)
        if other_n and own_k > _STANDS_OUT * own_n * baseline:
            p = _fisher(own_k, own_n, other_k, other_n)
            yield _Span("level", cause, product, first, len(cube.weeks) - 1, own_k, own_n, baseline, p)


def _ranked(found: list[_Span], cube: _Cube) -> pd.DataFrame:
    rows = pd.DataFrame([_row(span, cube) for span in found], columns=[*COLUMNS, "p"], dtype=object)
    rows = rows.astype({"k": "int64", "n": "int64", "baseline": float, "loss": float, "p": float})
    tests = np.ones(len(cube.causes) * (len(cube.products) + 1))
    p = np.concatenate([rows["p"].to_numpy(dtype=float), tests])[: max(len(tests), len(rows))]
    rows["verdict"] = [_verdict(q, k) for q, k in zip(bh(p), rows["k"], strict=False)]
    rows = rows[rows["verdict"].isin([REAL, POSSIBLE])]
    order = rows.assign(sure=rows["verdict"] == REAL).sort_values(
        ["sure", "loss", "cause"], ascending=[False, False, True]
    )
    return order[list(COLUMNS)].reset_index(drop=True)


def _row(span: _Span, cube: _Cube) -> dict[str, object]:
    return {
        "kind": span.kind,
        "cause": cube.causes[span.cause],
        "product_id": None if span.product == _WHOLE_SHOP else cube.products[span.product],
        "from_week": cube.weeks[span.first],
        "to_week": cube.weeks[span.last],
        "k": span.k,
        "n": span.n,
        "baseline": span.baseline,
        "verdict": WITHIN,
        "p": span.p,
        "loss": (span.k - span.n * span.baseline) * cube.stars_each[span.cause],
    }


def _verdict(q: float, k: int) -> str:
    word = next((word for rate, word in _LEVELS if q < rate), WITHIN)
    return POSSIBLE if word == REAL and k < _FEWEST else word
