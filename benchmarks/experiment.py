"""What the A/B tests may be trusted with, by simulation: the tables of docs/experiments.md.

    python benchmarks/experiment.py

Seeds are fixed: the same code prints the same tables.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from shopscore_analysis.declaration import BETTER, WORSE
from shopscore_analysis.measure.experiment import Rule, compare, orders_needed, reviews_needed
from shopscore_analysis.measure.rates import p_value, wilson
from shopscore_analysis.measure.sequential import SPREAD, cost, path

STARS = np.array([1, 2, 3, 4, 5])
HAPPY = np.array([0.02, 0.02, 0.05, 0.11, 0.80])  # how often each star is given: mean 4.65, sd 0.83
ARMS = ("对照", "新方案")


class World(NamedTuple):
    """A test that is simulated: levels of control and variant, units an arm and week, weeks, the declared effect."""

    control: float
    variant: float
    weekly: int
    weeks: int
    effect: float


def sums(share: float, world: World, random: np.random.Generator) -> pd.DataFrame:
    """An arm's units and complaints up to each week."""
    n = random.poisson(world.weekly, world.weeks)
    counts = pd.DataFrame({"n": n, "total": random.binomial(n, share)}, index=range(world.weeks)).cumsum()
    return counts.assign(square=counts["total"]).rename_axis("week")


def star_sums(chances: np.ndarray, world: World, random: np.random.Generator) -> pd.DataFrame:
    """An arm's reviews, stars and squared stars up to each week."""
    given = random.multinomial(random.poisson(world.weekly, world.weeks), chances)
    table = {"n": given.sum(axis=1), "total": given @ STARS, "square": given @ STARS**2}
    return pd.DataFrame(table, index=range(world.weeks)).cumsum().rename_axis("week")


def peeked(world: World, runs: int, *, is_mean: bool = False) -> tuple[int, int, int]:
    """Runs that end in a difference: always-valid at any week; a fixed test read every week; a fixed one at its end."""
    hits = np.zeros(3, dtype=int)
    for seed in range(runs):
        random = np.random.default_rng([seed, world.weekly, round(world.variant * 1e4), is_mean])
        own, control = (
            star_sums(shifted(level), world, random) if is_mean else sums(level, world, random)
            for level in (world.variant, world.control)
        )
        valid = path(own, control, SPREAD * world.effect, is_mean=is_mean)
        naive = naive_p(own, control, is_mean=is_mean)
        hits += [bool((valid["p"] < 0.05).any()), bool((naive < 0.05).any()), bool(naive[-1] < 0.05)]
    return int(hits[0]), int(hits[1]), int(hits[2])


def naive_p(own: pd.DataFrame, control: pd.DataFrame, *, is_mean: bool) -> np.ndarray:
    """The fixed test's p at every week, as if each were the only look."""
    from scipy.special import ndtr

    if not is_mean:
        return p_value(own["total"], own["n"], control["total"], control["n"])
    means = [one["total"] / one["n"] for one in (own, control)]
    spread = sum(
        (one["square"] / one["n"] - mean**2) / one["n"] for one, mean in zip((own, control), means, strict=True)
    )
    return np.asarray(2 * ndtr(-np.abs(means[0] - means[1]) / np.sqrt(spread)))


def shifted(gain: float) -> np.ndarray:
    """The stars' chances with the mean raised by `gain`: some one-star reviews become five-star ones."""
    chances = HAPPY.copy()
    chances[0] -= gain / 4
    chances[-1] += gain / 4
    return chances


def covered(first: float, second: float, sizes: tuple[int, int], runs: int, *, is_mean: bool = False) -> int:
    """Runs whose interval holds the true difference; shares, or gains of the mean in stars."""
    rule = Rule(0.05 if is_mean else 0.01, 1 if is_mean else -1, is_mean)
    hits = 0
    for seed in range(runs):
        random = np.random.default_rng([seed, *sizes, round(first * 1e4), is_mean])
        row = compare(drawn(first, second, sizes, random, is_mean=is_mean), ARMS, rule).iloc[0]
        hits += bool(row["low"] <= second - first <= row["high"])
    return hits


