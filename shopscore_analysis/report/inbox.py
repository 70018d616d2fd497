"""New exports of a shop: picked up from data/inbox and data/raw, loaded, and remembered."""

from __future__ import annotations

import filecmp
import json
from collections.abc import Iterator
from pathlib import Path

from shopscore_analysis.load import SUFFIXES, Loaded
from shopscore_analysis.parts import Notice
from shopscore_analysis.read import is_ignored
from shopscore_analysis.shop import Shop

_SEEN = "seen.json"  # below data/: size and time of every file of data/raw that is on the shelf
Stamp = list[int]


def take_in(shop: Shop, notice: Notice | None = None) -> list[Loaded]:
    """What became of each new file, an empty list where there is none.

    A file of data/inbox that was loaded moves to data/raw. One that was refused stays where it is and is tried, and
    told, again by the next run: it may have been read while somebody was still copying it. A killed run does no harm,
    because loading a file twice changes nothing. The sample shop takes nothing in once it is made;
    `notice` is told where files wait for it.
    """
    inbox, raw = shop.root / "data" / "inbox", shop.root / "data" / "raw"
    if not shop.takes_exports:
        if notice and (waiting := len(list(_exports(inbox)))):
            notice(f"{shop.name} 是示例店，{inbox} 里的 {waiting} 个文件没有导入；放进自己的店才会导入")
        return []
    seen = _seen(shop)
    fresh = {path: _stamp(path) for path in _exports(inbox)}
    fresh |= {path: now for path in _exports(raw) if (now := _stamp(path)) != seen.get(_name(path, raw))}
    if not fresh:
        return []
    loaded = shop.load(list(fresh))
    refused = {one.path for one in loaded if one.error}
    whole = [path for path, before in fresh.items() if path not in refused and _stamp(path) == before]
    for path in whole:
        kept = _moved(path, raw) if path.is_relative_to(inbox) else path
        seen[_name(kept, raw)] = _stamp(kept)
    _remember(shop, {name: stamp for name, stamp in seen.items() if (raw / name).exists()})
    return loaded


def left_alone(shop: Shop) -> list[str]:
    """The names of files in data/inbox that are no exports."""
    inbox = shop.root / "data" / "inbox"
    files = (path for path in inbox.rglob("*") if path.is_file() and not is_ignored(path.name))
    return sorted(_name(path, inbox) for path in files if path.suffix.lower() not in SUFFIXES)


def _exports(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(is_ignored(part) for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.suffix.lower() in SUFFIXES:
            yield path


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _moved(path: Path, raw: Path) -> Path:
    """The file's new place; a different file of the same name is kept, too, and the date in its name stays readable."""
    raw.mkdir(parents=True, exist_ok=True)
    names = (path.name, *(f"{path.stem}-{n}{path.suffix}" for n in range(2, 10_000)))
    target = next(place for name in names if not (place := raw / name).exists() or filecmp.cmp(path, place, False))
    path.replace(target)
    return target


def _seen(shop: Shop) -> dict[str, Stamp]:
    """What earlier runs have loaded; nothing where the list is absent or damaged, which only costs a second load."""
    try:
        return dict(json.loads((shop.root / "data" / _SEEN).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def _remember(shop: Shop, seen: dict[str, Stamp]) -> None:
    path = shop.root / "data" / _SEEN
    making = path.with_name(f".{_SEEN}.making")
    making.write_text(json.dumps(dict(sorted(seen.items())), ensure_ascii=False, indent=0), encoding="utf-8")
    making.replace(path)
