"""Alerts as e-mail, through the SMTP server that the operator has set."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import CommError

if TYPE_CHECKING:
    from wandb_nb.server.alerts.alert_settings import MailServer

_TIMEOUT_SECONDS = 10.0
_MAX_SUBJECT, _MAX_TEXT = 200, 10_000


def mail_alert(delivery: Any, url: str, server: MailServer) -> None:
    """Send *delivery*, whose run is at *url*.

    Raises:
        CommError: The mail server refuses it, or would get the password without TLS.
        OSError: There is no connection.

    """
    message = _message(delivery, url, server.sender)
    tls = ssl.create_default_context()
    try:
        with _connect(server, tls) as connection:
            connection.ehlo_or_helo_if_needed()
            if not server.has_tls and connection.has_extn("starttls"):
                connection.starttls(context=tls)
            elif not server.has_tls and server.password and not _is_loopback(server.host):
                raise CommError("the mail server offers no TLS, so it does not get the password")
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
    except smtplib.SMTPException as error:
        raise CommError(f"the mail server refused the message ({type(error).__name__})") from error


def _connect(server: MailServer, tls: ssl.SSLContext) -> smtplib.SMTP:
    if server.has_tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_SECONDS, context=tls)
    return smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_SECONDS)


def _message(delivery: Any, url: str, sender: str) -> EmailMessage:
    message = EmailMessage()
    subject = f"[{delivery.entity}/{delivery.project}] {delivery.severity}: {delivery.title}"
    message["Subject"] = "".join(one if one.isprintable() else " " for one in subject)[:_MAX_SUBJECT]
    message["From"], message["To"] = sender, delivery.address
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2])
    message.set_content(f"{delivery.text[:_MAX_TEXT]}\n\nRun {delivery.display_name}: {url}\n")
    return message


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