def drawn(
    first: float, second: float, sizes: tuple[int, int], random: np.random.Generator, *, is_mean: bool = False
) -> pd.DataFrame:
    """The units of one simulated test: arm, value."""
    values = [
        random.choice(STARS, size, p=shifted(level)) if is_mean else random.random(size) < level
        for level, size in zip((first, second), sizes, strict=True)
    ]
    return pd.DataFrame({"arm": np.repeat(ARMS, sizes), "value": np.concatenate(values).astype(float)})


def decided(first: float, second: float, size: int, runs: int, *, is_mean: bool = False) -> tuple[int, int]:
    """Runs of a fixed test of the planned size that say 更好, and that say 更差."""
    rule = Rule(abs(second - first) or 0.01, 1 if is_mean else -1, is_mean)
    said = [
        compare(
            drawn(first, second, (size, size), np.random.default_rng([7, seed, size]), is_mean=is_mean), ARMS, rule
        )["verdict"].iloc[0]
        for seed in range(runs)
    ]
    return said.count(BETTER), said.count(WORSE)


def rate(k: int, n: int) -> str:
    """k of n as a percentage with its Wilson interval."""
    low, high = wilson(k, n)
    return f"{k / n:.1%} ({float(low):.1%}–{float(high):.1%})"


SHARES = [
    World(0.03, 0.03, 150, 26, 0.01),
    World(0.03, 0.03, 600, 26, 0.01),
    World(0.10, 0.10, 300, 26, 0.03),
    World(0.005, 0.005, 300, 26, 0.005),
]
MEANS = [World(0.0, 0.0, 40, 26, 0.05), World(0.0, 0.0, 300, 26, 0.05)]


def errors(runs: int) -> Iterator[str]:
    """Type-I errors with a look every week."""
    yield "| metric | units an arm and week | weeks | always-valid, any week | fixed, every week | fixed, read once |"
    yield "|---|---|---|---|---|---|"
    for worlds, is_mean in ((SHARES, False), (MEANS, True)):
        for world in worlds:
            name = "mean stars, sd 0.83" if is_mean else f"share of {world.control:.1%}"
            cells = [rate(k, runs) for k in peeked(world, runs, is_mean=is_mean)]
            yield f"| {name} | {world.weekly} | {world.weeks} | {' | '.join(cells)} |"


def coverage(runs: int) -> Iterator[str]:
    """How often the 95 % intervals of the fixed mode hold the truth."""
    yield "| difference | units | covered |"
    yield "|---|---|---|"
    for first, second, sizes in (
        (0.03, 0.02, (3822, 3822)),
        (0.03, 0.03, (1000, 1000)),
        (0.10, 0.08, (400, 1600)),
        (0.5, 0.45, (200, 200)),
    ):
        hits = covered(first, second, sizes, runs)
        yield f"| shares {first:.0%} and {second:.0%} | {sizes[0]} + {sizes[1]} | {rate(hits, runs)} |"
    for sizes in ((4019, 4019), (200, 200), (100, 400)):
        hits = covered(0.0, 0.05, sizes, runs, is_mean=True)
        yield f"| means, 0.05 stars apart | {sizes[0]} + {sizes[1]} | {rate(hits, runs)} |"


def power(runs: int) -> Iterator[str]:
    """How often the declared effect is found at the planned size."""
    yield "| effect | mode | units an arm | found |"
    yield "|---|---|---|---|"
    for first, second in ((0.03, 0.02), (0.10, 0.08)):
        size = orders_needed(first, second)
        yield f"| {first:.0%} → {second:.0%} | fixed | {size} | {rate(decided(first, second, size, runs)[0], runs)} |"
        weekly = round(size * cost() / 12)
        hits = peeked(World(first, second, weekly, 12, first - second), runs)[0]
        yield f"| {first:.0%} → {second:.0%} | sequential, 12 looks | {12 * weekly} | {rate(hits, runs)} |"
    size = reviews_needed(0.05, float(np.sqrt(HAPPY @ STARS**2 - (HAPPY @ STARS) ** 2)))
    yield f"| +0.05 stars | fixed | {size} | {rate(decided(0.0, 0.05, size, runs, is_mean=True)[0], runs)} |"


def main() -> None:
    """Write the three tables as Markdown on stdout; time goes to stderr."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=4000, help="simulated tests per row")
    runs, started = parser.parse_args().runs, time.perf_counter()
    for table in (errors(runs), coverage(runs), power(runs)):
        sys.stdout.write("\n".join(table) + "\n\n")
    sys.stderr.write(f"{time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main()
