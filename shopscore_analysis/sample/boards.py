"""The demo shop's weekly figures: service desk, own score, rivals' scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from shopscore_analysis.sample.files import Cell, write_csv, write_sheet
from shopscore_analysis.sample.headers import RIVALS, SCORES, SERVICE
from shopscore_analysis.sample.story import CATEGORY, FIRST_DAY, LAST_DAY, NAME, WEEKS, script
from shopscore_analysis.schema import week_of, week_start

_SALES = ("7.5w~10w", "5w~7.5w", "2.5w~5w", "1.2w", "9800")
_GMV = ("1000w~2500w", "500w~750w", "250w~500w", "330.5万", "86w")
_BUSY = ("2026-W41", "2026-W42")  # the dispatch backlog keeps the service desk busy, too


@dataclass(frozen=True)
class Desk:
    """One agent's week; times in seconds, `in_time` is the share of sessions answered within three minutes."""

    agent: str
    sessions: int
    rated: int
    bad: int
    average_s: int
    first_s: int
    in_time: float
    asked: int
    paid: int


def desks(week: str) -> list[Desk]:
    """The agents' figures of an ISO week."""
    dice, is_busy = Random(f"desk {week}"), week in _BUSY
    return [_desk(dice, agent, is_busy) for agent in script()["scene"]["agents"]]


def _desk(dice: Random, agent: str, is_busy: bool) -> Desk:
    sessions = dice.randrange(330, 460) if is_busy else dice.randrange(190, 340)
    rated = round(sessions * dice.uniform(0.10, 0.13))
    asked = round(sessions * dice.uniform(0.45, 0.55))
    return Desk(
        agent=agent,
        sessions=sessions,
        rated=rated,
        bad=round(rated * dice.uniform(0.09, 0.16) if is_busy else rated * dice.uniform(0.01, 0.08)),
        average_s=dice.randrange(95, 170) if is_busy else dice.randrange(24, 62),
        first_s=dice.randrange(8, 28),
        in_time=dice.uniform(0.80, 0.88) if is_busy else dice.uniform(0.91, 0.98),
        asked=asked,
        paid=round(asked * dice.uniform(0.15, 0.27)),
    )


def write_service(folder: Path) -> None:
    """A workbook a week: the shop's total and mean rows, then a row for each agent."""
    for week in WEEKS:
        monday = week_start(week)
        name = f"飞鸽_客服表现_{monday:%Y%m%d}-{monday + timedelta(days=6):%Y%m%d}.xlsx"
        agents = desks(week)
        rows = [_total(agents), _mean(agents), *(_agent(desk) for desk in agents)]
        write_sheet(folder / name, SERVICE, [[row.get(name, "-") for name in SERVICE] for row in rows])


def _total(agents: Sequence[Desk]) -> dict[str, Cell]:
    rated, bad = sum(d.rated for d in agents), sum(d.bad for d in agents)
    asked, paid = sum(d.asked for d in agents), sum(d.paid for d in agents)
    return {
        "客服账号": "店铺汇总值",
        "接待会话量": f"{sum(d.sessions for d in agents):,}",
        "有效评价数": f"{rated}",
        "有效好评数": f"{rated - bad}",
        "有效差评数": f"{bad}",
        "全天不满意率": f"{bad / rated:.2%}",
        "询单人数": f"{asked}",
        "支付人数": f"{paid}",
        "询单转化率": f"{paid / asked:.2%}",
    }


