"""本周三件事: which three, and as cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pandas as pd

from shopscore_analysis.schema import CAUSES, POSSIBLE, REAL, UNATTRIBUTED, begins, cause_label, week_start
from shopscore_analysis.show import theme
from shopscore_analysis.show.grid import evidence_id
from shopscore_analysis.show.html import Html, folded, tag
from shopscore_analysis.show.tables import Names, each, notes
from shopscore_analysis.show.words import current, pill, place, sentence

COST = "近期丢星"  # stands where a verdict would, of a cause that costs stars without having changed
ENOUGH = 10  # reviews from which what is not sure is worth a task: of so few, k/n is known to 0.54–1.84 times (Wilson)
WORTH = 0.05  # share of all lost stars from which it is
SMALL = 0.005  # stars below which two decimals would print nothing
_FRIDAY = 4

# The first thing to try for each cause, whatever is sold; what it costs and brings belongs to the plan.
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "defect": "抽检在库批次，联系供应商换货",
        "performance": "核对效果说法，删掉达不到的卖点",
        "material": "复核材质成分，和供应商对样",
        "not_as_described": "对照实物重拍主图、改详情页",
        "size_fit": "实测尺寸和分量，改详情页上的标注",
        "counterfeit": "核对进货凭证，详情页加验真方式",
        "spoiled": "查存放、包装和效期，先到期的先发，坏的下架",
        "taste_smell": "味道不对的批次停发，和供应商查来由",
        "usability": "补一张使用图，改进说明书",
        "poor_value": "核对同款价格，调整赠品或定价",
        "late_dispatch": "清理超 24 小时未发的订单，缺货的先下架",
        "slow_delivery": "和快递核对慢线路，换线或换仓",
        "package_damage": "加固包装，易损品改用硬盒",
        "wrong_item": "拣货复核加扫码",
        "missing_items": "打包清单随箱，出库称重复核",
        "courier": "向快递网点投诉，反复出错的换网点",
        "slow_response": "高峰时段加人，未回复会话 3 分钟提醒",
        "bad_attitude": "复盘会话，当班培训",
        "unresolved": "未结售后逐单定责任人",
        "refund_return": "放宽退换条件的审核，退款 24 小时内处理",
        "price_promo": "活动前后价格留档，差价主动补",
        "installation": "下单页写明安装收费",
    }
)

# What fits better where food is sold that does not keep.
FRESH = frozenset({"水果", "生鲜", "蔬菜", "海鲜", "食品"})
_OF_FRESH: Mapping[str, str] = MappingProxyType({"spoiled": "查分拣、包装和冷链，坏的不装箱，在库的先到先发"})


def actions(category: str = "") -> Mapping[str, str]:
    """The first thing to try for each cause in a shop of a category; what fits any goods where it is unknown."""
    return {**ACTIONS, **_OF_FRESH} if category in FRESH else ACTIONS


def due(week: str, made: str = "") -> str:
    """When this week's three things should be done: the first Friday from the Monday after the week, or from `made` on.

    `made`: the day for which the report is made, where that is later.

    >>> due("2026-W46"), due("2026-W46", "2026-11-20"), due("2026-W30", "2026-11-21")
    ('11月20日（周五）', '11月20日（周五）', '11月27日（周五）')
    """
    first = begins(week, made)
    friday = first + timedelta(days=(_FRIDAY - first.weekday()) % 7)
    return f"{friday.month}月{friday.day}日（周五）"


def _dated(week: str, made: str) -> str:
    """From which day the dates count, and that the report is late where it is."""
    first, last = begins(week, made), week_start(week).date() + timedelta(days=6)
    told = f"日期是 {first.month}月{first.day}日起的第一个周五。"
    late = (first - last).days // 7
    return f"报告的这一周已经过去 {late} 周，{told}" if late else told


def chosen(
    found: pd.DataFrame,
    ledger: pd.DataFrame,
    owners: Mapping[str, str],
    week: str,
    names: Mapping[str, str],
    made: str = "",
    category: str = "",
) -> pd.DataFrame:
    """本周三件事: cause, where, why, verdict, action, points, owner, due; at most three rows, and none to fill up.

    First the findings that are sure and still go on, most important first; then the dearest causes of the ledger,
    less what surges cost that are over (those are left to the watch list); then findings that are only possible. What
    is not sure needs ENOUGH reviews and WORTH of all lost stars. `points` is what the mean stars of the ledger's weeks
    would gain: of a finding, if it fell back to its baseline, and never more than the whole cause costs; of a cost, if
    the cause vanished. `category`: of the shop, see `actions`.
    """
    wanted = ["cause", "where", "why", "verdict", "k", "loss"]
    sure, unsure = (list(_ongoing(found[found["verdict"] == word], week, names)) for word in (REAL, POSSIBLE))
    rows = pd.DataFrame([*sure, *_dear(ledger, _over(found, week)), *unsure], columns=wanted)
    most = rows["cause"].map(dict(zip(ledger["cause"], ledger["loss"], strict=True))).fillna(0)
    rows = rows.assign(loss=rows["loss"].clip(upper=most))
    evident = (rows["k"] >= ENOUGH) & (rows["loss"] >= WORTH * ledger["loss"].sum())
    rows = rows[evident | (rows.index < len(sure))].drop_duplicates("cause").head(3).reset_index(drop=True)
    return rows.drop(columns=["k", "loss"]).assign(
        action=rows["cause"].map(actions(category)),
        points=rows["loss"] / ledger["n"].max(),
        owner=[owners[CAUSES[cause].dimension] for cause in rows["cause"]],
        due=due(week, made),
    )


def _ongoing(found: pd.DataFrame, week: str, names: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    for finding in each(current(found, week)):
        yield finding.cause, place(finding, names), sentence(finding, names), pill(finding), finding.k, finding.loss


def _over(found: pd.DataFrame, week: str) -> dict[str, float]:
    """The stars that each cause lost in surges that are over: dear in the ledger, but nothing to act on any more."""
    ended = found[(found["kind"] == "change") & (found["to_week"] < week) & (found["loss"] > 0)]
    return {str(cause): float(loss) for cause, loss in ended.groupby("cause")["loss"].sum().items()}


def _dear(ledger: pd.DataFrame, over: Mapping[str, float]) -> Iterator[tuple[object, ...]]:
    known = ledger[ledger["cause"] != UNATTRIBUTED]
    known = known.assign(left=known["loss"] - known["cause"].map(over).fillna(0))
    for cost in each(known[known["left"] > 0].sort_values(["left", "cause"], ascending=[False, True])):
        counted = f"{theme.ratio(cost.k, cost.n)} 条评了星的评价因它丢星"
        yield (
            cost.cause,
            "全店",
            f"占全部丢星的 {theme.percent(cost.share_of_loss)}，{counted}。",
            COST,
            cost.k,
            cost.left,
        )


def things_to_do(
    found: pd.DataFrame,
    ledger: pd.DataFrame,
    owners: Mapping[str, str],
    week: str,
    names: Names,
    made: str = "",
    category: str = "",
) -> Html:
    """本周三件事 as cards: cause → points → action → owner → date; each opens its reason and leads to its quotes.

    `found`: `findings`; `ledger`: `ledger`; `owners`: by dimension; `made`: see `due`; `category`: see
    `actions`. What is chosen: `chosen`.
    """
    rows = chosen(found, ledger, owners, week, names, made, category)
    if rows.empty:
        return notes(f"没有需要处理的根因：{_LEFT}。")
    kinds = dict.fromkeys(_kind(verdict) for verdict in rows["verdict"])
    told = "；".join(f"{kind}：{_LOST[kind]}" for kind in kinds)
    lines = (_fewer(len(rows)), f"{told}。都是摊到每条评价上的星。", f"{_ORDER}{_dated(week, made)}")
    explained = notes(*filter(None, lines))
    return tag("ol", *(_thing(row) for row in each(rows)), class_="todo") + explained


_ORDER = (
    "先后：确定变多和一直偏高的在前，接着是前面没有的根因里近期共丢最多的（已经结束的不算），"
    "最后是“可能”的；同一类里丢星多的在前。"
)
_LEFT = f"没有确定变多或一直偏高的，而且丢星不到全部的 {WORTH:.0%} 或评价不到 {ENOUGH} 条（已经结束的不算）"
_LOST = {"多丢": "比平时、比其他商品多丢的，恢复正常就能补回", "共丢": "这种抱怨一共丢的，全部消失才补回"}


def _fewer(things: int) -> str:
    """Why there are fewer than three things; "" where there are three."""
    lacking = {1: "没有第二件", 2: "没有第三件"}.get(things, "")
    return f"{lacking}：其余根因{_LEFT}，不凑数。" if lacking else ""


def _kind(verdict: str) -> str:
    return "共丢" if verdict == COST else "多丢"


def _thing(row: Any) -> Html:
    head = tag("strong", f"{cause_label(row.cause)} ", tag("small", row.where))
    stars = (theme.points if row.points >= SMALL else theme.fine)(row.points)
    gain = tag("span", f"{_kind(row.verdict)} {stars} 星", class_="gain")
    who = tag("span", f"{row.owner} · {row.due}", class_="who")
    door = tag("a", "看原话", href=f"#{evidence_id(row.cause)}", class_="door")
    why = folded(who, tag("p", row.why, " ", tag("em", row.verdict)), door)
    return tag("li", head, gain, tag("span", row.action, class_="action"), why)
