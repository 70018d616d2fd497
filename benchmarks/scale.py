"""How counting grows: reviews from 0.1 to 10 million, one and two processes, pool and Dask; and one more week.

    python benchmarks/scale.py [--sizes 100000,1000000] [--months 60] [--modes 1,2,dask] [--memory 1.5GB]
                               [--naive 20000] [--weekly 2000000] [--profile 100000] [--whole]

Every run is a process of its own. The shelf is written once for each size: five years of months (or `--months`, for a
dense shop), 1.5 orders a review, an after-sale for every twelfth, the sentences of benchmarks/reviews.py behind random
signs, since reviews are not made of eight sentences. Tallies are counted from nothing and kept, then the last 13 weeks
are put together, as a report does. Peak memory is the greatest sum over the process and everything it started, sampled
every 50 ms, less often where a look takes long: once with shared pages divided among those that share them (Pss, what
the machine really gives), once with these pages counted in each (Rss); of the largest worker what it shares with
nobody. `--memory` is the limit that the command has: a mode asks for so many processes, and the table says how many ran
at once and what had been estimated for them. What other programs took of the processors meanwhile stands beside it: two
processes cannot be told from one where that is much. `--whole`: the tally of the whole history, too. `--naive`: what
analysts write, and two libraries, on texts of the first size (benchmarks/naive.py). `--weekly`: one more week on five
years and on the newest quarter alone, counted, and then as the whole weekly run of the command. `--profile`: where one
process spends its time, after a first count has compiled what is compiled.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path

import naive
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from reviews import CONTACTS, columns

from shopscore_analysis import budget
from shopscore_analysis.merge import schema_of
from shopscore_analysis.read.privacy import mask
from shopscore_analysis.shop import Shop

MONTHS, NAME = 60, "规模店"
FIRST = np.datetime64("2021-11-01T00:00:00", "s")
SLICE = 100_000
LOOKS = 40  # times as long as a look at the memory takes, until the next: a look stops what it looks at
HELPER = 30  # MB; below that a process is multiprocessing's own helper and does not count


def write(folder: Path, reviews: int, months: int = MONTHS, last: int = MONTHS) -> Shop:
    """A shop with so many reviews over the months that end with month number `last`, straight onto the shelf."""
    shop = Shop.create(folder, NAME, "")
    each = reviews // months
    for month in range(last - months, last):
        tables: dict[str, list[pa.Table]] = {"reviews": [], "orders": [], "aftersales": []}
        for start in range(0, each, SLICE):
            for name, part in month_of(month, month * 10_000_000 + start, min(SLICE, each - start)).items():
                tables[name].append(part)
        shop.shelf.put([(name, pa.concat_tables(parts)) for name, parts in tables.items()])
    return shop


def month_of(month: int, start: int, count: int, days: int = 28) -> dict[str, pa.Table]:
    """Orders of a month, numbered from `start`, and the reviews and after-sales that follow them."""
    chance = np.random.default_rng([11, start])
    at = FIRST + np.timedelta64(month * 2_629_800 + 86_400, "s") + chance.integers(0, days * 86_400, count * 3 // 2)
    number = start + np.arange(count * 3 // 2)
    stamp = at.astype("datetime64[s]")
    product, sku = number % 40, number % 6
    ids = numbered("69", number, 17)
    shown = {"product_id": numbered("35", product, 17), "product": numbered("示例商品", product, 3),
             "sku": numbered("规格", sku, 1)}  # fmt: skip
    days_later = (chance.integers(3, 40, len(number)) * 86_400).astype("timedelta64[s]")
    orders = {
        "key": ids, "ordered_at": stamp, "order_id": ids, "sub_order_id": ids, **shown, "qty": np.ones_like(number),
        "payable_fen": 2000 + number % 30_000, "paid_at": stamp, "promised_at": stamp + np.timedelta64(2, "D"),
        "shipped_at": stamp + (number % 4 * 86_400).astype("timedelta64[s]"),
        "status": pc.if_else(pa.array(number % 9 == 0), "已关闭", "已完成"),
        "carrier": numbered("快递", number % 5, 1), "warehouse": numbered("仓", number % 3, 1),
        "channel": numbered("体裁", number % 4, 1),
    }  # fmt: skip
    said = columns(start, count, 90)
    texts = pc.binary_join_element_wise(filler(chance, count), masked(said["评价内容"].combine_chunks()), "，")
    reviewed = slice(0, count)
    stars = said["商品评价得分"].cast(pa.int64())
    reviews = {
        "key": [f"{one * 2654435761 % 2**32:08x}{one:024x}" for one in number[reviewed].tolist()],
        "order_ref": ids[reviewed],
        "reviewed_at": (stamp + days_later)[reviewed], **{name: column[reviewed] for name, column in shown.items()},
        "stars": stars, "text": texts,
        "followup": pc.if_else(pc.equal(said["追评内容"], ""), None, said["追评内容"]),
    }  # fmt: skip
    sent = np.arange(count, len(number))[::6]
    cases = {
        "key": ids.take(sent), "aftersale_id": ids.take(sent), "applied_at": (stamp + days_later)[sent],
        "order_id": ids.take(sent), "sub_order_id": ids.take(sent), "product_id": shown["product_id"].take(sent),
        "kind": pa.repeat("退货退款", len(sent)), "reason": pa.repeat("质量问题", len(sent)),
        "refund_fen": 2000 + number[sent] % 30_000, "text": texts.take(np.arange(len(sent)) % count),
    }  # fmt: skip
    tables = {"orders": orders, "reviews": reviews, "aftersales": cases}
    return {name: table(name, content) for name, content in tables.items()}


def masked(texts: pa.Array) -> pa.Array:
    """The texts as loading would shelve them: without anybody's number, name or address."""
    for contact in CONTACTS:
        texts = pc.replace_substring(texts, contact, mask(contact))
    return texts


