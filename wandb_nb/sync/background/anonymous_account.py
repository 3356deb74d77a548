"""A key of an anonymous account, from a server that gives one to programs without a key."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from wandb_nb.errors import Error
from wandb_nb.sync.http.direct_connection import direct_transport
from wandb_nb.sync.http.network import Network
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.transport import RequestSender, connect

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved

_NO_KEY = "0" * 40


def create_anonymous_account(settings: Resolved) -> str:
    """Return the key of a new anonymous account; empty if the server gives none. One attempt is made."""
    network = Network.from_settings(settings.replace("anonymous", api_key=_NO_KEY)).with_fewer_retries(0)
    seconds = min(settings.unreachable_timeout, network.graphql.timeout_seconds or settings.unreachable_timeout)
    network = replace(network, graphql=replace(network.graphql, timeout_seconds=seconds))
    with direct_transport(network) as direct:
        sender = RequestSender(direct or connect(network), threading.Event())
        try:
            return GraphQLClient(network, sender).create_anonymous_account()
        except Error:
            return ""
