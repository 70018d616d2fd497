"""Texts → causes with their evidence, and how dissatisfied each text is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.schema import MAX_CAUSES
from shopscore_analysis.text.compiled import Lexicon
from shopscore_analysis.text.lexicon import CAUSE_NAMES, CLASSES, DISSATISFIED, FAINT, PRAISE, lexicon
from shopscore_analysis.text.matcher import Found, find
from shopscore_analysis.text.model import OUTPUTS, Scored, score
from shopscore_analysis.text.normalize import LONGEST_DEFAULT, Batch, batch, is_default

CHUNK = 3072  # texts a call, about: large enough for numpy, small enough for the cache
SAID = 0.5  # confidence from which a cause counts as stated
_COMPLAINT = OUTPUTS.index("complaint")
# What the lexicon knows bounds what the model believes; chosen out of fold on the labelled reviews.
_PLAIN = 0.2  # a text that says outright that it is dissatisfied, or names a cause, gets 0.5 and this share more
_FAINT = 0.4  # the least complaint of faint praise that praises nothing
_SILENT = 0.02  # the complaint of a text that says nothing
DENIED = 0.4  # what is left of a confidence when all the text says of its cause is that it is not so
UNSAID = 0.97  # what is left of a confidence that no phrase supports,
STRANGE = 0.3  # and what a text unlike the labelled ones takes of that
CONTENT = 0.5  # where phrases praise or deny and none complains, half is left: the model alone states nothing there
_UNNAMED = 0.65  # what is left of a complaint where no phrase complains
_ONLY_DENIALS = 0.35  # what is left of a complaint where everything said is denied
_BELIEVED = 0.5  # of what mood leaves open goes to the complaint that the model believes in, at most
_MILD = 0.55  # of both together, from which a text counts as complaining

_SIGN, _SPOKEN, _HAN = 1, 2, 4  # bits of a character; the last is the highest
_SPAN_BITS = 32  # of a number that holds a pair and a place in its text

Span = tuple[int, int]
Ints = NDArray[np.int64]


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


@dataclass(frozen=True)
class Scan:
    """What texts complain of, as arrays: no object a text.

    `complaint` [texts] is any dissatisfaction (0-1). What is stated has a row a span, ordered by text, cause and
    start: `text` its number, `cause` an index of CAUSE_NAMES, `confidence` (0.5-1), and the span [`start`, `end`)
    of the text as given; `phrased` says whether a phrase of the lexicon stands there, or else a clause, for which the
    model alone speaks. A cause with several spans has several rows, of one confidence.
    """

    complaint: NDArray[np.float64]
    text: Ints
    cause: Ints
    confidence: NDArray[np.float64]
    start: Ints
    end: Ints
    phrased: NDArray[np.bool_]

    @property
    def stated(self) -> NDArray[np.bool_]:
        """Which rows are the first of their text and cause: one for each cause that a text states."""
        pair = self.text * len(CAUSE_NAMES) + self.cause
        return np.diff(pair, prepend=-1) > 0


def scan(texts: Sequence[str], category: str = "", own: str = "") -> Scan:
    """What each text complains of; an unknown or empty category only goes without its overlay.

    `own` is the text of a shop's own lexicon, see `lexicon`.

    >>> scan(["不错就是物流太慢", "很好"]).text
    array([0])
    """
    known = lexicon(category, own)
    borders = np.linspace(0, len(texts), max(1, round(len(texts) / CHUNK)) + 1).astype(int).tolist()
    parts = [_scan_chunk(texts[at:to], known) if to else _NOTHING for at, to in pairwise(borders)]
    columns = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Scan)}
    columns["text"] += np.repeat(borders[:-1], [len(part.text) for part in parts])
    return Scan(**columns)


def tag(texts: Sequence[str], category: str = "", own: str = "") -> list[Tags]:
    """The tags of each text, in order: `scan` as objects, for a look at single texts.

    >>> [(hit.cause, hit.spans) for hit in tag(["不错就是物流太慢"])[0].causes]
    [('slow_delivery', ((4, 8),))]
    """
    scanned = scan(texts, category, own)
    hits: list[list[Hit]] = [[] for _ in texts]
    first = np.flatnonzero(scanned.stated).tolist()
    spans = list(zip(scanned.start.tolist(), scanned.end.tolist(), strict=True))
    for at, to in pairwise([*first, len(spans)]):
        cause, confidence = CAUSE_NAMES[scanned.cause[at]], float(scanned.confidence[at])
        hits[scanned.text[at]].append(Hit(cause, confidence, tuple(spans[at:to])))
    return [Tags(tuple(found), value) for found, value in zip(hits, scanned.complaint.tolist(), strict=True)]


@lru_cache(maxsize=16)
def tagger_digest(category: str = "", own: str = "") -> str:
    """The digest of everything that tags depend on: the lexicon with its overlay, and the weights."""
    weights = (files("shopscore_analysis") / "data" / "tagger.npz").read_bytes()
    return hashlib.sha256(lexicon(category, own).digest.encode() + weights).hexdigest()


def _scan_chunk(texts: Sequence[str], known: Lexicon) -> Scan:
    chunk = batch(texts)
    found = find(chunk, known)
    scored = score(chunk, found)
    sure = _decided(found, scored, chunk.size)
    sure[_only_displeased(chunk, found), : len(CAUSE_NAMES)] *= CONTENT
    silent = _silent(chunk)
    sure[silent] = 0.0
    sure[silent, _COMPLAINT] = _SILENT
    text, cause, start, end, phrased = _evidence(chunk, found, scored, *_stated(sure))
    confidence = np.round(sure[text, cause].astype(np.float64), 4).astype(np.float64)
    complaint = np.round(sure[:, _COMPLAINT].astype(np.float64), 6).astype(np.float64)
    return Scan(complaint, text, cause, confidence, start, end, phrased)


def _silent(chunk: Batch) -> Ints:
    """The texts that say nothing of their own; read are those without a word, and short ones with 评 or a mask."""
    kind, starts = _speech()[chunk.codes], chunk.starts[:-1]
    held = np.bitwise_or.reduceat(kind, starts)
    short = np.add.reduceat(kind >> 2, starts, dtype=np.int64) <= LONGEST_DEFAULT  # Chinese characters
    doubtful = np.flatnonzero(short & ((held < _SPOKEN) | (held & _SIGN > 0))).tolist()
    spans = [(text, slice(chunk.starts[text], chunk.starts[text + 1] - 1)) for text in doubtful]
    return np.array([text for text, span in spans if is_default(chunk.folded[span])], dtype=np.int64)


def _only_displeased(chunk: Batch, found: Found) -> NDArray[np.bool_]:
    """Which texts are phrases of plain dissatisfaction and nothing else: they name no cause (好你个头)."""
    plain = found.kind == DISSATISFIED
    held = np.bincount(found.text[plain], (found.end - found.start)[plain], chunk.size)
    spoken = np.add.reduceat(_speech()[chunk.codes] >= _SPOKEN, chunk.starts[:-1], dtype=np.int64)
    return np.asarray((held > 0) & (held >= spoken))


@lru_cache(maxsize=1)
def _speech() -> NDArray[np.uint8]:
    """For each character, whether it is one of the signs that default texts are made of, speaks, and is Chinese."""
    table = np.zeros(0x110000, dtype=np.uint8)
    table[0x4E00:0xA000] = _SPOKEN | _HAN
    table[[ord(sign) for sign in "0123456789abcdefghijklmnopqrstuvwxyz"]] = _SPOKEN
    table[[ord(sign) for sign in "评["]] |= _SIGN
    return table


def _decided(found: Found, scored: Scored, texts: int) -> NDArray[np.float32]:
    """The confidence of every output, after what the lexicon knows for certain."""
    sure = scored.confidence.copy()
    said, denied = told = np.zeros((2, texts, len(CLASSES)), dtype=np.bool_)
    told[found.denied.astype(np.int64), found.text, found.kind] = True
    causes = slice(0, len(CAUSE_NAMES))
    sure[:, causes] *= kept(said, denied, scored.strange)
    caused = np.asarray((sure[:, causes] >= SAID).any(axis=1))
    sure[:, _COMPLAINT] = dissatisfaction(sure[:, _COMPLAINT], scored.mood, said, denied, caused)
    return sure


def kept(said: NDArray[np.bool_], denied: NDArray[np.bool_], strange: NDArray[np.float32]) -> NDArray[np.float64]:
    """What is left of the confidence of each cause [texts, causes], by the classes that the lexicon says and denies."""
    causes = slice(0, len(CAUSE_NAMES))
    content = ~said[:, : FAINT + 1].any(axis=1) & (said[:, PRAISE] | denied.any(axis=1))
    silent = np.where(content, CONTENT, 1.0) * (UNSAID - STRANGE * strange)
    return np.where(said[:, causes], 1.0, np.where(denied[:, causes], DENIED, silent[:, None]))


def dissatisfaction(
    believed: NDArray[np.float32],
    mood: NDArray[np.float32],
    said: NDArray[np.bool_],
    denied: NDArray[np.bool_],
    caused: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """How dissatisfied each text is: what the model believes and how the text sounds, within what it says."""
    named = said[:, : FAINT + 1].any(axis=1)
    plain = said[:, DISSATISFIED] | caused
    mixed = 1 - (1 - mood) * (1 - _BELIEVED * np.where(named | caused, believed, believed * _UNNAMED))
    mixed[~named & ~caused & denied.any(axis=1)] *= _ONLY_DENIALS
    complaint = np.interp(mixed, (0.0, _MILD, 1.0), (0.0, SAID, 1.0))
    complaint[plain] = np.maximum(complaint[plain], SAID + _PLAIN * complaint[plain])
    faint = said[:, FAINT] & ~said[:, PRAISE]
    return np.where(faint, np.maximum(complaint, _FAINT), complaint)


def _stated(sure: NDArray[np.float32]) -> tuple[Ints, Ints]:
    """Text and cause of everything stated, in order; of each text the surest MAX_CAUSES."""
    causes = sure[:, : len(CAUSE_NAMES)]
    kept = causes >= SAID
    for text in np.flatnonzero(kept.sum(axis=1) > MAX_CAUSES):
        kept[text] = False
        kept[text, np.argsort(-causes[text], kind="stable")[:MAX_CAUSES]] = True
    text_of, cause = np.nonzero(kept)
    return text_of, cause


def _evidence(
    chunk: Batch, found: Found, scored: Scored, text: Ints, cause: Ints
) -> tuple[Ints, Ints, Ints, Ints, NDArray[np.bool_]]:
    """Text, cause, start and end of every span that shows a cause, and whether it is a phrase: else the best clause."""
    spoken, start, end = _phrases(found)
    wanted = text * len(CLASSES) + cause
    asked, shown = (np.zeros(chunk.size * len(CLASSES), dtype=np.bool_) for _ in range(2))
    asked[wanted], shown[spoken] = True, True
    told, silent = asked[spoken], ~shown[wanted]
    first, last = _clauses(chunk, text[silent], scored.spans[scored.best(text[silent], cause[silent])])
    pair = np.concatenate([spoken[told], wanted[silent]])
    start, end = np.concatenate([start[told], first]), np.concatenate([end[told], last])
    order = np.argsort(pair, kind="stable")
    phrased = order < np.count_nonzero(told)
    return pair[order] // len(CLASSES), pair[order] % len(CLASSES), start[order], end[order], phrased


def _phrases(found: Found) -> tuple[Ints, Ints, Ints]:
    """The spans of the lexicon's phrases, those that touch joined: text · classes + class, start, end."""
    said = np.flatnonzero(~found.denied & (found.kind < len(CAUSE_NAMES)))
    pair = found.text[said] * len(CLASSES) + found.kind[said]
    order = np.argsort(pair, kind="stable")
    pair, start, end = pair[order], found.start[said][order], found.end[said][order]
    behind = pair << _SPAN_BITS  # ends grow from pair to pair, so that one running maximum serves all
    reached = np.maximum.accumulate(behind | end) if len(pair) else behind
    begins = np.flatnonzero(np.append(True, (behind | start)[1:] > reached[:-1])[: len(pair)])
    last = np.append(begins[1:], len(pair))[: len(begins)] - 1
    return pair[begins], start[begins], reached[last] & ((1 << _SPAN_BITS) - 1)


def _clauses(chunk: Batch, text: Ints, spans: Ints) -> tuple[Ints, Ints]:
    """Start and end of clauses in their texts, without the signs around them."""
    body = np.flatnonzero(~_edges()[chunk.codes])
    start, end = spans.T
    first = np.append(body, len(chunk.codes))[np.searchsorted(body, start)]
    last = np.append(body, -1)[np.searchsorted(body, end) - 1] + 1
    first, last = np.where(first < end, first, end), np.where(first < end, last, end + 1)
    origin, limit = chunk.starts[text], chunk.starts[text + 1] - 1
    return np.minimum(first, limit - 1) - origin, np.minimum(last, limit) - origin


@lru_cache(maxsize=1)
def _edges() -> NDArray[np.bool_]:
    table = np.zeros(0x110000, dtype=np.bool_)
    table[[ord(sign) for sign in ' \n,.。!?;:…~～—()[]【】《》“”"|/\\^*·•、']] = True
    return table


_NONE, _ZERO = np.zeros(0, np.int64), np.zeros(0, np.float64)
_NOTHING = Scan(_ZERO, _NONE, _NONE, _ZERO, _NONE, _NONE, _NONE > 0)
