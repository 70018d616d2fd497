"""How often a report cries wolf, and how large an effect must be to be found: the tables of docs/power.md.

    python benchmarks/power.py > docs/power.md

Shops are simulated as tallies of 26 weeks, six products and 22 causes; `findings` reads them as it reads a real shop.
Seeds are fixed: the same code gives the same tables. About nine minutes on one shared core.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from shopscore_analysis.measure.findings import findings
from shopscore_analysis.measure.rates import wilson
from shopscore_analysis.schema import CAUSES, weeks_to
from shopscore_analysis.tally import Tally

LAST = "2026-W46"
WEEKS = weeks_to(LAST, 26)
PRODUCTS = [f"p{number}" for number in range(6)]
CAUSE, PRODUCT = "defect", 2
COMMON, RARE = 0.02, 0.004  # share of texts that complain: every third cause, and all others
STARS_LOST = 3
Grid = np.ndarray  # causes × products × weeks


class Effect(NamedTuple):
    """A planted effect: kind, the share it lifts the cause to, how many weeks it lasts up to the newest one."""

    kind: str
    share: float
    weeks: int


KINDS = {
    "batch": "one product turns bad and stays so",
    "spike": "the whole shop is bad for two weeks, five weeks ago",
    "always": "one product is worse all along",
}
EFFECTS = [
    *(Effect("batch", share, weeks) for weeks in (3, 7) for share in (0.06, 0.10, 0.15, 0.25)),
    *(Effect("spike", share, 2) for share in (0.04, 0.06, 0.08, 0.12)),
    *(Effect("always", share, 26) for share in (0.04, 0.06, 0.08, 0.12)),
]


def base(restless: float, random: np.random.Generator) -> Grid:
    """Shares without any effect; with `restless` each (cause, week) swings by that coefficient of variation."""
    level = np.where(np.arange(len(CAUSES)) % 3 == 0, COMMON, RARE)
    swing = random.gamma(1 / restless**2, restless**2, (len(CAUSES), 1, len(WEEKS))) if restless else 1.0
    return np.clip(level[:, None, None] * np.ones((1, len(PRODUCTS), len(WEEKS))) * swing, 0, 0.9)


def planted(shares: Grid, effect: Effect) -> Grid:
    """The shares with one effect in them."""
    changed, cause = shares.copy(), list(CAUSES).index(CAUSE)
    if effect.kind == "spike":
        changed[cause, :, -6:-4] = effect.share
    else:
        changed[cause, PRODUCT, -effect.weeks :] = effect.share
    return changed


def tally(shares: Grid, texts: int, random: np.random.Generator) -> Tally:
    """A shop of about `texts` reviews with words a product and week, whose complaints follow the shares."""
    n = random.poisson(texts, (len(PRODUCTS), len(WEEKS)))
    k = random.binomial(np.broadcast_to(n, shares.shape), shares)
    index = pd.MultiIndex.from_product([list(CAUSES), PRODUCTS, WEEKS], names=["key", "product", "week"])
    said = pd.Series(k.ravel(), index=index).rename("count").reset_index()
    size = pd.Series(n.ravel(), index=index.droplevel("key")[: n.size]).rename("count").reset_index()
    lost = said.assign(feature="loss", count=said["count"] * STARS_LOST * 60)
    parts = [size.assign(feature="text", key=""), said.assign(feature="cause"), lost]
    return Tally.of([pd.concat(parts, ignore_index=True).assign(shop="s", sku="", rating=5)])


def alarms(shops: int, texts: int, restless: float) -> tuple[int, int]:
    """Shops without any effect whose report claims a 真实变化, and whose report claims at least a 可能变化."""
    real = possible = 0
    for seed in range(shops):
        random = np.random.default_rng([seed, texts, int(restless * 100)])
        verdicts = set(findings(tally(base(restless, random), texts, random), LAST)["verdict"])
        real, possible = real + ("真实变化" in verdicts), possible + bool(verdicts)
    return real, possible


def hits(effect: Effect, texts: int, shops: int) -> int:
    """Shops in which the effect is found as a 真实变化, with its cause and its product."""
    product = None if effect.kind == "spike" else PRODUCTS[PRODUCT]
    found = 0
    for seed in range(shops):
        random = np.random.default_rng([7, seed, texts, int(effect.share * 1000), effect.weeks])
        rows = findings(tally(planted(base(0.0, random), effect), texts, random), LAST)
        rows = rows[(rows["verdict"] == "真实变化") & (rows["cause"] == CAUSE)]
        found += any((one is None) if product is None else (one == product) for one in rows["product_id"])
    return found


def rate(k: int, n: int) -> str:
    """k of n as a percentage with its Wilson interval."""
    low, high = wilson(k, n)
    return f"{k / n:.0%} ({float(low):.0%}–{float(high):.0%})"


def silence(shops: int) -> Iterator[str]:
    """The table of false alarms."""
    yield "| texts a product and week | weeks' own unrest (CV) | shops | a false 真实变化 | at least a 可能变化 |"
    yield "|---|---|---|---|---|"
    for texts, restless, share in ((18, 0.0, 1.0), (40, 0.0, 0.5), (18, 0.3, 0.5)):
        number = max(int(shops * share), 1)
        real, possible = alarms(number, texts, restless)
        yield f"| {texts} | {restless:g} | {number} | {rate(real, number)} | {rate(possible, number)} |"


def power(shops: int, sizes: tuple[int, ...]) -> Iterator[str]:
    """The table of detection."""
    yield "| effect | lasts | from 2 % to | " + " | ".join(f"{size} texts a product and week" for size in sizes) + " |"
    yield "|---|---|---|" + "---|" * len(sizes)
    for effect in EFFECTS:
        cells = [rate(hits(effect, size, shops), shops) for size in sizes]
        yield f"| {KINDS[effect.kind]} | {effect.weeks} weeks | {effect.share:.0%} | " + " | ".join(cells) + " |"


TEXT = """\
# False alarms and power

What a report's `findings` may be trusted with, on simulated shops: 26 weeks, six products, 22 causes, of which every
third is complained of in 2 % of texts and the others in 0.4 %. Command: `python benchmarks/power.py > docs/power.md`.
Brackets: 95 % interval (Wilson) of the simulated share.

## Shops without any effect

A report looks at 22 causes in six products and in the whole shop, over every span of weeks. The share of reports in
which anything at all is called a change that is none:
"""
PLANTED = """
With unrest, every cause of every week has its own level in the whole shop (coefficient of variation as given): weeks
that differ by more than sampling. A change that the whole shop shows for a week is then real in its way.

## Shops with one effect

How often the effect is named 真实变化 with the right cause and the right product (whole shop for the spike). The cause
(质量缺陷) stands at 2 % elsewhere."""


def main(write: Callable[[str], object] = sys.stdout.write) -> None:
    """Write both tables as Markdown on stdout; progress and time go to stderr."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shops", type=int, default=200, help="shops without any effect")
    parser.add_argument("--each", type=int, default=25, help="shops per cell of the power table")
    chosen, started = parser.parse_args(), time.perf_counter()
    for line in (TEXT, *silence(chosen.shops), PLANTED, "", *power(chosen.each, (9, 18, 36))):
        write(line + "\n")
    sys.stderr.write(f"{time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main()
