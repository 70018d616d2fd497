"""A notebook becomes an edition, or nothing changes."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from shopscore_analysis import journal
from shopscore_analysis.errors import ReportError
from shopscore_analysis.report.archive import sweep
from shopscore_analysis.report.edition import Edition, place
from shopscore_analysis.report.receipt import MIME, receipt, run_id
from shopscore_analysis.report.run import UNPUBLISHED, find, page_of, publish_executed, run
from shopscore_analysis.shop import Shop
from tests.report.notebooks import RECEIPT, write
from tests.show.worlds import FACTS

GIVEN = {"week": "2026-W46"}
SECRET = "secret_line_of_source = 12345"


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Edition, Edition]:
    """The same notebook run twice, into two folders."""
    root = tmp_path_factory.mktemp("runs")
    cell = f'{SECRET}\nimport sys\nprint("noise")\nprint("warning", file=sys.stderr)'
    notebook = write(root / "weekly.ipynb", cell, RECEIPT)
    first, second = (run(notebook, GIVEN, root / name, shop_root=root / "小店") for name in ("a", "b"))
    return root, first, second


def test_an_edition_is_a_page_a_notebook_a_manifest_and_findings(editions: tuple[Path, Edition, Edition]) -> None:
    """All of it lies in the folder asked for, and nothing else does."""
    root, edition, _ = editions
    assert sorted(path.name for path in (root / "a").iterdir()) == [
        "findings.json", "manifest.json", "tables.xlsx", "timings.json", "weekly.html", "weekly.ipynb",
    ]  # fmt: skip
    names = ("weekly.html", "weekly.ipynb", "manifest.json", "findings.json", "tables.xlsx")
    assert edition == Edition(*(root / "a" / name for name in names))


def test_the_same_inputs_give_the_same_bytes(editions: tuple[Path, Edition, Edition]) -> None:
    """Page, findings and manifest know no clock; times are kept apart."""
    _, first, second = editions
    for kind in ("html", "manifest", "findings", "tables"):
        assert getattr(first, kind).read_bytes() == getattr(second, kind).read_bytes()
    timings = json.loads((first.html.parent / "timings.json").read_text(encoding="utf-8"))
    assert timings["run_s"] > 0


def test_the_page_bears_neither_code_nor_prints(editions: tuple[Path, Edition, Edition]) -> None:
    """What a manager sees: headings and artefacts."""
    page = editions[1].html.read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    assert "有什么变化？" in page
    assert not [part for part in ("secret_line", "noise", "warning", "import sys", "In&nbsp;[") if part in page]
    assert not re.findall(r"https?://(?!www\.w3\.org)", page)


def test_cells_that_only_tests_look_at_stay_off_the_page() -> None:
    """Neither their output nor their heading, nor its place in the navigation."""
    cells = [new_markdown_cell("## 有什么变化？"), new_markdown_cell("## 一共有多少？"), new_code_cell("(12, 313)")]
    cells[2].outputs = [new_output("execute_result", {"text/plain": "(12, 313)"})]
    for cell in cells[1:]:
        cell.metadata["tags"] = [UNPUBLISHED]
    page = page_of(new_notebook(cells=cells), FACTS)
    assert "有什么变化？" in page
    assert "一共有多少？" not in page
    assert "(12, 313)" not in page


def test_the_manifest_says_what_the_report_was_made_from(editions: tuple[Path, Edition, Edition]) -> None:
    """Run id, parameters without the machine's paths, digests."""
    _, edition, _ = editions
    manifest = json.loads(edition.manifest.read_text(encoding="utf-8"))
    assert manifest["parameters"] == {"shop": "小店", "week": "2026-W46"}
    assert re.fullmatch(r"[0-9a-f]{12}", manifest["run_id"])
    assert manifest["run_id"] in edition.html.read_text(encoding="utf-8")
    assert set(manifest["files"]) == {"weekly.html", "findings.json", "tables.xlsx"}
    assert manifest["notebook"]["name"] == "weekly.ipynb"
    assert manifest["findings_format"] == 2


