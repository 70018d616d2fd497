"""Early warnings of a shop: alarming words in what buyers write, and complaints that come thick and fast.

What finds words lies in `text`, what decides in `score`, what counts in `measure`; here a shop's records are handed to
them. Days come from the records, so that a burst is seen on the day it shows and not at its week's end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.errors import SettingsError
from shopscore_analysis.excerpts import excerpt, whole_words
from shopscore_analysis.measure import bursts as detection
from shopscore_analysis.measure.findings import findings
from shopscore_analysis.read.chat import read_chat
from shopscore_analysis.schema import OPEN, UNKNOWN_PRODUCT, week_of, week_start
from shopscore_analysis.score.warnings import decide, read_rule_book
from shopscore_analysis.shards import Shard, TaggedShard, order_rows, tag_shard, week_labels
from shopscore_analysis.shop import Shop
from shopscore_analysis.text.phrases import Book, book, spot

_THREAT_REACH = 2  # characters between a denial and a threat: 没有回复我要投诉 denies none
_WRITTEN = [
    "table", "source", "record", "written", "text", "product_id", "product", "order_ref", "order_id", "sub_order_id",
    "sku", "answered", "answered_at", "seen", "session",
]  # fmt: skip
QUOTE_LENGTH = 80  # characters of a quote, around the words that fired


class Span(NamedTuple):
    """Days from `since` to `until`, both counted."""

    since: date
    until: date

    def back(self, days: int) -> Span:
        """The `days` days up to the same end."""
        return Span(self.until - timedelta(days=days - 1), self.until)

    def before(self, days: int) -> Span:
        """These days and so many before them."""
        return Span(date.fromordinal(max(self.since.toordinal() - days, 1)), self.until)


EVER = Span(date(2000, 1, 1), date(2099, 12, 31))
FOUR_WEEKS = 28
PAST = 182  # days before a span in which a burst of the span may have begun, with the days it is compared with


def span(shop: Shop, week: str = "", since: str = "", chat: Path | str | None = None) -> Span:
    """The days of a week (default: the newest with reviews), or from a day to the newest record's or chat line's day.

    Raises SettingsError for what is no day.
    """
    if not since:
        monday = week_start(shop.week(week)).date()
        return Span(monday, monday + timedelta(days=6))
    try:
        first = date.fromisoformat(since)
    except ValueError as error:
        raise SettingsError(f"expected a day such as 2026-11-09, found {since!r}") from error
    spoken = read_chat(Path(chat))["at"].max() if chat else pd.NaT
    return Span(first, max(first, newest(shop) or first, first if pd.isna(spoken) else spoken.date()))


def newest(shop: Shop) -> date | None:
    """The day of the newest review or after-sale case, None where there is none."""
    born = (shop.inventory.newest("reviews"), shop.inventory.newest("aftersales"))
    return max((at.date() for at in born if at), default=None)


def warnings(shop: Shop, days: Span, chat: Path | str | None = None, keep: Sequence[str] = ()) -> pd.DataFrame:
    """The warnings of what was written in these days: `score.warnings.decide`; quotes cut to QUOTE_LENGTH.

    Reviews, follow-ups, after-sale reasons and notes, and the buyers' lines of a chat file where one is named. What
    bears no time is kept, since nobody knows when its clock began: of a follow-up, where it may have been written in
    these days, after its review and before its export. `keep`: further columns, of `whole` (the text uncut), `main`
    (the main order) and `session` (of a chat).
    """
    reviews, cases = (shop.records(name, days.since, days.until) for name in ("reviews", "aftersales"))
    parts = [*_reviewed(reviews), *_asked(cases), *([_chat(Path(chat))] if chat else [])]
    return _decided(shop, [part[_may_be_of(part, days)] for part in parts], keep)


def case_warnings(shop: Shop, cases: pd.DataFrame) -> pd.DataFrame:
    """The warnings of these after-sales, as they lie on the shelf, whenever they were applied for."""
    return _decided(shop, list(_asked(cases)))


def _decided(shop: Shop, parts: list[pd.DataFrame], keep: Sequence[str] = ()) -> pd.DataFrame:
    rows = pd.concat([part[_WRITTEN] for part in parts if len(part)] or [_nothing()], ignore_index=True)
    return decide(_placed(_sightings(rows), shop), read_rule_book(), keep)


def _may_be_of(rows: pd.DataFrame, days: Span) -> pd.Series:
    """Which of the texts were written in these days, or may have been."""
    since, until = pd.Timestamp(days.since), pd.Timestamp(days.until) + pd.Timedelta(days=1)
    outside = rows["written"].lt(since) | rows["written"].ge(until)
    if "reviewed_at" in rows:
        outside |= rows["written"].isna() & (rows["seen"].lt(since) | rows["reviewed_at"].ge(until))
    return ~outside


def left_out(chat: Path | str | None, days: Span) -> int:
    """How many buyers' lines of a chat file were not written in these days; nought without a file."""
    return int((~_may_be_of(_chat(Path(chat)), days)).sum()) if chat else 0


