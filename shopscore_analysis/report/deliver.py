"""A published report → mail and chat, by Apprise: within each channel's bytes, tried again, told truly.

Addresses come from the environment only, because a webhook's address is its password:
SHOPSCORE_SEND_TO (Apprise addresses, separated by blanks), SHOPSCORE_SEND_TO_<SHOP'S FOLDER> for one shop,
SHOPSCORE_SEND_OWNER for whoever must know of failures.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shopscore_analysis.errors import ReportError, SettingsError
from shopscore_analysis.report import twins
from shopscore_analysis.report.post import Answer, post

TO, OWNER = "SHOPSCORE_SEND_TO", "SHOPSCORE_SEND_OWNER"
MAIL = "mail"
_KINDS = {"mailto": MAIL, "mailtos": MAIL, "feishu": "feishu", "lark": "feishu", "dingtalk": "dingtalk",
          "wecombot": "wecom"}  # fmt: skip
_MOST = {"wecom": 2_000}  # Apprise sends WeCom plain text, of which the bot takes 2,048 bytes
_FILE_BYTES = 15_000_000  # of all attachments of a mail; many servers refuse 20 MB and more
_LONGEST = 120.0  # seconds that a channel may ask us to wait


@dataclass(frozen=True)
class Channel:
    """Where to send: the secret `address`, its `kind`, and the `name` by which it may be printed."""

    address: str
    kind: str
    name: str


@dataclass(frozen=True)
class Payload:
    """What one kind of channel gets."""

    title: str
    body: str
    html: bool = False
    files: tuple[Path, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the body in UTF-8."""
        return len(self.body.encode("utf-8"))


@dataclass(frozen=True)
class Delivery:
    """What became of one channel: sent or not, after how many attempts, and why not."""

    channel: str
    sent: bool
    attempts: int
    reason: str = ""

    def row(self) -> dict[str, Any]:
        """The delivery by name, for JSON."""
        return asdict(self)


def channels(environment: Mapping[str, str], folder: str = "") -> list[Channel]:
    """The channels of a shop's managers: SHOPSCORE_SEND_TO_<FOLDER> if it is set, else SHOPSCORE_SEND_TO."""
    own = f"{TO}_{re.sub(r'[^A-Z0-9]', '_', folder.upper())}"
    return _channels(environment, own if environment.get(own) else TO)


def owners(environment: Mapping[str, str]) -> list[Channel]:
    """The channels of whoever must know of failures."""
    return _channels(environment, OWNER)


def _channels(environment: Mapping[str, str], variable: str) -> list[Channel]:
    addresses = environment.get(variable, "").split()
    return [_channel(address, f"{variable}[{at}]") for at, address in enumerate(addresses, 1)]


def _channel(address: str, place: str) -> Channel:
    scheme, colon, _ = address.partition("://")
    if not colon:
        raise SettingsError(
            f"expected an Apprise address such as feishu://TOKEN in {place}, found no `://`; addresses are separated "
            "by blanks (what was found is not printed: it may be a secret)"
        )
    kind = _KINDS.get(scheme.lower(), scheme.lower())
    return Channel(address, kind, f"{place} ({kind})")


def payload(kind: str, edition: twins.Published, names: Mapping[str, str]) -> Payload:
    """What a kind of channel gets of an edition: a mail the body and the files, a chat the card."""
    if kind == MAIL:
        return Payload(edition.title, twins.mail(edition, names), html=True, files=_files(edition.page))
    return Payload("", twins.card(edition, names, _MOST.get(kind, twins.CARD_BYTES)))


def _files(page: Path) -> tuple[Path, ...]:
    """The page and its workbook, as many as a mail server takes."""
    files, room = [], _FILE_BYTES
    for path in (page, twins.beside(page, "tables.xlsx")):
        if path.exists() and path.stat().st_size <= room:
            files.append(path)
            room -= path.stat().st_size
    return tuple(files)


def untouched(edition: twins.Published) -> None:
    """Nothing, if the page is the one that was checked; ReportError if its bytes are others."""
    expected = edition.facts.get("files", {}).get(edition.page.name)
    if hashlib.sha256(edition.page.read_bytes()).hexdigest() != expected:
        raise ReportError(
            "expected the bytes that were checked when it was published, found others; make it again with "
            "`shopscore report`; nothing was sent",
            edition.page.name,
            said="发布以后被改动过，没有发送",
        )


def draft(edition: twins.Published, names: Mapping[str, str], to: Sequence[Channel]) -> list[Path]:
    """The files of a dry run in outbox/ beside the page: what each channel would get (each kind, where none is set)."""
    unset = f"没有设置 {TO}"
    kinds = to or [Channel("", kind, f"{unset} ({kind})") for kind in (MAIL, "feishu", "dingtalk", "wecom")]
    outbox = edition.page.parent / "outbox"
    written = []
    try:
        outbox.mkdir(exist_ok=True)
        for at, channel in enumerate(kinds, 1):
            made = payload(channel.kind, edition, names)
            path = outbox / f"{at}-{channel.kind}.{'html' if made.html else 'txt'}"
            path.write_text(made.body, encoding="utf-8", newline="\n")
            path.with_suffix(".json").write_text(_about(channel, made), encoding="utf-8", newline="\n")
            written += [path, path.with_suffix(".json")]
    except OSError as error:
        raise ReportError(f"expected to write {outbox}, found: {error.strerror or error}", edition.page.name) from error
    return written


def _about(channel: Channel, made: Payload) -> str:
    about = {"to": channel.name, "title": made.title, "html": made.html, "bytes": made.size,
             "files": {path.name: path.stat().st_size for path in made.files}}  # fmt: skip
    return json.dumps(about, ensure_ascii=False, indent=1) + "\n"


def send(
    edition: twins.Published,
    names: Mapping[str, str],
    to: Sequence[Channel],
    attempts: int = 4,
    pause: float = 5.0,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Delivery]:
    """What became of each channel, in their order; a channel that fails leaves the others alone.

    A channel that is down, slow, answers 429, 5xx or its own code for "too often" is tried `attempts` times, after
    `pause`, 2 · `pause`, 4 · `pause` seconds or what it asks for. Any other refusal is final.
    """
    untouched(edition)
    return [deliver(channel, payload(channel.kind, edition, names), attempts, pause, sleep) for channel in to]


def deliver(
    channel: Channel,
    made: Payload,
    attempts: int = 4,
    pause: float = 5.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Delivery:
    """What became of one payload on one channel."""
    answer = Answer(False, "没有试")
    for attempt in range(1, attempts + 1):
        answer = post(channel.address, made.title, made.body, html=made.html, files=made.files)
        if answer.sent or not answer.passing or attempt == attempts:
            return Delivery(channel.name, answer.sent, attempt, answer.reason)
        sleep(min(answer.wait or pause * 2 ** (attempt - 1), _LONGEST))
    return Delivery(channel.name, False, attempts, answer.reason)


def tell_owner(
    lines: Sequence[str],
    to: Sequence[Channel],
    attempts: int = 4,
    pause: float = 5.0,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Delivery]:
    """What became of the word to the owner that something failed: plain lines, in every channel's limits."""
    title = "体验分周报：有失败，管理者没有收到"
    bodies = {
        channel: twins.fitted(lines, "详见 shopscore runs", _MOST.get(channel.kind, twins.CARD_BYTES)) for channel in to
    }
    return [
        deliver(channel, Payload(title if channel.kind == MAIL else "", body), attempts, pause, sleep)
        for channel, body in bodies.items()
    ]
