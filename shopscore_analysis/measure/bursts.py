"""Days on which a product draws far more complaints of one cause than it used to: a batch going bad is seen in days.

Every day, for every product (and the whole shop) and every cause, the share of complaints among all voices of the
last 1 to 14 days is compared with the 84 days before them: hypergeometric tail (Fisher's exact test, one-sided), and
never below that of a normal tail widened by the weeks' own unrest (Laney's sigma z). An alarm needs p at most
`FALSE_BURSTS_A_WEEK` ÷ (7 days × cells × 2). The windows of one day overlap so much, and counts are so coarse, that
fewer false bursts than that come of it: simulated in docs/warnings.md by `benchmarks/warn.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shopscore_analysis.measure.trend import laney_sigma
from shopscore_analysis.schema import CAUSES, FALSE_BURSTS_A_WEEK, POSSIBLE, REAL, RECENT_DAYS

WINDOWS = (1, 2, 3, 5, 7, 10, 14)  # days
PAST = 84  # days before a window that it is compared with
_LOOKS = 2  # independent looks that the seven windows of one day are worth: by simulation
_FEWEST_DAYS = 28  # of such a past
_FEWEST = 3  # complaints below which nothing is a burst
_GOES_ON = 0.05  # tail of the newest days against those before a burst, up to which it goes on
_OWN = 0.01  # tail of a product against the whole shop, up to which a burst of both is its own, too
_SURE = 5  # complaints from which a burst is called real
_APART = 7  # days without an alarm that end a burst, unless the complaints between two alarms are surely more
WHOLE_SHOP = ""
COLUMNS = (
    "product_id", "cause", "from_day", "alarm_day", "last_day", "k", "n", "past_k", "past_n", "p", "verdict",
    "seen_day", "goes_on", "now_k", "now_n",
)  # fmt: skip

Days = NDArray[np.int64]


class _Cell(NamedTuple):
    """Running sums by day of one product's complaints of a cause, and of its voices; index 0 is before the first."""

    product: str
    cause: str
    k: Days
    n: Days


class _Alarm(NamedTuple):
    day: int
    window: int
    p: float
    counts: tuple[int, int, int, int]


def bursts(heard: pd.DataFrame, voices: pd.DataFrame, since: date, until: date) -> pd.DataFrame:
    """The bursts with an alarm from `since` to `until`, and older ones that go on, the newest first. Columns: COLUMNS.

    `voices`: a row per (order, day) that it was heard of in a review or an after-sale case: day, product_id;
    `heard`: a row per (order, cause), on the first day that named it: day, product_id, cause. Nothing later than a
    day has a say in its alarm. Alarms belong to one burst where they follow within a week, where their windows
    meet, or where the days between them surely have more complaints than before the first. `from_day`: the first
    day of the window that gave the first alarm (it may have begun before or after), `k` of `n` voices in it,
    `past_k` of `past_n` in the 84 days before; `last_day` the last day with an alarm. `product_id` is "" for the
    whole shop. `verdict`: 真实变化 from five complaints on, else 可能变化. How it stands at `until`: `seen_day`, when
    it was last named, by `last_day` if it does not go on; `now_k` of `now_n` voices of the last RECENT_DAYS days;
    `goes_on`, whether these are surely more than before the burst (Fisher's exact test, one-sided 5 %): what
    lasts for months becomes the usual that alarms compare with, and sets off none any more.
    """
    voices, heard = (rows[rows["day"] <= pd.Timestamp(until)] for rows in (voices, heard))
    if heard.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    first = voices["day"].min()
    cells, limit = _cells(heard, voices, first, until), _limit(voices)
    rows = [_row(cell, first, episode) for cell in cells for episode in _episodes(cell, _alarms(cell, limit))]
    found = _unshared(_unowned(_of_use(pd.DataFrame(rows, columns=list(COLUMNS)), since), heard), heard, voices)
    order = ["alarm_day", "p", "cause", "product_id"]
    return found.sort_values(order, ascending=[False, True, True, True], ignore_index=True)


