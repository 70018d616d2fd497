"""A small net over characters that reads along with the linear model: it knows which characters are kin.

The linear model knows n-grams that labelled texts held; the net has a place for every character among its kin (an
embedding), and so an ear for turns that none of them held. Each feature of a text is the greatest sum that a window of
two, three or four characters reaches (convolution, max-pooling over the text, rectified); features and the lexicon's
statements then speak for the outputs: Kim, Convolutional Neural Networks for Sentence Classification (EMNLP 2014).
Weights are quantized, all numbers are whole: every machine finds the same sums. They come from tools/train_tagger.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.loops import compiled
from shopscore_analysis.text.normalize import Batch

WIDTHS = (2, 3, 4)  # characters of a window, as `felt` has them
MARGIN = max(WIDTHS)  # of what lies outside of a text: every width sees a window of nothing else
# rows of what lies outside, of characters that training has not seen, of the first that it has
EDGE, UNKNOWN, FIRST = 0, 1, 2
MOST_SAID = 2  # statements of one class that count
LIMIT = (2**15 - 1) // max(WIDTHS)  # of what a character adds to a feature: a window sums up that many
_PLANES = 0x110000

Rows = NDArray[np.int16]
Lanes = NDArray[np.int32]
Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Net:
    """What training found, as whole numbers.

    `characters` [v - 2] names the characters of the rows of `kin` [v, d] from `FIRST` on: their embeddings.
    `windows` [d, 2 + 3 + 4, f] are the filters, by width and place in the window; `unit` [2 + 3 + 4, f] is what one of
    a product of both is worth, `lift` [3, f] the bias of each feature. `speak` [3 · f, outputs] and `state`
    [2 · classes, outputs] weigh the features and the lexicon's statements in units of `scale` [outputs], of which no
    text can have 2**31; `bias` [outputs] is in units of the score.
    """

    characters: NDArray[np.uint32]
    kin: NDArray[np.int8]
    windows: NDArray[np.int8]
    unit: NDArray[np.float32]
    lift: Rows
    speak: NDArray[np.int8]
    state: Lanes
    scale: Reals
    bias: Reals

    @cached_property
    def rows(self) -> Rows:
        """What each character adds to each feature, by width and place [v, (2 + 3 + 4) · f]."""
        places, many = self.windows.shape[1:]
        # whole numbers below 2**24, up to a thousand kinships: exact in any order
        product = self.kin.astype(np.float32) @ self.windows.reshape(len(self.windows), -1).astype(np.float32)
        shares = np.round(product.reshape(-1, places, many) * self.unit)
        return np.clip(shares, -LIMIT, LIMIT).astype(np.int16).reshape(len(self.kin), -1)

    @cached_property
    def numbers(self) -> Lanes:
        """The row of every character that there is."""
        numbers = np.full(_PLANES, UNKNOWN, dtype=np.int32)
        numbers[self.characters] = np.arange(len(self.characters)) + FIRST
        return numbers

    @cached_property
    def say(self) -> tuple[Lanes, Lanes]:
        """`speak` and `state` with outputs up to a multiple of eight, since a processor adds eight at once."""
        room = ((0, 0), (0, -len(self.scale) % 8))
        speak, state = (np.pad(each, room).astype(np.int32, order="C") for each in (self.speak, self.state))
        return speak, state


def hear(batch: Batch, stated: NDArray[np.integer], net: Net, texts: Ints) -> Reals:
    """What the net adds to the score of each output of some texts of the batch [texts, outputs].

    `stated` [texts, 2 · classes] counts what the lexicon found in them and what it found denied.
    """
    heard = felt(net.numbers[batch.codes], batch.starts, texts, net.rows, net.windows.shape[2])
    said = added_up(heard, net.lift.ravel(), *net.say, np.minimum(stated, MOST_SAID))
    return np.asarray(said[:, : len(net.scale)] * net.scale + net.bias)


@compiled
def felt(numbers: Lanes, starts: Ints, texts: Ints, rows: Rows, many: int) -> Rows:
    """The greatest sum of each feature over the windows of each of some texts [texts, 3 · many].

    `numbers` [characters] names the rows of the characters, `starts` says where each text of the batch begins; it ends
    with a newline that is no part of it. Windows begin and end `MARGIN` characters outside.
    """
    found = np.full((len(texts), 3 * many), -(2**15), dtype=np.int16)
    for place in range(len(texts)):
        most = found[place]
        first = second = third = np.int32(EDGE)
        end = starts[texts[place] + 1] - 1
        for at in range(starts[texts[place]], end + MARGIN):
            fourth = numbers[at] if at < end else np.int32(EDGE)
            one, two, three, four = rows[first], rows[second], rows[third], rows[fourth]
            for each in range(many):
                most[each] = max(most[each], np.int16(three[each] + four[many + each]))
            for each in range(many):
                most[many + each] = max(
                    most[many + each], np.int16(two[2 * many + each] + three[3 * many + each] + four[4 * many + each])
                )
            for each in range(many):
                most[2 * many + each] = max(
                    most[2 * many + each],
                    np.int16(
                        one[5 * many + each] + two[6 * many + each] + three[7 * many + each] + four[8 * many + each]
                    ),
                )
            first, second, third = second, third, fourth
    return found


@compiled
def added_up(features: Rows, lift: Rows, speak: Lanes, state: Lanes, stated: Ints) -> Lanes:
    """What features above zero, once lifted, and statements speak for each output [texts, outputs].

    numpy would multiply whole matrices of whole numbers, thirty times slower.
    """
    total = np.zeros((len(features), speak.shape[1]), dtype=np.int32)
    for text in range(len(features)):
        said = total[text]
        for each in range(len(lift)):
            loud = np.int32(max(int(features[text, each]) + int(lift[each]), 0))
            for output in range(speak.shape[1]):
                said[output] += np.int32(loud * speak[each, output])
        for each in range(stated.shape[1]):
            if stated[text, each]:
                for output in range(speak.shape[1]):
                    said[output] += np.int32(np.int32(stated[text, each]) * state[each, output])
    return total
