"""Alerts as HTTP requests: JSON, or the form that Slack's incoming webhooks take, signed with the target's secret."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wandb_nb.errors import CommError
from wandb_nb.run_filters.run_values import timestamp
from wandb_nb.server.alerts.public_connection import PublicConnection
from wandb_nb.server.storage.alerts.alert_targets import SLACK

if TYPE_CHECKING:
    from wandb_nb.server.alerts.public_connection import Networks

SIGNATURE = "X-Wandb-Nb-Signature"
MAX_SECONDS = 15.0
_MAX_TEXT = 10_000
_OK = range(200, 300)


def signature(secret: str, seconds: int, body: bytes) -> str:
    """Return the header that proves who sent *body*, and when: HMAC-SHA256 of time, dot and body."""
    digest = hmac.new(secret.encode(), b"%d." % seconds + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def post_alert(delivery: Any, url: str, networks: Networks = ()) -> None:
    """Send *delivery*, whose run is at *url*. Redirects are not followed; the answer's body is not read.

    Raises:
        CommError: The receiver did not accept it, or the server may not connect to it.
        OSError: There is no connection.

    """
    body = json.dumps(_slack_message(delivery, url) if delivery.kind == SLACK else _message(delivery, url)).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "wandb-nb",
        "X-Wandb-Nb-Delivery": str(delivery.id),
        SIGNATURE: signature(delivery.secret, int(time.time()), body),
    }
    status = _post(delivery.address, body, headers, networks)
    if status not in _OK:
        raise CommError(f"the receiver answered {status}")


def _post(address: str, body: bytes, headers: dict[str, str], networks: Networks) -> int:
    parts = urlsplit(address)
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    connection = PublicConnection(parts.hostname or "", parts.port or (443 if tls else 80), networks, tls)
    timer = threading.Timer(MAX_SECONDS, connection.abort)  # timeouts of sockets count from the last byte
    timer.daemon = True
    timer.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        timer.cancel()
        connection.close()


def _message(delivery: Any, url: str) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "entity": delivery.entity,
        "project": delivery.project,
        "run": delivery.run,
        "run_name": delivery.display_name,
        "title": delivery.title,
        "text": delivery.text[:_MAX_TEXT],
        "severity": delivery.severity,
        "created": timestamp(delivery.created),
        "url": url,
    }


def _slack_message(delivery: Any, url: str) -> dict[str, str]:
    run = f"{delivery.entity}/{delivery.project}: {delivery.display_name}"
    title, text, run = map(_slack_text, (delivery.title, delivery.text[:_MAX_TEXT], run))
    return {"text": f"*{delivery.severity}: {title}*\n{text}\n<{url}|{run}>"}


def _slack_text(text: str) -> str:
    """Return *text* as Slack shows it, without links and mentions of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "\u01c0")
