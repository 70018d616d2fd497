"""Plans that were made: kept as JSON, read back, and checked against what happened."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.schema import week_of
from shopscore_analysis.score.actions import Action, Priced
from shopscore_analysis.score.plan import Plan, calendar, outcome

FILE = "plan.json"
MAIN = "mid"  # the case that is carried out


class Kept(NamedTuple):
    """A plan as it was kept: the day of the score it starts from, its main case, and the names of actions done."""

    day: date
    plan: Plan
    done: tuple[str, ...]

    @property
    def week(self) -> str:
        """The ISO week in which the plan was made."""
        return week_of(self.day)


def read_plans(path: Path) -> list[Kept]:
    """The plans kept in a file, oldest first; none where there is no file. SettingsError where it is damaged."""
    if not path.exists():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["plans"]
        return sorted((_kept(entry) for entry in entries), key=lambda kept: kept.day)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"expected the plans that `shopscore plan --save` writes in {path}, found: {error}; "
            "mend the file, or move it away to start anew"
        ) from error


def save_plan(path: Path, kept: Kept) -> None:
    """Keep a plan; another one of the same week is replaced, all others stay. The file changes whole or not at all."""
    entries = [one for one in read_plans(path) if one.week != kept.week] + [kept]
    content = {"plans": [_entry(one) for one in sorted(entries, key=lambda one: one.day)]}
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".json.part")
    staged.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    staged.replace(path)


def with_done(kept: Kept, names: Collection[str]) -> Kept:
    """The plan with more actions, by name or label, marked as carried out; SettingsError lists those that it holds."""
    chosen = [item.action.name for item in kept.plan.chosen]
    labels = {item.action.label: item.action.name for item in kept.plan.chosen}
    names = {labels.get(name, name) for name in names}
    if unknown := sorted(set(names) - set(chosen)):
        known = ", ".join(chosen) or "none"
        raise SettingsError(f"expected actions of the plan of {kept.week} ({known}), found {', '.join(unknown)}")
    return kept._replace(done=tuple(name for name in chosen if name in {*kept.done, *names}))


def last_before(plans: Sequence[Kept], day: date) -> Kept | None:
    """The newest plan of a week before that of `day`, if any."""
    earlier = [kept for kept in plans if kept.week < week_of(day)]
    return earlier[-1] if earlier else None


def checked(kept: Kept, day: date, observed: Mapping[str, float]) -> pd.DataFrame:
    """What became of a plan: `plan.outcome`; actions that cannot show yet on `day` are not expected to have.

    Where nothing that was carried out can show yet the verdict is 尚未到见效时间.
    """
    due = calendar(kept.plan, kept.day).set_index("action")["from"]
    labels = {item.action.name: item.action.label for item in kept.plan.chosen}
    shows = [name for name in kept.done if due[labels[name]] <= day]
    waiting = {item.action.dimension for item in kept.plan.chosen if item.action.name in set(kept.done) - set(shows)}
    found = outcome(kept.plan, shows, observed)
    too_early = found["dimension"].isin(waiting) & (found["verdict"] == "未执行")
    return found.assign(verdict=found["verdict"].mask(too_early, "尚未到见效时间"))


KEEP, DROP, IDLE, WAIT = "保留", "没有见到效果：停掉或换做法", "没有执行：排期或删掉", "还没到见效时间"
ADVICE = ("week", "action", "dimension", "done", "due", "expected_low", "expected_high", "observed", "advice")


def advice(plans: Sequence[Kept], day: date, observed: Mapping[str, float]) -> pd.DataFrame:
    """What to keep and what to drop: `ADVICE`, one row per action of every kept plan made before `day`, oldest first.

    `due`: the last day by which the action should have shown. An action is judged by its dimension: below what all
    actions carried out should have brought at least, it showed nothing. Beside the scores, not proof.
    """
    rows = []
    for kept in (one for one in plans if one.day < day):
        found = checked(kept, day, observed).set_index("dimension")
        due = calendar(kept.plan, kept.day).set_index("action")["to"]
        for item in kept.plan.chosen:
            name, at = item.action.dimension, due[item.action.label]
            seen = found.loc[name]
            row = (kept.week, item.action.label, name, item.action.name in kept.done, at)
            ends = (seen["expected_low"], seen["expected_high"], seen["observed"])
            rows.append((*row, *ends, _advised(row[3], at > day, str(seen["verdict"]))))
    return pd.DataFrame(rows, columns=list(ADVICE))


def _advised(done: bool, early: bool, verdict: str) -> str:
    if not done:
        return IDLE
    if early:
        return WAIT
    return DROP if verdict == "低于预期" else KEEP


def _entry(kept: Kept) -> dict[str, Any]:
    plan = kept.plan
    return {
        "day": kept.day.isoformat(),
        "week": kept.week,
        "case": plan.case,
        "feasible": plan.feasible,
        "target": plan.target,
        "before": plan.before,
        "after": plan.after,
        "total_before": plan.total_before,
        "total_after": plan.total_after,
        "words": plan.words,
        "done": list(kept.done),
        "chosen": [item._asdict() | {"action": item.action.model_dump(mode="json")} for item in plan.chosen],
    }


def _kept(entry: Mapping[str, Any]) -> Kept:
    chosen = tuple(Priced(**(item | {"action": Action.model_validate(item["action"])})) for item in entry["chosen"])
    names = ("case", "feasible", "target", "before", "after", "total_before", "total_after", "words")
    plan = Plan(chosen=chosen, left_out=(), **{name: entry[name] for name in names})
    return Kept(date.fromisoformat(entry["day"]), plan, tuple(entry["done"]))
