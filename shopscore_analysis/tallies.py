"""The tally of a shelf: what was counted before is read, the rest is counted and kept.

Months of orders are kept under the digest of their records, of who reads the texts, and of the program; so a new week
counts the months that its records belong to, and nothing else. What is kept holds counts and masked quotes only.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pyarrow as pa

from shopscore_analysis.count import count_shard
from shopscore_analysis.errors import ShopscoreError
from shopscore_analysis.kept import Kept
from shopscore_analysis.parts import RECORDS, ChangedError, Cut, Mapper, cut
from shopscore_analysis.placed import Source, task_name
from shopscore_analysis.shelf import Shelf
from shopscore_analysis.tally import Tally
from shopscore_analysis.text.tagger import tagger_digest

Progress = Callable[[Path, int, int], None]  # what was counted, shards done, shards in all
Notice = Callable[[str], None]

# The modules and files that decide what is counted; a test compares them with what count.py imports.
COUNTING = (
    "copies", "count", "errors", "intake", "journal", "kept", "merge", "objects", "parts", "periods", "placed", "said",
    "schema", "shards", "shelf", "tally", "text",
)  # fmt: skip
_DATA = ("reasons.toml", "simplified.txt", "stopwords.txt")
_ENGINES = ("jieba", "rjieba")
_ABOUT = "about.json"
_ATTEMPTS = 5
_RECENT = 6  # months, and up to as many more, that a new week may change; the sum of the older ones is kept, too


def tally_of(
    source: Source, map: Mapper = map, progress: Progress | None = None, notice: Notice | None = None
) -> Tally:
    """The tally of everything on a shelf; `map` decides nothing but speed.

    `progress` is told of every shard that is counted, `notice` why months are counted again that had been counted.
    Counting begins anew where a loader changes the shelf meanwhile; ShopscoreError if that goes on.
    """
    for _ in range(_ATTEMPTS):
        try:
            return _tally(source, map, progress or _silent, notice or _silent)
        except ChangedError:
            continue
    raise ShopscoreError(
        f"expected a quiet moment to count {source.shelf}, found loaders all the time; wait for them and try again"
    )


def _silent(*said: object) -> None:
    """Tells nobody."""


def _tally(source: Source, map: Mapper, progress: Progress, notice: Notice) -> Tally:
    kept, whole = Kept(source.kept), cut(source, map)
    now = {"lexicon": tagger_digest(source.category, source.own), "program": source.stamp, "versions": whole.versions}
    names = {month: _name(source, month, digest) for month, digest in whole.digests.items()}
    old = list(names)[: max(len(names) // _RECENT - 1, 0) * _RECENT]
    sum_name = f"sum-{_digest([names[month] for month in old])}"
    summed = loaded(kept.get(sum_name)) if old else Tally()
    known = {month: loaded(kept.get(name)) for month, name in names.items() if summed is None or month not in old}
    missing = [month for month, found in known.items() if found is None]
    changed = [name for name in ("lexicon", "program") if _about(kept).get(name, now[name]) != now[name]]
    if changed and missing:
        notice(f"the {' and the '.join(changed)} changed since the last count: {len(missing)} months are counted anew")
    for month, tally in _counted(whole, missing, map, progress):
        known[month] = tally
        kept.put(names[month], dumped(tally))
    if summed is None:
        summed = _sum(known.pop(month) for month in old)
        kept.put(sum_name, dumped(summed))
    kept.put(_ABOUT, json.dumps(now).encode())
    kept.remove(kept.names() - {_ABOUT, sum_name, *names.values(), *_found_names(whole)})
    return _sum([summed, *known.values()])


def _sum(tallies: Iterable[Tally | None]) -> Tally:
    found = [tally for tally in tallies if tally is not None]
    return Tally.of([tally.cells for tally in found], [tally.quotes for tally in found])


def _digest(about: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


def _counted(whole: Cut, months: list[str], map: Mapper, progress: Progress) -> Iterator[tuple[str, Tally]]:
    """Each of the months with its tally, as they come in."""
    parts = [whole.parts(month) for month in months]
    tasks = [part for month in parts for part in month]
    results = iter(map(count_shard, tasks))
    done = 0
    for month, shards in zip(months, parts, strict=True):
        tallies = []
        for part in shards:
            tallies.append(next(results))
            done += 1
            progress(Path(part.name), done, len(tasks))
        yield month, sum(tallies[1:], tallies[0])


def _name(source: Source, month: str, digest: str) -> str:
    """What the tally of a month is kept as."""
    about = (source.stamp, tagger_digest(source.category, source.own), source.shop, source.category, digest)
    return f"tally-{month}-{_digest(about)}"


def _found_names(whole: Cut) -> Iterator[str]:
    """What is kept beside the tallies."""
    yield from (task_name(whole.source, *about) for about in whole.placed)
    yield from (task_name(whole.source, "orders", month) for month in whole.versions["orders"])


def _about(kept: Kept) -> dict[str, Any]:
    """Lexicon, program and versions of the shelf's files at the last count; empty where nothing was kept."""
    return dict(json.loads(kept.get(_ABOUT) or b"{}"))


def waiting(source: Source) -> int:
    """About how many bytes of the shelf have not been counted yet: what decides whether more processes pay."""
    shelf, before = Shelf(source.shelf), _about(Kept(source.kept))
    same = before.get("lexicon") == tagger_digest(source.category, source.own) and before.get("program") == source.stamp
    total = 0
    for table in ("orders", *RECORDS):
        known = before["versions"][table] if same else {}
        sizes = shelf.sizes(table)
        total += sum(sizes[month] for month, version in shelf.versions(table).items() if known.get(month) != version)
    return total


def dumped(tally: Tally) -> bytes:
    """A tally as two Arrow streams, cells and quotes; equal tallies give equal bytes."""
    out = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    for frame in (tally.cells, tally.quotes):
        table = _plain(pa.Table.from_pandas(frame, preserve_index=False))
        with pa.ipc.new_stream(out, table.schema, options=options) as stream:
            stream.write_table(table)
    return out.getvalue()


def _plain(table: pa.Table) -> pa.Table:
    """The table with texts in buffers of their own: what is left of filtering must not show in the bytes."""
    texts = [field for field in table.schema if not pa.types.is_dictionary(field.type) and field.type != pa.int64()]
    for field in texts:
        at = table.schema.get_field_index(field.name)
        table = table.set_column(at, field, pa.array(table[field.name].to_pylist(), field.type))
    return table


def loaded(content: bytes | None) -> Tally | None:
    """The tally of these bytes; None for none, and for bytes that are no tally."""
    if content is None:
        return None
    try:
        source = pa.BufferReader(content)
        cells, quotes = (pa.ipc.open_stream(source).read_all().to_pandas() for _ in range(2))
        return Tally(cells, quotes)
    except (pa.ArrowException, OSError, ValueError):
        return None


@cache
def stamp() -> str:
    """12 hex digits over the sources and data that decide what is counted, and the engines that segment."""
    package, total = files("shopscore_analysis"), hashlib.sha256()
    with as_file(package) as root:
        sources = [root / f"{name}.py" for name in COUNTING] + [root / "data" / name for name in _DATA]
        for path in [*filter(Path.is_file, sources), *sorted((root / "text").glob("*.py"))]:
            total.update(path.name.encode() + b"\0" + path.read_bytes())
    for name in _ENGINES:
        with suppress(PackageNotFoundError):
            total.update(f"{name} {version(name)}".encode())
    return total.hexdigest()[:12]
