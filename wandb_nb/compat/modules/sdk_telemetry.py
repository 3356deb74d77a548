"""`wandb.sdk.lib.telemetry`: what integrations mark as used (Weave, callbacks of YOLO). Nothing is recorded."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["context"]


@contextmanager
def context(run: Any = None, obj: Any = None) -> Iterator[SimpleNamespace]:
    """Yield an object whose `feature`, `label`, `env` and `imports_init` take any attribute."""
    yield SimpleNamespace(**{part: SimpleNamespace() for part in ("feature", "label", "env", "imports_init")})