def chat_facts(chat: Path | str | None) -> dict[str, str]:
    """What a report says of the chat file that it read: the digest of its bytes; nothing without one."""
    return {"chat_digest": hashlib.sha256(Path(chat).read_bytes()).hexdigest()[:12]} if chat else {}


def open_alarms(shop: Shop, week: str = "") -> pd.DataFrame:
    """The warnings of level 3 of a week that nobody has answered yet."""
    found = warnings(shop, span(shop, week))
    return found[(found["level"] == 3) & found["answer"].isin(OPEN)].reset_index(drop=True)


def _nothing() -> pd.DataFrame:
    times = dict.fromkeys(("written", "answered_at", "seen"), "datetime64[s]")
    return pd.DataFrame(columns=_WRITTEN).astype(times)


def _reviewed(reviews: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Reviews and their follow-ups, a row a text, with what is known of its answer."""
    blank = pd.Series(pd.NaT, index=reviews.index, dtype="datetime64[s]")
    said = reviews.rename(columns={"key": "record", "exported_at": "seen"}).assign(
        order_id=None, sub_order_id=None, session=None
    )
    told = said.assign(answered=reviews["replied"].astype(object), answered_at=blank)
    yield told.assign(table="reviews", source="评价", written=reviews["reviewed_at"])
    later = told.assign(table="followups", source="追评", text=told["followup"], written=told["followup_at"])
    yield later.assign(answered=later["answered"].where(later["answered"] == False, None))  # noqa: E712


def _asked(cases: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """What after-sale cases say in words and by their reason, a row a text, with what is known of its answer."""
    dealt = cases[["agreed_at", "refunded_at", "closed_at"]].min(axis=1)
    case = cases.rename(columns={"key": "record", "exported_at": "seen"}).assign(
        table="aftersales", written=cases["applied_at"], answered=dealt.notna().astype(object), answered_at=dealt,
        order_ref=None, sku=None, session=None,
    )  # fmt: skip
    yield case.assign(source="售后说明")
    yield case.assign(source="售后原因", text=case["reason"])


def _chat(path: Path) -> pd.DataFrame:
    lines = read_chat(path)
    told = lines["session"].notna() & lines["at"].notna() & bool(lines["agent"].any())
    answered = lines["answered_at"].notna().astype(object).where(told, None)
    lines = lines.assign(
        table="chat", source="会话", written=lines["at"], answered=answered, seen=lines["at"].max(), product_id=None,
        order_id=None, sub_order_id=None, sku=None,
        order_ref=lines["order_ref"].fillna(_only_order(lines)),
    )  # fmt: skip
    return lines[lines["buyer"]]


def _only_order(lines: pd.DataFrame) -> pd.Series:
    """The order that a line's session names elsewhere, missing where it names several."""
    named = lines.groupby("session")["order_ref"]
    return named.transform("first").where(named.transform("nunique") == 1)


@lru_cache(maxsize=1)
def _books() -> tuple[Book, Book]:
    """The rules compiled: plain ones, and threats, which an 如果 does not take back."""
    rules = read_rule_book()
    plain, threats = (
        {r.name: {"phrases": r.phrases} for r in rules.rules if r.threat == kind} for kind in (False, True)
    )
    return book(plain, rules.marks), book(threats, rules.marks, rules.conditionals, _THREAT_REACH)


def _sightings(rows: pd.DataFrame) -> pd.DataFrame:
    """A row per (text, rule) that fired, with the quote around the words."""
    rows = rows[rows["text"].fillna("") != ""]
    distinct = rows["text"].drop_duplicates().tolist()
    spots = dict(zip(distinct, spot(distinct, *_books()), strict=True))
    found = rows.assign(spot=rows["text"].map(spots)).explode("spot").dropna(subset=["spot"]).reset_index(drop=True)
    spans = [(one.start, one.end) for one in found["spot"]]
    shown = [excerpt(printable(text), span, QUOTE_LENGTH) for text, span in zip(found["text"], spans, strict=True)]
    quotes = found.assign(
        rule=[one.name for one in found["spot"]],
        whole=found["text"],
        text=[text for text, _ in shown],
        start=[start for _, (start, _) in shown],
        end=[end for _, (_, end) in shown],
    )
    return whole_words(quotes.drop(columns="spot"))


def printable(text: str) -> str:
    """The text with a blank for each character that cannot be printed, so that spans stay and no terminal obeys it.

    >>> printable("\\x1b[31m红\\n")
    ' [31m红 '
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _placed(found: pd.DataFrame, shop: Shop) -> pd.DataFrame:
    """The sightings with the order they belong to, its week and its product."""
    orders = shop.orders_of(found)
    rows = np.full(len(found), -1, dtype=np.intp)
    for chosen, columns in (
        (found["table"] != "aftersales", ["order_ref", "product_id", "sku"]),
        (found["table"] == "aftersales", ["sub_order_id", "order_id", "product_id"]),
    ):
        rows[chosen.to_numpy()] = order_rows(found.loc[chosen, columns].astype("str"), orders)
    named = found["order_ref"].where(found["table"] == "chat")
    rows = np.where(rows < 0, _only_part(named, orders), rows)
    hit = orders.reindex(rows).reset_index(drop=True)
    week = week_labels(hit["ordered_at"])
    return found.assign(
        order=hit["key"], main=hit["order_id"].fillna(found["order_ref"]).fillna(found["order_id"]),
        order_week=week.where(week.notna(), None),
        product_id=found["product_id"].fillna(hit["product_id"]).fillna(UNKNOWN_PRODUCT),
        product=found["product"].fillna(hit["product"]).fillna(UNKNOWN_PRODUCT).map(printable),
    )  # fmt: skip


def _only_part(named: pd.Series, orders: pd.DataFrame) -> NDArray[np.intp]:
    """The row of the main order that is named, where it has one part; else -1."""
    single = np.flatnonzero(orders["order_id"].notna() & ~orders["order_id"].duplicated(keep=False))
    at = pd.Index(orders["order_id"].iloc[single]).get_indexer(pd.Index(named))
    return np.asarray(np.append(single, -1)[at])


def past(shop: Shop, days: Span) -> Span:
    """The days that bursts of the four weeks up to the end of `days`, and an audit of the window, look back on."""
    return days.back(max(FOUR_WEEKS + PAST, 7 * shop.settings.window_weeks))


def tagged(shop: Shop, days: Span = EVER) -> TaggedShard:
    """What was written in these days, the texts read for causes; `orders` are those that it belongs to."""
    since, until = pd.Timestamp(days.since), pd.Timestamp(days.until) + pd.Timedelta(days=1)
    reviews, cases = (shop.records(name, days.since, days.until) for name in ("reviews", "aftersales"))
    inside = (reviews["reviewed_at"] >= since) | (reviews["followup_at"] >= since)
    reviews = reviews[inside & (reviews["reviewed_at"] < until)].reset_index(drop=True)
    cases = cases[(cases["applied_at"] >= since) & (cases["applied_at"] < until)].reset_index(drop=True)
    orders, none = shop.orders_of(reviews, cases), shop.shelf.read("service", ()).to_pandas()
    return tag_shard(Shard(shop.name, shop.settings.category, reviews, orders, cases, none, own=shop.own))


def bursts(shop: Shop, days: Span, read: TaggedShard | None = None, week: str = "") -> pd.DataFrame:
    """The bursts with an alarm in these days: `measure.bursts.bursts`, from what was written since PAST days before, in
    the weeks that the weekly report of `week` gives them (`in_weeks`).

    `read` is `tagged` of `past` where it is at hand. Days after the newest record say nothing: none is looked at. Spans
    up to four weeks that end alike look back equally far, so that a burst has one date whoever asks.
    """
    seen = Span(min(days.before(PAST).since, days.back(FOUR_WEEKS + PAST).since), days.until)
    voices, heard = (rows[rows["day"] >= pd.Timestamp(seen.since)] for rows in voices_of(read or tagged(shop, seen)))
    last = days.until if voices.empty else min(days.until, voices["day"].max().date())
    return in_weeks(shop, detection.bursts(heard, voices, days.since, last), days.until, week)


def in_weeks(shop: Shop, found: pd.DataFrame, until: date, week: str = "") -> pd.DataFrame:
    """The bursts with `from_week` and `to_week`, which the weekly report gives the same change; "" where it has none.

    `found`: `measure.bursts.bursts` up to the day `until`; `week`: that of the report, default `Shop.week`. A report of
    a later week than that day's tells nothing. `of_shop`: whether a product has the weeks of the whole shop, since it
    has no change of its own.
    """
    told = pd.DataFrame() if found.empty or not shop.weeks else _risen(shop, shop.week(week), until)
    spans = [_weeks_of(burst, told) if len(told) else _NO_WEEKS for burst in found.itertuples()]
    columns = pd.DataFrame(spans, columns=["from_week", "to_week", "of_shop"], index=found.index)
    return found.assign(**columns)


_NO_WEEKS = ("", "", False)


def _risen(shop: Shop, week: str, until: date) -> pd.DataFrame:
    """The changes for the worse of a week's report; none where the week begins later than a day."""
    if week_start(week).date() > until:
        return pd.DataFrame()
    told = findings(shop.history(week), week, over=shop.is_over(week))
    return told[(told["kind"] == "change") & (told["loss"] > 0)]


def _weeks_of(burst: Any, risen: pd.DataFrame) -> tuple[str, str, bool]:
    """First and last week of the change that a burst is, the one nearest its alarm, and whether only the whole shop's.

    The product's own changes count before those of the whole shop.
    """
    met = (risen["from_week"] <= week_of(burst.seen_day)) & (risen["to_week"] >= week_of(burst.from_day))
    alike = risen[met & (risen["cause"] == burst.cause)]
    own = alike[alike["product_id"] == burst.product_id]
    shared = own.empty and bool(burst.product_id)
    chosen = alike[alike["product_id"].isna()] if own.empty else own
    spans = zip(chosen["from_week"], chosen["to_week"], strict=True)
    first, last = min(spans, key=lambda ends: _apart(ends[0], ends[1], burst.alarm_day), default=("", ""))
    return first, last, shared and bool(first)


def _apart(first: str, last: str, day: datetime) -> timedelta:
    """How far a day lies before or after some weeks, nought within them."""
    since, end = week_start(first), week_start(last) + timedelta(days=7)
    return max(since - day, day - end, timedelta())


def voices_of(read: TaggedShard) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(voices, heard) as `measure.bursts` counts them: an order once a day, and once a cause on the first day."""
    reviews, cases = read.reviews, read.aftersales
    followed = reviews[reviews["followup_at"].notna()]
    voices = pd.concat([_said(reviews, "reviewed_at"), _said(followed, "followup_at"), _said(cases, "applied_at")])
    blamed = read.review_causes.join(reviews[["reviewed_at", "followup_at"]], on="row")
    later = (blamed["part"] == 1) & blamed["followup_at"].notna()
    blamed["reviewed_at"] = blamed["reviewed_at"].mask(later, blamed["followup_at"])
    coded = read.aftersale_causes.join(cases["applied_at"], on="row")
    heard = pd.concat([_said(blamed, "reviewed_at", "cause"), _said(coded, "applied_at", "cause")]).sort_values("day")
    return (
        voices.drop_duplicates(["voice", "day"], ignore_index=True),
        heard.drop_duplicates(["voice", "cause"], ignore_index=True),
    )


def _said(rows: pd.DataFrame, at: str, *also: str) -> pd.DataFrame:
    """day, product_id and voice (the order, or the record where its order is not on the shelf) of each row."""
    record = rows["record"] if "record" in rows else rows["key"]
    voice = rows["order"].astype("str").where(rows["order"] >= 0, record)
    said = rows[list(also)].assign(day=rows[at].dt.normalize(), product_id=rows["product"], voice=voice)
    return said.dropna(subset=["day"])
