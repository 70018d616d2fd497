"""The entries that schedulers get: each says the same command, and says it so that its reader understands it."""

from __future__ import annotations

import ast
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.report import dispatch, schedule
from shopscore_analysis.report.schedule import KINDS, Plan, entry, write
from shopscore_analysis.report.under import shops_under
from shopscore_analysis.sample import NAME
from shopscore_analysis.shop import Shop

ODD = Path('/srv/店 100% "A"/it\'s $HOME')
PYTHON = Path("/opt/venv/bin/python")
TASKS = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def _plan(root: Path = ODD, **given: object) -> Plan:
    return Plan(root, python=PYTHON, arguments=("--send",), **given)  # type: ignore[arg-type]


def _text(kind: str, name: str, plan: Plan) -> str:
    return entry(kind, plan).files[name].decode("utf-8")


def test_a_crontab_line_runs_the_command_word_for_word() -> None:
    """Five fields, then what a shell reads back as our words; cron's own % is escaped."""
    _, line = _text("cron", "shopscore.cron", _plan(environment=Path("/etc/shop.env"))).splitlines()
    minute, hour, day, month, weekday, command = line.split(" ", 5)
    assert (minute, hour, day, month, weekday) == ("10", "8", "*", "*", "1")
    assert "%" not in command.replace("\\%", "")
    words = shlex.split(command.replace("\\%", "%"))
    assert words[:3] == ["set", "-a;", "."] and words[3] == "/etc/shop.env;"
    start = words.index("PYTHONUTF8=1")
    assert tuple(words[start + 1 : start + 7]) == _plan().words
    assert words[start + 7 :] == [">>", f"{ODD}/run-due.log", "2>&1"]


def test_a_systemd_timer_makes_up_for_missed_runs_and_names_the_service() -> None:
    """Persistent; percent and dollar signs are literal."""
    made = entry("systemd", _plan(environment=Path("/etc/shop.env"), time="07:05", day="fri")).files
    service, timer = (made[f"shopscore.{kind}"].decode("utf-8") for kind in ("service", "timer"))
    assert "OnCalendar=Fri *-*-* 07:05:00\nPersistent=true" in timer
    assert "EnvironmentFile=/etc/shop.env" in service
    assert '"/srv/店 100%% \\"A\\"/it\'s $$HOME" "--send"' in service


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
@pytest.mark.parametrize("day", ["mon", ""])
def test_systemd_understands_the_calendar(day: str) -> None:
    """Asked of systemd itself."""
    timer = _text("systemd", "shopscore.timer", _plan(day=day))
    when = next(line.partition("=")[2] for line in timer.splitlines() if line.startswith("OnCalendar="))
    said = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, encoding="utf-8", check=False)
    assert said.returncode == 0 and "08:10:00" in said.stdout


@pytest.mark.parametrize("day", ["mon", ""])
def test_a_windows_task_is_utf16_xml_with_the_command_and_a_missed_start_made_up_for(day: str) -> None:
    """What schtasks /XML takes."""
    data = entry("windows", _plan(day=day)).files["shopscore.xml"]
    assert data[:2] in (b"\xff\xfe", b"\xfe\xff")
    task = ElementTree.fromstring(data)
    texts = {found.tag.removeprefix(TASKS): found.text for found in task.iter()}
    assert texts["Command"] == str(PYTHON) and texts["StartWhenAvailable"] == "true"
    assert texts["StartBoundary"] == "2026-01-05T08:10:00"
    assert ("Monday" in texts) == bool(day) and ("DaysInterval" in texts) != bool(day)
    assert texts["Arguments"] == subprocess.list2cmdline(list(_plan().words[1:]))


