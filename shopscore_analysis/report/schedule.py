"""The entry that makes a scheduler run `shopscore run-due`: cron, a systemd timer, Windows, Airflow."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

from shopscore_analysis.errors import SettingsError

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONG = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_TASKS = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_WEEK_ONE = "2026-01-05"  # a Monday in the past: from when on Windows counts the weeks


@dataclass(frozen=True)
class Plan:
    """When to run what: `day` of the week (mon … sun, or "" for every day), `time` as HH:MM in the machine's own zone.

    `arguments` are those of `run-due` after ROOT; `environment` is a file of NAME=VALUE lines with the addresses.
    """

    root: Path
    day: str = "mon"
    time: str = "08:10"
    arguments: tuple[str, ...] = ()
    environment: Path | None = None
    python: Path = Path(sys.executable)

    def __post_init__(self) -> None:
        hour, _, minute = self.time.partition(":")
        if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
            raise SettingsError(f"expected a time such as 08:10, found {self.time!r}; write it with --time HH:MM")
        if self.day and self.day not in DAYS:
            raise SettingsError(f"expected a day of {', '.join(DAYS)}, found {self.day!r}; write it with --day mon")

    @property
    def clock(self) -> tuple[int, int]:
        """Hour and minute."""
        hour, _, minute = self.time.partition(":")
        return int(hour), int(minute)

    @property
    def words(self) -> tuple[str, ...]:
        """The command, word for word; it needs no PATH, no working folder and no activated environment."""
        return (str(self.python), "-m", "shopscore_analysis", "run-due", str(self.root), *self.arguments)


@dataclass(frozen=True)
class Entry:
    """The files of one scheduler's entry, by name, with their bytes; and what to do with them."""

    files: Mapping[str, bytes]
    then: str


def cron(plan: Plan) -> Entry:
    """A crontab line. What the run prints is appended to ROOT/run-due.log, so that no mail set-up is needed."""
    (hour, minute), root = plan.clock, _one_line(plan.root)
    when = f"{minute} {hour} * * {DAYS.index(plan.day) if plan.day else '*'}"
    source = f"set -a; . {shlex.quote(str(plan.environment))}; set +a; " if plan.environment else ""
    logged = shlex.quote(str(plan.root / "run-due.log"))
    command = _one_line(f"{source}PYTHONUTF8=1 {shlex.join(plan.words)} >> {logged} 2>&1").replace("%", r"\%")
    line = f"# shopscore: every due report of {root}\n{when} {command}\n"
    return _entry({"shopscore.cron": line}, "(crontab -l 2>/dev/null; cat shopscore.cron) | crontab -")


def _one_line(value: object) -> str:
    """A path or command that fits on one line; SettingsError for one that does not."""
    text = str(value)
    if any(ord(c) < 32 for c in text):
        raise SettingsError(f"expected a path without line breaks, found {text!r}; rename the folder")
    return text


