"""Alerts leave the server: signed webhooks and e-mail, repeated until they arrive, to permitted addresses only."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import time
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from conftest import Client
from embedded_server import EmbeddedServer
from sqlalchemy import select, update
from threaded_server import ThreadedServer
from visiting import HOSTILE, Visitor
from waiting import until

from wandb_nb.errors import CommError, UsageError
from wandb_nb.server.alerts.alert_sender import AlertSender
from wandb_nb.server.alerts.alert_settings import NETWORKS, SENDER, SMTP, AlertSettings
from wandb_nb.server.alerts.public_connection import checked_addresses, is_permitted
from wandb_nb.server.alerts.webhook import SIGNATURE
from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.alerts import alert_queue, alert_targets
from wandb_nb.server.storage.tables import alert_deliveries
from wandb_nb.server.storage.users import Right, project_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self

    from wandb_nb.server.http.services import Services

ALERT = """mutation A($title: String!, $body: String) { notifyScriptableRunAlert(input: {entityName: "local",
    projectName: "p", runName: "r", title: $title, text: $body, severity: WARN}) { success } }"""
LOCAL = AlertSettings(networks=(ip_network("127.0.0.0/8"),))


class Receiver(ThreadedServer):
    """A webhook that stores its requests and answers with the next of `statuses`, or 204."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.requests.append((self.path, dict(self.headers), body))
            status = self.server.statuses.pop(0) if self.server.statuses else 204
        self.send_response(status)
        self.send_header("Location", f"{self.server.url}/redirected")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a running webhook."""
    with Receiver() as running:
        yield running


@pytest.fixture
def run(client: Client) -> Client:
    """Return a client whose project p has the run r."""
    client.upsert("r", displayName=HOSTILE)
    return client


def add_target(services: Services, kind: str, address: str) -> str:
    """Add a target to local/p; return its secret."""
    with services.database.write() as connection:
        return alert_targets.add_target(connection, project_id_of(connection, "local", "p"), kind, address)


def send(client: Client, settings: AlertSettings = LOCAL) -> int:
    """Send what is due; return how many deliveries were tried."""
    return AlertSender(client.services.database, settings, "https://wandb.example").send_due()


def waiting(services: Services) -> list[tuple[int, float]]:
    """Return attempts of the deliveries that wait, and in how many seconds each is due."""
    with services.database.read() as connection:
        rows = connection.execute(select(alert_deliveries).order_by(alert_deliveries.c.id))
        return [(row.attempts, row.due - time.time()) for row in rows]


def make_due(services: Services) -> None:
    """Let the time pass that deliveries wait for."""
    with services.database.write() as connection:
        connection.execute(update(alert_deliveries).values(due=0.0))


def error_of(services: Services) -> str | None:
    """Return what the owner sees of the last attempt."""
    with services.database.read() as connection:
        (target,) = alert_targets.list_targets(connection, project_id_of(connection, "local", "p"))
    return None if target.error is None else str(target.error)


def test_webhooks_get_signed_alerts(run: Client, receiver: Receiver) -> None:
    """JSON has what happened, with a signature of time and body by the target's secret; Slack's form is escaped."""
    secret = add_target(run.services, "webhook", f"{receiver.url}/hook?x=1")
    add_target(run.services, "slack", f"{receiver.url}/slack")
    run.query(ALERT, title="Loss <!channel>", body="*NaN* & more")
    assert (send(run), send(run), waiting(run.services)) == (2, 0, [])
    (path, headers, body), (_, _, slack) = sorted(receiver.requests)
    assert path == "/hook?x=1"
    seconds, digest = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers[SIGNATURE]).groups()  # type: ignore[union-attr]
    assert hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest() == digest
    assert abs(time.time() - int(seconds)) < 600
    payload = json.loads(body)
    assert {
        key: payload[key] for key in ("entity", "project", "run", "run_name", "title", "text", "severity", "url")
    } == {
        "entity": "local",
        "project": "p",
        "run": "r",
        "run_name": HOSTILE,
        "title": "Loss <!channel>",
        "text": "*NaN* & more",
        "severity": "WARN",
        "url": "https://wandb.example/local/p/runs/r",
    }
    assert headers["X-Wandb-Nb-Delivery"] == str(payload["delivery"])
    text = json.loads(slack)["text"]
    assert text.splitlines()[:2] == ["*WARN: Loss &lt;!channel&gt;*", "*NaN* &amp; more"]
    assert "<script>" not in text
    assert run.key is not None
    assert run.key not in f"{receiver.requests}"


def test_what_fails_is_repeated_and_given_up(run: Client, receiver: Receiver) -> None:
    """A failed delivery waits longer each time, keeps its number, and is dropped after the last attempt."""
    add_target(run.services, "webhook", receiver.url)
    run.query(ALERT, title="t")
    receiver.statuses = [500, 302]
    for number, seconds in enumerate(alert_queue.BACKOFF_SECONDS[:2], 1):
        assert send(run) == 1
        ((attempts, due),) = waiting(run.services)
        assert attempts == number
        assert seconds - 60 < due <= seconds
        make_due(run.services)
    assert error_of(run.services) == "the receiver answered 302"
    assert send(run) == 1
    assert (waiting(run.services), error_of(run.services)) == ([], None)
    assert [path for path, _, _ in receiver.requests] == ["/"] * 3, "a redirect is not followed"
    assert len({headers["X-Wandb-Nb-Delivery"] for _, headers, _ in receiver.requests}) == 1
    run.query(ALERT, title="u")
    receiver.statuses = [503] * 9
    for _ in range(len(alert_queue.BACKOFF_SECONDS) + 1):
        assert send(run) == 1
        make_due(run.services)
    assert (send(run), waiting(run.services)) == (0, [])
    assert error_of(run.services) == "the receiver answered 503; given up"


def test_a_claimed_delivery_is_sent_again_after_a_crash(run: Client, receiver: Receiver) -> None:
    """What a killed process had claimed is due again after its time, and nobody else sends it before."""
    add_target(run.services, "webhook", receiver.url)
    run.query(ALERT, title="t")
    with run.services.database.write() as connection:
        (delivery,) = alert_queue.claim(connection, 9)
    assert delivery.title == "t"
    assert send(run) == 0
    make_due(run.services)
    assert (send(run), len(receiver.requests)) == (1, 1)


def test_an_entity_sends_a_limited_number(run: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit of an hour alerts wait, and beyond a number of waiting ones they are not sent."""
    monkeypatch.setattr(alert_queue, "MAX_PER_HOUR", 2)
    monkeypatch.setattr(alert_queue, "MAX_WAITING", 3)
    add_target(run.services, "webhook", receiver.url)
    for number in range(5):
        run.query(ALERT, title=f"t{number}")
    assert error_of(run.services) == "3 alerts wait; further ones were not sent"
    assert (send(run), send(run), len(receiver.requests)) == (2, 0, 2)
    ((attempts, due),) = waiting(run.services)
    assert (attempts, 3000 < due <= 3600) == (0, True)


