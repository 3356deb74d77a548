"""The path of this kernel's notebook, as far as it is known without asking a server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wandb_nb import host

if TYPE_CHECKING:
    from collections.abc import Iterator


def configured_paths(user_setting: str | None) -> Iterator[str]:
    """Yield the notebook's path as set by user and host, the most reliable first."""
    shell = host.shell()
    sources = user_setting, getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")
    yield from (str(path) for path in sources if path)
