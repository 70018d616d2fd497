"""When each A/B test of a shop was first seen, and what of it has changed since: data/experiments.json.

A declaration counts for what it was before its start. Whoever looks at a test, plans it or reads it, leaves its
declaration here with the time in Asia/Shanghai; nothing is ever taken out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shopscore_analysis.declaration import Experiment, Mode
from shopscore_analysis.errors import SettingsError

FILE = Path("data") / "experiments.json"
Entry = dict[str, Any]  # {"seen": time, "digest": …, "declared": the declaration as JSON}


@dataclass(frozen=True)
class Standing:
    """What is known of a declaration: first seen when, whether only after the start, and what changed after it.

    `changed`: the fields that differ from the last version before the start (from the first one where all are late).
    `mode`: how the test may be read; sequential only where it was so before the start.
    """

    seen: datetime
    is_late: bool
    changed: tuple[str, ...]
    changed_at: datetime | None
    mode: Mode


def now() -> datetime:
    """The time in Asia/Shanghai, whole seconds, without a zone."""
    return (datetime.now(UTC) + timedelta(hours=8)).replace(tzinfo=None, microsecond=0)


def noted(folder: Path, tests: Iterable[Experiment], at: datetime | None = None) -> dict[str, Standing]:
    """How each test stands, by name; versions not seen before are noted with the time `at` (default: now).

    Raises SettingsError where the file is damaged or cannot be written.
    """
    path, at = folder / FILE, at or now()
    known, tests = _read(path), list(tests)
    fresh = [test for test in tests if not _is_newest(known.get(test.name, []), test)]
    for test in fresh:
        entry = {"seen": at.isoformat(), "digest": test.digest, "declared": test.model_dump(mode="json")}
        known.setdefault(test.name, []).append(entry)
    if fresh:
        _write(path, known)
    return {test.name: standing(test, known[test.name]) for test in tests}


def _is_newest(entries: list[Entry], test: Experiment) -> bool:
    return bool(entries) and entries[-1]["digest"] == test.digest


def standing(test: Experiment, entries: list[Entry]) -> Standing:
    """How a test stands, by the versions of it that were seen, oldest first.

    A version replaces the one before it as long as that has not started yet.
    """
    agreed = entries[0]
    for entry in entries[1:]:
        agreed = entry if _seen(entry) < _start(agreed) else agreed
    is_late = _seen(agreed) >= _start(agreed)
    changed = _differences(agreed["declared"], entries[-1]["declared"])
    sequential = not is_late and agreed["declared"]["mode"] == test.mode == "sequential"
    changed_at = _seen(entries[-1]) if changed else None
    return Standing(_seen(entries[0]), is_late, changed, changed_at, "sequential" if sequential else "fixed")


def _seen(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["seen"])


def _start(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["declared"]["start"])


def _differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in after if before.get(name) != after[name])


def _read(path: Path) -> dict[str, list[Entry]]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))["experiments"]
        return {str(name): [_checked(entry) for entry in entries] for name, entries in content.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"expected the declarations that `shopscore experiment` keeps in {path}, found: {error!r}; "
            "restore the file from a backup: without it every test counts as declared today"
        ) from error


def _checked(entry: Entry) -> Entry:
    if not (_seen(entry) and _start(entry) and {"digest", "declared"} <= set(entry) and "mode" in entry["declared"]):
        raise ValueError(f"an entry without time, digest or declaration: {entry}")
    return entry


def _write(path: Path, known: dict[str, list[Entry]]) -> None:
    staged = path.with_suffix(".json.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.write_text(
            json.dumps({"experiments": known}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
        )
        staged.replace(path)
    except OSError as error:
        raise SettingsError(f"expected a folder that can be written, found {path.parent}: {error.strerror}") from error
