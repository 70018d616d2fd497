"""Texts → causes with their evidence, and how dissatisfied each text is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.schema import MAX_CAUSES
from shopscore_analysis.text.lexicon import CAUSE_NAMES, DISSATISFIED, lexicon
from shopscore_analysis.text.matcher import Found, find
from shopscore_analysis.text.model import OUTPUTS, Scored, score
from shopscore_analysis.text.normalize import Batch, batch, is_default

CHUNK = 4096  # texts a call: large enough for numpy, small enough for the cache
SAID = 0.5  # confidence from which a cause counts as stated
_COMPLAINT = OUTPUTS.index("complaint")
_PLAIN = 0.6  # the least complaint of a text that says outright that it is dissatisfied
_SILENT = 0.02  # the complaint of a text that says nothing

Span = tuple[int, int]


@dataclass(frozen=True)
class Hit:
    """A cause that a text complains of, how sure that is (0-1), and the spans of the text that say so.

    Spans [start, end) are of the text as given, in order. They are the lexicon's phrases where it has one,
    else the clause that speaks most for the cause.
    """

    cause: str
    confidence: float
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Tags:
    """What a text complains of: causes in the order of the schema, and any dissatisfaction at all (0-1)."""

    causes: tuple[Hit, ...]
    complaint: float


def tag(texts: Sequence[str], category: str = "") -> list[Tags]:
    """The tags of each text, in order; an unknown or empty category only goes without its overlay.

    >>> [(hit.cause, hit.spans) for hit in tag(["不错就是物流太慢"])[0].causes]
    [('slow_delivery', ((4, 8),))]
    """
    return [tags for at in range(0, len(texts), CHUNK) for tags in _tag_chunk(texts[at : at + CHUNK], category)]


@lru_cache(maxsize=16)
def tagger_digest(category: str = "") -> str:
    """The digest of everything that tags depend on: the lexicon with its overlay, and the weights."""
    weights = (files("shopscore_analysis") / "data" / "tagger.npz").read_bytes()
    return hashlib.sha256(lexicon(category).digest.encode() + weights).hexdigest()


def _tag_chunk(texts: Sequence[str], category: str) -> list[Tags]:
    chunk = batch(texts)
    found = find(chunk, lexicon(category))
    scored = score(chunk, found)
    sure = _decided(found, scored, chunk.size)
    silent = np.array([is_default(text) for text in texts], dtype=np.bool_)
    sure[silent] = 0.0
    sure[silent, _COMPLAINT] = _SILENT
    phrases = _phrases(found)
    hits: list[list[Hit]] = [[] for _ in texts]
    for text, cause in _stated(sure):
        spans = phrases.get((text, cause)) or _clause(chunk, scored, text, cause)
        hits[text].append(Hit(CAUSE_NAMES[cause], round(float(sure[text, cause]), 4), spans))
    complaint = np.round(sure[:, _COMPLAINT], 4).tolist()
    return [Tags(tuple(found), value) for found, value in zip(hits, complaint, strict=True)]


def _decided(found: Found, scored: Scored, texts: int) -> NDArray[np.float32]:
    """The confidence of every output, after what the lexicon knows for certain."""
    sure = scored.confidence.copy()
    counts = np.zeros((2, texts, DISSATISFIED + 1), dtype=np.int64)
    known = found.kind <= DISSATISFIED
    np.add.at(counts, (found.denied[known].astype(np.int64), found.text[known], found.kind[known]), 1)
    causes = slice(0, len(CAUSE_NAMES))
    only_denied = (counts[0, :, causes] == 0) & (counts[1, :, causes] > 0)
    sure[:, causes][only_denied] *= 0.5
    plain = counts[0, :, DISSATISFIED] > 0
    sure[plain, _COMPLAINT] = np.maximum(sure[plain, _COMPLAINT], _PLAIN)
    stated = sure[:, causes].max(axis=1, initial=0.0)
    sure[:, _COMPLAINT] = np.maximum(sure[:, _COMPLAINT], np.where(stated >= SAID, stated, 0.0))
    return sure


def _stated(sure: NDArray[np.float32]) -> list[tuple[int, int]]:
    """(text, cause) of everything stated, in order; of each text the surest MAX_CAUSES."""
    causes = sure[:, : len(CAUSE_NAMES)]
    crowded = np.flatnonzero((causes >= SAID).sum(axis=1) > MAX_CAUSES)
    kept = causes >= SAID
    for text in crowded:
        kept[text] = False
        kept[text, np.argsort(-causes[text], kind="stable")[:MAX_CAUSES]] = True
    return list(zip(*(index.tolist() for index in np.nonzero(kept)), strict=True))


def _phrases(found: Found) -> dict[tuple[int, int], tuple[Span, ...]]:
    """The spans of the lexicon's phrases by text and class, those that touch joined."""
    spans: dict[tuple[int, int], list[Span]] = {}
    columns = (found.text, found.kind, found.start, found.end)
    said = ~found.denied & (found.kind < len(CAUSE_NAMES))
    for text, kind, start, end in zip(*(column[said].tolist() for column in columns), strict=True):
        held = spans.setdefault((text, kind), [])
        if held and start <= held[-1][1]:
            held[-1] = (held[-1][0], max(end, held[-1][1]))
        else:
            held.append((start, end))
    return {key: tuple(value) for key, value in spans.items()}


def _clause(chunk: Batch, scored: Scored, text: int, cause: int) -> tuple[Span, ...]:
    """The clause that speaks most for a cause, without the sign that ends it."""
    start, end = scored.spans[scored.best[text, cause]].tolist()
    words = chunk.folded[start:end]
    lead = len(words) - len(words.lstrip(_EDGE))
    start, end = start + lead, start + max(lead, len(words.rstrip(_EDGE)))
    origin = int(chunk.starts[text])
    return ((start - origin, end - origin),)


_EDGE = " \n,.。!?;:…~～—()[]【】《》“”\"|/\\^*·•、"
