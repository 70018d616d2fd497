"""Texts → causes with their evidence, and how dissatisfied each text is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shopscore_analysis.schema import MAX_CAUSES
from shopscore_analysis.text.lexicon import CAUSE_NAMES, DISSATISFIED, FAINT, lexicon
from shopscore_analysis.text.matcher import find
from shopscore_analysis.text.normalize import batch, is_default

CHUNK = 4096  # texts a call: large enough for numpy, small enough for the cache
_PHRASE, _PAIR = 0.9, 0.8


@dataclass(frozen=True)
class Hit:
    """A cause that a text complains of, how sure that is (0-1), and the spans of the text that say so."""

    cause: str
    confidence: float
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Tags:
    """What a text complains of: causes in the order of the schema, and any dissatisfaction at all (0-1)."""

    causes: tuple[Hit, ...]
    complaint: float


def tag(texts: Sequence[str], category: str = "") -> list[Tags]:
    """The tags of each text, in order."""
    return [tags for at in range(0, len(texts), CHUNK) for tags in _tag_chunk(texts[at : at + CHUNK], category)]


def tagger_digest() -> str:
    """The digest of everything that tags depend on: the lexicon."""
    return lexicon().digest


def _tag_chunk(texts: Sequence[str], category: str) -> Iterable[Tags]:
    found = find(batch(texts), lexicon(category))
    spans: list[dict[int, list[tuple[int, int]]]] = [{} for _ in texts]
    sure: list[dict[int, float]] = [{} for _ in texts]
    rows = zip(*(column.tolist() for column in (found.text, found.kind, found.start, found.end, found.denied, found.paired)), strict=True)
    for text, kind, start, end, denied, paired in rows:
        if not denied:
            spans[text].setdefault(kind, []).append((start, end))
            sure[text][kind] = max(sure[text].get(kind, 0.0), _PAIR if paired else _PHRASE)
    return [_tags(text, spans[index], sure[index]) for index, text in enumerate(texts)]


def _tags(text: str, spans: dict[int, list[tuple[int, int]]], sure: dict[int, float]) -> Tags:
    if not spans or is_default(text):
        return Tags((), 0.03)
    causes = [kind for kind in sorted(spans) if kind < len(CAUSE_NAMES)]
    kept = sorted(sorted(causes, key=lambda kind: -sure[kind])[:MAX_CAUSES])
    hits = tuple(Hit(CAUSE_NAMES[kind], sure[kind], _merged(spans[kind])) for kind in kept)
    complaint = 0.95 if hits else 0.8 if DISSATISFIED in spans else 0.4 if FAINT in spans else 0.05
    return Tags(hits, complaint)


def _merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
