"""Time the mining of reviews: what analysts write, what we do, and the floor, in one run on one machine.

    python benchmarks/mine.py [--rows 60000] [--texts reviews.csv.gz]

Texts are resampled from a CSV with the columns `positive` and `text`; without one, synthetic reviews are used.
Each pipeline runs in a process of its own, so that its peak memory is its own. Ours gives more than the
baseline: causes with negation, a complaint score, keywords with z, a cube of week × product × cause.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from reviews import columns

BASIC = "质量 物流 快递 客服 包装 尺码 色差 掉色 起球 异味 假货 发错 少件 破损 退货 降价 太慢 不新鲜 没用 太贵"
SAMPLE = 0.1  # of the contented texts that are segmented as background
WEEKS, PRODUCTS = 26, 40


def write(path: Path, rows: int, source: Path | None) -> None:
    """A CSV of reviews: week, product, stars, text."""
    chance = np.random.default_rng(7)
    if source:
        pool = pd.read_csv(source)
        pool = pool.sample(rows, replace=True, random_state=7)
        text, stars = pool["text"], np.where(pool["positive"] == 1, 5, 1)
    else:
        made = columns(0, rows, 90).to_pandas()
        text, stars = made["评价内容"], made["商品评价得分"]
    week, product = (chance.integers(0, top, rows) for top in (WEEKS, PRODUCTS))
    frame = pd.DataFrame({"week": week, "product": product, "stars": np.asarray(stars, dtype=int)})
    frame.assign(text=text.to_numpy()).to_csv(path, index=False, encoding="utf-8")


def baseline(path: Path) -> int:
    """What analysts write; how many words it counted."""
    from collections import Counter

    import jieba
    from sklearn.feature_extraction.text import TfidfVectorizer

    from shopscore_analysis.text.segment import stop_words

    reviews, stop = pd.read_csv(path), stop_words()
    reviews["text"] = reviews["text"].astype(str)
    reviews["words"] = [[w for w in jieba.lcut(text) if w not in stop] for text in reviews["text"]]
    words = Counter(word for row in reviews["words"] for word in row)
    TfidfVectorizer(max_features=5000).fit_transform(reviews["words"].str.join(" "))
    for word in BASIC.split():
        reviews[word] = reviews["text"].str.contains(word)
        reviews.pivot_table(index="week", columns="product", values=word, aggfunc="sum")
    return len(words)


def ours(path: Path) -> int:
    """Causes, complaints, keywords and cube of the same file; how many cells the cube has."""
    import pyarrow.csv as pc

    from shopscore_analysis.text.segment import terms
    from shopscore_analysis.text.tagger import tag

    reviews = pc.read_csv(path).to_pandas()
    texts = reviews["text"].astype(str).tolist()
    tags = tag(texts)
    complains = np.array([each.complaint >= 0.5 for each in tags]) | (reviews["stars"] <= 3).to_numpy()
    sampled = np.random.default_rng(1).random(len(texts)) < SAMPLE
    pools = [[texts[i] for i in np.flatnonzero(pool)] for pool in (complains, sampled & ~complains)]
    log_odds(*(pd.Series([w for words in terms(pool) for w in set(words)]).value_counts() for pool in pools))
    causes = reviews.assign(cause=[[hit.cause for hit in each.causes] for each in tags]).explode("cause")
    return len(causes.groupby(["week", "product", "cause"], observed=True).size())


def log_odds(negative: pd.Series, background: pd.Series) -> pd.Series:
    """z of each word's log-odds against the background, with a Dirichlet prior."""
    both = pd.concat({"k": negative, "b": background}, axis=1).fillna(0.0)
    prior = (both["k"] + both["b"]) * 500 / both.to_numpy().sum()
    odds = [np.log((c + prior) / (c.sum() + 500 - c - prior)) for c in (both["k"], both["b"])]
    return (odds[0] - odds[1]) / np.sqrt(1 / (both["k"] + prior) + 1 / (both["b"] + prior))


def floor(path: Path) -> int:
    """The bytes once and one Aho-Corasick pass over them; how many matches."""
    from shopscore_analysis.text.lexicon import lexicon

    return len(lexicon().automaton.find_matches_as_indexes(path.read_text(encoding="utf-8"), overlapping=True))


def measured(work: Callable[[Path], int], path: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of one pipeline in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(timed, (work, path))


def timed(work: Callable[[Path], int], path: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of a pipeline in this process."""
    start = time.perf_counter()
    work(path)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    """Write the reviews, run the three pipelines, print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--texts", type=Path, default=None)
    parser.add_argument("--file", type=Path, default=Path("mine-reviews.csv"))
    args = parser.parse_args()
    write(args.file, args.rows, args.texts)
    print(
        f"{args.rows} reviews, {args.file.stat().st_size / 1e6:.1f} MB\n"
        "\n| pipeline | s | reviews/s | peak MB |\n|---|---|---|---|"
    )
    for name, work in (("baseline", baseline), ("ours", ours), ("floor", floor)):
        seconds, peak = measured(work, args.file)
        print(f"| {name} | {seconds:.1f} | {args.rows / seconds:,.0f} | {peak:,.0f} |", flush=True)
    args.file.unlink()


if __name__ == "__main__":
    main()
