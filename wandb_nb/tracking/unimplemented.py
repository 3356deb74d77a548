"""Names of the documented API that this version does not implement: clear errors, ignored in disabled mode."""

from __future__ import annotations

from typing import Any, NoReturn

from wandb_nb.errors import UsageError

CALLS = frozenset({"agent", "controller", "sweep"})
"""Module-level functions."""
TYPES = frozenset({"EvalTable", "Trace", "WBTraceTree"})
"""Classes: of values that are logged, of artifacts and of the public API."""


class Swallowed:
    """The result of a call in disabled mode; it accepts any further use."""

    def __call__(self, *_arguments: Any, **_options: Any) -> Swallowed:
        """Accept any arguments and do nothing."""
        return self

    def __getattr__(self, name: str) -> Swallowed:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __enter__(self) -> Swallowed:  # noqa: PYI034 -- typing.Self is of 3.11
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def __iter__(self) -> Any:
        return iter(())

    def __bool__(self) -> bool:
        return False


def refuse(what: str) -> Any:
    """Return a function that accepts anything and raises a UsageError naming *what*."""

    def call(*_arguments: Any, **_options: Any) -> NoReturn:
        raise not_implemented(what)

    return call


def not_implemented(what: str) -> UsageError:
    """Return the error for the documented call *what*, which this version does not implement."""
    return UsageError(
        f"{what} is not implemented in this version of wandb_nb: leave the call out, or use mode='disabled', which "
        "ignores it"
    )
