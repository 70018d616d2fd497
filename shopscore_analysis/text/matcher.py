"""Which complaints the lexicon finds in a batch, and which of them are denied."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shopscore_analysis.text.clauses import boundaries
from shopscore_analysis.text.compiled import Lexicon
from shopscore_analysis.text.lexicon import CAUSE_NAMES, CLASSES, FAINT, FAULTS, OWNED, ROLES
from shopscore_analysis.text.loops import compiled
from shopscore_analysis.text.normalize import Batch

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_DENY, _POST, _SUSPEND, _CONTRAST, _GUARD, _COURIER, _DESK = (1 << index for index in range(len(ROLES)))
_NAMED = (1 << FAINT) - 1  # the causes and plain dissatisfaction
_BY_COURIER = 1 << CAUSE_NAMES.index("courier")
_RUDE, _MUTE = (1 << CAUSE_NAMES.index(name) for name in ("bad_attitude", "slow_response"))
_NEIGHBOURS = 10  # how many earlier matches are looked at for an aspect
_POST_REACH = 3
_PLACE = 31  # bits of a place in a batch
_CHAIN = 3  # denials that may stand in a row (不是没有色差)


@dataclass(frozen=True)
class Found:
    """Statements of the lexicon in a batch, one row each, ordered by text and start.

    `text` is the row of the batch, `kind` an index into CLASSES, [`start`, `end`) the span in that text;
    `denied` marks what the text says is not so, `paired` what an aspect and a fault make up together, `owned` the
    phrases of a shop's own lexicon.
    `clauses` numbers the clause of every character of the batch.
    """

    text: Ints
    kind: Ints
    start: Ints
    end: Ints
    denied: Bools
    paired: Bools
    owned: Bools
    clauses: Ints


@dataclass(frozen=True)
class _Matches:
    """Patterns found in a batch, sorted by start, the longest first; positions in the whole batch.

    `pattern` is the kind of the pattern: its row in the arrays of the lexicon.
    """

    pattern: Ints
    start: Ints
    end: Ints

    def keep(self, mask: Bools) -> _Matches:
        rows = np.flatnonzero(mask)  # and not the mask once a column, which takes several times as long
        return _Matches(self.pattern[rows], self.start[rows], self.end[rows])


@dataclass(frozen=True)
class _Statements:
    """Phrases and pairs. What is stated fills [`core`, `end`): the fault of a pair, a phrase without its 有 or 是."""

    start: Ints
    core: Ints
    end: Ints
    classes: Ints
    paired: Bools
    owned: Bools

    def keep(self, mask: Bools | Ints) -> _Statements:
        rows = np.flatnonzero(mask) if mask.dtype == np.bool_ else mask
        return _Statements(*(getattr(self, field.name)[rows] for field in fields(self)))


def find(batch: Batch, lexicon: Lexicon) -> Found:
    """Everything the lexicon states about the texts of a batch."""
    matches = _unguarded(_shut(_matches(batch, lexicon), batch, lexicon), lexicon)
    ends = boundaries(batch.codes)
    clause = np.cumsum(ends | _contrasts(matches, lexicon, len(ends)), dtype=np.int64)
    stated = _attributed(_strongest(_statements(matches, lexicon, clause)), matches, lexicon, clause, batch)
    marks = _marks(matches, lexicon, _DENY)
    marks = marks.keep(~_inside(marks, stated))
    denied = _reaching(marks, matches, _DENY, lexicon, stated.core, clause) % 2 == 1
    denied |= stated.paired & (_reaching(marks, matches, _DENY, lexicon, stated.start, clause) % 2 == 1)
    denied ^= _denied_after(matches, lexicon, stated, clause, ends)
    denied |= _reaching(_marks(matches, lexicon, _SUSPEND), matches, _SUSPEND, lexicon, stated.start, clause) > 0
    return _rows(batch, stated, denied, clause)


def _matches(batch: Batch, lexicon: Lexicon) -> _Matches:
    return _Matches(*lexicon.trie.walk(batch.codes))


def _shut(matches: _Matches, batch: Batch, lexicon: Lexicon) -> _Matches:
    """The matches without phrases that end in a denial of the fault behind it (味道不 in 味道不错)."""
    acts = (lexicon.classes & _NAMED > 0) | (lexicon.faults > 0)
    complains = acts[matches.pattern]
    begins = np.zeros(len(batch.codes) + 1, dtype=np.bool_)
    begins[matches.start[complains]] = True
    ajar = np.flatnonzero((acts & lexicon.ajar)[matches.pattern])
    behind = matches.end[ajar]
    shut = np.zeros(len(complains), dtype=np.bool_)
    shut[ajar] = begins[behind] | np.isin(batch.codes[behind], _faults())
    return matches.keep(~shut)


@lru_cache(maxsize=1)
def _faults() -> NDArray[np.uint32]:
    return np.array([ord(sign) for sign in FAULTS], dtype=np.uint32)


def _unguarded(matches: _Matches, lexicon: Lexicon) -> _Matches:
    """The matches that no protecting word holds whole (慢慢) or takes the end of (很干 in 很干净).

    A word that protects and suspends (别家) still suspends, unless a longer one holds it (比别家).
    """
    guards = _marks(matches, lexicon, _GUARD)
    suspends = lexicon.roles[matches.pattern] & _SUSPEND > 0
    return matches.keep(_free(matches.start, matches.end, guards.start, guards.end, suspends))


@compiled
def _free(start: Ints, end: Ints, guard_start: Ints, guard_end: Ints, suspends: Bools) -> Bools:
    """Which matches no guard holds or takes the end of; guards do not overlap."""
    free = np.ones(len(start), dtype=np.bool_)
    first = 0
    for row in range(len(start)):
        while first < len(guard_start) and guard_end[first] <= start[row]:
            first += 1
        guard = first
        while guard < len(guard_start) and guard_start[guard] < end[row]:
            same = guard_start[guard] == start[row] and guard_end[guard] == end[row]
            inside = guard_start[guard] <= start[row] and guard_end[guard] >= end[row]
            behind = guard_start[guard] > start[row] and guard_end[guard] > end[row]
            free[row] &= not behind and not (inside and not (same and suspends[row]))
            guard += 1
    return free


def _marks(matches: _Matches, lexicon: Lexicon, role: int) -> _Matches:
    """The marks of a role; of overlapping ones the first and longest."""
    marks = matches.keep(lexicon.roles[matches.pattern] & role > 0)
    return marks.keep(marks.start >= _before(marks.end))


def _before(values: Ints) -> Ints:
    """For each row, the greatest value of the rows before it (0 for the first)."""
    greatest = np.maximum.accumulate(values)
    return np.concatenate([np.zeros(min(1, len(values)), np.int64), greatest[:-1]])


def _contrasts(matches: _Matches, lexicon: Lexicon, size: int) -> Bools:
    """Where a contrast begins a new clause: not right behind an aspect (质量就是不好)."""
    marks = np.zeros(size, dtype=np.bool_)
    behind = np.zeros(size + 1, dtype=np.bool_)
    behind[matches.end[lexicon.aspects[matches.pattern] > 0]] = True
    starts = matches.start[lexicon.roles[matches.pattern] & _CONTRAST > 0]
    marks[starts[~behind[starts]]] = True
    return marks


def _statements(matches: _Matches, lexicon: Lexicon, clause: Ints) -> _Statements:
    """All phrases and pairs, sorted by start, the longest first."""
    phrase = matches.keep(lexicon.classes[matches.pattern] > 0)
    first, second, classes = _pairs(matches, lexicon, clause)
    both = _Statements(
        np.concatenate([phrase.start, matches.start[first]]),
        np.concatenate([phrase.start + lexicon.lead[phrase.pattern], matches.start[second]]),
        np.concatenate([phrase.end, matches.end[second]]),
        np.concatenate([lexicon.classes[phrase.pattern], classes]),
        np.repeat([False, True], [len(phrase.start), len(first)]),
        np.append(lexicon.roles[phrase.pattern] & OWNED > 0, np.zeros(len(first), dtype=np.bool_)),
    )
    order = (both.start << _PLACE | ((1 << (_PLACE - 1)) - both.end)) << 1 | both.paired
    return both.keep(np.argsort(order, kind="stable"))  # two sorted runs, which a stable sort merges


def _pairs(matches: _Matches, lexicon: Lexicon, clause: Ints) -> tuple[Ints, Ints, Ints]:
    """Rows of the aspects, rows of the faults, and class bits of all pairs.

    A fault belongs to the nearest aspect before it, and to aspects that stand right before that one
    (包装质量差 blames both).
    """
    aspects, faults = lexicon.aspects[matches.pattern], lexicon.faults[matches.pattern]
    home = clause[matches.start]
    first, second, classes = _paired(
        matches.start, matches.end, home, aspects, faults, lexicon.pair_classes, lexicon.pair_reach
    )
    return first, second, classes


@compiled
def _paired(
    start: Ints, end: Ints, home: Ints, aspects: Ints, faults: Ints, pair_classes: Ints, pair_reach: Ints
) -> tuple[Ints, Ints, Ints]:
    """Rows of aspects and of faults behind them that make a pair, and the class bits of each."""
    found = np.empty((3, _NEIGHBOURS * (faults > 0).sum()), dtype=np.int64)
    size = 0
    for fault in range(len(faults)):
        nearest = np.int64(-1)
        for row in range(fault - 1, max(fault - _NEIGHBOURS, 0) - 1, -1):
            if faults[fault] == 0 or home[row] != home[fault]:
                break
            gap = start[fault] - end[row]
            if gap < 0 or aspects[row] & faults[fault] == 0 or (nearest >= 0 and end[row] < nearest):
                continue
            nearest = start[row]
            classes = np.int64(0)
            for pair in range(len(pair_classes)):
                if (aspects[row] & faults[fault]) >> pair & 1 and gap <= pair_reach[pair]:
                    classes |= pair_classes[pair]
            if classes:
                found[0, size], found[1, size], found[2, size] = row, fault, classes
                size += 1
    return found[0, :size].copy(), found[1, :size].copy(), found[2, :size].copy()


def _strongest(stated: _Statements) -> _Statements:
    """The statements that no other one explains better.

    A phrase yields to a longer phrase around it (服务差 in 快递服务差), to a pair with the same end
    (太小 in 声音太小), and to a phrase that begins inside it and goes on (有点小 in 有点小贵).
    """
    alone = ~stated.paired
    around = _before(np.where(alone, stated.end, 0)) >= stated.end
    ends = stated.end[stated.paired]
    owner = np.full(int(stated.end.max(initial=0)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(owner, ends, stated.start[stated.paired])
    yields = alone & (around | (owner[stated.end] <= stated.start))
    left = stated.keep(~yields)
    return left.keep(~_overrun(left))


def _overrun(stated: _Statements) -> Bools:
    """Which phrases the next phrase, of other classes, begins inside of and outlasts."""
    alone = np.flatnonzero(~stated.paired)
    now, then = alone[:-1], alone[1:]
    over = (stated.start[then] < stated.end[now]) & (stated.end[then] > stated.end[now])
    overrun = np.zeros(len(stated.start), dtype=np.bool_)
    overrun[now] = over & (stated.classes[now] & stated.classes[then] == 0)
    return overrun


def _attributed(stated: _Statements, matches: _Matches, lexicon: Lexicon, clause: Ints, batch: Batch) -> _Statements:
    """The statements, with the manners of couriers told of couriers: of whom is named last.

    Where a courier and the desk are named side by side (客服和快递员态度都差), both are meant.
    """
    people = _marks(matches, lexicon, _COURIER | _DESK)
    about = np.flatnonzero((stated.classes & (_RUDE | _MUTE) > 0) & ~stated.owned)
    if not len(people.start) or not len(about):
        return stated
    about, who = _named(stated, about, people, clause, batch)
    courier = lexicon.roles[people.pattern] & _COURIER > 0
    before = np.maximum(who - 1, 0)
    joined = (who > 0) & (people.start[who] - people.end[before] <= 1) & (courier[who] != courier[before])
    joined &= clause[people.start[who]] == clause[people.start[before]]
    classes = stated.classes.copy()
    classes[about[courier[who] | joined]] |= _BY_COURIER
    classes[about[courier[who] & ~joined]] &= ~(_RUDE | _MUTE)
    return replace(stated, classes=classes)


def _named(stated: _Statements, about: Ints, people: _Matches, clause: Ints, batch: Batch) -> tuple[Ints, Ints]:
    """Rows of the statements that name somebody in their clause, or the one before if rude, and of those people."""
    behind = stated.end[about] + 2 * (batch.codes[stated.end[about]] == ord("的"))  # 态度恶劣的快递员
    who = np.searchsorted(people.start, behind) - 1
    begins = batch.starts[np.searchsorted(batch.starts, stated.start[about], side="right") - 1]
    apart = clause[stated.start[about]] - clause[people.start[who]]
    near = apart <= (stated.classes[about] & _RUDE > 0)  # who is silent is named in the same clause
    told = (who >= 0) & near & (people.start[who] >= begins)
    return about[told], who[told]


def _inside(marks: _Matches, stated: _Statements) -> Bools:
    """Which marks are part of what is stated (不 in 不新鲜): they deny nothing else."""
    if not len(stated.core):
        return np.zeros(len(marks.start), dtype=np.bool_)
    order = np.argsort(stated.core, kind="stable")
    core, longest = stated.core[order], np.maximum.accumulate(stated.end[order])
    last = np.searchsorted(core, marks.start, side="right") - 1
    return np.asarray((last >= 0) & (longest[np.maximum(last, 0)] >= marks.end))


def _reaching(marks: _Matches, matches: _Matches, role: int, lexicon: Lexicon, start: Ints, clause: Ints) -> Ints:
    """For each position, how many of the marks before it in its clause reach it.

    A mark that stands right before a reaching mark reaches as far (不是没有色差: two).
    """
    reach = lexicon.reach[marks.pattern]
    every = matches.keep(lexicon.roles[matches.pattern] & role > 0)  # of one start the shortest is the last
    shortest = every.end[np.searchsorted(every.start, marks.start, side="right") - 1]
    counts: Ints = _reached(start, clause, marks.start, marks.end, shortest, reach)
    return counts


@compiled
def _reached(start: Ints, clause: Ints, mark_start: Ints, mark_end: Ints, shortest: Ints, reach: Ints) -> Ints:
    """How many marks reach each position: the last one before it, and those in a row before that one.

    A mark that ends inside of what stands there is before it if a shorter one with its start is (没 of 没有 and 有差).
    """
    counts = np.zeros(len(start), dtype=np.int64)
    for row in range(len(start)):
        target, far = start[row], True
        mark = np.searchsorted(mark_end, target, side="right") - 1
        if mark + 1 < len(mark_start) and shortest[mark + 1] <= target:
            mark += 1
        for _ in range(_CHAIN):
            if mark < 0 or target - mark_end[mark] > (reach[mark] if far else 1):
                break
            if clause[mark_start[mark]] != clause[min(start[row], len(clause) - 1)]:
                break
            counts[row] += 1
            target, far, mark = mark_start[mark], False, mark - 1
    return counts


def _denied_after(matches: _Matches, lexicon: Lexicon, stated: _Statements, clause: Ints, ends: Bools) -> Bools:
    """Which statements are denied at the end of their clause (色差也没有)."""
    marks = _marks(matches, lexicon, _POST)
    marks = marks.keep(ends[marks.end] & ~_inside(marks, stated))
    if not len(marks.start):
        return np.zeros(len(stated.start), dtype=np.bool_)
    rows = np.minimum(np.searchsorted(marks.start, stated.end), len(marks.start) - 1)
    gap = marks.start[rows] - stated.end
    near = (gap >= 0) & (gap <= _POST_REACH)
    return np.asarray(near & (clause[marks.start[rows]] == clause[stated.start]))


def _rows(batch: Batch, stated: _Statements, denied: Bools, clauses: Ints) -> Found:
    row, kind, text = _classed(stated.classes, stated.start, batch.starts, len(CLASSES))
    origin = batch.starts[text]
    spans = stated.start[row] - origin, stated.end[row] - origin
    return Found(text, kind, *spans, denied[row], stated.paired[row], stated.owned[row], clauses)


@compiled
def _classed(classes: Ints, start: Ints, starts: Ints, many: int) -> tuple[Ints, Ints, Ints]:
    """A row for each class that a statement has: the statement, the class, and the text that it starts in."""
    found = np.empty((3, many * len(classes)), dtype=np.int64)
    size, text = 0, 0
    for row in range(len(classes)):
        while starts[text + 1] <= start[row]:
            text += 1
        for kind in range(many):
            if classes[row] >> kind & 1:
                found[0, size], found[1, size], found[2, size] = row, kind, text
                size += 1
    return found[0, :size].copy(), found[1, :size].copy(), found[2, :size].copy()
