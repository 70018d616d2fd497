"""The same reviews as analysts count them without us: pandas and jieba, scattertext, SnowNLP; each in a process.

`table` prints rows for `scale.py --naive`. The last two are no dependencies of ours: `pip install scattertext snownlp`
beside this package, else their rows say that they are not installed. None of them joins orders, finds causes with
negation, or keeps anything for the next week.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

MOST = {"baseline": 1_000_000, "scattertext": 20_000, "snownlp": 2_000}  # reviews that each is given at most
TITLES = {"baseline": "pandas, jieba, TF-IDF, pivots", "scattertext": "scattertext on jieba's words",
          "snownlp": "SnowNLP, mood of each text"}  # fmt: skip


def baseline(reviews: Path) -> None:
    """What analysts write: see benchmarks/mine.py; and how many orders have a review, by merge."""
    import mine

    frame = pd.read_csv(reviews)
    frame.assign(week=pd.to_datetime(frame["reviewed_at"]).dt.strftime("%G-W%V"))[
        ["week", "product", "stars", "text"]
    ].to_csv(reviews.with_suffix(".mine.csv"), index=False, encoding="utf-8")
    mine.baseline(reviews.with_suffix(".mine.csv"))


def scattertext(reviews: Path) -> None:
    """The corpus of low and high stars, and what sets them apart."""
    import jieba
    import scattertext as st

    frame = pd.read_csv(reviews)
    words = [" ".join(jieba.lcut(text)) for text in frame["text"].astype(str)]
    told = pd.DataFrame({"pool": (frame["stars"] <= 3).map({True: "low", False: "high"}), "parse": words})
    told["parse"] = told["parse"].map(st.whitespace_nlp_with_sentences)
    corpus = st.CorpusFromParsedDocuments(told, category_col="pool", parsed_col="parse").build()
    corpus.get_scaled_f_scores("low")


def snownlp(reviews: Path) -> None:
    """The mood of each text."""
    from snownlp import SnowNLP

    for text in pd.read_csv(reviews)["text"].astype(str):
        _ = SnowNLP(text).sentiments


def table(folder: Path, size: int) -> None:
    """Prints a row for each pipeline on the reviews of the shop in `folder`, or as many as it can be given."""
    from shopscore_analysis.shop import Shop

    told = Shop.open(folder).records("reviews")[["reviewed_at", "product", "stars", "text"]]
    print("\n| without us | reviews | s | reviews/s | peak MB |\n|" + "---|" * 5)
    for name, most in MOST.items():
        number, reviews = min(size, most), folder / f"{name}.csv"
        if name != "baseline" and not importlib.util.find_spec(name):
            print(f"| {TITLES[name]} | {number:,} | not installed: pip install {name} | | |")
            continue
        told.head(number).to_csv(reviews, index=False, encoding="utf-8")
        done = subprocess.run([sys.executable, __file__, name, reviews], stdout=subprocess.PIPE, text=True, check=True)
        took = json.loads(done.stdout.splitlines()[-1])
        print(
            f"| {TITLES[name]} | {number:,} | {took['s']:.1f} | {number / took['s']:,.0f} | {took['mb']:,.0f} |",
            flush=True,
        )


def main() -> None:
    """Runs one pipeline and says what it took; what `table` starts."""
    name, reviews = sys.argv[1], Path(sys.argv[2])
    began = time.perf_counter()
    {"baseline": baseline, "scattertext": scattertext, "snownlp": snownlp}[name](reviews)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": time.perf_counter() - began, "mb": peak}))


if __name__ == "__main__":
    main()
