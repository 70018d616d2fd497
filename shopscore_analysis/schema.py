"""The vocabulary: tables and their columns, causes, dimensions, weeks.

Every record of every table carries `key` (unique within table and shop), `shop`, `exported_at` and
`source` beside its own columns. Times are wall-clock times in Asia/Shanghai without a zone; money is
in fen (1/100 yuan); rates are fractions of 1; ids are text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType


@dataclass(frozen=True)
class Table:
    """A table of the shelf.

    `columns` maps names to Arrow type names; `key` lists the columns that identify a record;
    `born` is the time that never changes over a record's life and names its month on the shelf.
    """

    name: str
    label: str
    key: tuple[str, ...]
    born: str
    columns: MappingProxyType[str, str]

    @property
    def all_columns(self) -> dict[str, str]:
        """Every column on the shelf with its Arrow type name, in order."""
        return {"key": "string", "shop": "string", **self.columns, "exported_at": "timestamp[s]", "source": "string"}


def said_in(source: str, text: str) -> str:
    """What stands before a quote, by its source; nothing where the buyer says so already.

    >>> said_in("followup", "三天就坏了"), said_in("followup", "追评：三天就坏了"), said_in("text", "坏了")
    ('追评：', '', '')
    """
    return "" if text.startswith("追评") else SAID_IN[source]


def _table(name: str, label: str, key: tuple[str, ...], born: str, **columns: str) -> Table:
    return Table(name, label, key, born, MappingProxyType(columns))


_TIME, _TEXT, _INT, _REAL = "timestamp[s]", "string", "int64", "double"

TABLES: MappingProxyType[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            _table(
                "orders",
                "订单",
                ("sub_order_id",),
                "ordered_at",
                ordered_at=_TIME,
                order_id=_TEXT,
                sub_order_id=_TEXT,
                product_id=_TEXT,
                product=_TEXT,
                sku=_TEXT,
                merchant_sku=_TEXT,
                qty=_INT,
                unit_price_fen=_INT,
                payable_fen=_INT,
                paid_at=_TIME,
                promised_at=_TIME,
                shipped_at=_TIME,
                completed_at=_TIME,
                status=_TEXT,
                aftersale_status=_TEXT,
                cancel_reason=_TEXT,
                province=_TEXT,
                carrier=_TEXT,
                warehouse=_TEXT,
                channel=_TEXT,
                creator=_TEXT,
            ),
            _table(
                "aftersales",
                "售后",
                ("aftersale_id",),
                "applied_at",
                applied_at=_TIME,
                aftersale_id=_TEXT,
                order_id=_TEXT,
                sub_order_id=_TEXT,
                product_id=_TEXT,
                product=_TEXT,
                dispatch=_TEXT,
                kind=_TEXT,
                status=_TEXT,
                reason=_TEXT,
                reason_label=_TEXT,
                payable_fen=_INT,
                refund_fen=_INT,
                agreed_at=_TIME,
                refunded_at=_TIME,
                closed_at=_TIME,
                arbitration=_TEXT,
                liable=_TEXT,
                text=_TEXT,
            ),
            _table(
                "reviews",
                "评价",
                ("order_ref", "product_id", "sku", "reviewed_at", "text"),
                "reviewed_at",
                reviewed_at=_TIME,
                order_ref=_TEXT,
                product_id=_TEXT,
                product=_TEXT,
                sku=_TEXT,
                stars=_INT,
                level=_TEXT,
                text=_TEXT,
                followup=_TEXT,
                followup_at=_TIME,
                replied="bool",
                reply=_TEXT,
            ),
            _table(
                "service",
                "客服",
                ("period_start", "period_end", "level", "agent"),
                "period_start",
                period_start=_TIME,
                period_end=_TIME,
                level=_TEXT,
                agent=_TEXT,
                sessions=_INT,
                people=_INT,
                rated=_INT,
                good=_INT,
                bad=_INT,
                first_reply_s=_REAL,
                avg_reply_s=_REAL,
                reply_3min_rate=_REAL,
                dissatisfied_rate=_REAL,
                satisfied_rate=_REAL,
                inquiries=_INT,
                paid=_INT,
            ),
            _table(
                "scores",
                "店铺体验分",
                ("date",),
                "date",
                date=_TIME,
                scale=_INT,
                score=_REAL,
                product_score=_REAL,
                logistics_score=_REAL,
                service_score=_REAL,
            ),
            _table(
                "rivals",
                "竞品",
                ("date", "rival"),
                "date",
                date=_TIME,
                rank=_INT,
                rival=_TEXT,
                score=_REAL,
                product_score=_REAL,
                logistics_score=_REAL,
                service_score=_REAL,
                sales_low=_INT,
                sales_high=_INT,
                gmv_low_fen=_INT,
                gmv_high_fen=_INT,
                category=_TEXT,
            ),
        )
    }
)

DIMENSIONS: MappingProxyType[str, str] = MappingProxyType({"product": "商品", "logistics": "物流", "service": "服务"})


@dataclass(frozen=True)
class Cause:
    """A root cause: its name in code and columns, its dimension, its Chinese label."""

    name: str
    dimension: str
    label: str


def _causes(dimension: str, **labels: str) -> tuple[Cause, ...]:
    return tuple(Cause(name, dimension, label) for name, label in labels.items())


CAUSES: MappingProxyType[str, Cause] = MappingProxyType(
    {
        cause.name: cause
        for cause in (
            *_causes(
                "product",
                defect="质量缺陷",
                performance="效果性能差",
                material="材质差",
                not_as_described="描述不符",
                size_fit="尺码分量不合",
                counterfeit="疑似假货",
                spoiled="变质不新鲜",
                taste_smell="口感气味",
                usability="设计易用性",
                poor_value="不值这个价",
            ),
            *_causes(
                "logistics",
                late_dispatch="发货慢",
                slow_delivery="配送慢",
                package_damage="包装破损",
                wrong_item="发错货",
                missing_items="少件漏发",
                courier="派送服务差",
            ),
            *_causes(
                "service",
                slow_response="客服不回复",
                bad_attitude="态度差",
                unresolved="售后不解决",
                refund_return="退换货难",
                price_promo="价格促销纠纷",
                installation="安装收费",
            ),
        )
    }
)

REAL, POSSIBLE, WITHIN, TOO_FEW = "真实变化", "可能变化", "波动内", "样本不足"  # the words that prose may not outrun

WAITING, OVERDUE, UNKNOWN = "待答复", "超时未答复", "未知"  # a warning that nobody is known to have answered
OPEN = (OVERDUE, WAITING)  # and of which that is sure

ACCOUNT_WEEKS = 5  # whose reviews stand beside the platform's figures
RECENT_DAYS = 7  # up to the newest day looked at: how a burst stands now
SAID_IN = MappingProxyType({"text": "", "followup": "追评："})  # what stands before a quote, by its source
FALSE_BURSTS_A_WEEK = 0.1  # bursts that are none, a shop and week, at most: what their threshold is set to, and says

PENDING_STATUS = "待"  # 待商家处理, 待买家退货, 待商家收货, 售后待处理: every status of a case that is not over
UNKNOWN_PRODUCT = "未知商品"  # stands for a product of which neither id nor name is known
UNATTRIBUTED = "unattributed"
UNATTRIBUTED_LABEL = "未归因"
LOSS_UNIT = 60  # a review's loss is kept in 1/60 star, so that it splits evenly among up to six causes
MAX_CAUSES = 6


def cause_label(name: str) -> str:
    """The Chinese label of a cause, 未归因 for the unattributed rest.

    >>> cause_label("size_fit"), cause_label("unattributed")
    ('尺码分量不合', '未归因')
    """
    return UNATTRIBUTED_LABEL if name == UNATTRIBUTED else CAUSES[name].label


def week_of(day: date) -> str:
    """The ISO week (Monday to Sunday) of a day in Asia/Shanghai.

    >>> week_of(date(2026, 11, 15))
    '2026-W46'
    """
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def week_start(week: str) -> datetime:
    """The Monday, 00:00, on which an ISO week begins; ValueError if `week` is no ISO week.

    >>> week_start("2026-W46")
    datetime.datetime(2026, 11, 9, 0, 0)
    """
    try:
        monday = datetime.strptime(f"{week}-1", "%G-W%V-%u")
    except ValueError as error:
        raise ValueError(f"expected an ISO week such as 2026-W46, found {week!r}") from error
    if week_of(monday) != week:
        raise ValueError(f"expected an ISO week such as 2026-W46, found {week!r}")
    return monday


def begins(week: str, made: str = "") -> date:
    """The day from which the dates of a week's report count: the Monday after it, or `made` where that is later.

    `made`: the day for which the report is made, as 2026-11-16; "" where nobody knows.

    >>> [begins("2026-W46", made).isoformat() for made in ("", "2026-11-20", "2026-01-01")]
    ['2026-11-16', '2026-11-20', '2026-11-16']
    """
    monday = (week_start(week) + timedelta(days=7)).date()
    return max(monday, date.fromisoformat(made)) if made else monday


def weeks_to(week: str, count: int) -> list[str]:
    """The `count` ISO weeks that end with `week`, oldest first.

    >>> weeks_to("2026-W02", 3)
    ['2025-W52', '2026-W01', '2026-W02']
    """
    monday = week_start(week)
    return [week_of(monday - timedelta(weeks=back)) for back in range(count - 1, -1, -1)]
