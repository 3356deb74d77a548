"""`wandb.termlog`, `termwarn`, `termerror`: lines of a program's own, where the lines of a run are."""

from __future__ import annotations

from wandb_nb.tracking.terminal.presenter import presenter


def termlog(string: str = "", newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Print *string*; only once per process unless *repeat*. *newline* and *prefix* are accepted and have no effect."""
    _print(string, repeat)


def termwarn(string: str, newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Print *string* as a warning; see `termlog`."""
    _print(f"warning: {string}", repeat)


def termerror(string: str, newline: bool = True, repeat: bool = True, prefix: bool = True) -> None:
    """Print *string* as an error; see `termlog`. Nothing is raised."""
    _print(f"error: {string}", repeat)


def _print(text: str, repeat: bool) -> None:
    presenter().notice(text, key=None if repeat else f"term:{text}")
