"""`wandb.sdk.lib.printer`: lines that lm-eval prints through wandb."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from wandb_nb.tracking.terminal.presenter import presenter

if TYPE_CHECKING:
    from collections.abc import Iterable

DEBUG, INFO, WARN, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR
_PREFIXES: Final = {WARN: "warning: ", ERROR: "error: ", "warn": "warning: ", "error": "error: "}

__all__ = ["DEBUG", "ERROR", "INFO", "WARN", "Printer", "get_printer", "new_printer"]


class Printer:
    """Prints lines where those of a run are."""

    def display(self, text: str | Iterable[str], *, level: str | int | None = None, **_options: Any) -> None:
        """Print *text*, one line or several; *level* marks warnings and errors."""
        prefix = _PREFIXES.get(level, "") if level is not None else ""
        for line in [text] if isinstance(text, str) else text:
            presenter().notice(f"{prefix}{line}")

    def name(self, text: str) -> str:
        """Return the name of a run as it is shown."""
        return text

    def code(self, text: str) -> str:
        """Return a piece of code as it is shown."""
        return text

    def link(self, link: str, text: str | None = None) -> str:
        """Return an address as it is shown."""
        return link if text is None or text == link else f"{text} ({link})"


def new_printer(*_options: Any, **_more: Any) -> Printer:
    """Return a printer."""
    return Printer()


get_printer = new_printer
