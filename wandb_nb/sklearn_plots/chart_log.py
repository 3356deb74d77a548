"""Logging the charts of models to the active run, and the checks that all of them share."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wandb_nb.data.plots.custom_chart import visualize
from wandb_nb.data.tables.table import Table
from wandb_nb.errors import MediaError, NoRunError
from wandb_nb.tracking.process import active_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType


def log_chart(key: str, chart: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Log the chart `wandb/<chart>/v1` of *rows* under *key*.

    Raises:
        NoRunError: No run is active.

    """
    log_value(key, visualize(f"wandb/{chart}/v1", Table(columns=list(columns), data=[list(row) for row in rows])))


def log_value(key: str, value: Any) -> None:
    """Log *value* under *key* to the active run.

    Raises:
        NoRunError: No run is active.

    """
    run = active_runs.current()
    if run is None:
        raise NoRunError("charts of scikit-learn models are logged to a run: call init() first")
    run.log({key: value})


def sklearn(module: str) -> ModuleType:
    """Return the module `sklearn.<module>`.

    Raises:
        MediaError: scikit-learn is not installed.

    """
    try:
        return import_module(f"sklearn.{module}")
    except ImportError as error:
        raise MediaError("charts of scikit-learn models need scikit-learn: pip install scikit-learn") from error


def require(function: str, **values: Any) -> None:
    """Check that none of *values* is None.

    Raises:
        MediaError: One is; the message names it.

    """
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise MediaError(f"{function}() lacks {', '.join(missing)}: give {'it' if len(missing) == 1 else 'them'}")


def require_fitted(function: str, model: Any) -> None:
    """Check that *model* is fitted.

    Raises:
        MediaError: It is not.

    """
    if not [name for name in vars(model) if name.endswith("_") and not name.startswith("__")]:
        raise MediaError(f"{function}() needs a fitted model: call fit() on it first")
