"""The phrase language, the rules of the files, and the categories' overlays."""

import pytest

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.text import lexicon as room
from shopscore_analysis.text.lexicon import CLASSES, expand, lexicon
from shopscore_analysis.text.matcher import find
from shopscore_analysis.text.normalize import batch
from shopscore_analysis.text.tagger import tag


def test_alternatives_and_groups_expand() -> None:
    assert expand("物流(太|很|)慢") == ["物流太慢", "物流很慢", "物流慢"]
    assert expand("{很}慢", {"很": ["很", "太"]}) == ["很慢", "太慢"]


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(LexiconError) as refused:
        expand("{怪}慢", {"很": ["很"]})
    assert str(refused.value) == "expected a group of groups.toml in '{怪}慢', found {怪}; known are 很"


def test_a_table_that_is_no_cause_is_refused() -> None:
    with pytest.raises(LexiconError) as refused:
        room._add_causes({}, [], {"slow": {"phrases": "慢"}}, {}, "cause_x.toml")
    assert str(refused.value) == (
        f"expected one of {', '.join(CLASSES)} in cause_x.toml, found 'slow'; rename the table"
    )


def test_every_cause_has_phrases() -> None:
    compiled = lexicon()
    stated = {name for i, name in enumerate(CLASSES) if (compiled.classes >> i & 1).any()}
    assert stated == set(CLASSES)


def test_an_unknown_category_gets_the_lexicon_without_overlay() -> None:
    assert lexicon("没有这种类目").digest == lexicon().digest


def test_an_overlay_changes_the_digest() -> None:
    assert lexicon("水果").digest != lexicon().digest


def test_a_phrase_that_ends_in_a_denial_is_shut_by_the_fault_behind_it() -> None:
    assert [hit.cause for hit in tag(["味道不好"])[0].causes] == ["taste_smell"]
    assert all(tags.causes == () for tags in tag(["味道不错", "口感不赖", "内容不枯燥，值得一读"], "水果"))


def test_a_guard_that_takes_the_end_of_a_phrase_protects_it() -> None:
    made = batch(["洗得很干净", "个小时"])
    assert not [kind for kind in find(made, lexicon()).kind if CLASSES[kind] in ("performance", "size_fit")]


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("快递小哥快得不行", {"praise"}),
        ("好用到不行", {"praise"}),
        ("可爱得不得了", {"praise"}),
        ("卡得不行", {"performance"}),
        ("贵得离谱", {"poor_value"}),
        ("服务做得不行", {"bad_attitude"}),
        ("味道不好得要命", {"taste_smell"}),
        ("操作不方便到不行", {"usability"}),
        ("说好的不行", {"dissatisfied"}),
    ],
)
def test_a_word_that_only_strengthens_complains_of_nothing_and_hides_no_complaint(text: str, classes: set[str]) -> None:
    found = find(batch([text]), lexicon())
    assert {CLASSES[kind] for kind in found.kind[~found.denied]} == classes


OWN = """
reject = "物流太慢"
[defect]
phrases = "咕咚咕咚"
"""


def test_a_shop_adds_phrases_of_its_own() -> None:
    assert [hit.cause for hit in tag(["它咕咚咕咚的"], own=OWN)[0].causes] == ["defect"]
    assert [hit.cause for hit in tag(["它咕咚咕咚的"])[0].causes] == []
    assert lexicon("", OWN).digest != lexicon().digest == lexicon("", " \n").digest


def test_a_phrase_of_the_shops_own_keeps_its_cause_whoever_is_named() -> None:
    """Rudeness of a courier is told of couriers, unless the shop itself says what its words mean."""
    own = lexicon("", '[bad_attitude]\nphrases = "甩来甩去"')
    found = find(batch(["快递员甩来甩去"]), own)
    assert [CLASSES[kind] for kind in found.kind[found.owned]] == ["bad_attitude"]


def test_a_shop_rejects_exactly_the_phrases_it_names() -> None:
    made = batch(["漏墨", "漏墨了"])
    assert CLASSES.index("defect") in find(made, lexicon()).kind
    kept = find(made, lexicon("", 'reject = "漏墨"'))
    assert CLASSES.index("defect") not in kept.kind[kept.text == 0]


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ("reject = 3", "expected text for reject in lexicon.toml, found 3; write the phrases in one string"),
        (
            "[defect]\nphrases = ['坏']",
            "expected text for defect.phrases in lexicon.toml, found ['坏']; write the phrases in one string",
        ),
        ("defect = 1", "expected a table [defect] in lexicon.toml, found 1; put it under its heading"),
        ("[slow]", f"expected one of {', '.join(CLASSES)} in lexicon.toml, found 'slow'; rename the table"),
    ],
)
def test_what_a_shop_must_not_write_is_refused(own: str, message: str) -> None:
    with pytest.raises(LexiconError) as refused:
        lexicon("", own)
    assert str(refused.value) == message


def test_unripe_fruit_is_a_matter_of_taste() -> None:
    hits = tag(["苹果没熟"], "水果")[0].causes
    assert [hit.cause for hit in hits if hit.spans == ((2, 4),)] == ["taste_smell"]
