"""The classes of Keras that callbacks derive from, and what all of them read of a model."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class MissingCallback:
    """Takes the place of Keras's classes where Keras cannot be imported.

    Raises:
        ImportError: Always; the message has the reason and the remedy.

    """

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        raise ImportError(f"this callback needs Keras, which cannot be imported ({_problem}): pip install keras")


def learning_rate(model: Any, step: int) -> float | None:
    """Return the learning rate of the optimizer of *model*, of a schedule that at *step*; None if it has none."""
    rate = getattr(getattr(model, "optimizer", None), "learning_rate", None)
    if callable(rate) and not hasattr(rate, "__float__"):
        rate = rate(step)
    return None if rate is None else float(rate)


def _load() -> tuple[Any, Any, str]:
    try:
        callbacks = import_module("keras.callbacks")
    except ImportError as error:  # also without a backend
        return MissingCallback, MissingCallback, str(error)
    return callbacks.Callback, callbacks.ModelCheckpoint, ""


Callback, ModelCheckpoint, _problem = _load()
