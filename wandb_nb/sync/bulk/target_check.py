"""Which entities runs may be sent to: the account's own and its teams, or those that the user confirms.

A run file names its target, and it may come from somebody else.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.reading.tail import run_info
from wandb_nb.store.runs.sync_progress import load_progress
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.transport import RequestSender, connect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from wandb_nb.sync.http.network import Network


class EntityCheck:
    """Decides on the entities that run files name; *confirmed* ones are accepted too. Thread-safe.

    The server is asked for the account once, and only if a file names an entity.
    """

    def __init__(self, network: Network, stop: threading.Event, confirmed: Collection[str] = ()) -> None:
        self._network, self._stop, self._confirmed = network, stop, frozenset(confirmed)
        self._lock = threading.Lock()
        self._own: frozenset[str] | None = None

    def __call__(self, entity: str) -> bool:
        """Return whether runs may be sent to *entity*. Raises what `GraphQLClient.entities` raises."""
        if entity in self._confirmed:
            return True
        with self._lock:
            if self._own is None:
                sender = RequestSender(connect(self._network), self._stop)
                self._own = GraphQLClient(self._network, sender).entities()
        return entity in self._own


def foreign_entities(files: Iterable[Path], network: Network) -> Counter[str]:
    """Return the entities that *files* name and that are not the account's, each with the number of its runs.

    A file that cannot be read is left out.

    Raises:
        CommError: The server does not answer, or refuses the key.
    """
    is_own = EntityCheck(network, threading.Event())
    named: Counter[str] = Counter()
    for file in files:
        with suppress(StoreError):
            named[_named_entity(file)] += 1
    return Counter({entity: count for entity, count in named.items() if entity and not is_own(entity)})


def _named_entity(file: Path) -> str:
    progress = load_progress(file)
    if progress is not None and progress.registered:
        return progress.entity
    info = run_info(file)
    return info.entity if info else ""
