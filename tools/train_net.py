"""Train the net over characters that `shopscore_analysis.text.net` applies. Used by train_tagger.py; needs PyTorch.

The net learns causes where texts are labelled, and on the way, from all texts, whether they are favourable and what
goods they speak of: that teaches it which characters are kin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from shopscore_analysis.text.lexicon import CAUSE_NAMES
from shopscore_analysis.text.net import EDGE, FIRST, LIMIT, MARGIN, MOST_SAID, UNKNOWN, WIDTHS, Net
from shopscore_analysis.text.normalize import Batch

SEED, KIN, FEATURES = 0, 64, 64
PASSES, TEXTS_A_STEP, FASTEST, DECAY, WARM = 20, 64, 3e-3, 1e-2, 200
FORGOTTEN, FORGOTTEN_KIN, UNHEARD = 0.2, 0.2, 0.04  # shares left out by chance: features, kinship, whole characters
LABELS_SAY, GOODS_SAY = 2.0, 0.2  # weight of labels and of goods beside the flag
SEEN = 5  # texts that must hold a character before it has a row of its own
LONGEST = 300  # characters of a text that training reads
NOT_KNOWN = -1  # a flag, or a kind of goods


@dataclass(frozen=True)
class Lessons:
    """Texts and what is known of them.

    `codes` the folded characters of each, `stated` [n, 2 · classes] what the lexicon finds and finds denied, `truth`
    [n, outputs] and `weight` [n] its labels and their weight (0: not labelled), `flag` and `goods` [n] whether it is
    unfavourable and of what goods it speaks (-1: not known).
    """

    codes: list[np.ndarray]
    stated: np.ndarray
    truth: np.ndarray
    weight: np.ndarray
    flag: np.ndarray
    goods: np.ndarray

    def some(self, use: np.ndarray) -> Lessons:
        """The lessons of the texts in use."""
        rows = np.flatnonzero(use)
        every = (self.stated, self.truth, self.weight, self.flag, self.goods)
        return Lessons([self.codes[i] for i in rows], *(each[rows] for each in every))


class Learner(nn.Module):
    """The net as it learns."""

    def __init__(self, characters: int, outputs: int, classes: int, goods: int) -> None:
        super().__init__()
        self.kin = nn.Embedding(characters, KIN, padding_idx=EDGE)
        self.windows = nn.ModuleList(nn.Conv1d(KIN, FEATURES, width) for width in WIDTHS)
        self.out = nn.Linear(len(WIDTHS) * FEATURES + classes, outputs)
        self.flag = nn.Linear(len(WIDTHS) * FEATURES, 1)
        self.goods = nn.Linear(len(WIDTHS) * FEATURES, goods)
        self.forget, self.forget_kin = nn.Dropout(FORGOTTEN), nn.Dropout(FORGOTTEN_KIN)

    def forward(self, rows: torch.Tensor, stated: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Logits of the outputs, of the flag and of the goods."""
        kin = self.forget_kin(self.kin(rows)).transpose(1, 2)
        felt = [
            functional.relu(window(kin[:, :, MARGIN - width :]).amax(2))
            for width, window in zip(WIDTHS, self.windows, strict=True)
        ]
        heard = self.forget(torch.cat(felt, 1))
        return self.out(torch.cat([heard, stated], 1)), self.flag(heard)[:, 0], self.goods(heard)


def texts_of(batch: Batch) -> list[np.ndarray]:
    """The characters of each text of a batch."""
    return [batch.codes[start : end - 1].copy() for start, end in zip(batch.starts, batch.starts[1:], strict=False)]


def learnt(lessons: Lessons) -> Net:
    """The net that these lessons teach; the same each time on the same machine."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    codes, count = np.unique(np.concatenate([np.unique(text) for text in lessons.codes]), return_counts=True)
    characters = codes[count >= SEEN].astype(np.uint32)
    rows = [numbered(text[:LONGEST], characters) for text in lessons.codes]
    learner = Learner(
        len(characters) + FIRST, lessons.truth.shape[1], lessons.stated.shape[1], int(lessons.goods.max()) + 1
    )
    teach(learner, rows, lessons, np.random.default_rng(SEED))
    return whole_numbers(learner, characters)


def numbered(text: np.ndarray, characters: np.ndarray) -> np.ndarray:
    """The rows of a text's characters."""
    at = np.searchsorted(characters, text).clip(max=len(characters) - 1)
    return np.where(characters[at] == text, at + FIRST, UNKNOWN)


