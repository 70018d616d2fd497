"""The reviewed phrases, read from TOML and compiled into one Aho-Corasick automaton.

A phrase may hold alternatives: `物流(太|很|)慢` stands for three phrases, and `{很}` for the words of that
name in groups.toml. A pair is an aspect and a fault that stand in one clause, in this order, at most
`reach` characters apart. Marks (marks.toml) are the words that deny, suspend, part or protect.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import product
from typing import Any

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind
from numpy.typing import NDArray

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.text.normalize import fold

CAUSE_NAMES = tuple(CAUSES)
CLASSES = (*CAUSE_NAMES, "dissatisfied", "faint", "praise")
DISSATISFIED, FAINT, PRAISE = (len(CAUSE_NAMES) + i for i in range(3))
ROLES = ("deny", "post_deny", "suspend", "contrast", "guard")
MAX_PAIRS = 63
NEGATORS = "不没无未"
FAULTS = "错差赖坏输逊亏愧俗凡腻苦涩臭酸咸贵慢烂假丑掉破漏卡烫吵重累难糙黏油痒毛缺少过燥吝"  # denied, they praise
_LEADS = "有是"  # 没有色差, 不是假货: the denial holds the first character of the phrase
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_GROUP = re.compile(r"\{([^{}]+)\}")


@dataclass
class _Draft:
    """What the files say of one pattern, before it becomes a row of arrays."""

    classes: int = 0
    aspects: int = 0
    faults: int = 0
    roles: int = 0
    reach: int = 0


@dataclass(frozen=True)
class Lexicon:
    """Compiled phrases: row i of each array belongs to pattern i of the automaton.

    `classes` has a bit per name of CLASSES that the pattern states by itself; `aspects` and `faults` a bit
    per pair; `roles` a bit per name of ROLES; `reach` is how far, in characters, a mark acts;
    `lead` is 1 where the pattern begins with a character that a denial may hold (没有色差); `ajar` where it ends
    in a denial itself, so that what follows may turn it into praise (味道不 + 错).
    """

    automaton: AhoCorasick
    patterns: tuple[str, ...]
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


def data_folder() -> Traversable:
    """The folder of the reviewed lexicon files."""
    return files("shopscore_analysis") / "data" / "lexicon"


def expand(phrase: str, groups: dict[str, list[str]] | None = None) -> list[str]:
    """Every phrase that one phrase with alternatives stands for; LexiconError for an unknown group.

    >>> expand("(太|)慢"), expand("{很}慢", {"很": ["很", "太"]})
    (['太慢', '慢'], ['很慢', '太慢'])
    """
    known = groups or {}
    for name in _GROUP.findall(phrase):
        if name not in known:
            raise LexiconError(
                f"expected a group of groups.toml in {phrase!r}, found {{{name}}}; known are {', '.join(sorted(known))}"
            )
    flat = _GROUP.sub(lambda match: f"({'|'.join(known[match[1]])})", phrase)
    parts = _ALTERNATIVES.split(flat)
    choices = [part.split("|") if index % 2 else [part] for index, part in enumerate(parts)]
    return ["".join(choice) for choice in product(*choices)]


@lru_cache(maxsize=16)
def lexicon(category: str = "") -> Lexicon:
    """The compiled lexicon, with the overlay of a category where there is one; cached."""
    texts = [(entry.name, entry.read_text(encoding="utf-8")) for entry in _entries(category)]
    drafts: dict[str, _Draft] = {}
    pairs: list[tuple[int, int]] = []
    groups: dict[str, list[str]] = {}
    for name, text in texts:
        content = _parsed(name, text)
        if name == "groups.toml":
            groups = {key: expand_all(words, {}) for key, words in content.items()}
        elif name == "marks.toml":
            _add_marks(drafts, content, groups)
        else:
            _add_causes(drafts, pairs, content, groups, name)
    digest = hashlib.sha256("\x1f".join(text for _, text in texts).encode()).hexdigest()
    return _compiled(drafts, pairs, digest)


def expand_all(words: str, groups: dict[str, list[str]]) -> list[str]:
    """Every phrase of a white-space separated list, alternatives expanded and folded."""
    listed = fold(" ".join(words.split()))
    return [each.replace("_", " ") for word in listed.split() for each in expand(word, groups)]


def _entries(category: str) -> Iterator[Traversable]:
    folder = data_folder()
    yield folder / "groups.toml"
    yield folder / "marks.toml"
    yield from sorted((e for e in folder.iterdir() if e.name.startswith("cause_")), key=lambda e: e.name)
    for entry in sorted((folder / "category").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml") and category and category in overlay_categories(entry):
            yield entry


def overlay_categories(entry: Traversable) -> list[str]:
    """The categories that an overlay file is for."""
    return list(_parsed(entry.name, entry.read_text(encoding="utf-8")).get("categories", []))


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"expected TOML in {name}, found: {error}; mend that line or take the file away") from error


def _add_marks(drafts: dict[str, _Draft], content: dict[str, Any], groups: dict[str, list[str]]) -> None:
    for role, entries in content.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            for pattern in expand_all(entry["words"], groups):
                draft = drafts.setdefault(pattern, _Draft())
                draft.roles |= 1 << ROLES.index(role)
                draft.reach = max(draft.reach, entry.get("reach", 0))


def _add_causes(
    drafts: dict[str, _Draft],
    pairs: list[tuple[int, int]],
    content: dict[str, Any],
    groups: dict[str, list[str]],
    name: str,
) -> None:
    for label, entry in content.items():
        if label == "categories":
            continue
        if label not in CLASSES:
            raise LexiconError(f"expected one of {', '.join(CLASSES)} in {name}, found {label!r}; rename the table")
        bit = 1 << CLASSES.index(label)
        for pattern in expand_all(entry.get("phrases", ""), groups):
            drafts.setdefault(pattern, _Draft()).classes |= bit
        for pair in entry.get("pairs", []):
            _add_pair(drafts, pairs, bit, pair, groups)


def _add_pair(
    drafts: dict[str, _Draft],
    pairs: list[tuple[int, int]],
    classes: int,
    pair: dict[str, Any],
    groups: dict[str, list[str]],
) -> None:
    if len(pairs) == MAX_PAIRS:
        raise LexiconError(f"expected at most {MAX_PAIRS} pairs, found one more: {pair}; join pairs of one cause")
    bit = 1 << len(pairs)
    pairs.append((classes, pair.get("reach", 5)))
    for pattern in expand_all(pair["aspect"], groups):
        drafts.setdefault(pattern, _Draft()).aspects |= bit
    for pattern in expand_all(pair["fault"], groups):
        drafts.setdefault(pattern, _Draft()).faults |= bit


def _compiled(drafts: dict[str, _Draft], pairs: list[tuple[int, int]], digest: str) -> Lexicon:
    drafts.pop("", None)
    patterns = tuple(sorted(drafts))
    rows = [drafts[pattern] for pattern in patterns]
    return Lexicon(
        AhoCorasick(patterns, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA),
        patterns,
        _column(row.classes for row in rows),
        _column(row.aspects for row in rows),
        _column(row.faults for row in rows),
        _column(row.roles for row in rows),
        _column(row.reach for row in rows),
        _column(pattern[0] in _LEADS for pattern in patterns),
        np.array([pattern[-1] in NEGATORS for pattern in patterns], dtype=np.bool_),
        _column(classes for classes, _ in pairs),
        _column(reach for _, reach in pairs),
        digest,
    )


def _column(values: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)
