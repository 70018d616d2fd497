"""The reviewed phrases, read from TOML and compiled into one trie.

A phrase may hold alternatives: `物流(太|很|)慢` stands for three phrases, and `{很}` for the words of that
name in groups.toml. A pair is an aspect and a fault that stand in one clause, in this order, at most
`reach` characters apart. Marks (marks.toml) are the words that deny, suspend, part or protect,
and the people whose manners are told of.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import product
from typing import Any

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.schema import CAUSES
from shopscore_analysis.text.compiled import Draft, Lexicon, compiled, kept
from shopscore_analysis.text.normalize import fold

CAUSE_NAMES = tuple(CAUSES)
CLASSES = (*CAUSE_NAMES, "dissatisfied", "faint", "praise")
DISSATISFIED, FAINT, PRAISE = (len(CAUSE_NAMES) + i for i in range(3))
ROLES = ("deny", "post_deny", "suspend", "contrast", "guard", "courier", "desk")
_SUSPEND, _GUARD, _COURIER = (1 << ROLES.index(role) for role in ("suspend", "guard", "courier"))
MAX_PAIRS = 63
OWN = "lexicon.toml"  # what a shop adds and rejects
OWNED = 1 << len(ROLES)  # the role of what it adds: it counts, whatever the model thinks of the text
FAULTS = "错差赖坏输逊亏愧俗凡腻苦涩臭酸咸贵慢烂假丑掉破漏卡烫吵重累难糙黏油痒毛缺少过燥吝"  # denied, they praise
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_GROUP = re.compile(r"\{([^{}]+)\}")


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
def lexicon(category: str = "", own: str = "") -> Lexicon:
    """The compiled lexicon, with the overlay of a category where there is one, and a shop's own phrases; cached.

    `own` is TOML in the form of the cause files: a table per cause with `phrases` and `pairs`. Its top-level
    `reject` lists phrases to be taken out, whoever brought them in. LexiconError where it breaks these rules.
    """
    texts = [(entry.name, entry.read_text(encoding="utf-8")) for entry in _entries(category)]
    texts += [(OWN, own)] if own.strip() else []
    digest = hashlib.sha256("\x1f".join(text for _, text in texts).encode()).hexdigest()
    return kept(digest, lambda: _made(texts, digest))


def _made(texts: list[tuple[str, str]], digest: str) -> Lexicon:
    """The lexicon of files, compiled."""
    drafts: dict[str, Draft] = {}
    pairs: list[tuple[int, int]] = []
    groups: dict[str, list[str]] = {}
    for name, text in texts:
        content = _parsed(name, text)
        if name == "groups.toml":
            groups = {key: expand_all(words, {}) for key, words in content.items()}
        elif name == "marks.toml":
            _add_marks(drafts, content, groups)
        else:
            rejected = _text(content.pop("reject", ""), "reject", name)
            _add_causes(drafts, pairs, content, groups, name)
            for pattern in expand_all(rejected, groups):
                drafts.pop(pattern, None)
    return compiled(drafts, pairs, digest)


def phrase_lexicon(
    entries: Sequence[dict[str, Any]], marks: dict[str, Any] | None = None, without: str = "", reach: int | None = None
) -> Lexicon:
    """A lexicon whose class i is what `entries[i]` states (`phrases`, `pairs`), under the marks of every lexicon.

    `marks`: further ones, as in marks.toml; `without`: words that are no marks here; `reach`: how far a mark acts at
    most. LexiconError for more entries than classes that complain.
    """
    if len(entries) > FAINT:
        raise LexiconError(f"expected at most {FAINT} kinds of phrases in one lexicon, found {len(entries)}; part them")
    texts = {name: (data_folder() / name).read_text(encoding="utf-8") for name in ("groups.toml", "marks.toml")}
    groups = {key: expand_all(words, {}) for key, words in _parsed("groups.toml", texts["groups.toml"]).items()}
    drafts: dict[str, Draft] = {}
    pairs: list[tuple[int, int]] = []
    for content in (_parsed("marks.toml", texts["marks.toml"]), marks or {}):
        _add_marks(drafts, content, groups)
    drafts = {word: draft for word, draft in drafts.items() if word not in expand_all(without, groups)}
    for draft in drafts.values():
        draft.reach = draft.reach if reach is None else min(draft.reach, reach)
        if draft.roles & _SUSPEND:  # a word that suspends must not be guarded away (别家)
            draft.roles &= ~_GUARD
        draft.roles &= ~_COURIER  # whose manners they are is asked of causes only
    _add_causes(drafts, pairs, dict(zip(CLASSES, entries, strict=False)), groups, "phrases")
    return compiled(drafts, pairs, "")


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


def _add_marks(drafts: dict[str, Draft], content: dict[str, Any], groups: dict[str, list[str]]) -> None:
    for role, entries in content.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            for pattern in expand_all(entry["words"], groups):
                draft = drafts.setdefault(pattern, Draft())
                draft.roles |= 1 << ROLES.index(role)
                draft.reach = max(draft.reach, entry.get("reach", 0))


def _add_causes(
    drafts: dict[str, Draft],
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
        if not isinstance(entry, dict):
            raise LexiconError(f"expected a table [{label}] in {name}, found {entry!r}; put it under its heading")
        bit = 1 << CLASSES.index(label)
        for pattern in expand_all(_text(entry.get("phrases", ""), f"{label}.phrases", name), groups):
            draft = drafts.setdefault(pattern, Draft())
            draft.classes |= bit
            draft.roles |= OWNED * (name == OWN)
        for pair in entry.get("pairs", []):
            _add_pair(drafts, pairs, bit, pair, groups)


def _text(value: Any, field: str, name: str) -> str:
    if not isinstance(value, str):
        raise LexiconError(f"expected text for {field} in {name}, found {value!r}; write the phrases in one string")
    return value


def _add_pair(
    drafts: dict[str, Draft],
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
        drafts.setdefault(pattern, Draft()).aspects |= bit
    for pattern in expand_all(pair["fault"], groups):
        drafts.setdefault(pattern, Draft()).faults |= bit