def test_findings_are_written_as_the_notebook_found_them(editions: tuple[Path, Edition, Edition]) -> None:
    """null for the whole shop."""
    found = json.loads(editions[1].findings.read_text(encoding="utf-8"))  # type: ignore[union-attr]
    (row,) = found
    assert row.pop("cause_label") == "质量缺陷"
    assert row == {"cause": "defect", "product_id": None, "k": 3, "n": 9, "baseline": 0.1}


NAMES = {"html": "weekly.html", "manifest": "manifest.json", "notebook": "weekly.ipynb", "tables": "tables.xlsx"}
LAST = {"weekly.html": b"last good page", "manifest.json": b"{}"}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A folder with last week's good report."""
    folder = tmp_path / "out"
    folder.mkdir()
    for name, data in LAST.items():
        (folder / name).write_bytes(data)
    return folder


def _kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if "failed" not in path.name}


@pytest.mark.parametrize(
    ("cell", "timeout", "message"),
    [
        (
            "1 / 0",
            60,
            "weekly.ipynb, cell 2: expected the cell to run, found ZeroDivisionError: division by zero; "
            "nothing was published, see weekly.failed.ipynb",
        ),
        (
            "import time; time.sleep(60)",
            2,
            "weekly.ipynb, cell 2: expected the cell to run, found no end after 2 seconds; "
            "nothing was published, see weekly.failed.ipynb",
        ),
        (
            "import sys; sys.exit(0)",
            60,
            "weekly.ipynb, cell 2: expected the cell to run, found that it left the notebook with sys.exit",
        ),
        (
            "import os; os._exit(0)",
            60,
            "weekly.ipynb, cell 2: expected the cell to run, found a kernel that died (often: out of memory); "
            "nothing was published, see weekly.failed.ipynb",
        ),
        (
            "for _ in range(1000):\n    print('x' * 1_000_000)",
            60,
            "weekly.ipynb, cell 2: expected the cell to run, found RuntimeError: expected at most 5,000,000 printed "
            "characters, found more; show a table instead; nothing was published, see weekly.failed.ipynb",
        ),
        (
            "1 + 1",
            60,
            "weekly.ipynb, cell 2: expected the last cell to end with report.receipt(findings, facts), "
            "found no receipt; the notebook stopped early, or its last line is missing",
        ),
    ],
    ids=["error", "hanging", "sys.exit", "dead kernel", "a gigabyte", "no receipt"],
)
def test_a_failed_run_leaves_the_last_good_report_and_keeps_the_failed_notebook(
    tmp_path: Path, published: Path, cell: str, timeout: int, message: str
) -> None:
    """Which cell and why; nothing half-written."""
    with pytest.raises(ReportError) as caught:
        run(write(tmp_path / "weekly.ipynb", cell), GIVEN, published, shop_root=tmp_path, timeout=timeout)
    assert str(caught.value) == message
    assert caught.value.cell == 2
    assert _kept(published) == LAST
    failed = published / "weekly.failed.ipynb"
    assert cell in "".join("".join(one["source"]) for one in json.loads(failed.read_text(encoding="utf-8"))["cells"])
    assert failed.stat().st_size < 6_000_000


def test_a_page_that_fails_its_checks_is_not_published(tmp_path: Path, published: Path) -> None:
    """A phone number in an artefact."""
    leak = 'from IPython.display import HTML\ndisplay(HTML("<p>电话 138" + "12345678</p>"))'
    with pytest.raises(ReportError, match="found personal data: 手机号"):
        run(write(tmp_path / "weekly.ipynb", leak, RECEIPT), GIVEN, published, shop_root=tmp_path)
    assert _kept(published) == LAST
    assert (published / "weekly.failed.ipynb").exists()


def test_a_good_run_clears_the_failed_one_and_other_notebooks_keep_their_names_apart(
    tmp_path: Path, published: Path
) -> None:
    """Several reports of one week lie in one folder."""
    (published / "returns.failed.ipynb").write_text("{}", encoding="utf-8")
    calm = RECEIPT.replace("receipt(found,", "receipt(None,")
    edition = run(write(tmp_path / "returns.ipynb", calm), GIVEN, published, shop_root=tmp_path)
    own = {f"returns.{kind}" for kind in ("html", "ipynb", "manifest.json", "tables.xlsx", "timings.json")}
    assert {path.name for path in published.iterdir()} == own | set(LAST)
    assert edition.findings is None
    assert (published / "manifest.json").read_bytes() == LAST["manifest.json"]


