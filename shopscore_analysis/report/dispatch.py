"""Which report goes to whom: the newest week of each shop to its managers, every failure to the owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from shopscore_analysis.errors import SettingsError, ShopscoreError
from shopscore_analysis.report import deliver, twins
from shopscore_analysis.report.deliver import OWNER, TO, Delivery
from shopscore_analysis.report.due import Outcome
from shopscore_analysis.report.edition import MAIN
from shopscore_analysis.report.missed import MADE
from shopscore_analysis.report.runlog import FAILED, SENT, UNSENT, RunLog, cause
from shopscore_analysis.report.schedule import typed
from shopscore_analysis.shop import Shop


def edition_of(folder: Path, week: str, notebook: str) -> tuple[twins.Published, dict[str, str]]:
    """The published edition of a shop's week (default: the newest with reviews) and its product names."""
    shop = Shop.open(folder)
    page = shop.reports / shop.week(week) / f"{Path(notebook).stem}.html"
    return twins.read_edition(page), shop.names


def drafted(folder: Path, week: str, notebook: str, environment: Mapping[str, str]) -> list[Path]:
    """The files of a dry run: what each channel would get."""
    edition, names = edition_of(folder, week, notebook)
    return deliver.draft(edition, names, deliver.channels(environment, folder.resolve().name))


def sent(folder: Path, week: str, notebook: str, environment: Mapping[str, str]) -> list[Delivery]:
    """What became of each channel; where one failed, also of the word to the owner.

    Raises SettingsError where no channel is set.
    """
    edition, names = edition_of(folder, week, notebook)
    to = deliver.channels(environment, folder.resolve().name)
    if not to:
        raise SettingsError(
            f"expected addresses in {TO}, found none; set it to Apprise addresses separated by blanks, "
            "e.g. mailtos://user:password@smtp.example.com?to=a@example.com feishu://TOKEN",
            f"没有设置 {TO}",
        )
    done = deliver.send(edition, names, to)
    return done + _told(_undelivered(edition.title, done), environment)


def dispatch(outcomes: Sequence[Outcome], environment: Mapping[str, str], log: RunLog | None = None) -> list[Delivery]:
    """What became of every delivery of a scheduled run: of each shop the newest report that is new.

    The owner gets one message with all that failed, made or delivered; the managers get nothing of it. `log`: where
    each shop's delivery is recorded.
    """
    newest = {outcome.folder: outcome for outcome in outcomes if outcome.outcome == MADE}
    done, troubles = [], [line for outcome in outcomes if outcome.outcome == FAILED for line in _trouble(outcome)]
    for outcome in newest.values():
        deliveries, told, error = _one(outcome, environment)
        if log and deliveries:
            _record(log, outcome, deliveries, error)
        done += deliveries
        troubles += told
    return done + _told(troubles, environment)


def _one(outcome: Outcome, environment: Mapping[str, str]) -> tuple[list[Delivery], list[str], dict[str, str]]:
    """The deliveries of a report, what to tell the owner, and why no channel was tried, for the log."""
    try:
        folder = Path(outcome.folder)
        edition, names = edition_of(folder, outcome.week, Path(outcome.report).stem)
        done = deliver.send(edition, names, deliver.channels(environment, folder.name))
    except ShopscoreError as error:
        told = [f"{outcome.shop} {outcome.week}：{error.said}", str(error)]
        return [Delivery(outcome.shop, False, 0, error.said)], told, cause(error)
    return done, list(_undelivered(edition.title, done)), {}


def _record(log: RunLog, outcome: Outcome, deliveries: Sequence[Delivery], error: Mapping[str, str]) -> None:
    stem, folder = Path(outcome.report).stem, Path(outcome.folder)
    word, detail = ended(deliveries, folder, outcome.week, stem)
    run = log.begin(folder, outcome.shop, stem, outcome.week, error)
    log.end(run, word, detail, outcome.report)


def ended(deliveries: Sequence[Delivery], folder: Path, week: str, notebook: str) -> tuple[str, str]:
    """What the run log says of deliveries: sent or not, every channel, with the reason and what to do where it failed.

    Only where a channel was tried the report is known to be there and whole, and it helps to send it again.
    """
    told = "；".join(one.channel + ("" if one.sent else f"：{one.reason}") for one in deliveries)
    if all(one.sent for one in deliveries):
        return SENT, told
    tried = any(one.attempts for one in deliveries)
    return (UNSENT, f"{told}。{again(folder, week, notebook)}") if tried else (FAILED, told)


def again(folder: Path, week: str, notebook: str) -> str:
    """What to do where a report that was made did not arrive."""
    chosen = () if Path(notebook).stem == MAIN else ("--notebook", Path(notebook).stem)
    send = typed("shopscore", "send", "--shop", str(folder), "--week", week, *chosen, "--really")
    return f"报告已经出好，只是没有送到；按原因改好地址或网络，再发：{send}"


def _trouble(outcome: Outcome) -> list[str]:
    """What failed, in Chinese, and below it the whole error."""
    return [f"{outcome.shop} {outcome.week}：{outcome.detail}", *filter(None, [outcome.error])]


def _undelivered(title: str, done: Iterable[Delivery]) -> Iterator[str]:
    for delivery in done:
        if not delivery.sent:
            yield f"{title} 没有送达 {delivery.channel}：{delivery.reason}（试了 {delivery.attempts} 次）"


def _told(troubles: Iterable[str], environment: Mapping[str, str]) -> list[Delivery]:
    lines, to = list(troubles), deliver.owners(environment)
    if lines and not to:
        return [Delivery(OWNER, False, 0, "没有设置，失败没有通知到任何人")]
    return deliver.tell_owner(lines, to) if lines else []