def _of_use(found: pd.DataFrame, since: date) -> pd.DataFrame:
    """Bursts with an alarm since a day; where a product and cause have none, the first of those that go on."""
    kind = ["product_id", "cause"]
    inside = found["last_day"] >= pd.Timestamp(since)
    new = found[inside]
    lasting = found[found["goes_on"].astype(bool)].drop_duplicates(kind)
    known = pd.MultiIndex.from_frame(lasting[kind]).isin(pd.MultiIndex.from_frame(new[kind]))
    return pd.concat([new, lasting[~known]], ignore_index=True)


def _limit(voices: pd.DataFrame) -> float:
    return FALSE_BURSTS_A_WEEK / (7 * _LOOKS * (voices["product_id"].nunique() + 1) * len(CAUSES))


def _cells(heard: pd.DataFrame, voices: pd.DataFrame, first: pd.Timestamp, until: date) -> list[_Cell]:
    size = (pd.Timestamp(until) - first).days + 1
    n = {str(product): _running(rows["day"], first, size) for product, rows in voices.groupby("product_id")}
    n[WHOLE_SHOP] = _running(voices["day"], first, size)
    both = pd.concat([heard, heard.assign(product_id=WHOLE_SHOP)], ignore_index=True)
    return [
        _Cell(str(product), str(cause), _running(rows["day"], first, size), n[str(product)])
        for (product, cause), rows in both.groupby(["product_id", "cause"])
        if str(product) in n and len(rows) >= _FEWEST
    ]


def _running(days: pd.Series, first: pd.Timestamp, size: int) -> Days:
    at = (days - first).dt.days.to_numpy()
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(at, minlength=size)[:size])]).astype(np.int64)


def _alarms(cell: _Cell, limit: float) -> list[_Alarm]:
    """The alarm of every day that has one, by its clearest window."""
    clearest: dict[int, _Alarm] = {}
    for window in WINDOWS:
        for alarm in _over(cell, window, limit):
            if alarm.day not in clearest or alarm.p < clearest[alarm.day].p:
                clearest[alarm.day] = alarm
    return [clearest[day] for day in sorted(clearest)]


def _over(cell: _Cell, window: int, limit: float) -> list[_Alarm]:
    """The alarms of one length of window."""
    from scipy.stats import hypergeom

    days = np.arange(window + _FEWEST_DAYS, len(cell.k))  # running sums up to and with day - 1
    start, past = days - window, np.maximum(days - window - PAST, 0)
    k, n = (sums[days] - sums[start] for sums in (cell.k, cell.n))
    past_k, past_n = (sums[start] - sums[past] for sums in (cell.k, cell.n))
    more = np.flatnonzero((k >= _FEWEST) & (k * past_n > past_k * n) & (past_n > 0))
    p = hypergeom.sf(k[more] - 1, n[more] + past_n[more], k[more] + past_k[more], n[more])
    found = []
    for at, tail in zip(more[p <= limit].tolist(), p[p <= limit].tolist(), strict=True):
        counts = (int(k[at]), int(n[at]), int(past_k[at]), int(past_n[at]))
        wide = max(tail, _unrest(cell, int(past[at]), int(start[at]), counts))
        if wide <= limit:
            found.append(_Alarm(int(days[at]) - 1, window, wide, counts))
    return found


def _unrest(cell: _Cell, past: int, start: int, counts: tuple[int, int, int, int]) -> float:
    """The upper tail where the weeks before swing more than chance lets them; 0 where they do not."""
    from scipy.special import ndtr

    k, n, past_k, past_n = counts
    marks = np.arange(start, past - 1, -7)[::-1]
    sigma = laney_sigma(np.diff(cell.k[marks]), np.diff(cell.n[marks]))
    if not sigma > 1:
        return 0.0
    center = (past_k + 0.5) / (past_n + 1)
    spread = np.sqrt(center * (1 - center) * (1 / n + 1 / past_n)) * sigma
    return float(ndtr(-(k / n - center) / spread))


def _episodes(cell: _Cell, alarms: list[_Alarm]) -> list[list[_Alarm]]:
    """Alarms that follow one another within a week, or with nothing but more complaints between them, are one burst."""
    episodes: list[list[_Alarm]] = []
    for alarm in alarms:
        if episodes and _same(cell, episodes[-1], alarm):
            episodes[-1].append(alarm)
        else:
            episodes.append([alarm])
    return episodes


