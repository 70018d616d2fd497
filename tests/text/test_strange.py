"""Where the model was taught nothing, phrases decide."""

import numpy as np
import pytest

from shopscore_analysis.text.lexicon import CAUSE_NAMES, CLASSES, DISSATISFIED, FAINT, PRAISE
from shopscore_analysis.text.model import phrase_trust, strange
from shopscore_analysis.text.tagger import DENIED, SAID, STRANGE, UNSAID, kept


@pytest.mark.parametrize(("taught", "expected"), [(100.0, 0.0), (98.0, 0.0), (94.0, 0.5), (90.0, 1.0), (10.0, 1.0)])
def test_a_text_is_strange_by_the_share_of_its_n_grams_that_nobody_labelled(taught: float, expected: float) -> None:
    assert strange(np.array([taught], np.float32), np.array([100.0], np.float32))[0] == pytest.approx(
        expected, abs=1e-4
    )


def test_a_text_without_known_n_grams_is_strange() -> None:
    assert strange(np.zeros(1, np.float32), np.zeros(1, np.float32))[0] == 1.0


def test_only_stated_causes_of_strange_texts_gain() -> None:
    said = np.zeros((2, len(CLASSES)))
    said[:, 3] = 1
    gained = phrase_trust(np.array([[0.0], [1.0]], np.float32), said > 0)
    assert gained.shape == (2, len(CAUSE_NAMES))
    assert gained[0].max() == 0
    assert np.flatnonzero(gained[1]).tolist() == [3]


def test_what_no_phrase_supports_loses_in_strange_texts_and_what_is_stated_keeps_all() -> None:
    said, denied = np.zeros((2, 2, len(CLASSES)), dtype=bool)
    said[:, 0], denied[:, 1] = True, True
    left = kept(said, denied, np.array([0.0, 1.0], np.float32))
    assert left[0, :3].tolist() == pytest.approx([1.0, DENIED, UNSAID])
    assert left[1, :3].tolist() == pytest.approx([1.0, DENIED, UNSAID - STRANGE])


@pytest.mark.parametrize("also", [None, 4, DISSATISFIED, FAINT])
def test_where_phrases_only_praise_or_deny_the_model_alone_states_nothing(also: int | None) -> None:
    said, denied = np.zeros((2, 2, len(CLASSES)), dtype=bool)
    said[0, PRAISE] = denied[1, 1] = True
    if also is not None:
        said[:, also] = True
    left = kept(said, denied, np.zeros(2, np.float32))
    assert (left[:, 2] < SAID).tolist() == [also is None] * 2
