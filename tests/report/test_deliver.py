"""Delivery against real servers on loopback: what arrives, what is tried again, who is told, what stays secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from apprise.plugins.base import NotifyBase
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from shopscore_analysis.errors import ReportError, SettingsError
from shopscore_analysis.report import deliver, dispatch, twins
from shopscore_analysis.report.deliver import Channel, Delivery, channels, draft, owners, payload, send, tell_owner
from shopscore_analysis.report.due import Outcome
from shopscore_analysis.shop import Shop
from tests.report import editions, receivers
from tests.report.receivers import Mailbox, Receiver, Says
from tests.show import worlds

SECRET = "0123456789abcdef"
BOTS = {"feishu": NotifyFeishu, "dingtalk": NotifyDingTalk, "wecombot": NotifyWeComBot}


@pytest.fixture
def edition(tmp_path: Path) -> twins.Published:
    page = editions.publish(tmp_path / "2026-W46")
    editions.write_tables(page)
    return twins.read_edition(page)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """All three bots live on loopback and may be called as fast as the test likes."""
    with receivers.http() as found:
        for name, bot in BOTS.items():
            key = "key" if name == "wecombot" else "token"
            monkeypatch.setattr(bot, "notify_url", f"{found.url}/{name}/{{{key}}}")
        monkeypatch.setattr(NotifyBase, "request_rate_per_sec", 0)
        yield found


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    monkeypatch.setattr(NotifyBase, "request_rate_per_sec", 0)
    with receivers.smtp() as box:
        yield box


def _mail(box: Mailbox, to: str = "boss@example.com") -> str:
    return f"mailto://127.0.0.1:{box.port}?from=shop@example.com&to={to}&mode=insecure"


def _bot(scheme: str = "feishu", options: str = "") -> Channel:
    return channels({"SHOPSCORE_SEND_TO": f"{scheme}://{SECRET}{options}"})[0]


def test_a_mail_arrives_with_subject_body_and_both_files(edition: twins.Published, mailbox: Mailbox) -> None:
    """Byte for byte what was published; the body is the twin."""
    to = channels({"SHOPSCORE_SEND_TO": _mail(mailbox)})
    assert send(edition, worlds.NAMES, to) == [Delivery("SHOPSCORE_SEND_TO[1] (mail)", True, 1)]
    (mail,) = mailbox.mails
    assert mail["subject"] == "测试小店 第46周体验分周报（2026年11月9日—11月15日）"
    assert mailbox.recipients == [["boss@example.com"]]
    body = mail.get_body(("html",))
    assert body is not None and edition.reading.verdict in body.get_content()
    assert len(body.get_content().encode("utf-8")) < twins.MAIL_BYTES
    files = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert set(files) == {"weekly.html", "tables.xlsx"}
    assert files["weekly.html"] == edition.page.read_bytes()
    assert files["tables.xlsx"] == (edition.page.parent / "tables.xlsx").read_bytes()


@pytest.mark.parametrize(("scheme", "limit"), [("feishu", 20_000), ("dingtalk", 20_000), ("wecombot", 2_048)])
def test_each_bot_gets_the_card_within_its_bytes(
    edition: twins.Published, receiver: Receiver, scheme: str, limit: int
) -> None:
    """The text within the bot's limit, the whole request within Feishu's 20 kB; the verdict comes first."""
    many = twins.Published(edition.page, edition.reading, edition.found * 50, edition.facts)
    (done,) = send(many, worlds.NAMES, [_bot(scheme)])
    assert done.sent and done.attempts == 1
    ((path, data),) = receiver.received
    assert path == f"/{scheme}/{SECRET}"
    (body,) = receiver.bodies()
    content = body.get("content") or body["text"]
    text = content.get("text") or content.get("content")
    assert len(text.encode("utf-8")) < min(limit, twins.CARD_BYTES) and len(data) < 20_000
    assert text.splitlines()[1] == edition.reading.verdict


@pytest.mark.parametrize(
    ("answers", "sent", "attempts", "waits", "reason"),
    [
        ([], True, 1, [], ""),
        ([Says(500), Says(503)], True, 3, [5.0, 10.0], ""),
        ([Says(429, headers={"Retry-After": "7"})], True, 2, [7.0], ""),
        ([Says(429, headers={"Retry-After": "86400"})], True, 2, [120.0], ""),
        ([Says(429)] * 9, False, 4, [5.0, 10.0, 20.0], "对方答复 429"),
        ([Says(404)], False, 1, [], "对方答复 404"),
        ([Says(body={"errcode": 45009})], True, 2, [60.0], ""),
        ([Says(body={"code": 11232})], True, 2, [60.0], ""),
        ([Says(body={"errcode": 310000})], False, 1, [], "对方答复 200，代码 310000"),
    ],
    ids=["200", "5xx twice", "429 with a wish", "429 with a long wish", "429 for ever", "404", "200, too often (WeCom)",
         "200, too often (Feishu)", "200 but refused"],
)  # fmt: skip
def test_what_passes_is_tried_again_with_growing_pauses_and_what_does_not_is_told(
    edition: twins.Published,
    receiver: Receiver,
    answers: list[Says],
    sent: bool,
    attempts: int,
    waits: list[float],
    reason: str,
) -> None:
    """A bot's refusal with status 200, which Apprise takes for success, counts as one."""
    receiver.answers, waited = list(answers), []
    (done,) = send(edition, worlds.NAMES, [_bot()], sleep=waited.append)
    assert (done.sent, done.attempts, waited, done.reason) == (sent, attempts, waits, reason)
    assert len(receiver.received) == attempts


