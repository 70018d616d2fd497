"""What the questions of a report cost after counting: five years on the shelf against the newest quarter alone.

    python benchmarks/reads.py [--reviews 300000] [--rounds 3] [--root DIR]

Both shops have the same density (benchmarks/scale.py writes them, with daily scores and service rows). What is kept
beside the shelf is there, as after any earlier report. Each shop is asked in a process of its own; the best of the
rounds counts, in processor seconds, which a busy machine hardly lengthens. `whole tables` is the baseline: what it
takes to read the tables that these questions were once answered from.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from scale import FIRST, MONTHS, numbered, table, write

from shopscore_analysis import Shop, report, standing
from shopscore_analysis.care import cases, redress, screening, watch
from shopscore_analysis.schema import weeks_to

QUESTIONS: dict[str, Callable[[Shop, str], object]] = {
    "status": lambda shop, week: shop.status(),
    "facts of the report": lambda shop, week: report.facts(shop, week),
    "warnings of the week": lambda shop, week: watch.warnings(shop, watch.span(shop, week)),
    "cases of 13 weeks": lambda shop, week: cases.cases(shop, weeks_to(week, 13)),
    "score-card of 13 weeks": lambda shop, week: standing.cards(shop, week),
    "open cases and offers": lambda shop, week: redress.open_offers(shop, watch.span(shop, week)),
    "bursts of four weeks": lambda shop, week: watch.bursts(shop, watch.span(shop, week).back(28)),
    "audit of 13 weeks": lambda shop, week: screening.audited(shop, watch.span(shop, week).back(91)),
    "repeats of 13 weeks": lambda shop, week: shop.repeats(weeks_to(week, 13)),
    "whole tables": lambda shop, week: [shop.records(name) for name in ("reviews", "orders", "aftersales")],
}


def made(folder: Path, reviews: int, months: int) -> Path:
    """The folder of a shop with so many reviews over the last months, scores and service rows; written once."""
    if not folder.exists():
        shop = write(folder, reviews, months)
        first, end = (FIRST + np.timedelta64(at * 2_629_800, "s") for at in (MONTHS - months, MONTHS + 2))
        days = np.arange(first.astype("datetime64[D]"), end.astype("datetime64[D]")).astype("datetime64[s]")
        shop.shelf.put([("scores", scores(days)), ("service", service(days))])
    return folder


def scores(days: np.ndarray) -> pa.Table:
    """A score a day."""
    marks = {f"{name}score": np.full(len(days), 4.7) for name in ("", "product_", "logistics_", "service_")}
    key = pa.array(np.datetime_as_string(days, unit="D"))
    return table("scores", {"key": key, "date": days, "scale": np.full(len(days), 5), **marks})


def service(days: np.ndarray, agents: int = 4) -> pa.Table:
    """A row a day and agent."""
    day, agent = np.repeat(days, agents), np.tile(np.arange(agents), len(days))
    key = pa.array([f"{at} {one}" for at, one in zip(np.datetime_as_string(day, unit="D"), agent, strict=True)])
    counts = dict.fromkeys(("sessions", "people", "rated", "good", "bad", "inquiries", "paid"), 20 + agent)
    times = {"first_reply_s": 10.0 + agent, "avg_reply_s": 40.0 + agent, "reply_3min_rate": np.full(len(day), 0.9)}
    about = {"key": key, "period_start": day, "period_end": day, "level": pa.repeat("agent", len(day))}
    return table("service", {**about, "agent": numbered("客服", agent, 2), **counts, **times})


def asked(folder: Path, rounds: int) -> None:
    """Asks every question in this process, once in vain, and prints the least processor seconds of each."""
    took: dict[str, list[float]] = {question: [] for question in QUESTIONS}
    for _ in range(rounds + 1):
        for question, answer in QUESTIONS.items():
            shop = Shop.open(folder)
            week, began = shop.week(), time.process_time()
            answer(shop, week)
            took[question].append(time.process_time() - began)
    print(json.dumps({question: min(seconds[1:]) for question, seconds in took.items()}))


def seconds(folder: Path, rounds: int) -> dict[str, float]:
    """The seconds of each question, asked in a process of its own."""
    script = [sys.executable, __file__, "--ask", str(folder), "--rounds", str(rounds)]
    said = subprocess.run(script, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def main() -> None:
    """Prints the table of questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviews", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--root", type=Path, help="where the shops are kept for another run")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        return asked(given.ask, given.rounds)
    with tempfile.TemporaryDirectory() as aside:
        root = given.root or Path(aside)
        whole = made(root / f"five-{given.reviews}", given.reviews, MONTHS)
        part = made(root / f"quarter-{given.reviews}", given.reviews // MONTHS * 3, 3)
        print("| question | five years, s | a quarter, s | ratio |\n|---|---|---|---|")
        long, short = (seconds(folder, given.rounds) for folder in (whole, part))
        for question in QUESTIONS:
            ratio = long[question] / short[question]
            print(f"| {question} | {long[question]:.2f} | {short[question]:.2f} | {ratio:.1f} |", flush=True)
    return None


if __name__ == "__main__":
    main()
