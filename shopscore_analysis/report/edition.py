"""The files of an edition, and how all of them take the place of the last one in one step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shopscore_analysis.errors import ReportError, SettingsError
from shopscore_analysis.journal import Journal
from shopscore_analysis.report.reading import read_page
from shopscore_analysis.report.receipt import run_id
from shopscore_analysis.report.workbook import workbook

MAIN = "weekly"
FINDINGS_FORMAT = 2  # of findings.json, as the manifest says; 1 had no names beside its codes
Files = dict[str, tuple[str, bytes]]


@dataclass(frozen=True)
class Edition:
    """A published report: its page, notebook, manifest and workbook, and its findings, if it looks for any."""

    html: Path
    notebook: Path
    manifest: Path
    findings: Path | None
    tables: Path


def named(stem: str, name: str) -> str:
    """The file name of a part: `name` itself for weekly, <notebook>.`name` for any other notebook."""
    return name if stem == MAIN else f"{stem}.{name}"


def as_json(value: Any) -> bytes:
    """A value as the bytes of a JSON file."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=isinstance(value, dict)) + "\n").encode("utf-8")


def sealed(notebook: Path, given: Mapping[str, Any], receipt: Mapping[str, Any], page: bytes) -> Files:
    """What is the same for the same inputs, by kind: page, findings, workbook, and the manifest that seals them.

    `receipt`: findings and facts. The workbook is read back from the page.
    """
    facts, found = {"run_id": run_id(receipt["facts"]), **receipt["facts"]}, receipt["findings"]
    files: Files = {"html": (f"{notebook.stem}.html", page)}
    if found is not None:
        files["findings"] = (named(notebook.stem, "findings.json"), as_json(found))
    files["tables"] = (named(notebook.stem, "tables.xlsx"), workbook(read_page(page), facts, found or []))
    manifest = _manifest(notebook, given, facts, dict(files.values()))
    manifest |= {} if found is None else {"findings_format": FINDINGS_FORMAT}
    return files | {"manifest": (named(notebook.stem, "manifest.json"), as_json(manifest))}


def _manifest(
    notebook: Path, given: Mapping[str, Any], facts: Mapping[str, Any], files: Mapping[str, bytes]
) -> dict[str, Any]:
    portable = {name: Path(value).name if name == "shop" else value for name, value in given.items()}
    return {
        **facts,
        "notebook": {"name": notebook.name, "sha256": hashlib.sha256(notebook.read_bytes()).hexdigest()},
        "parameters": portable,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }


def finish(reports: Path) -> None:
    """Nothing; an edition that a killed run had committed, but not moved whole, is in its place now."""
    if (reports / "journal.json").exists():
        with Journal(reports).lock():
            return


def place(files: Files, out_dir: Path, notebook: Path) -> Edition:
    """The edition in `out_dir`: every file is aside and on the disk before the first is moved.

    A run that is killed before the commit leaves the last edition; one that is killed after it leaves the moves to
    whoever comes next. ReportError where the folder cannot be written.
    """
    writers = {f"{out_dir.name}/{name}": partial(_written, data) for name, data in files.values()}
    journal = Journal(out_dir.parent)
    with unwritable(out_dir, notebook.name), journal.lock():
        journal.commit(writers)
        (out_dir / f"{notebook.stem}.failed.ipynb").unlink(missing_ok=True)
    paths = {kind: out_dir / name for kind, (name, _) in files.items()}
    return Edition(paths["html"], paths["notebook"], paths["manifest"], paths.get("findings"), paths["tables"])


def _written(data: bytes, path: Path) -> bool:
    path.write_bytes(data)
    return True


@contextmanager
def unwritable(out_dir: Path, notebook: str) -> Iterator[None]:
    """Turns what a full disk or a read-only archive raises into ReportError."""
    try:
        yield
    except (OSError, SettingsError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(cause, OSError):
            raise
        raise ReportError(
            f"expected to write into {out_dir}, found: {cause.strerror or cause}; "
            "free some space, or make the folder writable",
            notebook,
            said="写不进报告文件夹（空间或权限）",
        ) from error
