"""Run a notebook and publish it: papermill → nbconvert → checks → an atomic move, or nothing at all."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping
from importlib import import_module, resources
from pathlib import Path
from threading import Thread
from typing import Any

from shopscore_analysis import guard
from shopscore_analysis.errors import ReportError
from shopscore_analysis.report import params
from shopscore_analysis.report.checks import CSP, check
from shopscore_analysis.report.edition import Edition, as_json, named, place, sealed, unwritable
from shopscore_analysis.report.receipt import MIME, run_id
from shopscore_analysis.report.under import newest
from shopscore_analysis.shop import Shop
from shopscore_analysis.show.words import days, reported

UNPUBLISHED = "not-published"  # the tag of cells that only tests look at
TIMEOUT = 600  # seconds a cell may take
QUIET = 50  # logging.CRITICAL: on one machine a kernel need not warn of plain sockets, nor of its own shutdown


def publish(folder: Path, notebook: str, week: str = "", parameters: Mapping[str, Any] | None = None) -> Edition:
    """The edition of a notebook for one week of the shop in `folder`, under reports/<shop>/<week>/.

    `notebook` is a name such as weekly or a path; no `week` means the newest with reviews. A parameter `root` names a
    folder of shops instead: the edition is about all of them and lies under <root>/reports/<week>/.
    """
    if "root" in (parameters or {}):
        return _publish_over(Path(str((parameters or {})["root"])), notebook, week, parameters or {})
    shop = Shop.open(folder)
    chosen = shop.week(week)
    given = {"shop": str(shop.root), "week": chosen, **(parameters or {})}
    return run(find(notebook, shop.root), given, shop.reports / chosen, shop_root=shop.root)


def _publish_over(root: Path, notebook: str, week: str, parameters: Mapping[str, Any]) -> Edition:
    """The edition of a notebook over all shops under `root`."""
    top = root.expanduser().resolve()
    chosen = week or newest(top)
    given = {**parameters, "root": str(top), "week": chosen}
    return run(find(notebook, top), given, top / "reports" / chosen, shop_root=None)


def find(notebook: str, shop_root: Path) -> Path:
    """The path of a notebook: as given, else by name in the shop's own notebooks/, else among the project's."""
    named = Path(notebook if notebook.endswith(".ipynb") else f"{notebook}.ipynb")
    folders = (Path(), shop_root / "notebooks", *_own_notebooks())
    for path in (folder / named for folder in folders):
        if path.is_file():
            return path.resolve()
    known = sorted({path.stem for folder in folders[1:] for path in folder.glob("*.ipynb")})
    raise ReportError(
        f"expected a path or one of {', '.join(known)}, found no such notebook", notebook, said="不是笔记本的名字或路径"
    )


def takes(notebook: str, shop_root: Path, name: str) -> bool:
    """Whether a notebook, as `find` finds it, has a parameter of this name."""
    return name in _parameters(find(notebook, shop_root))


def _own_notebooks() -> list[Path]:
    package = Path(str(resources.files("shopscore_analysis")))
    return [package / "notebooks", package.parent / "notebooks"]


def run(
    notebook: Path, parameters: Mapping[str, Any], out_dir: Path, *, shop_root: Path | None, timeout: int = TIMEOUT
) -> Edition:
    """The edition in `out_dir`: <name>.html and .ipynb, tables.xlsx, manifest.json, timings.json, findings.json.

    The notebook runs in its own folder, as in JupyterLab, in a fresh kernel; `timeout` is for each cell, in
    seconds. Everything is made beside `out_dir` and moved into place only when whole. On any failure nothing
    that was published is touched, the failed notebook is kept as <name>.failed.ipynb, and ReportError says
    which cell failed and why. Files of notebooks other than weekly bear the notebook's name, so that several
    reports of one week lie in one folder.
    """
    own = {"shop": str(shop_root)} if shop_root else {}
    given = params.checked(notebook.name, _parameters(notebook), {**own, **parameters})
    with unwritable(out_dir, notebook.name):
        out_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=out_dir) as making:
            return _made(notebook, given, out_dir, Path(making), timeout)


def _made(notebook: Path, given: Mapping[str, Any], out_dir: Path, making: Path, timeout: int) -> Edition:
    started, executed = time.perf_counter(), making / notebook.name
    try:
        _execute(notebook, executed, given, timeout)
        ran = time.perf_counter() - started
        return _published(notebook, given, executed, out_dir, ran)
    except ReportError:
        _keep_failed(executed, out_dir)
        raise


def _published(notebook: Path, given: Mapping[str, Any], executed: Path, out_dir: Path, ran: float) -> Edition:
    started = time.perf_counter()
    receipt, page = _converted(executed)
    files = sealed(notebook, given, receipt, page)
    timings = {"run_s": round(ran, 2), "page_s": round(time.perf_counter() - started, 2)}
    return place(
        files
        | {
            "notebook": (f"{notebook.stem}.ipynb", executed.read_bytes()),
            "timings": (named(notebook.stem, "timings.json"), as_json(timings)),
        },
        out_dir,
        notebook,
    )


def publish_executed(executed: Path, folder: Path) -> Edition:
    """The edition of a notebook that papermill has run already, under reports/<shop>/<week>/ of the shop in `folder`.

    It must have run to its end, be the notebook that it says it was made from, and pass the same checks; its receipt
    says the week. Otherwise ReportError, and nothing is published.
    """
    shop, content = Shop.open(folder), _read(executed)
    record = content.metadata.get("papermill", {})
    notebook = Path(str(record.get("input_path", "")))
    facts = _receipt(content, executed.name)["facts"]
    if not notebook.is_file() or _sources(_read(notebook)) != _sources(content):
        raise ReportError(
            f"expected the run of a notebook that is still there unchanged, found one of {notebook or 'nothing'}; "
            "run it again with papermill",
            executed.name,
        )
    if facts["shop"] != shop.name:
        raise ReportError(f"expected a run for {shop.name}, found one for {facts['shop']}", executed.name)
    out_dir = shop.reports / facts["week"]
    with unwritable(out_dir, notebook.name):
        out_dir.mkdir(parents=True, exist_ok=True)
        return _published(notebook, record.get("parameters", {}), executed, out_dir, float(record.get("duration") or 0))


def _sources(content: Any) -> list[str]:
    """The code of a notebook, without what papermill has put in."""
    return [cell.source for cell in content.cells if cell.cell_type == "code" and not _injected(cell)]


def _converted(executed: Path) -> tuple[dict[str, Any], bytes]:
    """The receipt and the checked page of an executed notebook."""
    content = _read(executed)
    receipt = _receipt(content, executed.name)
    page = page_of(content, receipt["facts"]).encode("utf-8")
    check(page, executed.name, [cell.source for cell in content.cells if cell.cell_type == "code"])
    return receipt, page


def _read(path: Path) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def _parameters(notebook: Path) -> dict[str, dict[str, Any]]:
    from papermill import inspect_notebook

    return dict(inspect_notebook(str(notebook)))


def _execute(notebook: Path, executed: Path, given: Mapping[str, Any], timeout: int) -> None:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError, execute_notebook

    Thread(target=import_module, args=("nbconvert.exporters",), daemon=True).start()  # while the kernel works
    try:
        execute_notebook(
            str(notebook), str(executed), parameters=dict(given), cwd=str(notebook.parent), kernel_name="python3",
            progress_bar=False, execution_timeout=timeout,
            extra_arguments=[f"--log-level={QUIET}", f"--IPKernelApp.extra_extensions={guard.__name__}"],
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
            "title": f"{facts['shop']} {reported(facts)} · {days(facts['week'], facts.get('from_week', ''))}",
            "run_id": run_id(facts), "csp": CSP, "sections": list(_sections(_for_readers(content).cells)), **facts,
        }  # fmt: skip
        page, _ = exporter.from_notebook_node(_for_readers(content), resources={"about": about})
    return str(page)


def _for_readers(content: Any) -> Any:
    """The notebook without its cells that only tests look at."""
    cells = [cell for cell in content.cells if UNPUBLISHED not in cell.metadata.get("tags", [])]
    return type(content)({**content, "cells": cells})


def _sections(cells: Iterable[Any]) -> Iterable[tuple[str, str]]:
    """Id and text of every second-level heading, for the navigation."""
    for cell in cells:
        heading = cell.source.partition("\n")[0]
        if cell.cell_type == "markdown" and heading.startswith("## "):
            yield cell.id, heading.removeprefix("## ").strip()


def _keep_failed(executed: Path, out_dir: Path) -> None:
    if executed.exists():
        executed.replace(out_dir / f"{executed.stem}.failed.ipynb")
