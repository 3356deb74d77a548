"""How a server is reached: address, key, time limits, proxies, retries, as small values made once from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wandb_nb.credentials import find_key
from wandb_nb.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.settings import Resolved

# Waiting longer than this for a server's answer helps nobody, whatever is set for the request as a whole.
CONNECT_TIMEOUT_S = 10.0
SHORT_WAIT_S = 8.0


@dataclass(frozen=True)
class Retry:
    """How often a request is repeated, and how long is waited before: *first* seconds, doubled up to *longest*."""

    most: int = 20
    first: float = 2.0
    longest: float = 60.0
    timeout: float | None = 30.0

    def at_most(self, most: int) -> Retry:
        """Return the same with no more than *most* repetitions and short waits."""
        return replace(self, most=min(self.most, most), longest=min(self.longest, SHORT_WAIT_S))


@dataclass(frozen=True)
class Network:
    """One server and the way to it.  The repr shows no secrets."""

    base_url: str
    key: str = field(repr=False)
    graphql: Retry = Retry()
    stream: Retry = Retry(most=10_085, timeout=180.0)
    transfer: Retry = Retry(timeout=None)
    interval: float = 15.0
    heartbeat: float = 30.0
    gzip: bool = False
    verify: bool = True
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ignore: tuple[str, ...] = ()
    """Patterns of files that are not sent."""

    @classmethod
    def of(cls, settings: Resolved) -> Network:
        """Return what *settings* say.  AuthenticationError where there is no key for the server."""
        key = find_key(settings)
        if key is None:
            raise AuthenticationError(
                f"There is no key for {settings.base_url}: call wandb_nb.login(), or set WANDB_API_KEY."
            )
        proxies = {"http": settings.http_proxy, "https": settings.https_proxy}
        return cls(
            base_url=settings.base_url.rstrip("/"),
            key=key.text,
            graphql=_retry(settings, "graphql"),
            stream=_retry(settings, "file_stream"),
            transfer=_retry(settings, "file_transfer"),
            interval=_interval(settings),
            heartbeat=max(1.0, settings.heartbeat_seconds),
            gzip=not settings.x_file_stream_no_gzip,
            verify=not settings.insecure_disable_ssl,
            proxies={scheme: url for scheme, url in proxies.items() if url},
            headers=settings.x_extra_http_headers or {},
            ignore=settings.ignore_globs,
        )

    def impatient(self, most: int) -> Network:
        """Return the same, with *most* attempts at everything and short waits."""
        return replace(
            self,
            graphql=self.graphql.at_most(most),
            stream=self.stream.at_most(most),
            transfer=self.transfer.at_most(most),
        )


def _retry(settings: Resolved, name: str) -> Retry:
    return Retry(
        most=getattr(settings, f"x_{name}_retry_max"),
        first=getattr(settings, f"x_{name}_retry_wait_min_seconds"),
        longest=getattr(settings, f"x_{name}_retry_wait_max_seconds"),
        timeout=getattr(settings, f"x_{name}_timeout_seconds") or None,
    )


def _interval(settings: Resolved) -> float:
    """Return the seconds between two posts of rows: a server on this machine need not be spared."""
    from urllib.parse import urlsplit

    local = urlsplit(settings.base_url).hostname in ("localhost", "127.0.0.1", "::1")
    if local and not settings.given("x_file_stream_transmit_interval"):
        return 1.0
    return settings.x_file_stream_transmit_interval
