"""Compiled lexicons are kept from run to run, and a damaged or forbidden folder does no harm."""

from pathlib import Path

import numpy as np
import pytest

from shopscore_analysis.errors import LexiconError
from shopscore_analysis.text import compiled as lexicons
from shopscore_analysis.text import stored as room
from shopscore_analysis.text.compiled import Draft, Lexicon, compiled, kept


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(room, "_folder", lambda: tmp_path / "lexicon")
    return tmp_path / "lexicon"


class Maker:
    """Compiles a small lexicon and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Lexicon:
        self.times += 1
        drafts = {"太慢": Draft(classes=1), "不": Draft(roles=1, reach=2), "味道不": Draft(aspects=1)}
        return compiled(drafts, [(1, 5)], "abc")


def same(left: Lexicon, right: Lexicon) -> bool:
    columns = ("classes", "aspects", "faults", "roles", "reach", "lead", "ajar", "pair_classes", "pair_reach")
    tries = ("letters", "base", "check", "kind")
    return (
        left.digest == right.digest
        and all(np.array_equal(getattr(left, name), getattr(right, name)) for name in columns)
        and all(np.array_equal(getattr(left.trie, name), getattr(right.trie, name)) for name in tries)
    )


def test_a_lexicon_is_compiled_once(folder: Path) -> None:
    make = Maker()
    first, second = kept("abc", make), kept("abc", make)
    assert make.times == 1
    assert same(first, second)
    assert [path.suffix for path in folder.iterdir()] == [".npz"]


@pytest.mark.parametrize("damage", ["cut short", "a byte changed", "emptied", "other arrays"])
def test_a_damaged_file_is_made_anew(folder: Path, damage: str) -> None:
    make = Maker()
    sound = kept("abc", make)
    (path,) = folder.iterdir()
    data = bytearray(path.read_bytes())
    if damage == "cut short":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "a byte changed":
        data[len(data) // 3] ^= 0xFF
        path.write_bytes(data)
    elif damage == "emptied":
        path.write_bytes(b"")
    else:
        np.savez(path, letters=np.zeros(1))
    assert same(kept("abc", make), sound)
    assert make.times == 2
    assert same(kept("abc", make), sound)
    assert make.times == 2


def test_a_folder_that_cannot_be_written_only_costs_time(folder: Path) -> None:
    folder.write_text("a file stands where the folder should be")
    make = Maker()
    assert same(kept("abc", make), kept("abc", make))
    assert make.times == 2


def test_another_digest_or_other_code_is_another_lexicon(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Maker()
    kept("abc", make)
    kept("abd", make)
    monkeypatch.setattr(lexicons, "_SOURCES", ("trie.py",))
    kept("abc", make)
    assert make.times == 3


def test_only_the_newest_lexicons_stay(folder: Path) -> None:
    for number in range(room._KEPT + 3):
        kept(str(number), Maker())
    assert len(list(folder.glob("*.npz"))) == room._KEPT


def test_a_phrase_beyond_all_length_is_refused() -> None:
    with pytest.raises(LexiconError) as refused:
        compiled({"长" * 300: Draft()}, [], "")
    assert str(refused.value) == f"expected phrases of at most 255 characters, found 300: {'长' * 20}…"
