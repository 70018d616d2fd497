"""The linear model over character n-grams that speaks where phrases are silent, applied with numpy and scipy.

A text is scored as a whole and clause by clause, score = text + 0.5 × best clause; `net` adds what it hears. Where a
text speaks of things that no labelled review spoke of (another category of goods), model and net know little and the
lexicon's phrases decide: how strange a text is, is the share of its n-grams, weighed by rarity, that training never saw
with a label.

Weights come from tools/train_tagger.py; they hold hashes of n-grams of one to four characters, the single characters
that are frequent enough for the net, and no text.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.grams import UNIT, Vocabulary, added, columns, packed, vocabulary
from shopscore_analysis.text.lexicon import CAUSE_NAMES, CLASSES
from shopscore_analysis.text.loops import gathered, parted, weighed
from shopscore_analysis.text.matcher import Found
from shopscore_analysis.text.net import Net, hear
from shopscore_analysis.text.normalize import Batch

Reals = NDArray[np.float32]
Ints = NDArray[np.int64]
OUTPUTS = (*CAUSE_NAMES, "complaint")
CLAUSE_SHARE = 0.5
MOST = 3  # statements of one class that a text or clause is credited with
LEAST = 1e-6  # squared length of a text without known n-grams
_MOOD_MIDDLE, _MOOD_SLOPE = 0.0, 3.0  # of the standardised tone, chosen on texts that no weight has seen
_TONE = len(OUTPUTS) + 1  # columns of weights: the outputs and the tone
# chosen on categories of goods that were left out of training
_FAMILIAR, _FOREIGN = 0.98, 0.90  # shares of taught n-grams from which a text is wholly familiar, wholly strange
_PHRASE_TRUST = 3.0
# The net is asked of texts with a cause whose linear score lies between these two, the second beyond its threshold:
# of 10,020 statements about 12,000 real reviews, eleven change where it is not.
CLOSED, SURE = -0.6, 0.5
_CERTAIN = 80.0  # a logit beyond which nothing changes
TONE_SHRINK = 30.0  # short clauses have less to say: added to their squared length


@dataclass(frozen=True)
class Weights:
    """What training found, as arrays.

    `hashes` [f] names the n-grams kept, `grams` [f, 4] holds their weights for each output and for the tone, whole
    numbers of `scale` [27], and their rarity, see `packed`; `lexicon` [2 · classes, 23] weighs what the
    lexicon found and what it found denied, `tone` [8, 23] the standardised tone of a text (`tone_mean`, `tone_scale`);
    `bias`, `threshold` and `slope` [23] turn scores into a confidence of 0.5 at the threshold. `net` reads along.
    """

    hashes: Ints
    grams: NDArray[np.uint64]
    scale: NDArray[np.float64]
    lexicon: NDArray[np.float64]
    tone: Reals
    tone_mean: Reals
    tone_scale: Reals
    bias: NDArray[np.float64]
    threshold: Reals
    slope: Reals
    net: Net


@dataclass(frozen=True)
class Scored:
    """Confidence of each output [texts, 23], and the scores of clauses by which a cause finds its evidence.

    `mood` [texts] is how unfavourable a text sounds as a whole (0-1), `strange` [texts] how unlike the labelled ones
    it is (0-1); `clauses` [clauses, 23] are scores, `first` [texts] the first clause of each
    text, `spans` [clauses, 2] where each lies in the batch.
    """

    confidence: Reals
    mood: Reals
    strange: Reals
    clauses: NDArray[np.float64]
    first: Ints
    spans: Ints

    def best(self, text: Ints, output: Ints) -> Ints:
        """For each pair of text and output, the clause with the highest score (the first of equals)."""
        number = np.append(self.first, len(self.spans))[text + 1] - self.first[text]
        begin = np.cumsum(number) - number
        clause = np.arange(number.sum()) + np.repeat(self.first[text] - begin, number)
        scores = self.clauses[clause, np.repeat(output, number)].astype(np.float32)
        if not len(scores):
            return np.zeros(0, dtype=np.int64)
        most = np.repeat(np.maximum.reduceat(scores, begin), number)
        best: Ints = np.minimum.reduceat(np.where(scores == most, clause, len(self.spans)), begin)
        return best


def tones(whole: Reals, parts: Reals, text: Ints, texts: int) -> Reals:
    """Tone features of each text [texts, 8]: whole, and most, least, mean, last and second most of its clauses."""
    count = np.bincount(text, minlength=texts)
    first = np.cumsum(count) - count
    most, least = np.maximum.reduceat(parts, first), np.minimum.reduceat(parts, first)
    top = np.flatnonzero(parts == most[text])
    others = parts.copy()
    others[top[np.diff(text[top], prepend=-1) > 0]] = -np.inf
    second = np.where(count > 1, np.maximum.reduceat(others, first), -1.0)
    mean = np.bincount(text, weights=parts, minlength=texts) / count
    last = parts[first + count - 1]
    spread = most - least
    return np.stack([whole, most, least, mean, second, last, spread, np.log1p(count)], axis=1).astype(np.float32)


def clause_owners(batch: Batch, clauses: Ints) -> tuple[Ints, Ints, Ints]:
    """Clauses numbered from 0 along the batch: number per character, text of each clause, span of each clause."""
    number, text, spans = parted(clauses, batch.starts)
    return number, text, spans


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The shipped weights, unpacked; cached."""
    stored = np.load(BytesIO((files("shopscore_analysis") / "data" / "tagger.npz").read_bytes()))
    return Weights(
        stored["hashes"].astype(np.int64),
        packed(stored["grams"], stored["rarity"], stored["taught"]),
        np.append(stored["scale"].astype(np.float64), [1 / UNIT, 1 / UNIT, 1 / UNIT**2]),
        **{name: stored[name].astype(np.float64) for name in ("lexicon", "bias")},
        **{name: stored[name].astype(np.float32) for name in ("tone", "tone_mean", "tone_scale", "threshold", "slope")},
        net=Net(**{field.name: stored[f"net_{field.name}"] for field in fields(Net)}),
    )


