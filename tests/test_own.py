"""The shop's own phrases: what the file may say, and how it is amended."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.own import amended, phrases_of, plain, read_own, write_own
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.beliefs import beliefs
from shopscore_analysis.text.lexicon import OWN
from shopscore_analysis.text.tagger import tagger_digest
from tests.lexicon import SIGH, shop_of

WORD = st.text(alphabet="袖口领边扣绒线a1", min_size=2, max_size=8)


def test_accepted_and_rejected_phrases_stand_in_their_tables_and_a_phrase_has_one_place() -> None:
    first = amended("", {"defect": ["掉亮片", "开缝"], "size_fit": ["ＡＢ 码偏"]}, ["掉钻"])
    assert phrases_of(first) == {"reject": ["掉钻"], "defect": ["掉亮片", "开缝"], "size_fit": ["ab_码偏"]}
    second = amended(first, {"material": ["掉亮片"], "defect": ["掉钻"]}, ["开缝"])
    assert phrases_of(second) == {
        "reject": ["开缝"], "defect": ["掉钻"], "material": ["掉亮片"], "size_fit": ["ab_码偏"],
    }  # fmt: skip


def test_pairs_written_by_hand_are_kept() -> None:
    pair = '[defect]\nphrases = "开缝"\npairs = [{ aspect = "袖子 领子", fault = "歪", reach = 3 }]\n'
    after = tomllib.loads(amended(pair, {"defect": ["掉亮片"]}))
    assert after["defect"]["pairs"] == [{"aspect": "袖子 领子", "fault": "歪", "reach": 3}]
    assert after["defect"]["phrases"].split() == ["开缝", "掉亮片"]


@given(st.dictionaries(st.sampled_from(["defect", "courier", "size_fit"]), st.lists(WORD, max_size=4), max_size=3))
def test_amending_twice_by_the_same_changes_nothing_more(accept: dict[str, list[str]]) -> None:
    once = amended("", accept)
    assert amended(once, accept) == once


@pytest.mark.parametrize(
    "phrase", ["短", "", "a" * 21, "太(大|小)", "{很}慢", '说"短"', "领子\n[defect]", "=1+1", "领。边"]
)
def test_what_is_no_plain_phrase_is_refused(phrase: str) -> None:
    with pytest.raises(LexiconError) as caught:
        plain(phrase)
    assert str(caught.value) == (
        f"expected a phrase of 2 to 20 characters, letters and digits only, found {phrase!r}; "
        "write alternatives and pairs into lexicon.toml itself"
    )


def test_an_unknown_cause_is_refused() -> None:
    with pytest.raises(LexiconError, match=r"expected one of defect, .* as a cause, found 'colour'; correct the name"):
        amended("", {"colour": ["发黄"]})


def test_a_file_that_breaks_the_rules_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    write_own(tmp_path, "[defect]\nphrases = '开缝'\n")
    with pytest.raises(LexiconError):
        write_own(tmp_path, "[colour]\nphrases = '发黄'\n")
    assert read_own(tmp_path) == "[defect]\nphrases = '开缝'\n"
    assert [path.name for path in tmp_path.iterdir()] == [OWN]
    (tmp_path / OWN).write_bytes("[defect]\nphrases = '开缝'".encode("gb18030"))
    with pytest.raises(LexiconError, match=r"expected TOML in UTF-8 in .*lexicon.toml, found: .*; save it as UTF-8"):
        read_own(tmp_path)


def test_the_shop_s_phrases_decide_every_count_and_change_the_digest(tmp_path: Path) -> None:
    home = shop_of(tmp_path / "shop")
    before = home.tally("all")
    write_own(home.root, amended("", {"material": [SIGH]}), home.settings.category)
    home = Shop.open(home.root)
    after = home.tally("all")
    assert after.where(key="material").total("cause") > before.where(key="material").total("cause") == 0
    assert tagger_digest("衣服", home.own) != tagger_digest("衣服")


def test_a_rejected_phrase_of_the_package_is_taken_out() -> None:
    stated = [beliefs(["有点掉色"], "", own).stated.any() for own in ("", 'reject = "掉色"')]
    assert stated == [True, False]
