"""What several test rooms share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shopscore_analysis.cli import main

Run = Callable[..., tuple[int, str, str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --slow, for tests that take minutes."""
    parser.addoption("--slow", action="store_true", help="run the tests that take minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips slow tests unless they are asked for."""
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: run with --slow"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference fixtures beside the repository; tests that need it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "fixtures").is_dir():
        pytest.skip(f"no reference fixtures in {folder}: nothing to compare with")
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line, with no address to send to; gives the exit code, stdout, and stderr in one line."""
    for variable in ("SHOPSCORE_SEND_TO", "SHOPSCORE_SEND_OWNER"):
        monkeypatch.delenv(variable, raising=False)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["shopscore", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
            raise SystemExit(0)
        said = capsys.readouterr()
        code = left.value.code
        return code if isinstance(code, int) else 0, said.out, " ".join(said.err.split())

    return run