def _same(cell: _Cell, episode: list[_Alarm], alarm: _Alarm) -> bool:
    """Whether an alarm belongs to a burst: it follows soon, or the days up to its window do not fall back."""
    end, begin = episode[-1].day + 1, alarm.day - alarm.window + 1
    near = begin <= end or alarm.day - episode[-1].day <= _APART
    return near or _still(cell, end, begin, episode[0])


def _still(cell: _Cell, start: int, end: int, alarm: _Alarm) -> bool:
    """Whether the days [start, end) surely have more complaints than those before an alarm (Fisher, one-sided)."""
    from scipy.stats import hypergeom

    k, n = (int(sums[end] - sums[start]) for sums in (cell.k, cell.n))
    past_k, past_n = alarm.counts[2:]
    return float(hypergeom.sf(k - 1, n + past_n, k + past_k, n)) <= _GOES_ON


def _unowned(found: pd.DataFrame, heard: pd.DataFrame) -> pd.DataFrame:
    """The bursts without those of the whole shop that are one product's: it made most complaints of the window."""
    owned = [row["product_id"] == WHOLE_SHOP and _one_owner(row, heard) for _, row in found.iterrows()]
    return found[~np.array(owned, dtype=bool)]


def _one_owner(burst: pd.Series, heard: pd.DataFrame) -> bool:
    inside = heard["day"].between(burst["from_day"], burst["alarm_day"]) & (heard["cause"] == burst["cause"])
    return bool(heard.loc[inside, "product_id"].value_counts().iloc[0] * 2 > burst["k"])


def _unshared(found: pd.DataFrame, heard: pd.DataFrame, voices: pd.DataFrame) -> pd.DataFrame:
    """The bursts without those of products that only share what the whole shop suffers: no worse than the others."""
    whole = found[found["product_id"] == WHOLE_SHOP]
    shared = [_meets(burst, whole) and not _worse(burst, heard, voices) for burst in found.itertuples()]
    return found[~np.array(shared, dtype=bool)]


def _meets(burst: Any, whole: pd.DataFrame) -> bool:
    """Whether a burst of a product lies in the days of one of the whole shop."""
    alike = whole[(whole["cause"] == burst.cause) & (burst.product_id != WHOLE_SHOP)]
    return bool(((alike["from_day"] <= burst.last_day) & (alike["last_day"] >= burst.from_day)).any())


def _worse(burst: Any, heard: pd.DataFrame, voices: pd.DataFrame) -> bool:
    """Whether a product surely has more complaints in the days of its burst than all others (Fisher, one-sided)."""
    from scipy.stats import hypergeom

    named = heard[heard["cause"] == burst.cause]
    all_k, all_n = (int(rows["day"].between(burst.from_day, burst.alarm_day).sum()) for rows in (named, voices))
    return float(hypergeom.sf(burst.k - 1, all_n, all_k, burst.n)) <= _OWN


def _row(cell: _Cell, first: pd.Timestamp, episode: list[_Alarm]) -> tuple[object, ...]:
    alarm = episode[0]
    at = [first + pd.Timedelta(days=day) for day in (alarm.day - alarm.window + 1, alarm.day, episode[-1].day)]
    verdict = REAL if alarm.counts[0] >= _SURE else POSSIBLE
    return cell.product, cell.cause, *at, *alarm.counts, alarm.p, verdict, *_now(cell, first, episode)


def _now(cell: _Cell, first: pd.Timestamp, episode: list[_Alarm]) -> tuple[object, ...]:
    """When a burst was last seen, whether it goes on, and the counts of the newest days."""
    end, start = len(cell.k) - 1, max(len(cell.k) - 1 - RECENT_DAYS, 0)
    k, n = (int(sums[end] - sums[start]) for sums in (cell.k, cell.n))
    goes_on = _still(cell, start, end, episode[0])
    seen = int(np.flatnonzero(np.diff(cell.k[: end + 1 if goes_on else episode[-1].day + 2]))[-1])
    return first + pd.Timedelta(days=seen), goes_on, k, n
