"""Texts → tokens and content words, as jieba cuts them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.dictionary import token_starts
from shopscore_analysis.text.loops import numbered

CHUNK = 8_000  # texts a call: one joined string
_KNOWN = 1 << 17  # words of which it is remembered whether they are content: texts repeat them
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_WORD = re.compile(r"[^\W\d_]{2,}")

# Stop words that a complaint may begin with: they deny, grade or point to a fault.
LEADS = frozenset(
    (
        "不",
        "没",
        "没有",
        "无",
        "太",
        "难",
        "有点",
        "有些",
        "不能",
        "不会",
        "不是",
        "不了",
        "不到",
        "不要",
        "只有",
        "根本",
    )
)
_HAN = (0x4E00, 0x9FFF)

Ints = NDArray[np.int64]
Codes = NDArray[np.uint32]
Bools = NDArray[np.bool_]


def cut(texts: Sequence[str], hmm: bool = False) -> list[list[str]]:
    """The tokens of each text as jieba cuts it; joined they give the text.

    With `hmm` jieba itself cuts, and guesses unknown words as it does by default; without, only dictionary words
    are made, tens of times faster. A lone surrogate comes back as U+FFFD.

    >>> cut(["物流太慢了"])
    [['物流', '太慢', '了']]
    """
    if hmm:
        return [list(_jieba().cut(_SURROGATE.sub("\ufffd", text))) for text in texts]
    return [tokens for at in range(0, len(texts), CHUNK) for tokens in _cut_lines(texts[at : at + CHUNK])]


@dataclass(frozen=True)
class Presence:
    """Which content words each text holds: a row for each pair, once, ordered by text.

    `text` is the number of the text, `term` that of the word in `words`.
    """

    words: list[str]
    text: Ints
    term: Ints


def presence(texts: Sequence[str]) -> Presence:
    """The content words of each text, once a text: no stop words, single characters, figures or signs.

    The tokens are those of `cut`, without the guessing of unknown words.

    >>> found = presence(["质量太差，质量差", "好"])
    >>> found.words, found.text, found.term
    (['质量'], array([0]), array([0]))
    """
    return _gathered(texts, _content_words)[0]


def spoken(texts: Sequence[str]) -> tuple[Presence, Presence]:
    """The content words of each text, and what two neighbouring words of a clause say together, each once a text.

    At least one of the two is a content word; the other may deny, grade, or be a single character.

    >>> [sorted(found.words) for found in spoken(["物流慢，没弹性"])]
    [['弹性', '物流'], ['没弹性', '物流慢']]
    """
    words, pairs = _gathered(texts, _content_words, _pairs)
    return words, pairs


class _Line(NamedTuple):
    """The tokens of a chunk of joined texts: the text of each, where it starts and its size in `codes`.

    `long` are the places of those of two characters and more, `term` their numbers among `words`; `new` are those
    that their text has not held before.
    """

    joined: str
    codes: Codes
    text: Ints
    starts: Ints
    sizes: Ints
    long: Ints
    term: Ints
    new: Bools
    words: list[str]


_Found = tuple[Ints, Ints, list[str], Bools]  # text and number of each item, the items, which of them are wanted


def _gathered(texts: Sequence[str], *kinds: Callable[[_Line], _Found]) -> list[Presence]:
    """What each kind finds in the texts, a chunk at a time."""
    known: list[dict[str, int]] = [{} for _ in kinds]
    rows = [[np.zeros((2, 0), dtype=np.int64)] for _ in kinds]
    for at in range(0, len(texts), CHUNK):
        line = _lined(texts[at : at + CHUNK])
        for kind, held, found in zip(kinds, known, rows, strict=True):
            text, item, items, wanted = kind(line)
            number = np.full(len(items), -1, dtype=np.int64)
            number[wanted] = [held.setdefault(items[one], len(held)) for one in np.flatnonzero(wanted).tolist()]
            listed = np.stack([text + at, number[item]])
            found.append(listed[:, listed[1] >= 0])
    return [Presence(list(held), *np.concatenate(found, axis=1)) for held, found in zip(known, rows, strict=True)]


def _lined(texts: Sequence[str]) -> _Line:
    joined, codes, starts = _joined(texts)
    sizes = np.diff(starts, append=len(codes))
    text = np.repeat(np.arange(len(texts)), np.diff(np.searchsorted(starts, _begins(texts)), append=len(starts)))
    long = np.flatnonzero(sizes > 1)
    term, example, new = numbered(codes, starts[long], sizes[long], text[long])
    words = _strings(joined, starts[long[example]], sizes[long[example]])
    return _Line(joined, codes, text, starts, sizes, long, term, new, words)


def _strings(joined: str, starts: Ints, sizes: Ints) -> list[str]:
    return [joined[start : start + size] for start, size in zip(starts.tolist(), sizes.tolist(), strict=True)]


def _content_words(line: _Line) -> _Found:
    new = np.flatnonzero(line.new)
    return line.text[line.long[new]], line.term[new], line.words, _content(line)


def _content(line: _Line) -> Bools:
    """Which of the words are content words."""
    return np.array([_is_content(word) for word in line.words], dtype=np.bool_)


def _pairs(line: _Line) -> _Found:
    """Neighbouring tokens that say something together."""
    content, opens, closes = _parts_of_speech(line)
    places = np.flatnonzero(opens[:-1] & closes[1:] & (content[:-1] | content[1:]))
    sizes = line.sizes[places] + line.sizes[places + 1]
    number, example, new = numbered(line.codes, line.starts[places], sizes, line.text[places])
    items = _strings(line.joined, line.starts[places[example]], sizes[example])
    return line.text[places][new], number[new], items, np.ones(len(items), dtype=np.bool_)


def _parts_of_speech(line: _Line) -> tuple[Bools, Bools, Bools]:
    """Which tokens are content words, which may begin a pair, and which may end one."""
    content, leads = np.zeros((2, len(line.starts)), dtype=np.bool_)
    content[line.long] = _content(line)[line.term]
    leads[line.long] = np.array([word in LEADS for word in line.words], dtype=np.bool_)[line.term]
    first = line.codes[line.starts]
    single = (line.sizes == 1) & (first >= _HAN[0]) & (first <= _HAN[1])
    closes = content | (single & ~np.isin(first, _singles(stop_words())))
    return content, closes | leads | (single & np.isin(first, _singles(LEADS))), closes


def _singles(words: frozenset[str]) -> Codes:
    return np.array(sorted(ord(word) for word in words if len(word) == 1), dtype=np.uint32)


@lru_cache(maxsize=_KNOWN)
def _is_content(word: str) -> bool:
    return word not in stop_words() and _WORD.fullmatch(word) is not None


def tfidf(texts: Sequence[str], top: int = 30) -> list[tuple[str, float]]:
    """jieba's own keywords of the texts taken together, with their weights: the baseline that analysts know.

    It knows no other pool, no denial and no chance; stop words are left out as everywhere.
    """
    from jieba.analyse.tfidf import TFIDF

    stop = stop_words()
    ranked = TFIDF().extract_tags("\n".join(texts), topK=top + len(stop), withWeight=True)
    return [(word, float(weight)) for word, weight in ranked if word not in stop and _is_content(word)][:top]


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """The words that no keyword list should show (data/stopwords.txt)."""
    lines = (files("shopscore_analysis") / "data" / "stopwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _cut_lines(texts: Sequence[str]) -> list[list[str]]:
    joined, codes, starts = _joined(texts)
    edges = np.append(starts, len(codes)).tolist()
    tokens = [joined[start:end] for start, end in pairwise(edges)]
    first = np.searchsorted(starts, _begins(texts)).tolist()
    return [tokens[at : to - 1] for at, to in pairwise([*first, len(tokens) + 1])]


def _joined(texts: Sequence[str]) -> tuple[str, Codes, Ints]:
    """The texts in a row, a NUL between them, their characters, and where their tokens begin."""
    joined = _SURROGATE.sub("\ufffd", "\0".join(texts))
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
    return joined, codes, token_starts(codes)


def _begins(texts: Sequence[str]) -> Ints:
    """Where each text begins among the joined ones."""
    ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1)
    return np.concatenate([np.zeros(1, np.int64), ends[:-1]])


@lru_cache(maxsize=1)
def _jieba() -> Any:
    import jieba

    jieba.setLogLevel("WARNING")
    return jieba.Tokenizer()
