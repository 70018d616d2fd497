"""Estimates → tables as HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from shopscore_analysis.schema import CAUSES, DIMENSIONS, TABLES, UNATTRIBUTED, cause_label
from shopscore_analysis.show import theme
from shopscore_analysis.show.html import Html, folded, joined, scrolling, tag

Names = Mapping[str, str]


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame as named tuples, for reading by name."""
    return iter(frame.itertuples(index=False, name="Row"))


@dataclass(frozen=True)
class Column:
    """How one column of a frame is headed and printed; `write` takes the row, `number` aligns right."""

    heading: str
    write: Callable[[Any], str | Html]
    number: bool = True


def column(name: str, heading: str, write: Callable[[Any], str] = theme.plain, *, number: bool = True) -> Column:
    """The column of a frame called `name`, printed by a format of `theme`."""
    return Column(heading, lambda row: write(getattr(row, name)), number)


def lost_by(ledger: pd.DataFrame) -> pd.DataFrame:
    """The rows of a ledger whose cause has a name and lost stars, the dearest first.

    `ledger`: `measure.ledger.ledger` (cause, loss).
    """
    known = ledger[(ledger["cause"] != UNATTRIBUTED) & (ledger["loss"] > 0)]
    return known.sort_values(["loss", "cause"], ascending=[False, True])


def named(name: str, heading: str, names: Names) -> Column:
    """A column of ids printed by their names."""
    return Column(heading, lambda row: names.get(str(getattr(row, name)), str(getattr(row, name))), number=False)


def causes_column(heading: str = "根因") -> Column:
    """The column `cause`, printed by its Chinese label."""
    return Column(heading, lambda row: cause_label(row.cause), number=False)


PER_TEXT, PER_RATED = "抱怨/有文字的评价", "丢星/评了星的评价"  # what k/n counts: one heading never has two bases
SHARED = Column("占比", lambda row: theme.percent(row.share) if row.n >= 5 else "样本不足")
BETWEEN = Column("95% 区间", lambda row: theme.interval(row.low, row.high))


def counted(of: str) -> Column:
    """k/n, headed by what each of them counts."""
    return Column(of, lambda row: theme.ratio(row.k, row.n))


def rated(of: str) -> tuple[Column, Column, Column]:
    """k/n, headed by what each of them counts, its share and the interval of that."""
    return counted(of), SHARED, BETWEEN


def table(frame: pd.DataFrame, columns: list[Column], caption: str, *, limit: int | None = None) -> Html:
    """A table that scrolls in its own box, its first column staying in view.

    With `limit`, only so many rows are written and how many were left out is printed.
    """
    shown = frame if limit is None else frame.head(limit)
    head = tag("tr", *(tag("th", c.heading, scope="col", class_="num" if c.number else None) for c in columns))
    body = [_row(row, columns) for row in each(shown)]
    if not body:
        body = [tag("tr", tag("td", "这一时期没有数据", colspan=len(columns)))]
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))
    left_out = len(frame) - len(shown)
    note = tag("p", f"另有 {left_out} 行未列出。", class_="note") if left_out else Html()
    return scrolling(whole, caption) + note


_LONG = 9  # characters above which a row's name may be broken into lines
_SENTENCE = 20  # and above which any other cell may
_TAGS = re.compile("<[^>]*>")


def _row(row: Any, columns: list[Column]) -> Html:
    first, *rest = columns
    lead = first.write(row)
    cells = (_cell(c.write(row), number=c.number) for c in rest)
    return tag("tr", tag("th", lead, scope="row", class_="long" if len(str(lead)) > _LONG else None), *cells)


def _cell(content: str | Html, *, number: bool) -> Html:
    if number:
        return tag("td", content, class_="num")
    read = _TAGS.sub("", content.markup) if isinstance(content, Html) else content
    return tag("td", content, class_="long" if len(read) > _SENTENCE else None)