def test_a_slow_channel_is_given_up_and_tried_again(edition: twins.Published, receiver: Receiver) -> None:
    """It does not hold the others up."""
    receiver.answers = [Says(after=0.6)]
    (done,) = send(edition, worlds.NAMES, [_bot(options="?rto=0.2")], sleep=lambda seconds: None)
    assert done.sent and done.attempts == 2


def test_a_channel_that_is_down_leaves_the_others_alone_and_no_reason_names_an_address(
    edition: twins.Published, receiver: Receiver, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Success and failure side by side."""
    monkeypatch.setattr(NotifyFeishu, "notify_url", f"http://127.0.0.1:{receivers.free_port()}/{{token}}")
    addresses = f"feishu://{SECRET} {_mail(mailbox)} dingtalk://{SECRET}\n not-a-scheme://{SECRET}"
    done = send(edition, worlds.NAMES, channels({"SHOPSCORE_SEND_TO": addresses}), sleep=lambda seconds: None)
    assert [(one.channel, one.sent, one.attempts) for one in done] == [
        ("SHOPSCORE_SEND_TO[1] (feishu)", False, 4),
        ("SHOPSCORE_SEND_TO[2] (mail)", True, 1),
        ("SHOPSCORE_SEND_TO[3] (dingtalk)", True, 1),
        ("SHOPSCORE_SEND_TO[4] (not-a-scheme)", False, 1),
    ]
    assert done[0].reason == "Apprise 说“A Connection error occurred sending Feishu notification.”"
    assert done[3].reason == "地址的写法 Apprise 认不出"
    assert SECRET not in json.dumps([one.row() for one in done])


def test_a_mail_server_that_is_busy_is_tried_again(edition: twins.Published, mailbox: Mailbox) -> None:
    """451 now, 250 later."""
    mailbox.answers = ["451 try again later"]
    waited: list[float] = []
    (done,) = send(edition, worlds.NAMES, channels({"SHOPSCORE_SEND_TO": _mail(mailbox)}), sleep=waited.append)
    assert done.sent and done.attempts == 2 and waited == [5.0] and len(mailbox.mails) == 1


def test_a_page_that_was_changed_after_its_checks_is_not_sent(edition: twins.Published, receiver: Receiver) -> None:
    """Only what was checked goes out."""
    edition.page.write_text("other", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        send(edition, worlds.NAMES, [_bot()])
    assert str(caught.value) == (
        "weekly.html: expected the bytes that were checked when it was published, found others; make it again with "
        "`shopscore report`; nothing was sent"
    )
    assert receiver.received == []


def test_a_dry_run_writes_each_channels_payload_and_sends_nothing(edition: twins.Published, receiver: Receiver) -> None:
    """What would be sent, how large it is, to which channel; never the address."""
    written = draft(
        edition, worlds.NAMES, [_bot("wecombot"), Channel("mailto://x", "mail", "SHOPSCORE_SEND_TO[2] (mail)")]
    )
    assert [path.name for path in written] == ["1-wecom.txt", "1-wecom.json", "2-mail.html", "2-mail.json"]
    about = json.loads(written[3].read_text(encoding="utf-8"))
    assert about["to"] == "SHOPSCORE_SEND_TO[2] (mail)" and set(about["files"]) == {"weekly.html", "tables.xlsx"}
    assert written[0].read_text(encoding="utf-8") == payload("wecom", edition, worlds.NAMES).body
    assert json.loads(written[1].read_text(encoding="utf-8"))["bytes"] == written[0].stat().st_size < 2_048
    assert SECRET not in "".join(path.read_text(encoding="utf-8") for path in written)
    assert receiver.received == []


def test_a_dry_run_without_addresses_shows_every_kind(edition: twins.Published) -> None:
    """So that a first look needs no account."""
    names = [path.name for path in draft(edition, worlds.NAMES, []) if path.suffix != ".json"]
    assert names == ["1-mail.html", "2-feishu.txt", "3-dingtalk.txt", "4-wecom.txt"]


def test_a_shop_may_have_its_own_managers() -> None:
    """By its folder's name; others share the common ones."""
    environment = {"SHOPSCORE_SEND_TO": "feishu://all", "SHOPSCORE_SEND_TO_SHOP_1": "feishu://one mailto://two"}
    assert [channel.address for channel in channels(environment, "shop-1")] == ["feishu://one", "mailto://two"]
    assert [channel.address for channel in channels(environment, "shop-2")] == ["feishu://all"]
    assert owners(environment) == []


def test_what_is_no_address_is_refused_without_being_printed() -> None:
    """It may be a secret all the same."""
    with pytest.raises(SettingsError) as caught:
        channels({"SHOPSCORE_SEND_TO": f"feishu://{SECRET} {SECRET}"})
    assert str(caught.value) == (
        "expected an Apprise address such as feishu://TOKEN in SHOPSCORE_SEND_TO[2], found no `://`; addresses are "
        "separated by blanks (what was found is not printed: it may be a secret)"
    )


def test_attachments_that_no_server_takes_are_left_out(
    edition: twins.Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page comes first."""
    monkeypatch.setattr(deliver, "_FILE_BYTES", edition.page.stat().st_size)
    assert [path.name for path in payload("mail", edition, worlds.NAMES).files] == ["weekly.html"]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop.create(tmp_path / "shop", "小店", "衣服")
    shop.shelf.put([])
    editions.write_tables(editions.publish(shop.reports / "2026-W46"))
    return shop


def test_failures_go_to_the_owner_and_new_reports_to_the_managers(
    shop: Shop, receiver: Receiver, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The managers hear nothing of a failure; a report made again or an older one is not sent."""
    monkeypatch.setattr(Shop, "week", lambda self, week="": week)
    root = str(shop.root)
    outcomes = [
        Outcome(root, "小店", "2026-W45", "made", "", str(shop.reports / "2026-W45" / "weekly.html")),
        Outcome(root, "小店", "2026-W46", "made", "", str(shop.reports / "2026-W46" / "weekly.html")),
        Outcome("/b", "坏店", "2026-W46", "failed", "weekly.ipynb, cell 3: 出错"),
        Outcome("/c", "旧店", "2026-W46", "remade", "", "weekly.html"),
    ]
    owner = {"SHOPSCORE_SEND_OWNER": _mail(mailbox, "owner@example.com"), "SHOPSCORE_SEND_TO": f"feishu://{SECRET}"}
    done = dispatch.dispatch(outcomes, owner)
    assert [(one.channel, one.sent) for one in done] == [
        ("SHOPSCORE_SEND_TO[1] (feishu)", True), ("SHOPSCORE_SEND_OWNER[1] (mail)", True),
    ]  # fmt: skip
    (card,) = receiver.bodies()
    assert "第46周" in card["content"]["text"] and "坏店" not in card["content"]["text"]
    assert mailbox.recipients == [["owner@example.com"]]
    word = mailbox.mails[0].get_body()
    assert word is not None and "坏店 2026-W46：weekly.ipynb, cell 3: 出错" in word.get_content()


def test_the_owner_hears_of_a_channel_that_failed_and_nobody_to_tell_is_a_failure(
    shop: Shop, receiver: Receiver, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence is no option."""
    monkeypatch.setattr(Shop, "week", lambda self, week="": week)
    receiver.answers = [Says(404), Says(404)]
    environment = {"SHOPSCORE_SEND_TO": f"feishu://{SECRET}", "SHOPSCORE_SEND_OWNER": _mail(mailbox)}
    done = dispatch.sent(shop.root, "2026-W46", "weekly", environment)
    assert [(one.sent, one.reason) for one in done] == [(False, "对方答复 404"), (True, "")]
    word = mailbox.mails[0].get_body()
    assert word is not None
    assert "没有送达 SHOPSCORE_SEND_TO[1] (feishu)：对方答复 404（试了 1 次）" in word.get_content()
    done = dispatch.sent(shop.root, "2026-W46", "weekly", {"SHOPSCORE_SEND_TO": f"feishu://{SECRET}"})
    assert done[1] == Delivery("SHOPSCORE_SEND_OWNER", False, 0, "没有设置，失败没有通知到任何人")


def test_sending_without_an_address_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how one looks."""
    monkeypatch.setattr(Shop, "week", lambda self, week="": week)
    with pytest.raises(SettingsError) as caught:
        dispatch.sent(shop.root, "2026-W46", "weekly", {})
    assert str(caught.value) == (
        "expected addresses in SHOPSCORE_SEND_TO, found none; set it to Apprise addresses separated by blanks, "
        "e.g. mailtos://user:password@smtp.example.com?to=a@example.com feishu://TOKEN"
    )


def test_a_long_list_of_failures_fits_the_owners_chat(receiver: Receiver) -> None:
    """Two hundred shops failed; the message says how many lines it left out."""
    lines = [f"店{at} 2026-W46：weekly.ipynb, cell 3: 出错" for at in range(200)]
    (done,) = tell_owner(lines, [_bot("wecombot")])
    text = receiver.bodies()[0]["text"]["content"]
    assert done.sent and len(text.encode("utf-8")) < 2_048 and "行，见报告。" in text
