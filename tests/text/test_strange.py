"""Where the model was taught nothing, phrases decide."""

import numpy as np
import pytest

from shopscore_analysis.text.lexicon import CAUSE_NAMES, CLASSES
from shopscore_analysis.text.model import phrase_trust, strange
from shopscore_analysis.text.tagger import DENIED, STRANGE, UNSAID, kept


@pytest.mark.parametrize(("taught", "expected"), [(100.0, 0.0), (98.0, 0.0), (94.0, 0.5), (90.0, 1.0), (10.0, 1.0)])
def test_a_text_is_strange_by_the_share_of_its_n_grams_that_nobody_labelled(taught: float, expected: float) -> None:
    assert strange(np.array([taught], np.float32), np.array([100.0], np.float32))[0] == pytest.approx(
        expected, abs=1e-4
    )


def test_a_text_without_known_n_grams_is_strange() -> None:
    assert strange(np.zeros(1, np.float32), np.zeros(1, np.float32))[0] == 1.0


def test_only_stated_causes_of_strange_texts_gain() -> None:
    said = np.zeros((2, 2 * len(CLASSES)))
    said[:, 3] = 1
    said[:, len(CLASSES) + 4] = 1  # denied
    gained = phrase_trust(np.array([0.0, 1.0], np.float32), said > 0)
    assert gained.shape == (2, len(CAUSE_NAMES))
    assert gained[0].max() == 0
    assert np.flatnonzero(gained[1]).tolist() == [3]


def test_what_no_phrase_supports_loses_in_strange_texts_and_what_is_stated_keeps_all() -> None:
    said, denied = np.array([[True, False, False]] * 2), np.array([[False, True, False]] * 2)
    left = kept(said, denied, np.array([0.0, 1.0], np.float32))
    assert left[0].tolist() == pytest.approx([1.0, DENIED, UNSAID])
    assert left[1].tolist() == pytest.approx([1.0, DENIED, UNSAID - STRANGE])
