"""What the lexicon lacks, counted by hand on a shop whose buyers sigh."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from shopscore_analysis.learn import unmapped as module
from shopscore_analysis.learn.unmapped import QUOTE, Unmapped, dear_phrases, dear_words, unmapped
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.newwords import NewWord
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


def _read(sour: int, sweet: int) -> pd.DataFrame:
    """Twenty texts that complain and a hundred that do not, `sour` and `sweet` of them about a window."""
    own = [("窗户" if at < sour else "门") for at in range(20)]
    against = [("窗户" if at < sweet else "门") for at in range(100)]
    pool = ["own"] * 20 + ["against"] * 100
    keys = [f"k{at:03d}" for at in range(120)]
    lost = [240] * 20 + [0] * 100
    return pd.DataFrame({"key": keys, "words": [*own, *against], "pool": pool, "lost": lost, "copy": False})


@pytest.mark.parametrize(("sweet", "offered"), [(9, True), (30, False), (40, False)])
def test_a_phrase_is_offered_by_its_share_of_either_pool(sweet: int, offered: bool, shop: Shop) -> None:
    """Eight of twenty against nine of a hundred: more texts of the larger pool, and surely less often."""
    found = dear_phrases(_read(8, sweet), shop.shard(), 9)
    assert ("窗户" in set(found["phrase"])) == offered


@pytest.mark.parametrize(("sweet", "offered"), [(9, True), (39, True), (40, False), (41, False)])
def test_a_new_word_is_offered_by_its_share_of_either_pool(
    sweet: int, offered: bool, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight of twenty are forty of a hundred; where nothing is praised, nothing is compared."""
    word = NewWord("窗户", 9, 6.0, 2.0, 2.0)
    monkeypatch.setattr(module, "new_words", lambda *_: [word])
    read = _read(8, sweet)
    assert ("窗户" in set(dear_words(read, shop.shard(), 9)["phrase"])) == offered
    assert "窗户" in set(dear_words(read[read["pool"] == "own"], shop.shard(), 9)["phrase"])


def test_praise_under_few_stars_and_complaints_that_cost_nothing_are_no_candidates(tmp_path: Path) -> None:
    """Both were read for phrases, and the praise stood among what complains without a cause."""
    praise = [(f"{n}都满意，妈妈很喜欢", 1) for n in ("面料", "版型", "领子")]
    free = [("看到邻居家的也叹气，太让人生气了", 5)]
    shop = shop_of(tmp_path / "shop", *praise, *free)
    found = unmapped(shop, 4)
    loss = dict(zip(found.coverage["part"], found.coverage["loss"], strict=True))
    assert loss == LOST | {"content": LOST["content"] + 12}
    first = found.phrases.iloc[0]
    assert (first["phrase"], first["k"], first["n"]) == (SIGH, 5, 5) and len(found.phrases) == 1


def test_what_mostly_costs_no_star_is_no_complaint_though_complaints_say_it_more_often(shop: Shop) -> None:
    """Six of twenty complaints against sixty of seven hundred others lose fewer stars than any review does."""
    praise = pd.concat([_read(0, 10)[20:]] * 6, ignore_index=True)
    known = pd.concat([_read(0, 0)[:20].assign(pool="", words="掉色")] * 10, ignore_index=True)
    few, many = (pd.concat([_read(6, 0), praise, known[:size]], ignore_index=True) for size in (0, 200))
    offered = [set(dear_phrases(read, shop.shard(), 9)["phrase"]) for read in (few, many)]
    assert ["窗户" in phrases for phrases in offered] == [True, False]


def test_a_phrase_that_praises_is_not_offered_whatever_its_reviews_lost(shop: Shop) -> None:
    read = _read(8, 0).replace({"words": {"窗户": "客服回复很快"}})
    assert "客服回复很快" not in set(dear_phrases(read, shop.shard(), 9)["phrase"])


def test_a_phrase_that_its_texts_spell_otherwise_is_offered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Phrases and words are folded, texts are not: none was found in any text, and it was dropped without a word."""
    other = _read(8, 0).replace({"words": {"窗户": "窗戶"}})
    monkeypatch.setattr(module, "new_words", lambda *_: [NewWord("窗户", 9, 6.0, 2.0, 2.0)])
    assert "窗户" in set(dear_words(other, shop.shard(), 9)["phrase"])
    monkeypatch.setattr(module, "candidates", lambda texts: [{"＃窗"} if text == "窗户" else set() for text in texts])
    assert set(dear_phrases(_read(8, 0), shop.shard(), 9)["phrase"]) == {"＃窗"}


def test_favourable_reviews_that_are_not_compared_count_by_those_that_are(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a hundred the first fifty are read: the one of them with the phrase stands for two."""
    read = _read(8, 1).assign(lost=[60] * 8 + [240] * 12 + [0] + [27] * 99)
    offered = []
    for most in (100, 50):
        monkeypatch.setattr(module, "BACKGROUND", most)
        offered.append("窗户" in set(dear_phrases(read, shop.shard(), 9)["phrase"]))
    assert offered == [True, False]


def test_only_weeks_with_reviews_are_named(found: Unmapped, shop: Shop) -> None:
    """26 weeks of a shop that is one week old are that week."""
    assert (found.weeks, found.asked) == ([WEEK], 4)
    assert unmapped(shop, 1).weeks == [WEEK]


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
