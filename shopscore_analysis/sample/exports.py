"""The demo shop's raw exports: each file shows what was known when it was exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from shopscore_analysis.sample.files import Cell, guarded, line, money, write_csv, write_sheet
from shopscore_analysis.sample.headers import AFTERSALES, ORDERS_NEW, ORDERS_OLD, REVIEWS
from shopscore_analysis.sample.market import Case, Market, Order, Review
from shopscore_analysis.sample.story import FIRST_DAY, LAST_DAY

_ZONE = timezone(timedelta(hours=8))  # Asia/Shanghai, without summer time in these years
_MASKS = ("k2Vt9QpXw0", "Zr71mNbYc8", "a8HfD3uLs5", "Wq40eGjTi6", "o5RxK9vBn2")
_UNKNOWN = "数据将于第二天更新"
_ENCODINGS = ("utf-8-sig", "gb18030")
_SPELLINGS = ("%Y年%m月%d日 %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
_OPEN, _RETURNING = "待商家处理", "待买家退货"


def _text(moment: datetime | None, seen: datetime) -> str:
    return str(moment) if moment and moment <= seen else "-"


def _day(day: date) -> datetime:
    return datetime.combine(day, time())


def order_exports() -> Iterator[tuple[datetime, datetime, datetime]]:
    """Of each order export the first moment, the moment after the last, and when it was made (9:00)."""
    for number in range(6):
        start = _day(FIRST_DAY) + timedelta(days=30 * number - (10 if number else 0))
        end = _day(LAST_DAY) + timedelta(days=1) if number == 5 else start + timedelta(days=40 if number else 30)
        yield start, end, end + timedelta(hours=9)


def write_orders(folder: Path, orders: Sequence[Order]) -> None:
    """Six CSV files, each a window of orders that overlaps the one before by ten days.

    The last two have the newer header. The export time in the name is what decides between versions.
    """
    for number, (start, end, seen) in enumerate(order_exports()):
        epoch = int(seen.replace(tzinfo=_ZONE).timestamp())
        header = ORDERS_OLD if number < 4 else ORDERS_NEW
        rows = (_order_row(order, seen) for order in orders if start <= order.ordered < end)
        lines = [",".join(header), *(line(header, row) for row in rows)]
        write_csv(folder / f"{epoch}_订单.csv", lines, _ENCODINGS[number % 2])


def _order_row(order: Order, seen: datetime) -> dict[str, str]:
    """The row's cells by header, of both generations; a header that has no such column leaves them out."""
    sku, price = guarded(order.sku), money(order.product.price_fen)
    hidden = _MASKS[int(order.id) % len(_MASKS)]
    is_closed = _is_past(order.cancelled, seen)
    discount = money(order.product.price_fen * order.qty - order.payable_fen)
    return {
        "主订单编号": guarded(order.main_id),
        "子订单编号": guarded(order.id),
        "选购商品": guarded(order.product.title),
        "商品规格": sku,
        "货号": sku,
        "商品数量": str(order.qty),
        "商品ID": guarded(order.product.id),
        "商家编码": guarded(f"{order.product.merchant_sku}{order.product.skus.index(order.sku) + 1:02d}"),
        "商品单价": price,
        "商品金额": price,
        "订单应付金额": money(order.payable_fen),
        "运费": "0.00",
        "优惠总金额": discount,
        "商家优惠": discount,
        "支付方式": "抖音支付" if order.paid else "-",
        "收件人": f"##{hidden}",
        "收件人手机号": f"$${hidden[::-1]}",
        "省": order.province,
        "街道": "****",
        "详细地址": f"##{hidden}{hidden[4:]}",
        "订单提交时间": str(order.ordered),
        "支付完成时间": _text(order.paid, seen),
        "承诺发货时间": _text(order.promised, datetime.max),
        "发货时间": _text(order.shipped, seen),
        "订单完成时间": _text(order.completed, seen),
        "订单状态": _status(order, seen),
        "售后状态": "退款成功" if is_closed and order.paid else "-",
        "取消原因": "-" if not is_closed else "买家取消" if order.paid else "超时未支付",
        "达人昵称": order.creator,
        "仓库名称": order.warehouse,
        "流量体裁": order.channel if seen - order.ordered > timedelta(hours=33) else _UNKNOWN,
        "快递信息": f"{order.waybill}-{order.carrier}" if _is_past(order.shipped, seen) else "-",
    }


