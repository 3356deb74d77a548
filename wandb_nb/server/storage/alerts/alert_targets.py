"""Where the alerts of a project are sent: webhooks with JSON or in Slack's form, and e-mail."""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, select

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.tables import alert_targets

if TYPE_CHECKING:
    from sqlalchemy import Connection

WEBHOOK, SLACK, EMAIL = "webhook", "slack", "email"
KINDS = (WEBHOOK, SLACK, EMAIL)
MAX_TARGETS = 10
_MAX_ADDRESS = 1_000
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def add_target(connection: Connection, project_id: int, kind: str, address: str) -> str:
    """Send the alerts of the project to *address*, too; return the secret that signs what a webhook gets.

    Raises:
        UsageError: The address cannot be used, or the project has too many.

    """
    _check_address(kind, address)
    if len(list_targets(connection, project_id)) >= MAX_TARGETS:
        raise UsageError(f"a project has at most {MAX_TARGETS} addresses for alerts; remove one first")
    secret = secrets.token_hex(32)
    values = {"kind": kind, "address": address, "secret": secret, "created": time.time()}
    connection.execute(insert(alert_targets).values(project_id=project_id, **values))
    return secret if kind == WEBHOOK else ""


def list_targets(connection: Connection, project_id: int) -> list[Any]:
    """Return the rows of the project's targets, oldest first."""
    query = select(alert_targets).where(alert_targets.c.project_id == project_id)
    return list(connection.execute(query.order_by(alert_targets.c.id)))


def remove_target(connection: Connection, project_id: int, target_id: int) -> None:
    """Send no more alerts of the project to this target, nor those that wait.

    Raises:
        UsageError: The project has no such target.

    """
    condition = (alert_targets.c.project_id == project_id, alert_targets.c.id == target_id)
    if not connection.execute(delete(alert_targets).where(*condition)).rowcount:
        raise UsageError(f"the project has no address number {target_id} for alerts")


def public_text(target: Any) -> str:
    """Return what owners see of a target's address: a webhook's path is a secret of its receiver."""
    if target.kind == EMAIL:
        return str(target.address)
    parts = urlsplit(target.address)
    return f"{parts.scheme}://{parts.hostname}/…"


def _check_address(kind: str, address: str) -> None:
    if kind not in KINDS:
        raise UsageError(f"alerts are sent to a {', a '.join(KINDS)}; choose one of them")
    is_valid = _MAIL.fullmatch(address) is not None if kind == EMAIL else _is_web_address(address)
    if not is_valid or len(address) > _MAX_ADDRESS:
        form = "ann@example.org" if kind == EMAIL else "https://example.org/path, without user and password"
        raise UsageError(f"this is not an address for a {kind}; write it like {form}")


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = address.isascii() and address.isprintable() and " " not in address
    return is_plain and has_host and parts.scheme in {"http", "https"} and "@" not in parts.netloc