@pytest.mark.parametrize(
    ("address", "permitted"),
    [
        *((address, False) for address in ("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254")),
        *((address, False) for address in ("0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::", "::1")),  # noqa: S104 -- refused
        *((address, False) for address in ("fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::a00:1")),
        *((address, False) for address in ("2002:a00:1::", "::7f00:1", "2001:0:a00:1::1")),
        *((address, True) for address in ("1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "10.9.0.1")),
    ],
)
def test_which_addresses_are_permitted(address: str, permitted: bool) -> None:
    """Public addresses and those of permitted networks, in every spelling; none of the server's own network."""
    assert is_permitted(ip_address(address), (ip_network("10.9.0.0/16"),)) is permitted


def test_no_webhook_reaches_the_own_network(run: Client, receiver: Receiver) -> None:
    """Names and numbers that lead to this machine are refused when the server connects, whatever they look like."""
    port = receiver.server_port
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        add_target(run.services, "webhook", f"http://{host}:{port}/")
    run.query(ALERT, title="t")
    while send(run, AlertSettings()):
        pass
    assert receiver.requests == []
    assert len(waiting(run.services)) == 5
    with pytest.raises(CommError, match="own network"):
        checked_addresses("localhost", port)
    assert checked_addresses("127.0.0.1", port, LOCAL.networks) == ["127.0.0.1"]


class MailServer(Controller):
    """An SMTP server at any free port, inside `with`."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(inbox, "127.0.0.1", 0)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Inbox:
    """An SMTP server's handler that stores messages."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        """Accept a message, except for one receiver."""
        if "full@example.org" in envelope.rcpt_tos:
            return "452 mailbox full"
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.messages.append((envelope.mail_from, envelope.rcpt_tos, message))
        return "250 OK"


def test_alerts_by_mail(run: Client) -> None:
    """A message goes to the address and nobody else, whatever title and text contain; a full mailbox is tried again."""
    inbox = Inbox()
    with MailServer(inbox) as mail:
        environ = {SMTP: f"smtp://127.0.0.1:{mail.port}", SENDER: "wandb@example.org"}
        settings = AlertSettings.from_environment(environ)
        add_target(run.services, "email", "ann@example.org")
        run.query(ALERT, title="Loss\r\nBcc: eve@example.org", body=".\r\nRSET\nünï")
        assert send(run, settings) == 1
        ((sender, receivers, message),) = inbox.messages
        assert (sender, receivers, message["To"]) == ("wandb@example.org", ["ann@example.org"], "ann@example.org")
        assert (message["Subject"], message["Bcc"]) == ("[local/p] WARN: Loss  Bcc: eve@example.org", None)
        assert "ünï" in message.get_content()
        assert "https://wandb.example/local/p/runs/r" in message.get_content()
        add_target(run.services, "email", "full@example.org")
        run.query(ALERT, title="t")
        assert send(run, settings) == 2
        assert [attempts for attempts, _ in waiting(run.services)] == [1]
    make_due(run.services)
    assert send(run) == 1  # and no mail server
    page = Visitor(run).get("/local/p/settings").text
    assert "this server sends no e-mail" in page


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        *(
            ("webhook", address)
            for address in ("ftp://a.org", "file:///etc/passwd", "https://", "http://u:p@a.org", "x")
        ),
        *(("slack", address) for address in ("https://a.org/\r\nX: y", "https://a.org:99999/", "http://a.org/ b")),
        *(("email", address) for address in ("ann", "a@b\r\nRCPT TO:<c@d>", "a@b, c@d", "<a@b>", "a@" + "b" * 2000)),
        ("pager", "https://a.org"),
    ],
)
def test_unusable_addresses_are_refused(run: Client, kind: str, address: str) -> None:
    """Only web addresses without credentials and single mail addresses are accepted."""
    with pytest.raises(UsageError):
        add_target(run.services, kind, address)


