"""What decided where no phrase stands is shown, and lies where it is said to lie."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.text.grams import LONGEST
from shopscore_analysis.text.grounds import LEAST, MOST, grounds
from shopscore_analysis.text.lexicon import CAUSE_NAMES
from shopscore_analysis.text.model import sums
from shopscore_analysis.text.normalize import batch

SIGNS = "充了一晚上才半电池不行，1380*"


def weights(text: str, windows: list[tuple[int, int]], cause: str) -> list[float]:
    """What all n-grams of each window of a text weigh together for a cause."""
    made = batch([text])
    return [float(sums(made, np.array([window]))[0, CAUSE_NAMES.index(cause)]) for window in windows]


@given(st.text(SIGNS, max_size=14), st.sampled_from(CAUSE_NAMES), st.data())
def test_grounds_are_short_parts_of_the_span_that_speak_for_the_cause(
    text: str, cause: str, data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    (told,) = grounds([text], [(begin, end)], [cause])
    assert len(told) <= MOST
    assert all(begin <= at < to <= min(at + LONGEST, end) for at, to in told)
    weighed = weights(text, [*told], cause)
    assert weighed == sorted(weighed, reverse=True)
    assert all(each > 0 and each >= LEAST * weighed[0] for each in weighed)
    places = [place for at, to in told for place in range(at, to)]
    assert len(places) == len(set(places))


@given(st.text(SIGNS, min_size=1, max_size=9), st.sampled_from(CAUSE_NAMES))
def test_nothing_in_the_span_outweighs_the_first_ground(text: str, cause: str) -> None:
    (told,) = grounds([text], [(0, len(text))], [cause])
    size = len(text)
    windows = [(at, to) for at in range(size) for to in range(at + 1, min(at + LONGEST, size) + 1)]
    heaviest = max(0.0, *weights(text, windows, cause))
    assert sum(weights(text, [*told[:1]], cause)) == heaviest


def test_a_masked_number_is_no_ground() -> None:
    masked = "138****0000"
    assert [grounds([masked], [(0, len(masked))], [cause]) for cause in CAUSE_NAMES] == [[()]] * len(CAUSE_NAMES)


def test_texts_keep_their_own_grounds() -> None:
    texts, spans = ["物流太慢", "很好，充了一晚上"], [(0, 4), (3, 8)]
    together = grounds(texts, spans, ["slow_delivery", "performance"])
    assert together == [
        *grounds(texts[:1], spans[:1], ["slow_delivery"]), *grounds(texts[1:], spans[1:], ["performance"]),
    ]  # fmt: skip
    assert grounds([], [], []) == []
