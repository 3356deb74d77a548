"""`RequestMetrics`: counts and times of a server's requests, in the format that Prometheus reads."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

from wandb_nb._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.server.monitoring.finished_request import FinishedRequest

PREFIX = "wandb_nb_"
METRICS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Set before the client library is imported, it makes several processes count together, in files of that folder."""
_STREAM_LABELS = {"history": "history", "events": "system", "output": "console"}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class RequestMetrics:
    """The metrics of one server. Thread-safe. Names of users, projects, runs and files are in none of them.

    Several processes that have `METRICS_FOLDER_VARIABLE` are one server; it has no metrics of a single process.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = self._metric(Counter, "requests", "Answered requests.", (*labels, "status"))
        self._seconds = self._metric(Histogram, "request_seconds", "Time to answer.", labels, buckets=_SECONDS)
        self._received = self._metric(Counter, "received_bytes", "Bytes of request bodies, as received.", labels)
        self._sent = self._metric(Counter, "sent_bytes", "Bytes of answers.", labels)
        self._lines = self._metric(Counter, "received_lines", "Lines of runs in accepted posts.", ("stream",))
        active = partial(Gauge, multiprocess_mode="livesum")
        self._active = self._metric(active, "active_requests", "Requests that are being answered, open pages included.")
        build = partial(Gauge, multiprocess_mode="max")
        self._metric(build, "build", "The version that runs, as a label.", ("version",)).labels(__version__).set(1)
        if METRICS_FOLDER_VARIABLE in os.environ:
            self._registry = CollectorRegistry()
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]  # the library has no types here
        else:
            ProcessCollector(namespace=PREFIX.rstrip("_"), registry=self._registry)

    def _metric(self, kind: Callable[..., Any], name: str, text: str, labels: tuple[str, ...] = (), **more: Any) -> Any:
        return kind(PREFIX + name, text, labels, registry=self._registry, **more)

    def begin(self) -> None:
        """Count a request that has begun."""
        self._active.inc()

    def end(self, request: FinishedRequest) -> None:
        """Count *request*, which has ended."""
        self._active.dec()
        method = request.method if request.method in _METHODS else "other"
        labels = (method, request.route)
        self._requests.labels(*labels, str(request.status)).inc()
        self._seconds.labels(*labels).observe(request.seconds)
        self._received.labels(*labels).inc(request.received)
        self._sent.labels(*labels).inc(request.sent)

    def count_lines(self, counts: Mapping[str, int]) -> None:
        """Add *counts*, the numbers of accepted lines by the names of their streams in the database."""
        for stream, count in counts.items():
            self._lines.labels(_STREAM_LABELS[stream]).inc(count)

    def text(self) -> bytes:
        """Return all metrics as text."""
        return generate_latest(self._registry)
