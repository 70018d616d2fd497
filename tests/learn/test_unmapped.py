"""What the lexicon lacks, counted by hand on a shop whose buyers sigh."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopscore_analysis.learn.unmapped import QUOTE, Unmapped, unmapped
from shopscore_analysis.shop import Shop
from tests.lexicon import LOST, SIGH, SIGHS, WEEK, shop_of


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return shop_of(tmp_path_factory.mktemp("lexicon") / "shop")


@pytest.fixture(scope="module")
def found(shop: Shop) -> Unmapped:
    return unmapped(shop, 4)


def test_the_stars_lost_are_parted_completely_by_why_they_have_a_cause(found: Unmapped) -> None:
    assert dict(zip(found.coverage["part"], found.coverage["loss"], strict=True)) == LOST
    assert found.coverage["k"].sum() == found.coverage["n"].iloc[0] == 10
    assert found.coverage["share_of_loss"].sum() == pytest.approx(1)
    assert found.weeks[-1] == WEEK


def test_the_dearest_phrase_without_a_cause_comes_first_with_its_stars_and_two_quotes(found: Unmapped) -> None:
    first = found.phrases.iloc[0]
    assert (first["phrase"], first["k"], first["n"], first["k_against"]) == (SIGH, 5, 5, 0)
    assert first["stars"] == sum(5 - stars for _, stars in SIGHS) == 17
    quotes = {first["first"], first["second"]}
    assert len(quotes) == 2
    assert quotes <= {text for text, _ in SIGHS}


def test_what_favourable_reviews_say_as_well_is_not_offered(found: Unmapped) -> None:
    assert not {"面料", "颜色", "妈妈"} & set(found.phrases["phrase"])


def test_phrases_that_stand_in_the_same_reviews_are_offered_once(found: Unmapped) -> None:
    assert len(found.phrases) == 1


def test_copies_of_one_text_count_once(tmp_path: Path) -> None:
    copied = [("看到它就叹气，送给舅舅他也叹气！", 1)] * 20
    first = unmapped(shop_of(tmp_path / "shop", *copied), 4).phrases.iloc[0]
    assert (first["phrase"], first["k"]) == (SIGH, 5)


def test_a_quote_is_short_and_holds_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    hostile = [(f"{'长' * 90}\x1b[31m\u200b{n}叹气{'短' * 90}", 1) for n in "甲乙丙"]
    first = unmapped(shop_of(tmp_path / "shop", *hostile), 4).phrases.iloc[0]
    assert all(len(first[name]) <= QUOTE for name in ("first", "second"))
    assert all(first[name].isprintable() for name in ("first", "second"))


def test_a_week_without_complaints_has_no_phrases(shop: Shop) -> None:
    empty = unmapped(shop, 1, WEEK)
    assert list(empty.phrases.columns) == list(unmapped(shop, 4).phrases.columns)
