"""The house itself: what is committed, what documents say, how the environment is built; no analysis runs here."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from typer.main import get_command

from shopscore_analysis.cli import app

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
READMES = ("README.md", "README.zh-CN.md")
SUFFIXES = {".py", ".md", ".toml", ".yml", ".yaml", ".ipynb", ".lock", ".html", ".j2", ".css", ".js", ".txt", ""}


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _committed() -> list[Path]:
    """The files that git knows or would add; without git, those outside the ignored folders."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = [
            "git",
            "-c",
            f"safe.directory={ROOT}",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]
        names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8").stdout.split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    ignored = {".git", ".venv", "data", "reports"}
    return [path for path in ROOT.rglob("*") if path.is_file() and path.relative_to(ROOT).parts[0] not in ignored]


def _texts() -> Iterator[tuple[str, str]]:
    for path in _committed():
        if path.suffix in SUFFIXES:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


# What is in the tree


def test_no_machine_path_or_registry_address_is_committed() -> None:
    home = re.compile(r"(?<![\w.~])/(?:home|Users|root|workspace|builds)/\w|[A-Z]:\\Users\\")
    registry = re.compile(r"https?://[^\s\"']*/(?:simple|packages)/|file://")
    found = [
        f"{name}: {match[0]}"
        for name, text in _texts()
        if name != "tests/test_house.py"
        for match in (home.search(text), registry.search(text))
        if match
    ]
    own = [name for name, text in _texts() if len(str(ROOT)) > 6 and f"{ROOT}/" in text]
    assert found == []
    assert own == []


def test_the_lock_pins_everything_by_hash_and_names_no_address() -> None:
    lock = _read("requirements.lock")
    blocks = re.split(r"\n(?=[a-z0-9])", lock.strip())
    assert len(blocks) > 100
    assert [block.split("\n")[0] for block in blocks if not re.match(r"[a-z0-9._-]+==\S+", block)] == []
    assert [block.split("\n")[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert not re.search(r"https?://|file:|--index-url|--find-links|--trusted-host", lock)


def test_every_dependency_is_in_the_lock_and_in_the_document_that_gives_its_reason() -> None:
    project = tomllib.loads(_read("pyproject.toml"))["project"]
    wanted = project["dependencies"] + [one for extra in project["optional-dependencies"].values() for one in extra]
    names = {re.split(r"[<>=!;\s\[]", one)[0].lower() for one in wanted}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", _read("requirements.lock"), re.M))
    explained = set(re.findall(r"[a-z][a-z0-9-]+", _read("docs/dependencies.md").lower()))
    assert names - locked == set()
    assert names - explained == set()


def test_nothing_of_a_shop_is_committed() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in _committed()]
    kept = [name for name in names if name.split("/")[0] in ("data", "reports") or name == "shop.toml"]
    assert sorted(kept) == ["data/README.md", "reports/README.md"]


# Documents


def test_the_changelog_has_numbers_under_every_version() -> None:
    versions = re.split(r"^## ", _read("CHANGELOG.md"), flags=re.M)[1:]
    assert versions
    assert [version.split("\n")[0] for version in versions if "### Numbers" not in version] == []


@pytest.mark.parametrize("readme", READMES)
def test_readme_names_every_command_and_no_other(readme: str) -> None:
    table = set(re.findall(r"^\| `shopscore ([\w-]+)", _read(readme), re.M))
    assert table == set(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("readme", READMES)
def test_readme_names_every_notebook_and_no_other(readme: str) -> None:
    table = re.findall(r"^\| `(weekly|monthly|portfolio|\d\d_\w+)` \|", _read(readme), re.M)
    assert sorted(table) == [path.stem for path in NOTEBOOKS]


def test_both_readmes_show_the_same_commands() -> None:
    english, chinese = (
        [re.sub(r"\s+#.*", "", line) for block in re.findall(r"```(?:sh|bat|python)\n(.*?)```", _read(name), re.S)
         for line in block.splitlines()]
        for name in READMES
    )  # fmt: skip
    assert english == chinese


def test_how_many_favourable_reviews_get_a_cause_is_said_alike_everywhere() -> None:
    """The list of failures said one in five, the READMEs a quarter; labelled by hand it is 200 of 849."""
    flat = {name: " ".join(_read(name).split()).lower() for name in (*READMES, "docs/causes.md")}
    assert "about a quarter of favourable reviews get a cause" in flat["README.md"]
    assert "约四分之一的好评会被标上根因" in flat["README.zh-CN.md"]
    assert "favourable reviews: about a quarter (200 of 849 " in flat["docs/causes.md"]


def test_the_index_of_documents_names_every_page() -> None:
    named = re.findall(r"^\| \[(\S+)\]\(\1\) \|", _read("docs/README.md"), re.M)
    assert sorted([*named, "README.md"]) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize(
    "name", [*READMES, "CONTRIBUTING.md", "docs/README.md", "docs/design.md", "docs/dependencies.md"]
)
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)|src=\"([^\"]+)\"", _read(name))
    targets = [one or other for one, other in links]
    assert [target for target in targets if not ((ROOT / name).parent / target).exists()] == []


