"""Texts → tokens and content words. The only file that knows jieba and its fast twin rjieba."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CHUNK = 4000  # texts a call of the fast engine: one joined string, a line each
_ASCII_PARTS = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")
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
_NEWLINE = 10
_WORD_BITS = 32  # of a number that holds a text and a word

Ints = NDArray[np.int64]
Codes = NDArray[np.uint32]
Bools = NDArray[np.bool_]
_Cut = Callable[[str, bool], list[str]]


def engine() -> str:
    """The name of the engine that cuts: "rjieba" where this platform has it, else "jieba"."""
    return "rjieba" if find_spec("rjieba") else "jieba"


def cut(texts: Sequence[str], hmm: bool = False) -> list[list[str]]:
    """The tokens of each text, the same from either engine; joined they give the text.

    With `hmm` unknown words are guessed, as jieba does by default; without, only dictionary words
    are made, and both engines agree exactly. A lone surrogate comes back as U+FFFD.

    >>> cut(["物流太慢了"])
    [['物流', '太慢', '了']]
    """
    lines = _cut_lines if engine() == "rjieba" else _cut_each
    return [tokens for at in range(0, len(texts), CHUNK) for tokens in lines(texts[at : at + CHUNK], hmm)]


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
    """The tokens of a chunk in a row: the text of each, where it starts and its size in `codes`.

    `long` are the places of those of two characters and more, `term` their numbers among `words`.
    """

    tokens: list[str]
    codes: Codes
    text: Ints
    starts: Ints
    sizes: Ints
    long: Ints
    term: Ints
    words: list[str]


_Found = tuple[Ints, Ints, list[str], list[bool]]  # text and number of each item, the items, which of them are wanted


def _gathered(texts: Sequence[str], *kinds: Callable[[_Line], _Found]) -> list[Presence]:
    """What each kind finds in the texts, a chunk at a time."""
    known: list[dict[str, int]] = [{} for _ in kinds]
    rows = [[np.zeros((2, 0), dtype=np.int64)] for _ in kinds]
    for at in range(0, len(texts), CHUNK):
        line = _lined(texts[at : at + CHUNK])
        for kind, held, found in zip(kinds, known, rows, strict=True):
            text, item, items, wanted = kind(line)
            number = [held.setdefault(one, len(held)) if keep else -1 for one, keep in zip(items, wanted, strict=True)]
            listed = np.stack([text + at, np.array(number, dtype=np.int64)[item]])
            found.append(listed[:, listed[1] >= 0])
    return [Presence(list(held), *np.concatenate(found, axis=1)) for held, found in zip(known, rows, strict=True)]


def _lined(texts: Sequence[str]) -> _Line:
    tokens, starts, codes = _tokens(texts)
    sizes = np.diff(starts, append=len(codes))
    long = np.flatnonzero(sizes > 1)
    term, example = _numbered(codes, starts[long], sizes[long])
    words = [tokens[token] for token in long[example].tolist()]
    return _Line(tokens, codes, np.cumsum(codes[starts] == _NEWLINE), starts, sizes, long, term, words)


def _numbered(codes: Codes, starts: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """The number of each item among the different ones, and of each of these the place of an example."""
    key = _keys(codes, starts, sizes)
    order = np.argsort(key)
    new = np.diff(key[order], prepend=~key[order[:1]]) != 0
    number = np.empty(len(key), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return number, order[new]


def _once(text: Ints, number: Ints) -> tuple[Ints, Ints]:
    """Each pair of a text and a number once, ordered by text."""
    pair = np.sort(text << _WORD_BITS | number)
    pair = pair[np.diff(pair, prepend=-1) > 0]
    return pair >> _WORD_BITS, pair & ((1 << _WORD_BITS) - 1)


def _content_words(line: _Line) -> _Found:
    return *_once(line.text[line.long], line.term), line.words, [_is_content(word) for word in line.words]


def _pairs(line: _Line) -> _Found:
    """Neighbouring tokens that say something together."""
    content, opens, closes = _parts_of_speech(line)
    places = np.flatnonzero(opens[:-1] & closes[1:] & (content[:-1] | content[1:]))
    number, example = _numbered(line.codes, line.starts[places], line.sizes[places] + line.sizes[places + 1])
    items = [line.tokens[place] + line.tokens[place + 1] for place in places[example].tolist()]
    return *_once(line.text[places], number), items, [True] * len(items)


def _parts_of_speech(line: _Line) -> tuple[Bools, Bools, Bools]:
    """Which tokens are content words, which may begin a pair, and which may end one."""
    content, leads = np.zeros((2, len(line.tokens)), dtype=np.bool_)
    content[line.long] = np.array([_is_content(word) for word in line.words], dtype=np.bool_)[line.term]
    leads[line.long] = np.array([word in LEADS for word in line.words], dtype=np.bool_)[line.term]
    first = line.codes[line.starts]
    single = (line.sizes == 1) & (first >= _HAN[0]) & (first <= _HAN[1])
    closes = content | (single & ~np.isin(first, _singles(stop_words())))
    return content, closes | leads | (single & np.isin(first, _singles(LEADS))), closes


def _singles(words: frozenset[str]) -> Codes:
    return np.array(sorted(ord(word) for word in words if len(word) == 1), dtype=np.uint32)


def _tokens(texts: Sequence[str]) -> tuple[list[str], Ints, Codes]:
    """The tokens of all texts, a newline between texts, where each starts, and the characters they make up."""
    lines = _SURROGATE.sub("\ufffd", "\n".join([text.replace("\n", " ") for text in texts]))
    codes = np.frombuffer(lines.encode("utf-32-le"), dtype=np.uint32)
    tokens = (_fast() if engine() == "rjieba" else _slow())(lines, False)
    sizes = np.fromiter(map(len, tokens), dtype=np.int64, count=len(tokens))
    return *_parted(tokens, np.cumsum(sizes) - sizes, sizes, codes), codes


def _parted(tokens: list[str], starts: Ints, sizes: Ints, codes: Codes) -> tuple[list[str], Ints]:
    """The tokens and where each starts, with joined ASCII ones parted as jieba parts them."""
    parted: list[str] = []
    more: list[int] = []
    done = 0
    for token in np.flatnonzero((codes[starts] < 0x80) & (sizes > 1)).tolist():
        if tokens[token].isascii() and not tokens[token].isalnum():
            parts = _ascii_parts(tokens[token])
            parted += [*tokens[done:token], *parts]
            more += accumulate(map(len, parts[:-1]), initial=int(starts[token]))
            done = token + 1
    again = np.array(more, dtype=np.int64)  # with the starts of the joined tokens, which are there already
    return parted + tokens[done:], np.union1d(starts, again) if more else starts


def _keys(codes: Codes, starts: Ints, sizes: Ints) -> Ints:
    """A number for each token: of two characters theirs, of more a 64-bit hash, so that equal ones have the same."""
    key = codes[starts].astype(np.uint64) << np.uint64(32) | codes[starts + 1]
    row, at = np.arange(len(starts)), 2
    while len(row := row[sizes[row] > at]):
        key[row] = (key[row] * np.uint64(0x9E3779B97F4A7C15)) ^ codes[starts[row] + at]
        at += 1
    return key.view(np.int64)


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


def _cut_lines(texts: Sequence[str], hmm: bool) -> list[list[str]]:
    """Tokens of texts cut as one string; a text with a line break of its own is cut by itself."""
    plain = [_SURROGATE.sub("\ufffd", text) for text in texts]
    joined = "\n".join(text if "\n" not in text else "" for text in plain)
    kept: list[list[str]] = [[]]
    for token in _fast_cut(joined, hmm):
        if token == "\n":
            kept.append([])
        else:
            kept[-1].append(token)
    return [kept[i] if "\n" not in text else _fast_cut(text, hmm) for i, text in enumerate(plain)]


def _fast_cut(text: str, hmm: bool) -> list[str]:
    """jieba's own tokens from rjieba: a joined ASCII token is parted as jieba parts it."""
    tokens: list[str] = []
    for token in _fast()(text, hmm):
        if token.isascii() and len(token) > 1 and not token.isalnum():
            tokens.extend(_ascii_parts(token))
        else:
            tokens.append(token)
    return tokens


@lru_cache(maxsize=65536)
def _ascii_parts(token: str) -> tuple[str, ...]:
    return tuple(part for part in _ASCII_PARTS.split(token) if part)


def _cut_each(texts: Sequence[str], hmm: bool) -> list[list[str]]:
    slow = _slow()
    return [slow(_SURROGATE.sub("\ufffd", text), hmm) for text in texts]


@lru_cache(maxsize=1)
def _fast() -> _Cut:
    from rjieba import Jieba

    made: _Cut = Jieba().cut
    return made


@lru_cache(maxsize=1)
def _slow() -> _Cut:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()

    def lcut(text: str, hmm: bool) -> list[str]:
        return list(tokenizer.cut(text, HMM=hmm))

    return lcut
