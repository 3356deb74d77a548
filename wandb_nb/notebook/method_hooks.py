"""Listeners that are called after a method of another object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.notebook.guard import guard

if TYPE_CHECKING:
    from collections.abc import Callable


def call_after(owner: Any, name: str, listener: Callable[..., None], action: str) -> Callable[[], None]:
    """Have *listener* called after the method *name* of *owner*, with its arguments; return what undoes that.

    The method itself is called first, unchanged. *action* names the listener if it fails. Our wrapper is removed again
    only if nobody else has wrapped it.
    """
    method = getattr(owner, name, None)
    if method is None:
        return lambda: None
    previous = vars(owner).get(name)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        returned = method(*args, **kwargs)
        with guard(action):
            listener(*args, **kwargs)
        return returned

    def restore() -> None:
        if vars(owner).get(name) is not wrapper:
            return
        if previous is not None:
            setattr(owner, name, previous)
        else:
            delattr(owner, name)

    setattr(owner, name, wrapper)
    return restore