def test_owners_choose_the_addresses_on_the_page(run: Client) -> None:
    """The owner sees the secret once and no path of a webhook; who may only write sees and changes nothing."""
    key = new_key()
    with run.services.database.write() as connection:
        users.add_user(connection, "writer", key)
        users.set_right(connection, "local", "p", "writer", Right.WRITE)
    owner, writer = Visitor(Client(run.services, None), run.key), Visitor(Client(run.services, None), key)
    path = "/local/p/settings"
    added = {"action": "add", "kind": "webhook", "address": "https://hooks.example/T0/secret-path"}
    assert writer.send(path, **added).status_code == 403
    created = owner.send(path, **added)
    (secret,) = re.findall(r"<code>([0-9a-f]{64})</code>", created.text)
    text = owner.get(path).text
    assert ("https://hooks.example/…" in text, "secret-path" in text, secret in text) == (True, False, False)
    assert owner.send(path, action="add", kind="email", address="not an address").status_code == 400
    (number,) = re.findall(r'name="target" value="(\d+)"', text)
    assert writer.send(path, action="remove", target=number).status_code == 403
    assert owner.send(path, action="remove", target="99").status_code == 400
    assert owner.send(path, action="remove", target=number).status_code == 303
    assert 'name="target"' not in owner.get(path).text


def test_a_server_sends_alerts(tmp_path: Path, receiver: Receiver) -> None:
    """A running server sends to the address that the command added; a password in a wrong setting is not printed."""
    with EmbeddedServer(tmp_path / "data", variables={NETWORKS: "127.0.0.0/8"}) as server:
        server.query('mutation { upsertBucket(input: {modelName: "p", name: "r"}) { inserted } }')
        command = [sys.executable, "-m", "wandb_nb", "server", "--dir", str(tmp_path / "data")]
        arguments = [*command, "alerts", "local/p"]
        secret = subprocess.check_output([*arguments, "--webhook", receiver.url], text=True).strip()
        assert subprocess.check_output(arguments, text=True) == "1  webhook  http://127.0.0.1/…\n"
        server.query(ALERT, title="t")
        until(lambda: receiver.requests, "the alert")
    assert len(secret) == 64
    environ = {**os.environ, SMTP: "smtp://ann:hunter2@", SENDER: "a@b.org"}
    wrong = subprocess.run([*command, "--port", "0"], env=environ, capture_output=True, text=True, check=False)
    assert (wrong.returncode, SMTP in wrong.stderr, "hunter2" in wrong.stderr) == (2, True, False)
