"""Texts of a batch as one folded string, character for character, and what counts as no text at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 0xFFFD
LONGEST_DEFAULT = 30  # Chinese characters that a default sentence may hold
_DEFAULT = re.compile(
    r"[此该]用户(没有|未)(填写|及时填写|及时作出|作出)评[价论](内容)?"
    r"|系统默认(评论|评价|好评)|默认(好评|评价|评论)"
    r"|\d+天内(买家|用户)未作出评[价论]"
    r"|评价方未及时[做作]出评价,?系统默认好评"
    r"|[此该]用户未及时(主动)?评价,?系统默认好评"
    r"|[此该]用户觉得商品(非常|很|比较)?好,?给出\d*星?好评"
    r"|(暂无|没有|无)(评价|评论)(内容)?"
)
_HALF_WIDTH = str.maketrans("，！", ",!")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True)
class Batch:
    """Folded texts, each ended by one newline, in one string.

    `codes` holds the same characters as numbers; text i is `folded[starts[i] : starts[i + 1] - 1]`,
    so that a position minus `starts[i]` is the position in the text as it was given.
    """

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]

    @cached_property
    def folded(self) -> str:
        """The characters as one string, for those who need it."""
        return self.codes.tobytes().decode("utf-32-le")

    @property
    def size(self) -> int:
        """How many texts the batch holds."""
        return len(self.starts) - 1


def fold(text: str) -> str:
    """The text in half-width lower case and simplified characters, of the same length.

    Line breaks become a full stop, since they end a clause; a lone surrogate becomes U+FFFD.

    >>> fold("ＯＫ，沒有色差\\n贊")
    'ok,没有色差。赞'
    """
    return batch([text]).folded[:-1]


def batch(texts: Sequence[str]) -> Batch:
    """The texts as one folded batch; positions are those of the texts as given."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths + 1)])
    joined = "\n".join(texts) + "\n" if texts else ""
    codes = _fold_table()[np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)]
    codes[starts[1:] - 1] = ord("\n")
    return Batch(codes, starts)


# a contact as masking leaves it, with the words that lead to it: no opinion
_CONTACT = re.compile(
    r"[\s，,。.;；]*(?:请|可以)?(?:联系我?|加我?|打)?(?:我的)?(?:微信|电话|手机号?|QQ|邮箱)?[:：是]?\[[^\[\]]{1,6}\]",
    re.I,
)


def is_default(text: str) -> bool:
    """Whether a review text says nothing of its own: the platform's default sentence, blank, signs or contacts only.

    >>> is_default("此用户没有填写评价。"), is_default(" "), is_default("👍👍"), is_default("还行")
    (True, True, True, False)
    >>> is_default("此用户没有填写评价，联系我[手机号]"), is_default("掉色，联系我[手机号]")
    (True, False)
    """
    own = _CONTACT.sub("", text) if "[" in text else text
    words = _EDGES.sub("", own.translate(_HALF_WIDTH))
    return not words or _DEFAULT.fullmatch(words) is not None


@lru_cache(maxsize=1)
def _fold_table() -> NDArray[np.uint32]:
    table = np.arange(0x110000, dtype=np.uint32)
    table[0xFF01:0xFF5F] = np.arange(0x21, 0x7F)
    table[0xD800:0xE000] = UNKNOWN
    table[ord("A") : ord("Z") + 1] += 32
    table[0xFF21:0xFF3B] = np.arange(ord("a"), ord("z") + 1)
    table[[0x3000, 0xA0, ord("\t"), 0xFEFF]] = ord(" ")
    table[[ord("\n"), ord("\r"), 0x2028, 0x85]] = ord("。")
    for old, new in _simplified():
        table[ord(old)] = ord(new)
    return table


def _simplified() -> list[tuple[str, str]]:
    lines = (files("shopscore_analysis") / "data" / "simplified.txt").read_text(encoding="utf-8").splitlines()
    return [(word[0], word[1]) for line in lines if not line.startswith("#") for word in line.split()]