@lru_cache(maxsize=1)
def _known() -> Vocabulary:
    return vocabulary(weights().hashes)


def score(batch: Batch, found: Found) -> Scored:
    """The confidence of every output for each text of the batch, and how much each clause speaks for it."""
    known = weights()
    number, text_of, spans = clause_owners(batch, found.clauses)
    first = np.searchsorted(text_of, np.arange(batch.size))
    part = sums(batch, spans)
    whole, _ = gathered(part, first)
    tone = tones(_tone(whole), _tone(part, TONE_SHRINK), text_of, batch.size)
    # in double precision, so that a text scores alike alone and in any batch
    tone = ((tone - known.tone_mean) / known.tone_scale).astype(np.float64)
    clauses = _weighed(part, number[batch.starts[found.text] + found.start], found)
    _, best = gathered(clauses, first)
    total = _weighed(whole, found.text, found) + tone @ known.tone + CLAUSE_SHARE * best
    odd = strange(whole[:, -2], whole[:, -3])
    said, owned = np.zeros((2, batch.size, len(CLASSES)), dtype=np.bool_)
    said[found.text[~found.denied], found.kind[~found.denied]] = True
    owned[found.text[found.owned], found.kind[found.owned]] = True
    total[:, : len(CAUSE_NAMES)] += phrase_trust(np.maximum(odd[:, None], owned), said)
    asked = doubtful(total, known.threshold)
    some = np.flatnonzero(asked)
    heard = np.zeros((batch.size, len(CAUSE_NAMES)))
    heard[some] = hear(batch, stated(found, found.text, batch.size)[some], known.net, some)
    total[:, : len(CAUSE_NAMES)] += net_say(heard, asked, odd)
    confidence = 1 / (1 + np.exp(np.minimum(-known.slope * (total - known.threshold), _CERTAIN)))
    return Scored(confidence.astype(np.float32), moods(tone), odd, clauses, first, spans)


def doubtful(total: NDArray[np.floating], threshold: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which texts leave a cause in doubt, by their linear scores [texts, outputs]: those that the net is asked of."""
    scores = total[:, : len(CAUSE_NAMES)]
    return np.asarray(((scores > CLOSED) & (scores < threshold[: len(CAUSE_NAMES)] + SURE)).any(axis=1))


def net_say(heard: NDArray[np.floating], asked: NDArray[np.bool_], odd: Reals) -> NDArray[np.float64]:
    """What the net adds to the scores of causes: nothing where it is not asked, and the less, the stranger the text."""
    return np.where(asked[:, None], (1.0 - odd[:, None]) * heard, 0.0)


def _weighed(gram_sums: Reals, owner: Ints, found: Found) -> NDArray[np.float64]:
    known = weights()
    scores: NDArray[np.float64] = weighed(gram_sums, owner, _kinds(found), known.lexicon, known.bias, LEAST, MOST)
    return scores


def stated(found: Found, owner: Ints, owners: int) -> Ints:
    """How often the lexicon found each class, and found it denied, per owner [owners, 2 · classes]."""
    cell = owner * 2 * len(CLASSES) + _kinds(found)
    return np.bincount(cell, minlength=owners * 2 * len(CLASSES)).reshape(owners, -1)


def _kinds(found: Found) -> Ints:
    return found.kind + len(CLASSES) * found.denied


def _tone(gram_sums: Reals, shrink: float = 0.0) -> Reals:
    """The tone of each owner of n-grams, shrunk for short clauses."""
    length = np.sqrt(np.maximum(gram_sums[:, -1], LEAST) + shrink)
    return np.asarray(gram_sums[:, _TONE - 1] / length, dtype=np.float32)


def sums(batch: Batch, spans: Ints) -> Reals:
    """What the n-grams of each span weigh [spans, 27]: outputs, tone, rarity, that where taught, its square."""
    known = weights()
    total: Reals = added(*columns(batch, spans, _known()), known.grams, known.scale)
    return total


def moods(tone: NDArray[np.floating]) -> Reals:
    """How unfavourable each text sounds as a whole (0-1), from its standardised tone features [texts, 8]."""
    return np.asarray(1 / (1 + np.exp(_MOOD_SLOPE * (_MOOD_MIDDLE - tone[:, 0]))), dtype=np.float32)


def strange(taught: Reals, every: Reals) -> Reals:
    """How unlike the labelled texts each text is (0-1), from its summed rarities: of taught n-grams, and of all."""
    share = taught / np.maximum(every, LEAST)
    return np.clip((_FAMILIAR - share) / (_FAMILIAR - _FOREIGN), 0, 1).astype(np.float32)


def phrase_trust(doubt: Reals, said: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What stated causes gain [texts, causes]: the more, the less the model may know of it.

    `doubt` [texts, 1 or classes]: how strange the text is; 1 for phrases that a shop has accepted as its own.
    """
    return np.asarray((_PHRASE_TRUST * doubt * said)[:, : len(CAUSE_NAMES)], dtype=np.float64)
