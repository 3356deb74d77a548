"""A `requests` session that no server can hold for longer than its timeouts, by sending single bytes or a redirect."""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter

from wandb_nb.sync.http.deadline_response import DeadlineResponse


class HTTPSession(requests.Session):
    """A session whose timeout limits the header as a whole and each part of the body; it follows no redirects."""

    def __init__(self) -> None:
        super().__init__()
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: for a redirect requests would read the body, of any size, even if it is not to be followed."""


class _Adapter(HTTPAdapter):
    """Makes connections whose responses are `DeadlineResponse`s, with and without a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _limit_responses(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            _limit_responses(manager)
        return manager


def _limit_responses(manager: Any) -> None:
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _limited_pool(pool) for scheme, pool in pools.items()}


def _limited_pool(pool: Any) -> type:
    """Return a subclass of a pool's class (plain, TLS or SOCKS) whose connections make `DeadlineResponse`s."""
    connection = type(pool.ConnectionCls.__name__, (pool.ConnectionCls,), {"response_class": DeadlineResponse})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})
