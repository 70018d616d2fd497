"""The tally of a shelf: what was counted before is read, the rest is counted and kept.

Months of orders are kept under the digest of their records, of who reads the texts, and of the program; so a new week
counts the months that its records belong to, and nothing else. What is kept holds counts and masked quotes only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from shopscore_analysis.count import count_shard
from shopscore_analysis.errors import ShopscoreError
from shopscore_analysis.kept import Kept
from shopscore_analysis.memory import give_back
from shopscore_analysis.older import SUMS, Counted, Month, kept_name
from shopscore_analysis.packed import dumped
from shopscore_analysis.parts import RECORDS, Cut, Mapper, Notice, Part, cut
from shopscore_analysis.placed import ChangedError, Source, task_name
from shopscore_analysis.shelf import Shelf
from shopscore_analysis.tally import Tally
from shopscore_analysis.text.tagger import tagger_digest

Progress = Callable[[Path, int, int], None]  # what was counted, shards done, shards in all
Result = TypeVar("Result")

_DECIDES = {"lexicon": "词表", "program": "程序"}  # what makes months count anew, as an analyst reads it
_ABOUT = "about.json"
_ATTEMPTS = 5


def tally_of(
    source: Source,
    map: Mapper = map,
    progress: Progress | None = None,
    notice: Notice | None = None,
    weeks: Collection[str] | None = None,
) -> Tally:
    """The tally of everything on a shelf, or of some weeks; `map` decides nothing but speed.

    `progress` is told of every shard that is counted, `notice` why months are counted again that had been counted.
    Counting begins anew where a loader changes the shelf meanwhile; ShopscoreError if that goes on.
    """
    return _at_rest(source, lambda: counted(source, map, progress, notice).tally(weeks))


def history_of(source: Source) -> Tally:
    """`history` of everything on a shelf; counts and raises as `tally_of`."""
    return _at_rest(source, lambda: counted(source).history())


def count_new(
    source: Source, map: Mapper = map, progress: Progress | None = None, notice: Notice | None = None
) -> None:
    """Nothing; what has not been counted is counted and kept. As `tally_of`, but no tally is put together."""
    _at_rest(source, lambda: counted(source, map, progress, notice))


def _at_rest(source: Source, do: Callable[[], Result]) -> Result:
    for _ in range(_ATTEMPTS):
        try:
            return do()
        except ChangedError:
            continue
    raise ShopscoreError(
        f"expected a quiet moment to count {source.shelf}, found loaders all the time; wait for them and try again"
    )


def _silent(*said: object) -> None:
    """Tells nobody."""


def counted(
    source: Source, map: Mapper = map, progress: Progress | None = None, notice: Notice | None = None
) -> Counted:
    """The shelf, counted: every shard whose tally was not kept is counted now, and kept.

    Raises ChangedError where a loader changes the shelf meanwhile.
    """
    give_back()
    kept, now = Kept(source.kept), _now(source)
    before, there = _about(kept), kept.names()
    months = {month: Month(**told) for month, told in before.get("months", {}).items()}
    if all(before.get(name) == now[name] for name in now) and there.issuperset(_names(months)):
        return Counted(source, months, {})
    whole = cut(source, map)
    parts = {month: whole.parts(month) for month in whole.digests}
    missing = [part for month in parts.values() for part in month if kept_name(part) not in there]
    missing.sort(key=lambda part: part.size, reverse=True)  # so that the last ones to be done are short
    changed = [said for name, said in _DECIDES.items() if before.get(name, now[name]) != now[name]]
    if changed and missing:
        number = len({part.month for part in missing})
        (notice or _silent)(f"{'和'.join(changed)}和上次统计时不一样了：{number} 个月要重新统计")
    aside = {}
    for done, (part, content) in enumerate(zip(missing, map(keep, missing), strict=True), 1):
        aside[kept_name(part)] = content
        (progress or _silent)(Path(part.name), done, len(missing))
    months = {month: Month([kept_name(part) for part in parts[month]], sorted(whole.born(month))) for month in parts}
    about = {**now, "versions": now["versions"] | whole.versions}
    about["months"] = {month: asdict(told) for month, told in months.items()}
    kept.put(_ABOUT, json.dumps(about).encode())
    of_use = {_ABOUT, *_names(months), *_found_names(whole)}
    kept.remove(name for name in there - of_use if name.partition("-")[0] not in SUMS)
    return Counted(source, months, {name: content for name, content in aside.items() if content})


def keep(part: Part) -> bytes:
    """Nothing where the tally of the shard could be kept, else its bytes: what a worker does."""
    give_back()
    content = dumped(count_shard(part))
    return b"" if Kept(part.source.kept).put(kept_name(part), content) else content


def _found_names(whole: Cut) -> Iterator[str]:
    """What is kept beside the tallies."""
    yield from (task_name(whole.source, *about) for about in whole.placed)
    yield from (task_name(whole.source, "orders", month) for month in whole.versions["orders"])


def _names(months: dict[str, Month]) -> set[str]:
    """What the tallies of these months are kept as."""
    return {name for month in months.values() for name in month.names}


def _now(source: Source) -> dict[str, Any]:
    """All that decides what is counted: who reads the texts, for whom, and the versions of the shelf's files."""
    shelf, lexicon = Shelf(source.shelf), tagger_digest(source.category, source.own)
    versions = {table: shelf.versions(table) for table in ("orders", *RECORDS, "service")}
    about = {"shop": source.shop, "category": source.category}
    return {"lexicon": lexicon, "program": source.stamp, **about, "versions": versions}


def _about(kept: Kept) -> dict[str, Any]:
    """What decided the last count, see `_now`, and the months that came of it; empty where nothing was kept."""
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
