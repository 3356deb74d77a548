"""One embedded server for the tests of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from embedded_server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Return a running server."""
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as running:
        yield running