def teach(learner: Learner, rows: list[np.ndarray], lessons: Lessons, chance: np.random.Generator) -> None:
    """Go over all lessons PASSES times, ever slower after a short start."""
    optimizer = torch.optim.AdamW(learner.parameters(), FASTEST, weight_decay=DECAY)
    size = np.array([len(each) for each in rows])
    steps, done = PASSES * -(-len(rows) // TEXTS_A_STEP), 0
    learner.train()
    for _ in range(PASSES):
        for texts in steps_of(size, chance):
            for group in optimizer.param_groups:
                group["lr"] = FASTEST * min(1, (done + 1) / WARM) * (1 - done / (steps + 1))
            optimizer.zero_grad()
            loss(learner, framed([rows[i] for i in texts]), lessons, texts).backward()
            optimizer.step()
            done += 1


def steps_of(size: np.ndarray, chance: np.random.Generator) -> list[np.ndarray]:
    """The texts of each step, in an order of chance, those of one step alike in length."""
    order, steps = chance.permutation(len(size)), []
    for at in range(0, len(size), 32 * TEXTS_A_STEP):
        block = order[at : at + 32 * TEXTS_A_STEP]
        block = block[np.argsort(size[block], kind="stable")]
        steps += [block[begin : begin + TEXTS_A_STEP] for begin in range(0, len(block), TEXTS_A_STEP)]
    return [steps[i] for i in chance.permutation(len(steps))]


def framed(rows: list[np.ndarray]) -> torch.Tensor:
    """Texts as one array with edges on both sides: the windows that `felt` sees, of all texts of a step."""
    table = np.full((len(rows), max(map(len, rows)) + 2 * MARGIN - 1), EDGE, dtype=np.int64)
    for line, text in zip(table, rows, strict=True):
        line[MARGIN - 1 : MARGIN - 1 + len(text)] = text
    return torch.from_numpy(table)


def loss(learner: Learner, rows: torch.Tensor, lessons: Lessons, texts: np.ndarray) -> torch.Tensor:
    """What is still wrong with what the learner says of some texts, a text."""
    muffled = torch.where((torch.rand(rows.shape) < UNHEARD) & (rows != EDGE), UNKNOWN, rows)
    stated = torch.tensor(np.minimum(lessons.stated[texts], MOST_SAID), dtype=torch.float32)
    said, flag, goods = learner(muffled, stated)
    truth = torch.tensor(lessons.truth[texts], dtype=torch.float32)
    weight = torch.tensor(lessons.weight[texts], dtype=torch.float32)
    wrong = functional.binary_cross_entropy_with_logits(said, truth, reduction="none").sum(1)
    total = LABELS_SAY * (wrong * weight).sum()
    known = torch.tensor(lessons.flag[texts] != NOT_KNOWN)
    if known.any():
        flags, kinds = (torch.tensor(each[texts])[known] for each in (lessons.flag, lessons.goods))
        total = total + functional.binary_cross_entropy_with_logits(flag[known], flags.float(), reduction="sum")
        total = total + GOODS_SAY * functional.cross_entropy(goods[known], kinds, reduction="sum")
    return total / len(texts)


def whole_numbers(learner: Learner, characters: np.ndarray) -> Net:
    """The learner's weights as the whole numbers of a `Net`."""
    kin = learner.kin.weight.detach().numpy().astype(np.float64)
    windows = np.concatenate([each.weight.detach().numpy().transpose(1, 2, 0) for each in learner.windows], axis=1)
    lift = np.stack([each.bias.detach().numpy() for each in learner.windows])
    causes = slice(0, len(CAUSE_NAMES))  # the complaint is learnt along with them, and left to the linear model
    out = learner.out.weight.detach().numpy()[causes].astype(np.float64)
    per_kin = np.abs(kin).max() / 127
    per_window = np.abs(windows).max(axis=0) / 127
    greatest = np.abs(np.tensordot(kin, windows, axes=(1, 0))).max()
    a_unit = LIMIT / greatest  # whole numbers in 1 of a feature
    speak, state = out[:, : lift.size] / a_unit, out[:, lift.size :]
    scale = np.abs(speak).max(axis=1) / 127
    net = Net(
        characters=characters,
        kin=np.round(kin / per_kin).astype(np.int8),
        windows=np.round(windows / per_window).astype(np.int8),
        unit=(per_kin * per_window * a_unit).astype(np.float32),
        lift=np.round(lift * a_unit).clip(-(2**15), 2**15 - 1).astype(np.int16),
        speak=np.round(speak / scale[:, None]).T.astype(np.int8),
        state=np.round(state / scale[:, None]).T.astype(np.int32),
        scale=scale,
        bias=learner.out.bias.detach().numpy()[causes].astype(np.float64),
    )
    sums = (2**15 + np.abs(net.lift.astype(np.int64)).ravel()) @ np.abs(net.speak.astype(np.int64))
    if (sums + MOST_SAID * np.abs(net.state.astype(np.int64)).sum(axis=0)).max() >= 2**31:
        raise ValueError(
            "expected sums of 31 bits, found weights whose sums run over; shrink what `speak` is rounded to"
        )
    return net