def test_what_readme_imports_exists() -> None:
    import shopscore_analysis

    names = re.findall(r"from shopscore_analysis import (.+)", _read("README.md"))[0].split(", ")
    assert [name for name in names if not hasattr(shopscore_analysis, name)] == []
    assert set(names) <= set(shopscore_analysis.__all__)


def test_the_three_recipes_have_five_lines_each() -> None:
    recipes = re.findall(r"^## A (\w+):.*?\n(.*?)(?=^## )", _read("CONTRIBUTING.md"), re.M | re.S)
    assert [(name, len(re.findall(r"^\d\. ", text, re.M))) for name, text in recipes] == [
        ("dialect", 5),
        ("measure", 5),
        ("notebook", 5),
    ]


# Notebooks


def _notebook(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _code(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in _notebook(path)["cells"] if cell["cell_type"] == "code"]


def _tags(cell: dict[str, Any]) -> set[str]:
    return set(cell["metadata"].get("tags", []))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_only_the_outputs_that_are_checked(path: Path) -> None:
    for cell in _code(path):
        is_checked = "nbval-check-output" in _tags(cell)
        assert bool(cell["outputs"]) == is_checked, "".join(cell["source"])
        assert is_checked == ("keep_output" in _tags(cell)), "".join(cell["source"])
        assert is_checked or cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_parameters_come_first_as_annotated_literals_one_a_line(path: Path) -> None:
    cells = _code(path)
    source = "".join(cells[0]["source"])
    assert [cell for cell in cells if "parameters" in _tags(cell)] == [cells[0]]
    for line in source.strip().splitlines():
        (statement,) = ast.parse(line).body
        assert isinstance(statement, ast.AnnAssign), line
        assert statement.value is not None, line
        ast.literal_eval(statement.value)
        assert re.search(r"  # \S", line), line


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_chooses_names_and_shows_but_does_not_compute(path: Path) -> None:
    cells = _code(path)
    assert len(cells) <= 10
    work = (ast.For, ast.While, ast.If, ast.Try, ast.With, ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.comprehension)
    for cell in cells:
        source = "".join(cell["source"])
        assert len([line for line in source.splitlines() if line.strip()]) <= 8, source
        assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, work)], source


# The environment