def _is_past(moment: datetime | None, seen: datetime) -> bool:
    return moment is not None and moment <= seen


def _status(order: Order, seen: datetime) -> str:
    passed = (
        ("已关闭", order.cancelled),
        ("已完成", order.completed),
        ("已发货", order.shipped),
        ("备货中", order.paid),
    )
    return next((status for status, moment in passed if _is_past(moment, seen)), "待支付")


def write_aftersales(folder: Path, cases: Sequence[Case]) -> None:
    """Six workbooks of 50 columns, each a period of applications that overlaps the one before by a week."""
    for number in range(6):
        start = FIRST_DAY + timedelta(days=30 * number - (7 if number else 0))
        last = LAST_DAY if number == 5 else FIRST_DAY + timedelta(days=30 * number + 29)
        seen = datetime.combine(last, time(23, 59, 59))
        rows = [_case_row(case, seen) for case in cases if _day(start) <= case.applied <= seen]
        write_sheet(folder / f"售后单_{start:%Y%m%d}-{last:%Y%m%d}.xlsx", AFTERSALES, rows)


def _case_row(case: Case, seen: datetime) -> list[Cell]:
    order, is_return = case.order, case.kind == "退货退款"
    refund = "-" if case.kind in ("换货", "补寄") else f"{order.payable_fen / 100:,.2f}"
    ended = case.refunded <= seen
    paid_back = ended and case.ends == "同意退款，退款成功"
    row = {
        "售后单号": case.id,
        "订单号": order.main_id,
        "商品单号": order.id,
        "商品名称": order.product.title,
        "商品ID": order.product.id,
        "应付金额（元）": f"{order.payable_fen / 100:,.2f}",
        "商品发货状态": "已发货" if order.shipped else "未发货",
        "售后类型": case.kind,
        "退商品金额（元）": refund,
        "退运费金额（元）": "0.00" if is_return else "-",
        "售后状态": case.ends if ended else _RETURNING if case.agreed <= seen else _OPEN,
        "售后申请时间": str(case.applied),
        "售后原因": case.reason,
        "同意售后申请时间": _text(case.agreed, seen),
        "商家退款时间": str(case.refunded) if paid_back else "-",
        "售后关闭时间": str(case.refunded) if ended and case.ends == "售后关闭" else "-",
        "售后完结时间": _text(case.refunded, seen),
        "商家退货联系人电话": "138****0000",
        "用户售后说明": case.text,
        "商家编码": order.product.merchant_sku,
    }
    return [row.get(name, "-") for name in AFTERSALES]


def write_reviews(folder: Path, reviews: Sequence[Review]) -> None:
    """A workbook every Monday with the reviews of the 14 days before; dates are spelled anew from file to file."""
    for number, seen in enumerate(review_exports()):
        start = seen - timedelta(days=14)
        spelling = _SPELLINGS[number % 3]
        rows = [_review_row(review, seen, spelling) for review in reviews if start <= review.at < seen]
        write_sheet(folder / f"评价_{seen:%Y%m%d}.xlsx", REVIEWS, rows)


def review_exports() -> Iterator[datetime]:
    """The Mondays on which reviews were exported, from the first that has any."""
    seen = _day(FIRST_DAY) + timedelta(days=14)
    while seen <= _day(LAST_DAY) + timedelta(days=1):
        yield seen
        seen += timedelta(days=7)


def _review_row(review: Review, seen: datetime, spelling: str) -> list[Cell]:
    is_followed, is_replied = _is_past(review.followup_at, seen), _is_past(review.replied, seen)
    followed = review.followup_at.strftime(spelling) if is_followed and review.followup_at else ""
    level = "差评" if review.stars <= 2 else "中评" if review.stars == 3 else "好评"
    order = review.order
    return [
        review.buyer,
        review.at.strftime(spelling),
        order.id,
        order.product.id,
        order.product.title,
        order.sku,
        review.stars,
        level,
        review.text,
        review.followup if is_followed else "",
        followed,
        "已回复" if is_replied else "未回复",
        review.reply if is_replied else "",
        "-",
        "-",
    ]


def write_exports(folder: Path, market: Market) -> None:
    """The files of orders, after-sales and reviews."""
    write_orders(folder, market.orders)
    write_aftersales(folder, market.cases)
    write_reviews(folder, market.reviews)
