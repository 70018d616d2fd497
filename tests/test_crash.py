"""Loaders that are killed, run out of disk, or meet one another: the shelf stays whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.crash import exports, kills, loaded, states, steps
from shopscore_analysis import intake
from shopscore_analysis.errors import SettingsError
from shopscore_analysis.load import load
from shopscore_analysis.shelf import Shelf
from tests.test_shelf import files

ROWS = 1000  # of each of three exports
posix = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a signal of POSIX systems")


@pytest.fixture(autouse=True)
def bounds() -> Iterator[None]:
    """Puts back the bounds of memory that these tests lower."""
    before = intake._HELD, intake._RANGE
    yield
    intake._HELD, intake._RANGE = before


@posix
def test_a_loader_killed_at_five_moments_leaves_a_whole_shelf(tmp_path: Path) -> None:
    assert [outcome for outcome in kills(5, 3, tmp_path, ROWS) if not outcome.sound] == []


@posix
@pytest.mark.slow
def test_a_loader_killed_at_fifty_moments_leaves_a_whole_shelf(tmp_path: Path) -> None:
    assert [outcome for outcome in kills(50, 4, tmp_path) if not outcome.sound] == []


@posix
@pytest.mark.slow
def test_a_loader_killed_before_any_step_of_a_commit_leaves_a_whole_shelf(tmp_path: Path) -> None:
    outcomes = steps(tmp_path)
    assert len(outcomes) > 20
    assert any(outcome.committing for outcome in outcomes)
    assert [outcome for outcome in outcomes if not outcome.sound] == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 kB; skips where none can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if (
        not mount
        or subprocess.run([mount, "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)], check=False).returncode
    ):
        pytest.skip("cannot mount a small disk here: needs Linux and its administrator")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_named_and_the_shelf_is_as_before_the_file(small_disk: Path, tmp_path: Path) -> None:
    root, paths = small_disk / "shelf", exports(tmp_path, ROWS)
    known = states(paths, tmp_path)
    with pytest.raises(SettingsError) as caught:
        for _ in range(9):
            loaded(paths, root)
            (small_disk / f"ballast{len(list(small_disk.iterdir()))}").write_bytes(bytes(25_000))
    assert str(caught.value) == (
        f"expected to write in {root}, found: No space left on device; free some space or mend the folder's rights and "
        "load again (the shelf is as it was before this file)"
    )
    assert Shelf(root).digest("reviews") in known
    for ballast in small_disk.glob("ballast*"):
        ballast.unlink()


@pytest.mark.parametrize("writes", [0, 1, 4, 7])
def test_a_disk_that_fills_at_any_write_leaves_the_state_before_or_after_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    paths = exports(tmp_path, ROWS)
    known = states(paths, tmp_path)
    real, left = pa.parquet.ParquetWriter.write_table, iter(range(writes))

    def full(self: pa.parquet.ParquetWriter, *arguments: object, **options: object) -> None:
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        real(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pa.parquet.ParquetWriter, "write_table", full)
        with pytest.raises(SettingsError, match="No space left on device"):
            loaded(paths, tmp_path / "full")
    assert Shelf(tmp_path / "full").digest("reviews") in known
    assert not (tmp_path / "full" / ".staged").exists()
    loaded(paths, tmp_path / "full")
    assert files(tmp_path / "full") == files(tmp_path / "calm")


def test_two_loaders_at_once_end_in_the_bytes_of_one_after_the_other(tmp_path: Path) -> None:
    paths, root = exports(tmp_path, ROWS), tmp_path / "shared"
    states(paths, tmp_path)
    home = Path(__file__).resolve().parents[1]
    code = (
        "import sys; from pathlib import Path; from benchmarks.crash import loaded; "
        "loaded([Path(name) for name in sys.argv[2:]], Path(sys.argv[1]))"
    )
    orders = (paths, paths[::-1])
    commands = [[sys.executable, "-c", code, str(root), *map(str, order)] for order in orders]
    loaders = [subprocess.Popen(command, cwd=home) for command in commands]
    assert [loader.wait() for loader in loaders] == [0, 0]
    assert files(root) == files(tmp_path / "calm")


def test_readers_during_a_load_see_the_state_before_or_after_a_file(tmp_path: Path) -> None:
    paths, root = exports(tmp_path, ROWS), tmp_path / "read"
    states(paths, tmp_path)
    allowed = {0, *(len(_after(paths[:count], tmp_path / f"after{count}")) for count in (1, 2, 3))}
    seen: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(len(Shelf(root).read("reviews", columns=["key"])))

    reader = threading.Thread(target=watch)
    reader.start()
    loaded(paths, root)
    done.set()
    reader.join()
    assert seen
    assert set(seen) <= allowed


def _after(paths: list[Path], root: Path) -> pa.Table:
    load(paths, Shelf(root), "店", root.with_name("rejects"))
    return Shelf(root).read("reviews")
