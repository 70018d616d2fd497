"""Run a notebook and publish it: papermill → nbconvert → checks → an atomic move, or nothing at all."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from shopscore_analysis.errors import ReportError
from shopscore_analysis.report import params
from shopscore_analysis.report.checks import CSP, check
from shopscore_analysis.report.receipt import MIME, run_id
from shopscore_analysis.shop import Shop
from shopscore_analysis.show.words import days, week_name

MAIN = "weekly"
TIMEOUT = 600  # seconds a cell may take
QUIET = 50  # logging.CRITICAL: on one machine a kernel need not warn of plain sockets, nor of its own shutdown


@dataclass(frozen=True)
class Edition:
    """A published report: its page, the notebook that made it, its manifest, and its findings, if it looks for any."""

    html: Path
    notebook: Path
    manifest: Path
    findings: Path | None


def publish(folder: Path, notebook: str, week: str = "", parameters: Mapping[str, Any] | None = None) -> Edition:
    """The edition of a notebook for one week of the shop in `folder`, under reports/<shop>/<week>/.

    `notebook` is a name such as weekly or a path; no `week` means the newest with reviews.
    """
    shop = Shop.open(folder)
    chosen = shop.week(week)
    given = {"shop": str(shop.root), "week": chosen, **(parameters or {})}
    return run(find(notebook, shop.root), given, shop.reports / chosen, shop_root=shop.root)


def find(notebook: str, shop_root: Path) -> Path:
    """The path of a notebook: as given, else by name in the shop's own notebooks/, else among the project's."""
    named = Path(notebook).with_suffix(".ipynb")
    folders = (Path(), shop_root / "notebooks", *_own_notebooks())
    for path in (folder / named for folder in folders):
        if path.is_file():
            return path.resolve()
    known = sorted({path.stem for folder in folders[1:] for path in folder.glob("*.ipynb")})
    raise ReportError(f"expected a path or one of {', '.join(known)}, found no such notebook", notebook)


def _own_notebooks() -> list[Path]:
    package = Path(str(resources.files("shopscore_analysis")))
    return [package / "notebooks", package.parent / "notebooks"]


def run(
    notebook: Path, parameters: Mapping[str, Any], out_dir: Path, *, shop_root: Path, timeout: int = TIMEOUT
) -> Edition:
    """The edition in `out_dir`: <name>.html and .ipynb, manifest.json, timings.json, findings.json.

    The notebook runs in its own folder, as in JupyterLab, in a fresh kernel; `timeout` is for each cell, in
    seconds. Everything is made beside `out_dir` and moved into place only when whole. On any failure nothing
    that was published is touched, the failed notebook is kept as <name>.failed.ipynb, and ReportError says
    which cell failed and why. Files of notebooks other than weekly bear the notebook's name, so that several
    reports of one week lie in one folder.
    """
    given = params.checked(notebook.name, _parameters(notebook), {"shop": str(shop_root), **parameters})
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=out_dir) as making:
            return _made(notebook, given, out_dir, Path(making), timeout)
    except OSError as error:
        raise ReportError(
            f"expected to write into {out_dir}, found: {error.strerror or error}; "
            "free some space, or make the folder writable",
            notebook.name,
        ) from error


def _made(notebook: Path, given: Mapping[str, Any], out_dir: Path, making: Path, timeout: int) -> Edition:
    started, executed = time.perf_counter(), making / notebook.name
    try:
        _execute(notebook, executed, given, timeout)
        ran = time.perf_counter()
        receipt, page = _converted(executed)
    except ReportError:
        _keep_failed(executed, out_dir)
        raise
    timings = {"run_s": round(ran - started, 2), "page_s": round(time.perf_counter() - ran, 2)}
    files = _files(notebook, given, receipt, page) | {
        "notebook": (f"{notebook.stem}.ipynb", executed.read_bytes()),
        "timings": (_named(notebook, "timings.json"), _json(timings)),
    }
    return _published(files, making, out_dir, notebook.stem)


def _converted(executed: Path) -> tuple[dict[str, Any], bytes]:
    """The receipt and the checked page of an executed notebook."""
    content = _read(executed)
    receipt = _receipt(content, executed.name)
    page = page_of(content, receipt["facts"]).encode("utf-8")
    check(page, executed.name, [cell.source for cell in content.cells if cell.cell_type == "code"])
    return receipt, page


def _files(
    notebook: Path, given: Mapping[str, Any], receipt: Mapping[str, Any], page: bytes
) -> dict[str, tuple[str, bytes]]:
    """What is the same for the same inputs: page, findings and manifest, by kind: file name and bytes."""
    files = {"html": (f"{notebook.stem}.html", page)}
    if receipt["findings"] is not None:
        files["findings"] = (_named(notebook, "findings.json"), _json(receipt["findings"]))
    manifest = _manifest(notebook, given, receipt["facts"], dict(files.values()))
    return files | {"manifest": (_named(notebook, "manifest.json"), _json(manifest))}


def _named(notebook: Path, name: str) -> str:
    return name if notebook.stem == MAIN else f"{notebook.stem}.{name}"


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=isinstance(value, dict)) + "\n").encode("utf-8")


def _read(path: Path) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def _parameters(notebook: Path) -> dict[str, dict[str, Any]]:
    from papermill import inspect_notebook

    return dict(inspect_notebook(str(notebook)))


def _execute(notebook: Path, executed: Path, given: Mapping[str, Any], timeout: int) -> None:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError, execute_notebook

    try:
        execute_notebook(
            str(notebook), str(executed), parameters=dict(given), cwd=str(notebook.parent), kernel_name="python3",
            progress_bar=False, execution_timeout=timeout, extra_arguments=[f"--log-level={QUIET}"],
        )  # fmt: skip
    except PapermillExecutionError as error:
        raise _failure(notebook, executed, f"{error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        raise _failure(notebook, executed, f"no end after {timeout} seconds") from error
    except DeadKernelError as error:
        raise _failure(notebook, executed, "a kernel that died (often: out of memory)") from error


def _failure(notebook: Path, executed: Path, found: str) -> ReportError:
    cells = [cell for cell in _read(executed).cells if cell.cell_type == "code" and not _injected(cell)]
    started = [at for at, cell in enumerate(cells, 1) if cell.metadata.get("papermill", {}).get("start_time")]
    return ReportError(
        f"expected the cell to run, found {found}; nothing was published, see {notebook.stem}.failed.ipynb",
        notebook.name,
        started[-1] if started else None,
    )


def _injected(cell: Any) -> bool:
    tags = cell.metadata.get("tags", [])
    return "injected-parameters" in tags or "papermill-error-cell-tag" in tags


def _receipt(content: Any, notebook: str) -> dict[str, Any]:
    """What the last code cell leaves; a cell that ends the kernel with sys.exit(0) counts as success to papermill."""
    cells = [cell for cell in content.cells if cell.cell_type == "code" and not _injected(cell)]
    for at, cell in enumerate(cells, 1):
        if any(output.output_type == "error" for output in cell.outputs):
            raise ReportError("expected the cell to run, found that it left the notebook with sys.exit", notebook, at)
    for output in cells[-1].outputs if cells else ():
        if found := output.get("data", {}).get(MIME):
            return dict(found)
    raise ReportError(
        "expected the last cell to end with report.receipt(findings, facts), found no receipt; "
        "the notebook stopped early, or its last line is missing",
        notebook,
        len(cells) or None,
    )


def page_of(content: Any, facts: Mapping[str, Any]) -> str:
    """The HTML of an executed notebook (an nbformat node): its text and artefacts, without its code.

    `facts`: shop, week, data_as_of and whatever else the run id is made of.
    """
    from nbconvert.exporters import HTMLExporter

    with resources.as_file(resources.files("shopscore_analysis") / "report" / "template") as templates:
        exporter = HTMLExporter(  # type: ignore[no-untyped-call]
            template_name="shopscore", extra_template_basedirs=[str(templates)], exclude_input=True,
            exclude_input_prompt=True, exclude_output_prompt=True, exclude_anchor_links=True,
        )  # fmt: skip
        about = {
            "title": f"{facts['shop']} {week_name(facts['week'])} · {days(facts['week'])}",
            "run_id": run_id(facts), "csp": CSP, "sections": list(_sections(content.cells)), **facts,
        }  # fmt: skip
        page, _ = exporter.from_notebook_node(content, resources={"about": about})
    return str(page)


def _sections(cells: Iterable[Any]) -> Iterable[tuple[str, str]]:
    """Id and text of every second-level heading, for the navigation."""
    for cell in cells:
        heading = cell.source.partition("\n")[0]
        if cell.cell_type == "markdown" and heading.startswith("## "):
            yield cell.id, heading.removeprefix("## ").strip()


def _manifest(
    notebook: Path, given: Mapping[str, Any], facts: Mapping[str, Any], files: Mapping[str, bytes]
) -> dict[str, Any]:
    portable = {name: Path(value).name if name == "shop" else value for name, value in given.items()}
    return {
        "run_id": run_id(facts),
        "notebook": {"name": notebook.name, "sha256": hashlib.sha256(notebook.read_bytes()).hexdigest()},
        "parameters": portable,
        **facts,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }


def _keep_failed(executed: Path, out_dir: Path) -> None:
    if executed.exists():
        executed.replace(out_dir / f"{executed.stem}.failed.ipynb")


def _published(files: Mapping[str, tuple[str, bytes]], making: Path, out_dir: Path, stem: str) -> Edition:
    """Everything is on the disk before the first file is moved; the manifest, which seals the rest, goes last."""
    ordered = sorted(files.values(), key=lambda file: "manifest" in file[0])
    for name, data in ordered:
        (making / f"{name}.whole").write_bytes(data)
    for name, _ in ordered:
        (making / f"{name}.whole").replace(out_dir / name)
    (out_dir / f"{stem}.failed.ipynb").unlink(missing_ok=True)
    paths = {kind: out_dir / name for kind, (name, _) in files.items()}
    return Edition(paths["html"], paths["notebook"], paths["manifest"], paths.get("findings"))