def _venv() -> ModuleType:
    spec = importlib.util.spec_from_file_location("venv_builder", ROOT / "tools" / "venv.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """tools/venv.py in an empty folder; what it would run is collected in `ran`."""
    module: Any = _venv()
    module.ran = []
    for name in module.INPUTS:
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    for name, path in {"ROOT": ".", "VENV": ".", "PYTHON": "bin/python", "STAMP": ".built-from"}.items():
        monkeypatch.setattr(module, name, tmp_path / path)
    monkeypatch.setattr(module, "run", module.ran.append)
    return module


@pytest.mark.parametrize(("uv", "first"), [("/bin/uv", "uv"), (None, sys.executable)])
def test_the_environment_is_built_once_from_the_lock_checked_by_hash(
    builder: Any, monkeypatch: pytest.MonkeyPatch, uv: str | None, first: str
) -> None:
    monkeypatch.setattr(builder.shutil, "which", lambda _: uv)
    builder.main()
    assert builder.ran[0][0] == first
    assert [("--require-hashes" in one, "--no-deps" in one) for one in builder.ran[1:]] == [
        (True, False),
        (False, True),
    ]
    builder.PYTHON.touch()
    builder.ran.clear()
    builder.main()
    assert builder.ran == []
    (builder.ROOT / "requirements.lock").write_text("changed", encoding="utf-8")
    builder.main()
    assert any("requirements.lock" in one for one in builder.ran)


def test_an_old_python_is_told_so(builder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(builder.sys, "version", "3.9.2 (default)")
    monkeypatch.setattr(builder.sys, "executable", "python3")
    with pytest.raises(SystemExit) as refused:
        builder.main()
    assert refused.value.code == (
        "shopscore: expected Python 3.11 or later, found 3.9.2 at python3; install one, then run this file with it"
    )
    assert builder.ran == []


def test_a_failed_installation_says_what_failed_and_leaves_no_stamp(
    builder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "run", _venv().run)
    monkeypatch.setattr(builder, "with_uv", builder.with_pip)
    monkeypatch.setattr(builder, "with_pip", lambda: [[sys.executable, "-c", "raise SystemExit(3)"]])
    monkeypatch.setattr(builder.shutil, "which", lambda _: None)
    with pytest.raises(SystemExit) as failed:
        builder.main()
    assert failed.value.code == (
        f"shopscore: failed with exit code 3: {sys.executable} -c raise SystemExit(3)\n"
        "It needs the network and a package index; mend what the lines above say, then run this again."
    )
    assert not builder.STAMP.exists()


def test_conda_gets_python_pip_and_the_lock() -> None:
    environment = yaml.safe_load(_read("environment.yml"))
    assert environment["channels"] == ["conda-forge"]
    *conda, pip = environment["dependencies"]
    assert [re.split(r"[=<>]", one)[0] for one in conda] == ["python", "pip"]
    assert pip == {"pip": ["-r requirements.lock"]}


def test_make_has_the_five_targets_that_the_documents_name() -> None:
    targets = set(re.findall(r"^(\w+):", _read("Makefile"), re.M))
    assert {"demo", "test", "lab", "lint", "clean"} <= targets


def test_hooks_are_the_tools_of_make_lint() -> None:
    (repository,) = yaml.safe_load(_read(".pre-commit-config.yaml"))["repos"]
    hooks = [hook["id"] for hook in repository["hooks"]]
    assert hooks == ["ruff-check", "ruff-format", "mypy", "lint-imports", "nbstripout"]


# The package


def test_imports_point_downwards() -> None:
    """The contracts of pyproject.toml, as `make lint` checks them."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    found = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_facade_is_sorted_and_costs_nothing_to_import() -> None:
    import shopscore_analysis

    heavy = ("pandas", "numpy", "pyarrow", "matplotlib", "jieba", "numba", "scipy", "papermill", "nbconvert")
    command = f"import sys, shopscore_analysis; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert found.stdout.strip() == "[]"
    assert sorted(shopscore_analysis.__all__) == shopscore_analysis.__all__


def test_ignored_lint_rules_carry_their_reason() -> None:
    lines = _read("pyproject.toml").split("[tool.ruff.lint]")[1].split("[tool.ruff.lint.per-file-ignores]")
    ignored = [line for line in lines[0].splitlines() if re.match(r'\s+"[A-Z]+\d+",', line)]
    assert ignored
    assert [line for line in ignored if "#" not in line] == []
    kept = lines[1].split("[tool.")[0].strip().splitlines()
    assert [
        line
        for is_rule, group in groupby(kept, lambda line: line.startswith('"'))
        if is_rule
        for line in group
        if "#" not in line
    ] == []
