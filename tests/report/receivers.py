"""Real receivers on loopback: an HTTP server that answers as told, and an SMTP server that keeps what it gets."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Says:
    """One answer: status, JSON body, headers, and how long it takes."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0


@dataclass
class Receiver:
    """What came in (path, bytes), and the answers still to give; when they run out, 200."""

    url: str = ""
    answers: list[Says] = field(default_factory=list)
    received: list[tuple[str, bytes]] = field(default_factory=list)

    def bodies(self) -> list[dict[str, Any]]:
        """The JSON that came in."""
        return [json.loads(data) for _, data in self.received]


@contextmanager
def http() -> Iterator[Receiver]:
    """A receiver that is listening."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            says = receiver.answers.pop(0) if receiver.answers else Says()
            time.sleep(says.after)
            data = json.dumps(says.body).encode()
            try:
                self.send_response(says.status)
                for name, value in {**says.headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the sender did not wait: that is what is tested

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@dataclass
class Mailbox:
    """An SMTP server's port, the answers to give before it takes anything, and the mails it took."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail, or answer as told."""
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.sizes.append(len(envelope.content))
        self.recipients.append(envelope.rcpt_tos)
        return "250 OK"


@contextmanager
def smtp() -> Iterator[Mailbox]:
    """A mailbox that is listening."""
    box = Mailbox(port=free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