def test_an_airflow_dag_is_python_and_publishes_what_its_papermill_operator_ran() -> None:
    """Parsed, not run: Airflow is no dependency. No address among the parameters."""
    tree = ast.parse(_text("airflow", "shopscore_dag.py", _plan()))
    calls = {
        call.func.id: call for call in ast.walk(tree) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
    assert "PapermillOperator" in calls and ast.get_docstring(tree)
    given = {word.arg: word.value for word in calls["PapermillOperator"].keywords}
    assert [ast.literal_eval(key) for key in given["parameters"].keys] == ["shop", "week"]  # type: ignore[attr-defined]
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {shlex.join(_plan().words), str(ODD), "10 8 * * 1"} <= constants
    assert any(str(value).endswith('shopscore_analysis publish "$RUN" --shop "$SHOP"') for value in constants)


def test_a_dag_finds_the_shops_of_a_folder_or_the_one_shop_that_it_is(tmp_path: Path) -> None:
    """As `run-due` does; the sample shop beside others is none."""
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop.toml").touch()
    sample = Shop.create(tmp_path / "project", NAME).root
    settings = (sample / "shop.toml").read_text(encoding="utf-8")
    (sample / "shop.toml").write_text(settings.replace("name = ", "name  =  "), encoding="utf-8-sig")
    (tmp_path / "a" / "shop.toml").write_text(f'# name = "{NAME}"\nname = ', encoding="utf-8")  # and broken
    for root, shops in (
        (tmp_path, [tmp_path / "a", tmp_path / "b"]), (tmp_path / "b", [tmp_path / "b"]), (sample, [sample]),
    ):  # fmt: skip
        tree = ast.parse(_text("airflow", "shopscore_dag.py", _plan(root)))
        kinds = (ast.Assign, ast.FunctionDef, ast.Import)
        chosen = [node for node in tree.body if isinstance(node, kinds)]
        found: dict[str, object] = {"Path": Path}
        exec(compile(ast.Module(chosen, []), "dag", "exec"), found)
        assert found["SHOPS"] == shops == shops_under(root)


@pytest.mark.skipif(os.name == "nt", reason="Airflow runs bash")
def test_a_dag_loads_nothing_from_a_folder_without_exports_and_does_not_fail_for_it(tmp_path: Path) -> None:
    """Exports that were cleared away stand on the shelf; `load` of no exports by hand is an error."""
    shop = Shop.create(tmp_path / "小 店", "小店")
    load, raw = _load_step(tmp_path), shop.root / "data" / "raw"
    assert _bash(load, shop.root) == 0
    for name in (".DS_Store", ".gitkeep", "README.md"):
        (raw / name).touch()
    assert _bash(load, shop.root) == 0
    (raw / "a.csv").touch()
    assert _bash(load, shop.root) != 0


@pytest.mark.skipif(os.name == "nt", reason="Airflow runs bash")
def test_a_dag_of_the_sample_shop_alone_loads_nothing_and_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    shutil.copytree(Shop.open("").root, root, ignore=shutil.ignore_patterns("reports", "tally"))
    assert _bash(_load_step(root), root) == 0


def _load_step(root: Path) -> str:
    plan = Plan(root)  # with the Python that runs the tests
    tree = ast.parse(_text("airflow", "shopscore_dag.py", plan))
    commands = [str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return next(one for one in commands if "shopscore_analysis load" in one)


def _bash(command: str, shop: Path) -> int:
    environment = {**os.environ, "SHOP": str(shop), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=False).returncode


def test_the_command_runs_with_an_empty_environment_from_any_folder(tmp_path: Path) -> None:
    """As cron runs it: no PATH, no HOME, no locale."""
    words = [sys.executable, *Plan(tmp_path).words[1:]]
    folder = Path(__file__).resolve().parents[2]
    environment = {"PYTHONPATH": str(folder), "PYTHONUTF8": "1"}
    said = subprocess.run(words, cwd="/", env=environment, capture_output=True, encoding="utf-8", check=False)
    assert said.returncode == 1
    assert "expected shops (folders with shop.toml)" in " ".join(said.stderr.split())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"time": "24:00"}, "expected a time such as 08:10, found '24:00'; write it with --time HH:MM"),
        ({"time": "8"}, "expected a time such as 08:10, found '8'; write it with --time HH:MM"),
        (
            {"day": "monday"},
            "expected a day of sun, mon, tue, wed, thu, fri, sat, found 'monday'; write it with --day mon",
        ),
    ],
)
def test_a_time_or_day_that_is_none_is_refused(given: dict[str, str], message: str) -> None:
    """Before anything is written."""
    with pytest.raises(SettingsError) as caught:
        _plan(**given)
    assert str(caught.value) == message


def test_an_unknown_scheduler_and_a_path_with_a_line_break_are_refused() -> None:
    """A second line in a crontab would be a second command."""
    with pytest.raises(SettingsError) as caught:
        entry("at", _plan())
    assert str(caught.value) == "expected one of cron, systemd, windows, airflow, found 'at'"
    with pytest.raises(SettingsError) as caught:
        entry("cron", _plan(Path("/srv/a\n* * * * * rm")))
    assert str(caught.value) == "expected a path without line breaks, found '/srv/a\\n* * * * * rm'; rename the folder"


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_entry_is_written_whole_and_says_what_comes_next(tmp_path: Path, kind: str) -> None:
    """Files as the scheduler wants them."""
    made = entry(kind, _plan())
    paths = write(made, tmp_path / "out")
    assert [path.read_bytes() for path in paths] == list(made.files.values())
    assert all(path.name in made.then for path in paths)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="expected a folder that can be written, found"):
        write(entry("cron", _plan()), blocked)


def test_the_default_time_is_not_on_the_hour() -> None:
    """When every bot on the platform is busy."""
    hour, minute = Plan(ODD).clock
    assert minute not in (0, 30) and 0 < hour < 24


@pytest.mark.skipif(os.name != "posix", reason="the shell of Windows")
def test_a_printed_command_goes_through_the_shell_whatever_the_folder_is_called(tmp_path: Path) -> None:
    """Blanks, quotes and signs of a shell's own would otherwise start another command."""
    folder = tmp_path / "my shops" / "a; $(b) '店"
    said = dispatch.again(folder, "2026-W46", "09_warnings")
    command = said[said.index("shopscore send") :]
    week, notebook = ["--week", "2026-W46"], ["--notebook", "09_warnings"]
    assert shlex.split(command) == ["shopscore", "send", "--shop", str(folder), *week, *notebook, "--really"]


def test_on_windows_a_printed_command_is_quoted_as_its_shell_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "os", SimpleNamespace(name="nt"))
    assert schedule.typed("shopscore", "send", "--shop", "C:\\my shops\\a") == 'shopscore send --shop "C:\\my shops\\a"'