def filler(chance: np.random.Generator, count: int, length: int = 30) -> pa.Array:
    """Texts of random signs out of 400, in fours: no two are alike."""
    signs = chance.integers(0x4E00, 0x4E00 + 400, (count, length), dtype=np.uint32)
    signs[:, 4::5] = ord("，")
    return pa.array([row.tobytes().decode("utf-32-le") for row in signs])


def numbered(prefix: str, number: np.ndarray, width: int, whole: int = 0) -> pa.Array:
    """Texts of a prefix and padded numbers."""
    padded = pc.utf8_lpad(pa.array(number).cast(pa.string()), width=width, padding="0")
    made = pc.binary_join_element_wise(prefix, padded, "")
    return pc.utf8_rpad(made, width=whole, padding="0") if whole else made


def table(name: str, content: dict[str, object]) -> pa.Table:
    """Records of a table; what is not given is empty."""
    schema = schema_of(name)
    rows = len(content["key"])
    common = {"shop": pa.repeat(NAME, rows), "source": pa.repeat("0" * 12, rows), "exported_at": pa.repeat(FIRST, rows)}
    given = {**common, **content}
    arrays = [pa.nulls(rows, field.type) if field.name not in given else plain(given[field.name]).cast(field.type)
              for field in schema]  # fmt: skip
    return pa.Table.from_arrays(arrays, schema=schema)


def plain(values: object) -> pa.Array:
    """An Arrow array of anything array-like."""
    if isinstance(values, pa.ChunkedArray):
        return values.combine_chunks()
    return values if isinstance(values, pa.Array) else pa.array(values)


def counted(folder: Path, mode: str, memory: str) -> None:
    """Counts a shop in this process, and says what it took on stdout; what `measured` starts."""
    from shopscore_analysis.workers import cluster

    began = time.perf_counter()
    shop = Shop.open(folder)
    if mode == "whole":
        cells = len(shop.count().cells)
        return print(json.dumps({"s": time.perf_counter() - began, "cells": cells}))
    if mode == "dask":
        from distributed import LocalCluster

        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
            cluster(local.scheduler_address) as mapped,
        ):
            shop.count_new(mapped)
    else:
        with shop.processes(int(mode), memory or 0, lambda said: print(said, file=sys.stderr)) as mapped:
            shop.count_new(mapped)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    cells = len(shop.tally("13 weeks", shop.weeks[-6]).cells)
    return print(json.dumps({"s": seconds, "cells": cells, "read_s": time.perf_counter() - began}))


def measured(folder: Path, mode: str, memory: str = "") -> dict[str, float]:
    """Seconds, processor seconds, cells, processes and peak megabytes (the process and all it started) of one count."""
    script = [sys.executable, __file__, "--count", str(folder), "--mode", mode, "--memory", memory]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as running:
        peak = {"mb": 0.0, "rss": 0.0, "ran": 0.0, "own": 0.0}
        watcher = threading.Thread(target=watch, args=(running, peak))
        watcher.start()
        before, all_before = os.times(), busy()
        said, _ = running.communicate()
        watcher.join()
    after, others = os.times(), busy() - all_before
    if running.returncode:
        raise SystemExit(running.returncode)
    cpu = sum(after[2:4]) - sum(before[2:4])
    others -= sum(after[:4]) - sum(before[:4])
    return {**json.loads(said.splitlines()[-1]), **peak, "cpu": cpu, "others": others}


