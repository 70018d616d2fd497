"""One attempt to send by Apprise, and what the other side really answered."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What bots answer with status 200 when they refuse; these mean "too often", and pass.
_TOO_OFTEN = {45009, 130101, 410100, 11232}
_WAIT_TOO_OFTEN = 60.0  # seconds: their limits are counted by the minute


@dataclass(frozen=True)
class Answer:
    """Sent or not and why; `passing`: worth another attempt, after `wait` seconds if the channel said so."""

    sent: bool
    reason: str = ""
    passing: bool = True
    wait: float = 0.0


def post(address: str, title: str, body: str, *, html: bool = False, files: Sequence[Path] = ()) -> Answer:
    """What came of one attempt. The reason never holds the address."""
    import apprise

    with _listening() as (answers, said):
        sender = apprise.Apprise(asset=apprise.AppriseAsset(app_id="shopscore", app_desc="shopscore"))
        if not sender.add(address):
            return Answer(False, "地址的写法 Apprise 认不出", passing=False)
        took = sender.notify(
            body=body,
            title=title,
            body_format=apprise.NotifyFormat.HTML if html else apprise.NotifyFormat.TEXT,
            attach=[str(path) for path in files] or None,
        )
    return _judged(bool(took), answers, said)


def _judged(took: bool, answers: list[Any], said: list[str]) -> Answer:
    """Apprise looks at the status only; a bot refuses with 200 and a code in the body."""
    if not answers:
        return Answer(took, "" if took else _why(said))
    last = answers[-1]
    if last.status_code != 200 and not took:
        passing = last.status_code == 429 or last.status_code >= 500
        return Answer(False, f"对方答复 {last.status_code}", passing, _asked(last))
    if code := _code(last):
        passing = code in _TOO_OFTEN
        return Answer(False, f"对方答复 200，代码 {code}", passing, _WAIT_TOO_OFTEN if passing else 0.0)
    return Answer(took, "" if took else _why(said))


def _why(said: list[str]) -> str:
    return f"Apprise 说“{said[-1]}”" if said else "没有答复"


def _asked(answer: Any) -> float:
    """The seconds of Retry-After; 0 where there is none (a date is not worth reading here)."""
    after = str(answer.headers.get("Retry-After", ""))
    return float(after) if after.isdigit() else 0.0


def _code(answer: Any) -> int:
    """The code of a bot's answer, 0 for success and for answers of another shape."""
    try:
        content = answer.json()
    except ValueError:
        return 0
    codes = [content.get(name) for name in ("errcode", "code", "StatusCode")] if isinstance(content, dict) else []
    return next((code for code in codes if isinstance(code, int) and code), 0)


class _Ear(logging.Handler):
    """Keeps Apprise's warnings, which name no address, and lets none of them through to the terminal."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[tuple[list[Any], list[str]]]:
    """Every HTTP answer and every warning while Apprise sends; Apprise hands on neither."""
    import requests

    answers: list[Any] = []
    send = requests.Session.send

    def heard(session: Any, request: Any, **options: Any) -> Any:
        answers.append(send(session, request, **options))
        return answers[-1]

    log, ear = logging.getLogger("apprise"), _Ear()
    before = log.propagate
    log.addHandler(ear)
    log.propagate = False
    requests.Session.send = heard  # type: ignore[method-assign, assignment]
    try:
        yield answers, ear.said
    finally:
        requests.Session.send = send  # type: ignore[method-assign]
        log.removeHandler(ear)
        log.propagate = before
