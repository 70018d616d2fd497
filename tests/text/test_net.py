"""The net feels the windows of a text as its definition says, and the same in any company."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.text import model
from shopscore_analysis.text.beliefs import beliefs
from shopscore_analysis.text.lexicon import CAUSE_NAMES, CLASSES
from shopscore_analysis.text.model import CLOSED, OUTPUTS, SURE, doubtful, net_say, weights
from shopscore_analysis.text.net import (
    EDGE,
    FIRST,
    LIMIT,
    MARGIN,
    MOST_SAID,
    UNKNOWN,
    WIDTHS,
    Net,
    added_up,
    felt,
    hear,
)
from shopscore_analysis.text.normalize import batch

texts = st.lists(st.text("甲乙丙丁戊0a", max_size=12), min_size=1, max_size=5)


def net(seed: int, many: int = 3, size: int = 2) -> Net:
    """A net of chance over 甲, 乙 and 丙."""
    chance = np.random.default_rng(seed)
    places = sum(WIDTHS)
    kin = chance.integers(-127, 128, (5, size)).astype(np.int8)
    kin[EDGE] = 0
    return Net(
        characters=np.array(sorted(map(ord, "甲乙丙")), dtype=np.uint32),
        kin=kin,
        windows=chance.integers(-127, 128, (size, places, many)).astype(np.int8),
        unit=chance.uniform(0.05, 0.25, (places, many)).astype(np.float32),
        lift=chance.integers(-500, 500, (len(WIDTHS), many)).astype(np.int16),
        speak=chance.integers(-127, 128, (len(WIDTHS) * many, 4)).astype(np.int8),
        state=chance.integers(-900, 900, (6, 4)).astype(np.int32),
        scale=chance.uniform(0.001, 0.01, 4),
        bias=chance.normal(size=4),
    )


def slowly(text: str, known: Net) -> np.ndarray:
    """What `hear` says of a text of which the lexicon says nothing, by the definition, window by window."""
    row = {character: FIRST + i for i, character in enumerate(known.characters.tolist())}
    edges = [EDGE] * (MARGIN - 1)
    rows = [*edges, *(row.get(ord(each), UNKNOWN) for each in text), EDGE, *edges]
    felt, place = [], 0
    for width, lift in zip(WIDTHS, known.lift.tolist(), strict=True):
        for feature, bias in enumerate(lift):
            sums = [
                sum(share(known, rows[end - width + 1 + i], place + i, feature) for i in range(width))
                for end in range(MARGIN - 1, len(rows))
            ]
            felt.append(max(max(sums) + bias, 0))
        place += width
    return np.array(felt) @ known.speak.astype(int) * known.scale + known.bias


def share(known: Net, row: int, place: int, feature: int) -> int:
    """What a character adds to a feature from its place in the window."""
    product = sum(int(a) * int(b) for a, b in zip(known.kin[row], known.windows[:, place, feature], strict=True))
    return int(np.clip(np.round(np.float32(product) * known.unit[place, feature]), -LIMIT, LIMIT))


@given(texts, st.integers(0, 20))
def test_each_feature_is_the_greatest_sum_over_all_windows(some: list[str], seed: int) -> None:
    known = net(seed)
    heard = hear(batch(some), np.zeros((len(some), 6), int), known, np.arange(len(some)))
    assert heard == pytest.approx(np.array([slowly(text, known) for text in some]))


@given(texts)
def test_a_text_sounds_alike_alone_and_in_company(some: list[str]) -> None:
    silence = np.zeros((len(some), 2 * len(CLASSES)), int)
    every = np.arange(len(some))
    together = hear(batch(some), silence, weights().net, every)
    alone = [hear(batch([text]), silence[:1], weights().net, every[:1])[0] for text in some]
    assert together.tolist() == np.array(alone).tolist()
    assert hear(batch(some), silence[1:], weights().net, every[1:]).tolist() == together[1:].tolist()


def test_statements_count_up_to_the_second_of_a_class() -> None:
    known = net(1)
    said = np.zeros((4, 6), int)
    said[:, 2] = [0, 1, MOST_SAID, 7]
    nothing, one, two, more = hear(batch(["甲"] * 4), said, known, np.arange(4))
    assert one - nothing == pytest.approx(known.state[2] * known.scale)
    assert two - one == pytest.approx(one - nothing)
    assert more.tolist() == two.tolist()


def test_sums_of_shares_never_run_over() -> None:
    known = net(3, size=9)
    loud = replace(known, unit=known.unit * 1e6)
    assert int(np.abs(loud.rows.astype(int)).max()) == LIMIT
    heard = hear(batch(["甲乙丙" * 5]), np.zeros((1, 6), int), loud, np.arange(1))
    assert heard[0] == pytest.approx(slowly("甲乙丙" * 5, loud))


def test_python_feels_and_adds_what_compiled_loops_do() -> None:
    known, made, texts = net(4), batch(["甲乙a丙", "", "丙"]), np.array([0, 1, 2])
    places = known.numbers[made.codes], made.starts, texts, known.rows, 3
    features = felt(*places)
    assert felt.__wrapped__(*places).tolist() == features.tolist()
    said = features, known.lift.ravel(), *known.say, np.eye(3, 6, dtype=np.int64)
    assert added_up.__wrapped__(*said).tolist() == added_up(*said).tolist()


def test_the_net_is_asked_where_a_cause_is_in_doubt_and_says_less_of_strange_texts() -> None:
    total, threshold = np.full((4, len(OUTPUTS)), CLOSED), np.full(len(OUTPUTS), 0.7)
    total[1:, 5] = [CLOSED + 0.1, 0.7 + SURE - 0.1, 0.7 + SURE]
    asked = doubtful(total, threshold)
    assert asked.tolist() == [False, True, True, False]
    said = net_say(np.full((4, len(CAUSE_NAMES)), 2.0), asked, np.array([0.0, 0.0, 0.75, 0.0], np.float32))
    assert said[:, 0].tolist() == [0.0, 2.0, 0.5, 0.0]


def test_what_the_net_says_reaches_the_confidence(monkeypatch: pytest.MonkeyPatch) -> None:
    text = ["充电充了一晚上才一半"]
    before = beliefs(text).confidence[0]
    shy = replace(weights(), net=replace(weights().net, bias=weights().net.bias - 5))
    monkeypatch.setattr(model, "weights", lambda: shy)
    assert (beliefs(text).confidence[0] < before).all()


def test_the_shipped_net_speaks_of_every_cause_and_of_nothing_outside_of_texts() -> None:
    shipped = weights().net
    assert shipped.speak.shape == (len(WIDTHS) * shipped.windows.shape[2], len(CAUSE_NAMES))
    assert shipped.state.shape == (2 * len(CLASSES), len(CAUSE_NAMES))
    assert not shipped.rows[EDGE].any()
    assert (np.diff(shipped.characters.astype(int)) > 0).all()
    some = batch(["物流太慢了", "很好"])
    heard = hear(some, np.zeros((2, 2 * len(CLASSES)), int), shipped, np.arange(2))
    assert np.ptp(heard, axis=0).min() > 0 and np.ptp(heard) > 1
