"""`AlertSettings`: what the server's operator sets in its environment; its users cannot."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from wandb_nb.errors import UsageError
from wandb_nb.server.process import public_url

if TYPE_CHECKING:
    from collections.abc import Mapping

SMTP, SENDER, NETWORKS = "WANDB_NB_SERVER_SMTP", "WANDB_NB_SERVER_MAIL_FROM", "WANDB_NB_SERVER_ALERT_NETWORKS"
_PORTS = {"smtp": 587, "smtps": 465}


class MailServer(NamedTuple):
    """The SMTP server that sends e-mail; *has_tls* from the first byte, else by STARTTLS."""

    host: str
    port: int
    has_tls: bool
    user: str
    password: str
    sender: str


class AlertSettings(NamedTuple):
    """The mail server, if there is one, and the networks that webhooks may reach besides public addresses.

    *url* is the address under which users see the server, if it is not the one at which it listens.
    """

    mail: MailServer | None = None
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    url: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> AlertSettings:
        """Return the settings in *environ*.

        Raises:
            UsageError: A value cannot be used; the message has no password.

        """
        try:
            networks = tuple(ip_network(text.strip()) for text in environ.get(NETWORKS, "").split(",") if text.strip())
        except ValueError as error:
            raise UsageError(f"{NETWORKS} is not a list of networks: {error}; write it like 10.1.0.0/16") from error
        return cls(_mail_server(environ), networks, public_url(environ))


def _mail_server(environ: Mapping[str, str]) -> MailServer | None:
    address, sender = environ.get(SMTP, ""), environ.get(SENDER, "")
    if not address:
        return None
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if not port or not parts.hostname or "@" not in sender:
        raise UsageError(
            f"e-mail of alerts needs {SMTP}=smtp://USER:PASSWORD@HOST:PORT (or smtps://) and {SENDER}=name@example.org"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, port, parts.scheme == "smtps", user, password, sender)