def systemd(plan: Plan) -> Entry:
    """A service and its timer; a run missed while the machine was off is made up for when it starts."""
    secrets = f"EnvironmentFile={_escaped(plan.environment)}\n" if plan.environment else ""
    service = (
        "[Unit]\nDescription=shopscore: every due report\n\n[Service]\nType=oneshot\nEnvironment=PYTHONUTF8=1\n"
        f"{secrets}ExecStart={' '.join(_quoted(word) for word in plan.words)}\n"
    )
    when = f"{plan.day.title()} *-*-* {plan.time}:00".strip()
    timer = (
        "[Unit]\nDescription=shopscore: when reports are made\n\n"
        f"[Timer]\nOnCalendar={when}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
    return _entry(
        {"shopscore.service": service, "shopscore.timer": timer},
        "cp shopscore.service shopscore.timer ~/.config/systemd/user/ && "
        "systemctl --user enable --now shopscore.timer && loginctl enable-linger",
    )


def _escaped(value: object) -> str:
    return _one_line(value).replace("%", "%%")


def _quoted(word: str) -> str:
    """One argument of ExecStart."""
    inner = _escaped(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{inner}"'


def windows(plan: Plan) -> Entry:
    """A task for the Windows Task Scheduler, as UTF-16 XML; a missed start is made up for."""
    task = ElementTree.Element("Task", {"version": "1.2", "xmlns": _TASKS})
    trigger = _under(_under(task, "Triggers"), "CalendarTrigger")
    _under(trigger, "StartBoundary", f"{_WEEK_ONE}T{plan.time}:00")
    if plan.day:
        weekly = _under(trigger, "ScheduleByWeek")
        _under(_under(weekly, "DaysOfWeek"), _LONG[DAYS.index(plan.day)])
        _under(weekly, "WeeksInterval", "1")
    else:
        _under(_under(trigger, "ScheduleByDay"), "DaysInterval", "1")
    settings = _under(task, "Settings")
    for name, value in (("MultipleInstancesPolicy", "IgnoreNew"), ("StartWhenAvailable", "true")):
        _under(settings, name, value)
    action = _under(_under(task, "Actions"), "Exec")
    _under(action, "Command", plan.words[0])
    _under(action, "Arguments", " ".join(_windows_word(word) for word in plan.words[1:]))
    _under(action, "WorkingDirectory", str(plan.root))
    xml = '<?xml version="1.0" encoding="UTF-16"?>\n' + ElementTree.tostring(task, encoding="unicode")
    note = "" if plan.environment is None else "（地址用 setx 设好：计划任务不读这样的文件）"
    return Entry({"shopscore.xml": xml.encode("utf-16")}, f"schtasks /Create /TN shopscore /XML shopscore.xml{note}")


def _under(parent: ElementTree.Element, name: str, text: str = "") -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = text or None
    return child


def _windows_word(word: str) -> str:
    import subprocess

    return subprocess.list2cmdline([word])


def typed(*words: str) -> str:
    """A command as whoever reads it can type it into the shell of this system: words with blanks are quoted."""
    return " ".join(map(_windows_word, words)) if os.name == "nt" else shlex.join(words)


_DAG = '''\
"""Weekly reports of every shop under ROOT, made by Airflow.

Put this file into the DAGs folder of an Airflow that has apache-airflow-providers-papermill and in whose
environment shopscore is installed. Each shop's notebook runs as one PapermillOperator, so that it shows, with its
executed notebook, in Airflow. Papermill alone is not enough: it takes a notebook that ended with sys.exit(0) for a
success and looks at no page. So `shopscore publish` checks what ran and publishes it, without running it again; then
`run-due` makes up for missed weeks, and keeps the log.
The addresses of SHOPSCORE_SEND_TO belong into the workers' environment, never into `parameters`: papermill
stores those in its output.
"""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.providers.papermill.operators.papermill import PapermillOperator

ROOT = Path({root})
NOTEBOOK = {notebook}
SHOPS = [ROOT] if (ROOT / "shop.toml").exists() else sorted(path.parent for path in ROOT.glob("*/shop.toml"))


def is_sample(shop):
    try:
        return tomllib.loads((shop / "shop.toml").read_text("utf-8-sig")).get("name") == {sample}
    except (OSError, ValueError):
        return False  # its own run says what is wrong with it


# the sample shop beside others is none of yours
SHOPS = [shop for shop in SHOPS if not is_sample(shop)] or SHOPS

with DAG(
    dag_id="shopscore_weekly",
    schedule={cron},
    start_date=datetime(2026, 1, 5),
    catchup=False,  # run-due finds the missed weeks by itself
    max_active_runs=1,
    default_args={{"retries": 2, "retry_delay": timedelta(minutes=10)}},
) as dag:
    catch_up = BashOperator(task_id="catch_up", bash_command={command}, append_env=True, trigger_rule="all_done")
    for at, shop in enumerate(SHOPS):
        load = BashOperator(
            task_id=f"load_{{at}}", bash_command={load}, env={{"SHOP": str(shop)}}, append_env=True
        )
        output = str(shop / "reports" / "airflow" / "{{{{ ds }}}}.ipynb")
        run = PapermillOperator(
            task_id=f"run_{{at}}",
            input_nb=NOTEBOOK,
            output_nb=output,
            parameters={{"shop": str(shop), "week": ""}},  # the newest week with reviews
        )
        publish = BashOperator(
            task_id=f"publish_{{at}}", bash_command={publish}, env={{"SHOP": str(shop), "RUN": output}}, append_env=True
        )
        load >> run >> publish >> catch_up
'''


def airflow(plan: Plan) -> Entry:
    """A DAG with one PapermillOperator a shop, whose run is then checked and published."""
    from shopscore_analysis.report.run import find
    from shopscore_analysis.sample import NAME

    hour, minute = plan.clock
    python = shlex.quote(str(plan.python))
    text = _DAG.format(
        root=repr(str(plan.root)),
        notebook=repr(str(find("weekly", plan.root))),
        cron=repr(f"{minute} {hour} * * {DAYS.index(plan.day) if plan.day else '*'}"),
        command=repr(shlex.join(plan.words)),
        publish=repr(f'{python} -m shopscore_analysis publish "$RUN" --shop "$SHOP"'),
        load=repr(f'{python} -m shopscore_analysis load --if-any --shop "$SHOP"'),
        sample=repr(NAME),
    )
    return _entry({"shopscore_dag.py": text}, "cp shopscore_dag.py ~/airflow/dags/")


def _entry(texts: Mapping[str, str], then: str) -> Entry:
    return Entry({name: text.encode("utf-8") for name, text in texts.items()}, then)


KINDS: Mapping[str, Callable[[Plan], Entry]] = MappingProxyType(
    {"cron": cron, "systemd": systemd, "windows": windows, "airflow": airflow}
)


def entry(kind: str, plan: Plan) -> Entry:
    """The entry of a scheduler: cron, systemd, windows or airflow; SettingsError for any other."""
    if kind not in KINDS:
        raise SettingsError(f"expected one of {', '.join(KINDS)}, found {kind!r}")
    return KINDS[kind](plan)


def write(made: Entry, folder: Path) -> list[Path]:
    """The paths of an entry's files, written into `folder`; SettingsError where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in made.files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise SettingsError(f"expected a folder that can be written, found {folder}: {error.strerror}") from error
    return [folder / name for name in made.files]
