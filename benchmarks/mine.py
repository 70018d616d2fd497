"""Time the mining of reviews: what analysts write, what we do, and the floor, in one run on one machine.

    python benchmarks/mine.py [--rows 60000] [--texts reviews.csv.gz]

Texts are drawn from a CSV with the columns `positive` and `text`; without one, synthetic reviews are used. Each
pipeline runs in a process of its own, imports and all, and its peak memory is its own; with two processes that is the
sum of all three. Ours gives more than the baseline: causes with negation and evidence, a complaint score, keywords
with z, a cube of week × product × cause. Words are counted as `count` counts them: those of complaints and of a tenth
of the rest, in months of more than `HEARD` reviews those of a sample of that many; a row of its own counts them all.
The floor reads the bytes once and passes one Aho-Corasick automaton of the same phrases over them. No pipeline knows
that a text was drawn twice.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

BASIC = "质量 物流 快递 客服 包装 尺码 色差 掉色 起球 异味 假货 发错 少件 破损 退货 降价 太慢 不新鲜 没用 太贵"
SAMPLE = 0.1  # of the contented texts that are segmented as background
WEEKS, PRODUCTS, CAUSES, MONTHS = 26, 40, 22, 6
ENOUGH = 3_000  # texts that are segmented in one call
BLOCK = 360 << 10  # bytes of the file at a time: about as many texts as are tagged in one call


class Mined(NamedTuple):
    """What a part of the reviews comes to: the cube, and how many texts of each pool hold a word."""

    cube: np.ndarray
    negative: Counter
    background: Counter
    peak: float


def write(path: Path, rows: int, source: Path | None) -> None:
    """A CSV of reviews: week, product, stars, text."""
    import pandas as pd
    from reviews import columns

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


def prepare(path: Path) -> None:
    """Mine the first block, so that compiled lexicon and loops lie where all runs but a machine's first find them."""
    mined(0, path.stat().st_size, path, 1.0)


def baseline(path: Path) -> float:
    """What analysts write."""
    import jieba
    import pandas as pd
    from sklearn.feature_extraction.text import TfidfVectorizer

    from shopscore_analysis.text.segment import stop_words

    reviews, stop = pd.read_csv(path), stop_words()
    reviews["text"] = reviews["text"].astype(str)
    reviews["words"] = [[w for w in jieba.lcut(text) if w not in stop] for text in reviews["text"]]
    Counter(word for row in reviews["words"] for word in row)
    TfidfVectorizer(max_features=5000).fit_transform(reviews["words"].str.join(" "))
    for word in BASIC.split():
        reviews[word] = reviews["text"].str.contains(word)
        reviews.pivot_table(index="week", columns="product", values=word, aggfunc="sum")
    return 0.0


def alone(path: Path, heard: float) -> float:
    """Ours in one process, with the words of a share of the reviews."""
    z(mined(0, 1, path, heard))
    return 0.0


def together(path: Path, heard: float) -> float:
    """Ours in two processes that take every other block; the peak of the two."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        first, second = pool.map(partial(mined, of=2, path=path, heard=heard), range(2))
    z(Mined(first.cube + second.cube, first.negative + second.negative, first.background + second.background, 0.0))
    return first.peak + second.peak


def mined(number: int, of: int, path: Path, heard: float) -> Mined:
    """Causes and complaints of every `of`-th block of the file, and words of a share of its reviews."""
    from shopscore_analysis.text.tagger import scan

    cube, pools = np.zeros(WEEKS * PRODUCTS * CAUSES, dtype=np.int64), (Pool(), Pool())
    chance = np.random.default_rng(number)
    for week, product, stars, texts in blocks(path, number, of):
        found = scan(texts)
        place = (week * PRODUCTS + product)[found.text] * CAUSES + found.cause
        cube += np.bincount(place[found.stated], minlength=len(cube))
        complains = (found.complaint >= 0.5) | (stars <= 3)
        lot = chance.random(len(texts)) / heard
        for pool, chosen in zip(pools, (complains & (lot < 1), ~complains & (lot < SAMPLE)), strict=True):
            pool.add([texts[i] for i in np.flatnonzero(chosen)])
    return Mined(cube, *(pool.words() for pool in pools), peak())


class Pool:
    """How many texts hold each word; texts wait until they are worth a call."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._held: Counter[str] = Counter()

    def add(self, texts: list[str]) -> None:
        """Some texts more."""
        self._waiting += texts
        if len(self._waiting) >= ENOUGH:
            self.words()

    def words(self) -> Counter[str]:
        """The words of all texts so far."""
        from shopscore_analysis.text.segment import presence

        held = presence(self._waiting)
        self._waiting = []
        self._held.update(
            dict(zip(held.words, np.bincount(held.term, minlength=len(held.words)).tolist(), strict=True))
        )
        return self._held


