"""How often bursts are none, and how soon a batch gone bad is seen: the tables of docs/warnings.md.

    python benchmarks/warn.py                                # simulated shops
    python benchmarks/warn.py --fixtures ../shared/fixtures  # and shops with a truth.json that says what is planted

Simulated shops have six products and 22 causes, every third of which 2 % of voices name and the others 0.4 %; they run
for 16 weeks of which the last four are judged. Seeds are fixed. Five minutes on one busy core.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from shopscore_analysis.care.watch import Span, tagged, voices_of, warnings
from shopscore_analysis.measure.bursts import bursts
from shopscore_analysis.measure.rates import wilson
from shopscore_analysis.schema import CAUSES, week_start
from shopscore_analysis.shop import Shop

START, DAYS, JUDGED = date(2026, 7, 27), 112, 28
LAST = START + timedelta(days=DAYS - 1)
JUDGED_FROM = START + timedelta(days=DAYS - JUDGED)
PRODUCTS = [f"p{number}" for number in range(6)]
COMMON, RARE = 0.02, 0.004
CAUSE, PRODUCT = "defect", 2


def world(
    voices: float, restless: float, batch: float, random: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(heard, voices) of a shop with so many voices a product and day; `batch`: the share that one product turns to."""
    level = np.where(np.arange(len(CAUSES)) % 3 == 0, COMMON, RARE)[:, None, None]
    weeks = DAYS // 7
    swing = random.gamma(1 / restless**2, restless**2, (len(CAUSES), 1, weeks)) if restless else np.ones((1, 1, weeks))
    shares = np.clip(level * np.repeat(swing, 7, axis=2) * np.ones((1, len(PRODUCTS), 1)), 0, 0.9)
    if batch:
        shares[list(CAUSES).index(CAUSE), PRODUCT, -JUDGED:] = batch
    n = random.poisson(voices, (len(PRODUCTS), DAYS))
    k = random.binomial(np.broadcast_to(n, shares.shape), shares)
    return _rows(k, ("cause", "product_id", "day")), _rows(n, ("product_id", "day"))


def _rows(counts: np.ndarray, axes: tuple[str, ...]) -> pd.DataFrame:
    """A row per event."""
    values = {"cause": list(CAUSES), "product_id": PRODUCTS, "day": list(pd.date_range(START, periods=DAYS))}
    at = np.repeat(np.argwhere(counts >= 0), counts.ravel(), axis=0)
    return pd.DataFrame({axis: np.array(values[axis])[at[:, column]] for column, axis in enumerate(axes)})


def silence(shops: int) -> Iterator[str]:
    """The table of false bursts."""
    yield "| voices a product and day | weeks' own unrest (CV) | shops × weeks | false bursts a week | 95 % |"
    yield "|---|---|---|---|---|"
    for voices, restless in ((1.5, 0.0), (4.0, 0.0), (12.0, 0.0), (30.0, 0.0), (4.0, 0.3)):
        found = 0
        for seed in range(shops):
            random = np.random.default_rng([seed, int(voices * 10), int(restless * 10)])
            found += len(bursts(*world(voices, restless, 0.0, random), JUDGED_FROM, LAST))
        weeks = shops * JUDGED // 7
        spread = 1.96 * np.sqrt(max(found, 1)) / weeks
        mean = found / weeks
        yield f"| {voices:g} | {restless:g} | {weeks} | {mean:.3f} | {max(mean - spread, 0):.3f}–{mean + spread:.3f} |"


def delays(shops: int) -> Iterator[str]:
    """The table of detection: days from the first bad day to the alarm."""
    yield "| from 2 % to | voices a product and day | found within 28 days | days to the alarm (median, 9 of 10) |"
    yield "|---|---|---|---|"
    for share in (0.10, 0.15, 0.25, 0.40):
        for voices in (1.5, 4.0, 12.0):
            waits = [wait for seed in range(shops) if (wait := _wait(share, voices, seed)) is not None]
            low, high = wilson(len(waits), shops)
            told = f"{np.median(waits):.0f}, {np.quantile(waits, 0.9):.0f}" if waits else "–"
            seen = f"{len(waits) / shops:.0%} ({float(low):.0%}–{float(high):.0%})"
            yield f"| {share:.0%} | {voices:g} | {seen} | {told} |"


