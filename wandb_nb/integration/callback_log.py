"""What callbacks of all libraries share: the active run, calls that never stop a training, the chart of importances."""

from __future__ import annotations

import functools
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from wandb_nb.data.plots.basic_charts import bar
from wandb_nb.data.tables.table import Table
from wandb_nb.errors import NoRunError
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wandb_nb.tracking.run import Run

    Method = TypeVar("Method", bound=Callable[..., Any])

_IMPORTANCE = "Feature Importance"


def lazy_callback(namespace: dict[str, Any], name: str, implementation: type, base: str, package: str) -> type:
    """Return the class `WandbCallback` of *implementation* and of the class *base* ("module:Class") of a library.

    It is what a module with the globals *namespace* answers for *name*: the class is made when it is first imported
    from there, so that the module can be imported before the library is installed.

    Raises:
        AttributeError: *name* is another one.
        ImportError: The library, which pip installs as *package*, cannot be imported.

    """
    if name != "WandbCallback":
        raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
    module, _, base_name = base.partition(":")
    try:
        library = import_module(module)
    except ImportError as error:
        raise ImportError(f"{name} needs {package} ({error}): pip install {package}", name=module) from error
    own = {"__module__": implementation.__module__, "__doc__": implementation.__doc__}
    namespace[name] = callback = type(name, (implementation, getattr(library, base_name)), own)
    return callback


def active_run(call: str) -> Run:
    """Return the active run, to which *call* logs.

    Raises:
        NoRunError: No run is active.

    """
    run = active_runs.current()
    if run is None:
        raise NoRunError(f"{call} logs to a run and none is active: call init() before it")
    return run


def never_stopping(method: Method) -> Method:
    """Return *method* of a callback with `self.run`, whose failures are reported once instead of stopping a training.

    It returns what the callback's `proceed` is then: the answer by which the library continues.
    """

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return method(self, *arguments, **options)
        except Exception as error:  # noqa: BLE001 -- a callback must never stop a training
            line = str(error).strip().split("\n", 1)[0]
            what = f"{method.__name__.strip('_')}() of a callback failed ({type(error).__name__}: {line})"
            notice(self.run, f"{what}; the training continues without it", method.__qualname__)
            return self.proceed

    return call  # type: ignore[return-value]  # the signature of the method


def notice(run: Run, text: str, key: str | None = None) -> None:
    """Report *text* of a callback, once for each *key*."""
    if not run.disabled:
        session_of(run).notice(f"run {run.name}: {text}", key)


def log_importances(run: Run, importances: Iterable[tuple[str, Any]]) -> None:
    """Log the bar chart "Feature Importance" of pairs of a feature and its importance."""
    table = Table(columns=["Feature", "Importance"], data=[list(pair) for pair in importances])
    run.log({_IMPORTANCE: bar(table, "Feature", "Importance", title=_IMPORTANCE)})