def _mean(agents: Sequence[Desk]) -> dict[str, Cell]:
    sessions = sum(d.sessions for d in agents)
    return {
        "客服账号": "店铺平均值",
        "接待会话量": f"{sessions / len(agents):.0f}",
        "全天平响时长": _duration(sum(d.sessions * d.average_s for d in agents) // sessions),
        "全天首响时长": _duration(sum(d.sessions * d.first_s for d in agents) // sessions),
        "全天3分钟回复率": f"{sum(d.sessions * d.in_time for d in agents) / sessions:.2%}",
    }


def _agent(desk: Desk) -> dict[str, Cell]:
    good = (desk.rated - desk.bad) / desk.rated
    return {
        "客服账号": desk.agent,
        "客服在线天数": "6",
        "接待会话量": f"{desk.sessions}",
        "已接待人数": f"{desk.sessions - desk.sessions // 30}",
        "转出会话量": f"{desk.sessions // 80}",
        "有效评价数": f"{desk.rated}",
        "有效好评数": f"{desk.rated - desk.bad}",
        "有效差评数": f"{desk.bad}",
        "全天不满意率": f"{1 - good:.2%}",
        "全天满意率": f"{good:.2%}",
        "全天平响时长": _duration(desk.average_s),
        "全天首响时长": _duration(desk.first_s) if desk.first_s < 27 else "--",
        "全天3分钟回复率": f"{desk.in_time:.2%}",
        "询单人数": f"{desk.asked}",
        "下单人数": f"{desk.paid + 4}",
        "支付人数": f"{desk.paid}",
        "客服询单支付额": f"{desk.paid * 88.5:,.2f}",
        "询单转化率": f"{desk.paid / desk.asked:.2%}",
    }


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}分{rest}秒" if minutes else f"{rest}秒"


def write_scores(folder: Path) -> None:
    """A line a day on the platform's 100-point scale."""
    dice = Random("scores")
    days = (FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1))
    lines = [f"{day},{NAME},{','.join(map(str, _score(dice, day)))}" for day in days]
    write_csv(folder / "店铺体验分.csv", [",".join(SCORES), *lines], "utf-8-sig")


def _score(dice: Random, day: date) -> tuple[int, int, int, int]:
    week = week_of(day)
    product = 91 - (4 if week >= "2026-W42" else 2 if week >= "2026-W40" else 0) - dice.randrange(2)
    logistics = 91 - (6 if "2026-W41" <= week <= "2026-W43" else 0) - dice.randrange(2)
    service = 89 - (3 if week in _BUSY else 0) - dice.randrange(2)
    return (2 * product + logistics + service) // 4, product, logistics, service


def write_rivals(folder: Path) -> None:
    """A board every Sunday: a title line above the header, sales in bands, sub-scores missing here and there."""
    for number, week in enumerate(WEEKS):
        sunday = week_start(week) + timedelta(days=6)
        title = f"小店体验分榜 {CATEGORY}" + "," * (len(RIVALS) - 1)
        lines = [title, ",".join(RIVALS), *_board(Random(f"rivals {week}"))]
        write_csv(folder / f"竞品TOP10_{sunday:%Y%m%d}.csv", lines, ("gb18030", "utf-8-sig")[number % 2])


def _board(dice: Random) -> list[str]:
    scored = [
        (round(49.2 - 0.32 * place + dice.uniform(-0.4, 0.4)), f"竞品店{'ABCDEFGHIJ'[place]}") for place in range(10)
    ]
    scored.sort(key=lambda rival: (-rival[0], rival[1]))
    return [",".join((str(rank), name, *_rival(dice, tenths, name))) for rank, (tenths, name) in enumerate(scored, 1)]


def _rival(dice: Random, tenths: int, name: str) -> list[str]:
    subs = [f"{min(50, tenths + dice.choice(shift)) / 10:.1f}" for shift in ((0, -1), (0, 1), (0, 0, -1))]
    if name == "竞品店G":  # this rival's page shows no sub-scores
        subs = ["-", "-", "-"]
    return [f"{tenths / 10:.1f}", *subs, dice.choice(_SALES), dice.choice(_GMV), CATEGORY]


def write_boards(folder: Path) -> None:
    """The files of service, own scores and rivals."""
    write_service(folder)
    write_scores(folder)
    write_rivals(folder)