def busy() -> float:
    """Processor seconds that all programs of this machine have taken, not a number where nobody tells."""
    try:
        spent = Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:8]
    except OSError:
        return float("nan")
    return sum(int(spent[at]) for at in (0, 1, 2, 5, 6)) / os.sysconf("SC_CLK_TCK")


def watch(running: subprocess.Popen[str], peak: dict[str, float]) -> None:
    """Notes the greatest memory of the process tree in MB, and how many processes counted at once, until it ends."""
    while running.poll() is None:
        begun = time.process_time()
        of_each = [resident(pid) for pid in tree(running.pid)]
        workers = [own for rss, _, own in of_each[1:] if rss > HELPER]
        rss, pss, _ = map(sum, zip(*of_each, strict=True))
        alone = of_each[0][2] if peak["ran"] <= 1 else 0.0
        now = {"rss": rss, "mb": pss, "ran": len(workers) or 1, "own": max(workers, default=alone)}
        for name, value in now.items():
            peak[name] = max(peak[name], value)
        time.sleep(max(0.05, LOOKS * (time.process_time() - begun)))


def tree(pid: int) -> list[int]:
    """The process and all that it started, on Linux."""
    try:
        children = Path(f"/proc/{pid}/task").glob("*/children")
        below = [int(child) for file in children for child in file.read_text().split()]
    except OSError:
        below = []
    return [pid, *(one for child in below for one in tree(child))]