def test_a_misspelt_parameter_stops_before_any_kernel_starts(tmp_path: Path, published: Path) -> None:
    """Nothing ran, so there is no failed notebook either."""
    with pytest.raises(ReportError, match=r"found weak; did you mean week\?"):
        run(write(tmp_path / "weekly.ipynb", RECEIPT), {"weak": "2026-W46"}, published, shop_root=tmp_path)
    assert {path.name for path in published.iterdir()} == set(LAST)


def test_a_notebook_without_parameters_is_refused(tmp_path: Path, published: Path) -> None:
    """The tag is missing."""
    with pytest.raises(ReportError, match="expected a cell tagged `parameters`"):
        run(write(tmp_path / "weekly.ipynb", RECEIPT, parameters=None), GIVEN, published, shop_root=tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    blocked = tmp_path / "reports"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        run(write(tmp_path / "weekly.ipynb", RECEIPT), GIVEN, blocked / "2026-W46", shop_root=tmp_path)
    assert str(caught.value) == (
        f"weekly.ipynb: expected to write into {blocked / '2026-W46'}, found: {os.strerror(20)}; "
        "free some space, or make the folder writable"
    )


@pytest.fixture
def read_only(published: Path) -> Iterator[Path]:
    """The archive with last week's good report, where nobody may write; skips where that cannot be had."""
    if sys.platform == "win32":
        pytest.skip("a folder's rights work otherwise on Windows")
    if os.geteuid():
        published.chmod(0o500)
        yield published
        published.chmod(0o700)
        return
    there = str(published)  # root may write anywhere, but on a disk that is mounted read-only
    steps = (["mount", "--bind", there, there], ["mount", "-o", "remount,bind,ro", there])
    refused = (subprocess.run(step, check=False, capture_output=True).returncode for step in steps)
    if not shutil.which("mount") or any(refused):
        pytest.skip("cannot mount a read-only disk here")
    yield published
    subprocess.run(["umount", "-l", there], check=True)


def test_a_read_only_archive_is_named_and_keeps_the_last_report(tmp_path: Path, read_only: Path) -> None:
    """Before any kernel starts, so nobody waits for a report that cannot be kept; the next run is a new chance."""
    with pytest.raises(ReportError) as caught:
        run(write(tmp_path / "weekly.ipynb", "1 / 0", RECEIPT), GIVEN, read_only, shop_root=tmp_path)
    assert str(caught.value) in {
        f"weekly.ipynb: expected to write into {read_only}, found: {os.strerror(number)}; "
        "free some space, or make the folder writable"
        for number in (errno.EACCES, errno.EROFS)
    }
    assert {path.name: path.read_bytes() for path in read_only.iterdir()} == LAST


@pytest.mark.skipif(sys.platform == "win32", reason="a limit on a file's size is a POSIX one")
def test_a_full_disk_is_named_and_leaves_the_last_report(tmp_path: Path, published: Path) -> None:
    """The system refuses to write more than 4 kB into any file, as a full disk would."""
    import resource

    notebook = write(tmp_path / "weekly.ipynb", "'x' * 20_000", RECEIPT)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(ReportError) as caught:
            run(notebook, GIVEN, published, shop_root=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(caught.value) == (
        f"weekly.ipynb: expected to write into {published}, found: {os.strerror(27)}; "
        "free some space, or make the folder writable"
    )
    assert {name: data for name, data in _kept(published).items() if not name.startswith(".")} == LAST


class _Killed(BaseException):
    """What a kill does to a run: no handler of ours may catch it."""


@pytest.mark.parametrize("moved", [0, 1, 3])
def test_a_run_killed_between_two_moves_leaves_no_mix(
    tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    """What was committed is finished by whoever comes next."""
    files = {kind: (name, b"new") for kind, name in NAMES.items()}
    replaced, done = journal._replaced, list[Path]()

    def replace(source: Path, target: Path) -> None:
        if len(done) == moved:
            raise _Killed
        done.append(target)
        replaced(source, target)

    monkeypatch.setattr(journal, "_replaced", replace)
    with pytest.raises(_Killed):
        place(files, published, Path("weekly.ipynb"))
    monkeypatch.undo()
    sweep(published.parent)
    assert {name: (published / name).read_bytes() for name in NAMES.values()} == dict.fromkeys(NAMES.values(), b"new")
    assert not (published.parent / "journal.json").exists()


def test_a_run_killed_before_the_commit_leaves_the_last_report(
    tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that was published is touched."""
    monkeypatch.setattr(journal, "_synced", lambda path: (_ for _ in ()).throw(_Killed()))
    with pytest.raises(_Killed):
        place({kind: (name, b"new") for kind, name in NAMES.items()}, published, Path("weekly.ipynb"))
    sweep(published.parent)
    assert _kept(published) == LAST


def _executed(folder: Path, notebook: Path, **given: str) -> Path:
    from papermill import execute_notebook

    out = folder / "run.ipynb"
    execute_notebook(str(notebook), str(out), parameters=given, kernel_name="python3", progress_bar=False)
    return out


def test_a_notebook_that_papermill_has_run_is_checked_and_published(tmp_path: Path) -> None:
    """As an Airflow operator leaves it; under another shop's name, or changed since, it is refused."""
    shop = Shop.create(tmp_path / "测试小店", "测试小店", "衣服")
    notebook = write(tmp_path / "weekly.ipynb", RECEIPT)
    out = _executed(tmp_path, notebook, shop=str(shop.root), week="2026-W46")
    edition = publish_executed(out, shop.root)
    assert edition.html == shop.reports / "2026-W46" / "weekly.html"
    assert json.loads(edition.manifest.read_text(encoding="utf-8"))["parameters"]["shop"] == "测试小店"
    other = Shop.create(tmp_path / "别家", "别家", "衣服")
    with pytest.raises(ReportError, match=r"run.ipynb: expected a run for 别家, found one for 测试小店"):
        publish_executed(out, other.root)
    write(notebook, "1 + 1", RECEIPT)
    with pytest.raises(ReportError, match="expected the run of a notebook that is still there unchanged, found one of"):
        publish_executed(out, shop.root)


def test_a_notebook_is_found_by_name_and_an_unknown_one_lists_the_known(tmp_path: Path) -> None:
    """The shop's own notebooks come before the project's."""
    (tmp_path / "notebooks").mkdir()
    own = write(tmp_path / "notebooks" / "weekly.ipynb", RECEIPT)
    assert find("weekly", tmp_path) == own.resolve()
    assert find(str(own), tmp_path) == own.resolve()
    with pytest.raises(ReportError) as caught:
        find("weakly", tmp_path)
    assert str(caught.value).startswith("weakly: expected a path or one of 01_data_quality, 02_root_causes,")
    assert str(caught.value).endswith("found no such notebook")


def test_a_receipt_carries_findings_and_facts_and_shows_the_run_record() -> None:
    """One artefact for the reader and for the machine."""
    bundle = receipt(None, FACTS)._repr_mimebundle_()
    assert bundle[MIME] == {"findings": None, "facts": FACTS}
    assert run_id(FACTS) in bundle["text/html"]


def test_a_receipt_names_causes_and_kinds_for_people_beside_their_codes() -> None:
    """A code that nobody knows stays alone."""
    rows = [("change", "size_fit", 3), ("level", "unattributed", 4), ("other", "mine", 5)]
    assert receipt(pd.DataFrame(rows, columns=["kind", "cause", "k"]), FACTS).findings == [
        {"kind": "change", "kind_label": "变化", "cause": "size_fit", "cause_label": "尺码分量不合", "k": 3},
        {"kind": "level", "kind_label": "一直偏高", "cause": "unattributed", "cause_label": "未归因", "k": 4},
        {"kind": "other", "cause": "mine", "k": 5},
    ]


def test_the_run_id_depends_on_facts_not_on_their_order() -> None:
    """Same inputs, same id."""
    assert run_id(FACTS) == run_id(dict(reversed(FACTS.items())))
    assert run_id(FACTS) != run_id(FACTS | {"week": "2026-W45"})