def pairs(facts: Mapping[str, str | Html], class_: str = "pairs") -> Html:
    """A short list of names and values."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items()), class_=class_)


def causes_table(
    estimates: pd.DataFrame,
    by: str | None = None,
    names: Names | None = None,
    limit: int | None = None,
    of: str = PER_TEXT,
) -> Html:
    """Causes with k, n, share and interval, optionally along one axis; the most frequent first. `of` heads k/n."""
    axis = [named(by, AXES.get(by, by), names or {})] if by else []
    ranked = estimates[estimates["k"] > 0].sort_values(["k", "cause"], ascending=[False, True])
    judged = [Column("与其他格比", _unlike, number=False)] if "q" in estimates else []
    return table(ranked, [causes_column(), *axis, *rated(of), *judged], "根因：次数、占比与区间", limit=limit)


def _unlike(row: Any) -> str:
    """How many times the rest of its cause a cell is, and its q over the whole report."""
    if row.q != row.q:
        return "样本不足"
    times = f"{row.lift:.1f} 倍" if row.lift == row.lift else "别处没有"
    return f"{times}（q {'< 0.001' if row.q < 0.001 else f'{row.q:.3f}'}）"


AXES: Names = {
    "product": "商品", "week": "周", "sku": "规格", "channel": "渠道", "warehouse": "仓库", "carrier": "快递",
}  # fmt: skip


_SOURCES = {"review": "只在评价或追评里", "aftersale": "只在售后里", "review+aftersale": "两边都有"}


def unhappy_table(unhappy: pd.DataFrame, followups: int | None = None) -> Html:
    """Unhappy orders by where it showed, each order once; the overlap of reviews and after-sales is a row.

    `unhappy`: `measure.unhappy` (source, k, n, share, low, high); `followups`: reviews whose follow-up complains.
    """
    lead = named("source", "不满出现在", _SOURCES)
    lines = ["一个订单不管抱怨几次、申请几次售后，只算一单；占比的分母是同期下的全部订单。"]
    lines += [f"追评里抱怨的有 {theme.count(followups)} 条，已算在评价里。"] if followups is not None else []
    shown = table(unhappy, [lead, *rated("不满意的/全部订单")], "不满意的订单，按它出现的地方")
    return tag("div", shown, notes(*lines))


# nobody knows to which dimension the unattributed rest belongs, so it is not chained to the total
_POINTS = Column("总分 −", lambda row: theme.fine(row.points) if row.cause in CAUSES else theme.NOTHING)


def ledger_table(ledger: pd.DataFrame) -> Html:
    """The stars-lost ledger: what each cause costs the mean, the dearest first.

    `ledger`: cause, k, n, loss (stars), share_of_loss, mean, mean_without, and `points` of the total where chained.
    """
    dearest = ledger[ledger["loss"] > 0].sort_values(["loss", "cause"], ascending=[False, True])
    gain = Column("去掉它，均分 +", lambda row: f"{row.mean_without - row.mean:.3f}")
    columns = [
        causes_column(),
        Column(
            "维度", lambda row: DIMENSIONS[CAUSES[row.cause].dimension] if row.cause in CAUSES else theme.NOTHING, False
        ),
        counted(PER_RATED),
        column("loss", "丢掉的星", theme.decimal),
        column("share_of_loss", "占全部丢星", theme.percent),
        gain,
        column("mean_without", "均分会是", theme.points),
        *([_POINTS] if "points" in ledger else []),
    ]
    return table(dearest, columns, "丢星账本：每条评价丢 5 − 星级，平分给它的根因")


def rejects_table(rejects: pd.DataFrame) -> Html:
    """What could not be read, counted by reason, with one place to look at for each; a sentence where there is none.

    `rejects`: file, sheet, row, column, value, reason, kept.
    """
    if rejects.empty:
        return tag("p", "没有被拒收的行。", class_="note")
    first: dict[str, Any] = {name: (name, "first") for name in ("file", "sheet", "row", "column")}
    counted = rejects.assign(left=_left_out(rejects)).groupby(["reason", "left"], as_index=False)
    counted = counted.agg(k=("file", "size"), files=("file", "nunique"), **first)
    columns = [
        column("reason", "原因", number=False),
        column("left", "处理", number=False),
        column("k", "处数", theme.count),
        column("files", "文件数", theme.count),
        Column("例如", _place, number=False),
    ]
    return table(counted.sort_values(["k", "reason"], ascending=[False, True]), columns, "没有读进来的内容，按原因")


def _left_out(rejects: pd.DataFrame) -> pd.Series:
    """What of each reject stayed off the shelf. A whole file has the row 0; a blank sheet its name, too, no column."""
    whole, sheet = rejects["row"].astype(str) == "0", (rejects["sheet"] != "") & (rejects["column"] == "")
    words = pd.Series("整行未入库", rejects.index).mask(whole, "整个文件没有内容入库")
    return words.mask(whole & sheet, "整张表没有内容入库").mask(rejects["kept"] == "True", "只空出这一格")


def _place(row: Any) -> str:
    """Where to look: file, sheet, row and column, as far as a reject has them."""
    return " ".join(filter(None, (row.file, row.sheet, "" if str(row.row) == "0" else f"第 {row.row} 行", row.column)))


TABLE_LABELS: Names = {name: kind.label for name, kind in TABLES.items()}


def aftersales_table(cases: pd.DataFrame, names: Names | None = None, limit: int | None = 20) -> Html:
    """After-sale cases by reason, cause or kind, optionally along one axis; the most frequent first.

    `cases`: reason, cause or kind, the axis, k, n, share, low, high.
    """
    of = next(name for name in AFTERSALE_NAMES if name in cases)
    lead = causes_column() if of == "cause" else column(of, AFTERSALE_NAMES[of], number=False)
    axis = [named(by, heading, names or {}) for by, heading in AXES.items() if by in cases]
    ranked = cases[cases["k"] > 0].sort_values(["k", of], ascending=[False, True], kind="stable")
    return table(ranked, [lead, *axis, *rated("售后单/订单")], "售后：次数、占比与区间", limit=limit)


AFTERSALE_NAMES: Names = {"reason": "售后原因", "cause": "根因", "kind": "售后类型"}


def refunds_table(refunds: pd.DataFrame, names: Names | None = None) -> Html:
    """Cases, refunds in yuan and the share of orders with an after-sale, per week or product.

    `refunds`: week or product, cases, refund (yuan), k, n, share, low, high.
    """
    axis = [named(by, heading, names or {}) for by, heading in AXES.items() if by in refunds]
    columns = [*axis, column("cases", "售后单", theme.count), column("refund", "退款", theme.yuan)]
    columns += rated("有售后的/全部订单")
    return table(refunds, columns, "退款：售后单按申请周计，占比按下单周计")


def service_table(service: pd.DataFrame) -> Html:
    """Customer service per week: sessions, reply times in seconds, and dissatisfied ratings.

    `service`: week, sessions, first_reply_s, avg_reply_s, three_min_rate, k, n, share, low, high.
    """
    columns = [
        column("week", "周", number=False), column("sessions", "会话", theme.count),
        column("first_reply_s", "首响（秒）", theme.decimal), column("avg_reply_s", "平均回复（秒）", theme.decimal),
        column("three_min_rate", "3 分钟回复率", theme.percent),
        Column("不满意/已评价", lambda row: theme.ratio(row.k, row.n)),
        SHARED, BETWEEN,
    ]  # fmt: skip
    return table(service, columns, "客服：按会话数加权")


def weakest_table(weakest: pd.DataFrame, note: str) -> Html:
    """The dimensions by weighted gap, the weakest first, and where the weights come from.

    `weakest`: dimension, gap, weight, points (`benchmark.weakest`).
    """
    columns = [
        named("dimension", "维度", DIMENSIONS),
        column("gap", "对中位数的差距", theme.signed),
        column("weight", "权重", theme.percent),
        column("points", "补上后总分 +", theme.points),
    ]
    return table(weakest, columns, "按权重算，哪个维度最值得补") + notes(note)


def cover_table(cover: pd.DataFrame, dimension: str) -> Html:
    """The own causes that cover the gap of a dimension, and how many complaints less that is.

    `cover`: cause, k, stars, needed, fewer, covered (`benchmark.cover`).
    """
    columns = [
        causes_column(),
        column("k", "现在的抱怨", theme.count),
        column("stars", "值多少星", theme.points),
        column("fewer", "要少多少条", theme.count),
        column("covered", "累计补上", theme.percent),
    ]
    return table(cover, columns, f"{DIMENSIONS[dimension]}：从最贵的根因起，补上差距")


def texts_table(reviews: pd.Series, texts: pd.Series) -> Html:
    """How many reviews of each week have words of their own, the newest week first.

    `reviews`, `texts`: counts indexed by week.
    """
    frame = pd.DataFrame({"n": reviews, "k": texts}).fillna(0).sort_index(ascending=False)
    columns = [
        column("week", "周", number=False),
        Column("有文字/全部评价", lambda row: theme.ratio(row.k, row.n)),
        Column("占比", lambda row: theme.percent(row.k / row.n if row.n else None)),
    ]
    return table(frame.rename_axis("week").reset_index(), columns, "每周的评价里，有多少写了字")


def quality_table(status: Mapping[str, Any]) -> Html:
    """What is on the shelf: rows, first and last week, and the weeks between without a row.

    `status` is what `Shop.status()` returns.
    """
    rows = [
        {"table": name, **_coverage(state["weeks"]), "rows": state["rows"]} for name, state in status["tables"].items()
    ]
    columns = [
        named("table", "数据", TABLE_LABELS),
        column("rows", "行数", theme.count),
        column("first", "最早一周"),
        column("last", "最近一周"),
        column("weeks", "有数据的周", theme.count),
    ]
    return table(pd.DataFrame(rows), columns, "数据到位情况")


def _coverage(weeks: Mapping[str, int]) -> dict[str, Any]:
    return {"first": min(weeks, default=None), "last": max(weeks, default=None), "weeks": len(weeks)}


def run_record(facts: Mapping[str, Any], run_id: str) -> Html:
    """What this report was made from: run id, versions, and per table rows and digest."""
    inputs = pd.DataFrame(
        [{"table": name, **entry} for name, entry in facts.get("inputs", {}).items()],
        columns=["table", "rows", "digest"],
    )
    known = {
        name: "源码" if version == "not installed" else version for name, version in facts.get("versions", {}).items()
    }
    versions = joined((joined([f"{name} ", tag("code", known[name])]) for name in sorted(known)), "，")
    columns = [
        named("table", "数据", TABLE_LABELS),
        column("rows", "行数", theme.count),
        Column("摘要", lambda row: tag("code", row.digest[:12]), False),
    ]
    record = pairs({"运行编号": tag("code", run_id), "周": str(facts.get("week", "")), "版本": versions})
    return record + folded("输入数据与摘要", table(inputs, columns, "输入数据"))


def notes(*lines: str) -> Html:
    """Short remarks under a figure."""
    return joined(tag("p", line, class_="note") for line in lines)