def resident(pid: int) -> tuple[float, float, float]:
    """The resident memory of a process in MB, with shared pages whole, divided, and left out; 0 where it is gone."""
    try:
        told = dict(line.split(":") for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    except OSError:
        return 0.0, 0.0, 0.0
    names = ("Rss", "Pss", "Private_Clean", "Private_Dirty")
    rss, pss, *own = (int(told.get(name, "0").split()[0]) * 1024 / 1e6 for name in names)
    return rss, pss, sum(own)


def forget(folder: Path) -> Path:
    """The shop's folder without what was counted."""
    shutil.rmtree(folder / "data" / "tally", ignore_errors=True)
    return folder


def growth(root: Path, sizes: list[int], modes: list[str], months: int, memory: str) -> None:
    """Prints the table of sizes and modes, and the slope of cost between sizes."""
    print(f"load at the start: {os.getloadavg()[0]:.1f}\n")
    print(f"memory: {memory or 'half of what is free'}\n")
    heads = ("reviews", "processes asked", "ran", "s", "reviews/s", "against one", "processor s", "others' processor s",
             "peak MB", "shared pages in each", "estimated", "largest worker", "estimated", "13 weeks: cells",
             "s")  # fmt: skip
    print("|" + "".join(f" {head} |" for head in heads) + "\n|" + "---|" * len(heads))
    alone: dict[int, float] = {}
    for size in sizes:
        folder = shop_of(root, size, months)
        for mode in modes:
            took = measured(forget(folder), mode, memory)
            alone[size] = took["s"] if mode == "1" else alone.get(size, float("nan"))
            share = "" if mode == "1" or np.isnan(alone[size]) else f"{alone[size] / took['s']:.2f} ×"
            memories = " | ".join(estimated(folder, took["ran"], took["own"]))
            label = {"dask": "Dask, 2 workers"}.get(mode, mode)
            print(
                f"| {size:,} | {label} | {took['ran']:.0f} | {took['s']:.1f} | {size / took['s']:,.0f} | {share} "
                f"| {took['cpu']:.1f} | {took['others']:.1f} | {took['mb']:,.0f} | {took['rss']:,.0f} "
                f"| {memories} | {took['cells']:,} | {took['read_s']:.1f} |",
                flush=True,
            )
    for small, large in pairwise(sizes):
        slope = np.log(alone[large] / alone[small]) / np.log(large / small)
        print(f"\nslope of cost from {small:,} to {large:,} reviews, one process: {slope:.2f} (1 is linear)")


def estimated(folder: Path, processes: float, own: float) -> list[str]:
    """The megabytes expected of so many processes together; what the largest one took of its own, and was to take."""
    heavy = budget.weight(Shop.open(folder).shelf)
    together, each = budget.gathering(heavy) + processes * budget.counting(heavy), budget.counting(heavy)
    return [f"{together / budget.MB:,.0f}", f"{own:,.0f}", f"{each / budget.MB:,.0f}"]


def wholly(root: Path, sizes: list[int]) -> None:
    """Prints what it takes to put the whole history together from what is kept."""
    print("\n| reviews | whole history in s | again | peak MB | cells | cells a review |\n|" + "---|" * 6)
    for size in sizes:
        first, again = (measured(shop_of(root, size), "whole") for _ in range(2))
        print(
            f"| {size:,} | {first['s']:.1f} | {again['s']:.1f} | {first['mb']:,.0f} | {first['cells']:,} "
            f"| {first['cells'] / size:.2f} |",
            flush=True,
        )


def shop_of(root: Path, size: int, months: int = MONTHS) -> Path:
    """The folder of the shop of that size, written where it is not there yet."""
    folder = root / (f"reviews-{size}" if months == MONTHS else f"reviews-{size}-in-{months}")
    if not folder.exists():
        began = time.perf_counter()
        write(folder, size, months)
        print(f"{size:,} reviews written in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return folder


def weekly(root: Path, size: int, rounds: int) -> None:
    """Prints what one more week costs on five years and on a quarter of the same density: the count, and the report."""
    folders = [shop_of(root, size), root / f"quarter-{size}"]
    if not folders[1].exists():
        write(folders[1], size // MONTHS * 3, 3)
    for folder in folders:
        spent(reported(folder))
    for label, command in (("count and 13 weeks", recounted), ("whole weekly run", reported)):
        print(f"\n| {label}, round | five years, s | a quarter, s | ratio | processor s | s | ratio |\n|" + "---|" * 7)
        for at in range(rounds):
            for folder in folders:
                one_more_week(folder, size // MONTHS // 4)
            (old, old_cpu), (new, new_cpu) = (spent(command(folder)) for folder in folders)
            seconds = f"{old:.2f} | {new:.2f} | {old / new:.2f}"
            print(f"| {at + 1} | {seconds} | {old_cpu:.2f} | {new_cpu:.2f} | {old_cpu / new_cpu:.2f} |", flush=True)


def recounted(folder: Path) -> list[str]:
    """The command that counts what is new in one process, and reads 13 weeks."""
    return [sys.executable, __file__, "--count", str(folder), "--mode", "1"]


def reported(folder: Path) -> list[str]:
    """The command that counts what is new, makes the weekly report and publishes it."""
    return [sys.executable, "-m", "shopscore_analysis", "report", "weekly", "--shop", str(folder)]


def spent(command: list[str]) -> tuple[float, float]:
    """Seconds and processor seconds (all processes) of a command, imports included."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.elapsed - before.elapsed, sum(after[2:4]) - sum(before[2:4])


def one_more_week(folder: Path, count: int) -> None:
    """Nothing; puts one more week of records on the shelf."""
    shop = Shop.open(folder)
    tables = month_of(MONTHS, 900_000_000 + 10 * len(shop.shelf.read("reviews", columns=["key"])), count, 7)
    shop.shelf.put(list(tables.items()))


def profile(root: Path, size: int) -> None:
    """Prints where a count of one process spends its time, as pyinstrument sees it."""
    from pyinstrument import Profiler

    Shop.open(forget(shop_of(root, size))).count_new()
    with Profiler(interval=0.02) as profiler:
        Shop.open(forget(shop_of(root, size))).count_new()
    profiler.print(unicode=True, color=False, show_all=False)


def main() -> None:
    """Runs what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100000,1000000")
    parser.add_argument("--modes", default="1,2,dask")
    parser.add_argument("--memory", default="", help="what all processes of a count may take, e.g. 1.5GB")
    parser.add_argument("--months", type=int, default=MONTHS, help="over which the reviews lie: 3 for a dense shop")
    parser.add_argument("--naive", type=int, default=0)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--weekly", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", type=int, default=0)
    parser.add_argument("--root", type=Path, help="where shelves are kept for another run")
    parser.add_argument("--count", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--mode", default="1", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.count:
        return counted(given.count, given.mode, given.memory)
    with tempfile.TemporaryDirectory() as aside:
        root = given.root or Path(aside)
        if given.sizes:
            sizes = [int(size) for size in given.sizes.split(",")]
            growth(root, sizes, given.modes.split(","), given.months, given.memory)
            if given.whole:
                wholly(root, sizes)
        if given.naive:
            naive.table(shop_of(root, given.naive), given.naive)
        if given.weekly:
            weekly(root, given.weekly, given.rounds)
        if given.profile:
            profile(root, given.profile)
    return None


if __name__ == "__main__":
    main()
