"""The demo shop's A/B tests, and when each was declared; none has an effect: between arms there is chance."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from shopscore_analysis.declaration import Experiment

_SEEN = "2026-06-29T10:00:00"  # before the first of them starts
_TESTS = """\
# 演示店的三个测试。都没有埋效果：组和组之间只有偶然。

[[experiments]]
name = "尺码卡"
hypothesis = "包裹里放一张尺码卡，差评率降 1 个百分点"
metric = "bad_review"
effect = 0.01
start = 2026-07-06
end = 2026-10-18
arms = [{ name = "原样" }, { name = "放卡片" }]
guards = ["return", "late"]

[[experiments]]
name = "换快递"
hypothesis = "青雀或白鹭的差评率比赤狐低 1.5 个百分点"
metric = "bad_review"
effect = 0.015
start = 2026-07-06
end = 2026-10-18
split = "carrier"
arms = [
    { name = "赤狐", value = "赤狐物流" },
    { name = "青雀", value = "青雀速运" },
    { name = "白鹭", value = "白鹭快递" },
]
guards = ["late"]

[[experiments]]
name = "回访话术"
hypothesis = "签收第二天回访一次，平均星级升 0.1"
metric = "stars"
effect = 0.1
start = 2026-08-03
end = 2027-01-31
arms = [{ name = "不回访" }, { name = "回访" }]
mode = "sequential"
"""


def write_trials(root: Path) -> None:
    """The demo shop's experiments.toml, and beside its data the times at which its tests were first seen."""
    (root / "experiments.toml").write_text(_TESTS, encoding="utf-8", newline="\n")
    tests = [Experiment.model_validate(entry) for entry in tomllib.loads(_TESTS)["experiments"]]
    seen = {
        test.name: [{"seen": _SEEN, "digest": test.digest, "declared": test.model_dump(mode="json")}] for test in tests
    }
    path = root / "data" / "experiments.json"
    path.write_text(
        json.dumps({"experiments": seen}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )
