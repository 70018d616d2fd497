"""Phrases as arrays, and the folder that keeps them compiled from one run to the next."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.text.trie import LONGEST, Trie, plant

NEGATORS = "不没无未"
_LEADS = "有是"  # 没有色差, 不是假货: the denial holds the first character of the phrase
_KEPT = 12  # compiled lexicons that stay in the folder: the categories of a few shops with their own phrases
_SOURCES = ("compiled.py", "lexicon.py", "normalize.py", "trie.py", "../data/simplified.txt")


@dataclass
class Draft:
    """What the files say of one pattern, before it becomes a row of arrays."""

    classes: int = 0
    aspects: int = 0
    faults: int = 0
    roles: int = 0
    reach: int = 0


@dataclass(frozen=True)
class Lexicon:
    """Compiled phrases: a trie of all patterns; row i of the arrays tells what those of kind i do.

    `classes` has a bit per name of CLASSES that the pattern states by itself; `aspects` and `faults` a bit
    per pair; `roles` a bit per name of ROLES; `reach` is how far, in characters, a mark acts;
    `lead` is 1 where the pattern begins with a character that a denial may hold (没有色差); `ajar` where it ends
    in a denial itself, so that what follows may turn it into praise (味道不 + 错).
    """

    trie: Trie
    classes: NDArray[np.int64]
    aspects: NDArray[np.int64]
    faults: NDArray[np.int64]
    roles: NDArray[np.int64]
    reach: NDArray[np.int64]
    lead: NDArray[np.int64]
    ajar: NDArray[np.bool_]
    pair_classes: NDArray[np.int64]
    pair_reach: NDArray[np.int64]
    digest: str


def compiled(drafts: dict[str, Draft], pairs: Sequence[tuple[int, int]], digest: str) -> Lexicon:
    """The lexicon of drafted patterns and of pairs (classes, reach)."""
    patterns = sorted(pattern for pattern in drafts if pattern)
    if too_long := next((pattern for pattern in patterns if len(pattern) > LONGEST), ""):
        raise LexiconError(f"expected phrases of at most {LONGEST} characters, found {len(too_long)}: {too_long[:20]}…")
    rows: dict[tuple[int, ...], int] = {}
    kinds = [rows.setdefault(_row(pattern, drafts[pattern]), len(rows)) for pattern in patterns]
    classes, aspects, faults, roles, reach, lead, ajar = np.array(list(rows), dtype=np.int64).reshape(-1, 7).T
    pair_classes, pair_reach = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    trie = plant(patterns, np.array(kinds, dtype=np.int64))
    return Lexicon(trie, classes, aspects, faults, roles, reach, lead, ajar > 0, pair_classes, pair_reach, digest)


def _row(pattern: str, draft: Draft) -> tuple[int, ...]:
    return (*astuple(draft), pattern[0] in _LEADS, pattern[-1] in NEGATORS)


def kept(digest: str, make: Callable[[], Lexicon]) -> Lexicon:
    """The lexicon of this digest from the user's cache folder; made, and kept there, where there is no sound one.

    A file is named after the digest and the code that compiles, is put in place whole, and carries checksums. A
    folder that cannot be written only costs time.
    """
    path = _folder() / f"lexicon-{_stamp(digest)}.npz"
    try:
        return _read(path, digest)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        lexicon = make()
    with suppress(OSError):  # a read-only home: the next run compiles anew
        _write(path, lexicon)
    return lexicon


def _folder() -> Path:
    return user_cache_path("shopscore", appauthor=False) / "lexicon"


def _stamp(digest: str) -> str:
    folder = files("shopscore_analysis") / "text"
    code = b"".join((folder / name).read_bytes() for name in _SOURCES)
    return hashlib.sha256(digest.encode() + code).hexdigest()[:32]


def _read(path: Path, digest: str) -> Lexicon:
    with np.load(path, allow_pickle=False) as stored:
        parts = {name: stored[name] for name in stored.files}
    trie = Trie(**{field.name: parts[field.name] for field in fields(Trie)})
    names = [field.name for field in fields(Lexicon) if field.name not in ("trie", "digest")]
    return Lexicon(trie, **{name: parts[name] for name in names}, digest=digest)


def _write(path: Path, lexicon: Lexicon) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    own = {field.name: getattr(lexicon, field.name) for field in fields(Lexicon)}
    parts: dict[str, Any] = {name: value for name, value in own.items() if isinstance(value, np.ndarray)}
    parts |= {field.name: getattr(lexicon.trie, field.name) for field in fields(Trie)}
    with tempfile.TemporaryDirectory(dir=path.parent) as making:
        draft = Path(making) / path.name
        np.savez(draft, **parts)
        draft.replace(path)
    for old in sorted(path.parent.glob("lexicon-*.npz"), key=lambda file: file.stat().st_mtime)[:-_KEPT]:
        old.unlink()