def _wait(share: float, voices: float, seed: int) -> int | None:
    """Days from the first bad day to the alarm, 1 for the day itself; None where there is none."""
    random = np.random.default_rng([9, seed, int(share * 100), int(voices * 10)])
    found = bursts(*world(voices, 0.0, share, random), JUDGED_FROM, LAST)
    own = found[(found["cause"] == CAUSE) & (found["product_id"] == PRODUCTS[PRODUCT])]
    seen = own[own["alarm_day"] >= pd.Timestamp(JUDGED_FROM)]["alarm_day"]
    return None if seen.empty else (seen.min().date() - JUDGED_FROM).days + 1


def fixtures(folder: Path) -> Iterator[str]:
    """What is found in shops that say what is planted in them."""
    yield "| shop | first order of the bad batch | first complaint of it | alarm | days from order, from complaint | "
    yield "|---|---|---|---|---|"
    others = []
    for truth in sorted(folder.glob("*/truth.json")):
        with tempfile.TemporaryDirectory() as place:
            line, rest = _fixture(truth, Path(place))
        yield line
        others.append(rest)
    yield ""
    yield from others


def _fixture(path: Path, place: Path) -> tuple[str, str]:
    truth = json.loads(path.read_text(encoding="utf-8"))
    shop = Shop.create(place / "shop", truth["shop"], truth["category"])
    shop.load([path.parent])
    batch, spike = truth["planted"]["batch"], truth["planted"]["spike"]
    ever, read = Span(date(2000, 1, 1), date(2099, 12, 31)), tagged(shop)
    voices, heard = voices_of(read)
    found = bursts(heard, voices, ever.since, read.reviews["reviewed_at"].max().date())
    started = pd.Timestamp(week_start(batch["from_order_week"]))
    orders = read.orders[(read.orders["product"] == batch["product"]) & (read.orders["ordered_at"] >= started)]
    first = orders["ordered_at"].min().normalize()
    said = heard[(heard["product_id"] == batch["product"]) & (heard["cause"] == batch["cause"])]
    ours = (found["product_id"] == batch["product"]) & (found["cause"] == batch["cause"])
    alarm = found[ours & (found["alarm_day"] >= first)]["alarm_day"].min()
    spoken = said[said["voice"].isin(orders.index.astype(str))]["day"].min()
    line = (
        f"| {truth['shop']} | {first.date()} | {spoken.date()} | {alarm.date()} | "
        f"{(alarm - first).days}, {(alarm - spoken).days} |"
    )
    planted = ours | (found["cause"] == spike["cause"])
    judged = (voices["day"].max() - voices["day"].min()).days / 7 - 4
    every = warnings(shop, ever)["level"].value_counts() / ((voices["day"].max() - voices["day"].min()).days / 7)
    rest = found[~planted]
    told = "、".join(f"{row.cause} {row.alarm_day.date()} {row.k}/{row.n}" for row in rest.itertuples()) or "none"
    levels = ", ".join(f"level {level}: {every.get(level, 0):.2f}" for level in (3, 2, 1))
    unplanted = f"{len(rest) / judged:.3f} bursts a week that are not planted ({told})"
    return line, f"{truth['shop']}: {unplanted}; warnings a week: {levels}"


def main(write: Callable[[str], object] = sys.stdout.write) -> None:
    """Write the tables as Markdown on stdout; the time goes to stderr."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shops", type=int, default=100, help="shops without any effect a row")
    parser.add_argument("--each", type=int, default=40, help="shops with a bad batch a row")
    parser.add_argument("--fixtures", type=Path, help="a folder of shops with a truth.json each")
    chosen, started = parser.parse_args(), time.perf_counter()
    parts = [silence(chosen.shops), delays(chosen.each), *([fixtures(chosen.fixtures)] if chosen.fixtures else [])]
    for part in parts:
        for line in (*part, ""):
            write(line + "\n")
    sys.stderr.write(f"{time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main()
