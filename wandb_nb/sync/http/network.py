"""How a server is reached: address, key, time limits, proxies and retries, read once from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wandb_nb.credentials import find_key
from wandb_nb.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.settings import Resolved

# A server that takes longer than this to accept a connection is down, whatever limit is set for the whole request.
CONNECT_TIMEOUT_SECONDS = 10.0
MAX_SHORT_WAIT_SECONDS = 8.0
LOCAL_POST_INTERVAL_SECONDS = 1.0
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class RetryPolicy:
    """How often a request is repeated and how long to wait in between: *min_wait_seconds*, doubled up to the maximum.

    *timeout_seconds* limits the wait for an answer; None means five minutes.
    """

    max_retries: int = 20
    min_wait_seconds: float = 2.0
    max_wait_seconds: float = 60.0
    timeout_seconds: float | None = 30.0

    def limited(self, max_retries: int) -> RetryPolicy:
        """Return the same policy with at most *max_retries* repetitions and short waits."""
        return replace(
            self,
            max_retries=min(self.max_retries, max_retries),
            max_wait_seconds=min(self.max_wait_seconds, MAX_SHORT_WAIT_SECONDS),
        )


@dataclass(frozen=True)
class Network:
    """One server and how to reach it. The repr shows no secrets."""

    base_url: str
    key: str = field(repr=False)
    graphql: RetryPolicy = RetryPolicy()
    stream: RetryPolicy = RetryPolicy(max_retries=10_085, timeout_seconds=180.0)
    transfer: RetryPolicy = RetryPolicy(timeout_seconds=None)
    post_interval_seconds: float = 15.0
    heartbeat_seconds: float = 30.0
    gzip: bool = False
    verify: bool = True
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ignore_globs: tuple[str, ...] = ()
    """Patterns of files that are not sent."""

    @classmethod
    def from_settings(cls, settings: Resolved) -> Network:
        """Return the server that *settings* name.

        Raises:
            AuthenticationError: There is no key for the server.
        """
        key = find_key(settings)
        if key is None:
            raise AuthenticationError(
                f"there is no key for {settings.base_url}: call wandb_nb.login(), or set WANDB_API_KEY"
            )
        proxies = {"http": settings.http_proxy, "https": settings.https_proxy}
        return cls(
            base_url=settings.base_url.rstrip("/"),
            key=key.text,
            graphql=_retry_policy(settings, "graphql"),
            stream=_retry_policy(settings, "file_stream"),
            transfer=_retry_policy(settings, "file_transfer"),
            post_interval_seconds=_post_interval_seconds(settings),
            heartbeat_seconds=max(1.0, settings.heartbeat_seconds),
            gzip=not settings.x_file_stream_no_gzip,
            verify=not settings.insecure_disable_ssl,
            proxies={scheme: url for scheme, url in proxies.items() if url},
            headers=settings.x_extra_http_headers or {},
            ignore_globs=settings.ignore_globs,
        )

    def with_fewer_retries(self, max_retries: int) -> Network:
        """Return the same server with at most *max_retries* repetitions of any request and short waits."""
        return replace(
            self,
            graphql=self.graphql.limited(max_retries),
            stream=self.stream.limited(max_retries),
            transfer=self.transfer.limited(max_retries),
        )


def _retry_policy(settings: Resolved, name: str) -> RetryPolicy:
    return RetryPolicy(
        max_retries=getattr(settings, f"x_{name}_retry_max"),
        min_wait_seconds=getattr(settings, f"x_{name}_retry_wait_min_seconds"),
        max_wait_seconds=getattr(settings, f"x_{name}_retry_wait_max_seconds"),
        timeout_seconds=getattr(settings, f"x_{name}_timeout_seconds") or None,
    )


def _post_interval_seconds(settings: Resolved) -> float:
    """Return the seconds between two posts of rows; a server on this machine can take them more often."""
    from urllib.parse import urlsplit

    is_local = urlsplit(settings.base_url).hostname in LOOPBACK_HOSTS
    if is_local and not settings.is_set("x_file_stream_transmit_interval"):
        return LOCAL_POST_INTERVAL_SECONDS
    return settings.x_file_stream_transmit_interval
