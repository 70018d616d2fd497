"""A table of chat lines → its lines, masked. No public export format is known: headers are found by alias."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shopscore_analysis.errors import ExportError
from shopscore_analysis.read.formats import read_table
from shopscore_analysis.read.privacy import mask_all
from shopscore_analysis.read.times import time
from shopscore_analysis.read.values import cleaned

ALIASES = {
    "text": ("内容", "消息内容", "消息", "聊天内容", "聊天记录", "发言", "text", "message", "content"),
    "at": ("时间", "发送时间", "消息时间", "日期", "time", "sent_at", "created_at"),
    "role": ("角色", "发送方", "发送者", "身份", "发送人类型", "role", "sender"),
    "session": ("会话ID", "会话id", "会话编号", "会话", "session", "session_id"),
    "order_ref": ("订单号", "订单编号", "订单ID", "主订单编号", "子订单编号", "order_id"),
    "product": ("商品", "商品名称", "product"),
}
BUYERS = ("买家", "用户", "客户", "顾客", "消费者", "访客", "buyer", "customer", "user")
AGENTS = (
    "客服",
    "服务",
    "商家",
    "卖家",
    "经理",
    "代表",
    "顾问",
    "专员",
    "运营",
    "service",
    "support",
    "agent",
    "seller",
    "care",
)
MACHINES = ("系统", "机器", "自动", "智能", "system", "robot", "bot", "auto")
COLUMNS = ("record", *ALIASES, "buyer", "agent", "answered_at")


def read_chat(path: Path) -> pd.DataFrame:
    """The lines of a csv, xlsx or jsonl file: COLUMNS, `text` masked.

    `buyer`: whether the line is the buyer's; all are where no column says who speaks. `agent`: whether somebody of the
    shop wrote it; what a machine says is neither. `answered_at`: the agent's next line of the same session. Columns
    that are not asked for, such as nicks, are not kept. Raises ExportError where no column holds the text.
    """
    table = read_table(path)
    cells = {name: cleaned(table[column].combine_chunks()) for name, column in _columns(table, path).items()}
    cells |= {"text": mask_all(pc.fill_null(cells["text"], "")), "at": time(cells.get("at", _blank(table))).values}
    lines = pa.table({name: cells.get(name, _blank(table)) for name in ALIASES}).to_pandas()
    spoken = lines.assign(record=_keys(lines), **_speakers(lines["role"]))
    return _answered(spoken)[list(COLUMNS)]


def _columns(table: pa.Table, path: Path) -> dict[str, str]:
    """Which column of the table holds what."""
    names = {name.strip(): name for name in table.column_names}
    known = {wanted: [alias for alias in aliases if alias in names] for wanted, aliases in ALIASES.items()}
    if not known["text"]:
        expected = "、".join(ALIASES["text"][:4])
        raise ExportError(f"expected a column of chat lines such as {expected}, found {', '.join(names)}", path)
    return {wanted: names[aliases[0]] for wanted, aliases in known.items() if aliases}


def _blank(table: pa.Table) -> pa.Array:
    return pa.nulls(table.num_rows, pa.string())


def _keys(lines: pd.DataFrame) -> list[str]:
    """A key a line, the same whenever the same file is read."""
    said = zip(lines.index, lines["session"].fillna(""), lines["at"].astype("str"), lines["text"], strict=True)
    return [hashlib.blake2b("\x1f".join(map(str, line)).encode(), digest_size=16).hexdigest() for line in said]


def _speakers(role: pd.Series) -> dict[str, pd.Series]:
    """Whether each line is the buyer's, and whether an agent's; 客户服务 is no 客户, and a machine is neither."""
    folded = role.fillna("").str.lower()
    machine, agent, buyer = (_named(folded, words) for words in (MACHINES, AGENTS, BUYERS))
    ours = ((folded == "") | buyer) & ~agent & ~machine
    return {"buyer": ours, "agent": ~ours & ~machine}


def _named(role: pd.Series, words: tuple[str, ...]) -> pd.Series:
    return role.map(lambda who: any(word in who for word in words)).astype(bool)


def _answered(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines with the time of the shop's next line in the same session."""
    known = lines[lines["session"].notna() & lines["at"].notna()].sort_values("at", kind="stable")
    own = known["at"].where(known["agent"])
    return lines.assign(answered_at=own.groupby(known["session"]).bfill().reindex(lines.index))