def blocks(path: Path, number: int, of: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]]:
    """Week, product, stars and text of every `of`-th block of the file, from block `number` on."""
    from pyarrow import csv, set_memory_pool, system_memory_pool

    set_memory_pool(system_memory_pool())  # the others keep what they have had
    options = csv.ReadOptions(block_size=BLOCK, use_threads=False)
    parse = csv.ParseOptions(newlines_in_values=True)
    with csv.open_csv(path, read_options=options, parse_options=parse) as reader:
        for at, block in enumerate(reader):
            if at % of == number:
                week, product, stars = (np.frombuffer(block[i].buffers()[1], np.int64) for i in range(3))
                yield week, product, stars, block["text"].to_pylist()


def z(both: Mined) -> np.ndarray:
    """z of each word's log-odds against the background, with a Dirichlet prior."""
    words = list(both.negative | both.background)
    count = np.array([[pool[word] for word in words] for pool in (both.negative, both.background)], dtype=float)
    prior = count.sum(axis=0) * 500 / count.sum()
    odds = [np.log((k + prior) / (k.sum() + 500 - k - prior)) for k in count]
    return (odds[0] - odds[1]) / np.sqrt((1 / (count + prior)).sum(axis=0))


def floor(path: Path) -> float:
    """The bytes once and one Aho-Corasick pass over them."""
    from ahocorasick_rs import AhoCorasick, Implementation

    from shopscore_analysis.text.lexicon import lexicon

    automaton = AhoCorasick(phrases(lexicon().trie), implementation=Implementation.ContiguousNFA)
    text = path.read_bytes().decode()
    for at in range(0, len(text), BLOCK // 2):
        automaton.find_matches_as_indexes(text[at : at + BLOCK // 2], overlapping=True)
    return 0.0


def phrases(trie) -> list[str]:
    """The words of a trie, found by climbing from where they end."""
    state = np.flatnonzero(trie.kind >= 0)
    spelt = np.full(len(state), "", dtype=object)
    letters = np.array(["", *map(chr, trie.letters)], dtype=object)
    while (state > 0).any():
        parent = trie.check[state]
        above = parent > 0
        spelt = letters[np.where(above, state - trie.base[parent], state)] + spelt
        state = np.where(above, parent, 0)
    return spelt.tolist()


def measured(work: Callable[[Path], float], path: Path) -> tuple[float, float, float]:
    """Seconds, seconds of processor time and peak megabytes of one pipeline in a fresh process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(timed, work, path).result()


def timed(work: Callable[[Path], float], path: Path) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak megabytes of a pipeline in this process and those it starts."""
    start = time.perf_counter()
    others = work(path)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter() - start, sum(each.ru_utime + each.ru_stime for each in used), peak() + others


def peak() -> float:
    """The peak memory of this process in megabytes; on Linux without what its parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    """Write the reviews, run the pipelines, print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--texts", type=Path, default=None)
    parser.add_argument("--file", type=Path, default=Path("mine-reviews.csv"))
    args = parser.parse_args()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(write, args.file, args.rows, args.texts).result()
        pool.submit(prepare, args.file).result()
    print(
        f"{args.rows} reviews, {args.file.stat().st_size / 1e6:.1f} MB\n\n"
        "| pipeline | s | reviews/s | faster | processor s | less | peak MB | share |\n" + "|---" * 8 + "|"
    )
    from shopscore_analysis.shards import HEARD

    heard = min(1.0, HEARD * MONTHS / args.rows)
    rows = {
        "baseline": baseline,
        "ours, one process": partial(alone, heard=heard),
        "ours, two processes": partial(together, heard=heard),
        "ours, one process, all words": partial(alone, heard=1.0),
        "floor": floor,
    }
    whole = None
    for name, work in rows.items():
        seconds, processor, most = measured(work, args.file)
        whole = whole or (seconds, processor, most)
        print(
            f"| {name} | {seconds:.1f} | {args.rows / seconds:,.0f} | {whole[0] / seconds:.1f} × | {processor:.1f} "
            f"| {whole[1] / processor:.1f} × | {most:,.0f} | {most / whole[2]:.2f} |",
            flush=True,
        )
    args.file.unlink()


if __name__ == "__main__":
    main()
