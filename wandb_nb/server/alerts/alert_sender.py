"""`AlertSender`: sends the alerts that wait in the database, in a thread of each server process."""

from __future__ import annotations

import http.client
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from wandb_nb.errors import Error
from wandb_nb.server.alerts.mail import mail_alert
from wandb_nb.server.alerts.webhook import post_alert
from wandb_nb.server.http.file_urls import page_path
from wandb_nb.server.process import url_of
from wandb_nb.server.storage.alerts.alert_queue import claim, finish, has_due
from wandb_nb.server.storage.alerts.alert_targets import EMAIL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wandb_nb.server.alerts.alert_settings import AlertSettings
    from wandb_nb.server.storage.database import Database

_POLL_SECONDS = 1.0
_CONCURRENT = 4


class AlertSender:
    """Sends what is due in *database*; addresses of runs begin with *base_url*."""

    def __init__(self, database: Database, settings: AlertSettings, base_url: str) -> None:
        self._database, self._settings, self._base_url = database, settings, base_url

    def send_due(self) -> int:
        """Send a few of the deliveries that are due; return how many were tried."""
        with self._database.read() as connection:
            if not has_due(connection):
                return 0
        with self._database.write() as connection:
            deliveries = claim(connection, _CONCURRENT)
        with ThreadPoolExecutor(_CONCURRENT) as pool:
            errors = list(pool.map(self._send, deliveries))
        with self._database.write() as connection:
            for delivery, error in zip(deliveries, errors, strict=True):
                finish(connection, delivery, error)
        return len(deliveries)

    def _send(self, delivery: Any) -> str | None:
        """Send *delivery*; return why that failed. The reason has no address: its owner sees it on a page."""
        url = self._base_url + page_path(delivery.entity, delivery.project, "runs", delivery.run)
        try:
            if delivery.kind != EMAIL:
                post_alert(delivery, url, self._settings.networks)
            elif self._settings.mail is None:
                return "this server sends no e-mail; its operator has to set a mail server"
            else:
                mail_alert(delivery, url, self._settings.mail)
        except Error as error:
            return str(error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"no connection ({type(error).__name__})"
        return None


@contextmanager
def alert_sending(database: Database, settings: AlertSettings, folder: Path) -> Iterator[None]:
    """Send alerts of the server on *folder* in a thread inside `with`."""
    sender, ended = AlertSender(database, settings, settings.url or url_of(folder)), threading.Event()
    thread = threading.Thread(target=_run, args=(sender, ended), name="alert-sender", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _run(sender: AlertSender, ended: threading.Event) -> None:
    while not ended.wait(_POLL_SECONDS):
        while _sends(sender) and not ended.is_set():
            pass


def _sends(sender: AlertSender) -> bool:
    """Send a few deliveries; whether there may be more."""
    try:
        return sender.send_due() > 0
    except (Error, SQLAlchemyError):
        logging.getLogger(__name__).warning("alerts could not be sent; trying again")
        return False
