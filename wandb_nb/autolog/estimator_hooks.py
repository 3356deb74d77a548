"""The hook on estimators of scikit-learn: on `fit` of every class that derives from `BaseEstimator`."""

from __future__ import annotations

import functools
from contextlib import suppress
from time import perf_counter
from types import FunctionType
from typing import TYPE_CHECKING, Any

from wandb_nb.autolog.estimator_fit import EstimatorFit
from wandb_nb.autolog.nested_fits import enclosing_fit, fit_of
from wandb_nb.autolog.recorded_runs import recorded_run
from wandb_nb.function_hooks import ImportHook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

_BASE_MODULE = "sklearn.base"
_BOOSTERS = ("xgboost", "lightgbm")


class EstimatorHooks:
    """Replaces `fit` of the estimators that exist, and of each that is defined later, also by the program."""

    def __init__(self) -> None:
        self._imports = ImportHook((_BASE_MODULE,), self._replace_all)
        self._replaced: dict[type, tuple[FunctionType, FunctionType]] = {}
        self._give_back_base: Callable[[], None] | None = None

    def install(self) -> None:
        """Replace the methods, once scikit-learn is imported."""
        self._imports.install()

    def remove(self) -> None:
        """Give the classes their own methods back."""
        self._imports.remove()
        if self._give_back_base is not None:
            self._give_back_base()
            self._give_back_base = None
        for owner, (original, replacement) in list(self._replaced.items()):
            if vars(owner).get("fit") is replacement:
                owner.fit = original  # type: ignore[attr-defined]  # of scikit-learn
        self._replaced.clear()

    def _replace_all(self, module: ModuleType) -> None:
        base = getattr(module, "BaseEstimator", None)
        if isinstance(base, type) and self._give_back_base is None:
            self._follow_subclasses(base)
            for estimator in _subclasses(base):
                self._replace(estimator)

    def _replace(self, estimator: type) -> None:
        """Replace `fit` in the class that *estimator* has it from."""
        owner = next((owner for owner in estimator.__mro__ if "fit" in vars(owner)), None)
        original = vars(owner)["fit"] if owner is not None else None
        if (
            owner is None
            or owner in self._replaced
            or type(original) is not FunctionType
            or hasattr(original, "__isabstractmethod__")
        ):
            return
        replacement = _recorded(original)
        with suppress(AttributeError, TypeError):  # a class of which no attribute can be set
            owner.fit = replacement  # type: ignore[attr-defined]  # of scikit-learn
            self._replaced[owner] = (original, replacement)

    def _follow_subclasses(self, base: Any) -> None:
        """Replace `fit` of classes when they are defined."""
        own = vars(base).get("__init_subclass__")

        def begin_subclass(cls: Any, **options: Any) -> None:
            if own is None:
                super(base, cls).__init_subclass__(**options)
            else:
                own.__get__(None, cls)(**options)
            self._replace(cls)

        def give_back() -> None:
            if own is None:
                del base.__init_subclass__
            else:
                base.__init_subclass__ = own

        base.__init_subclass__ = classmethod(begin_subclass)  # type: ignore[arg-type]  # of any class
        self._give_back_base = give_back


def _subclasses(base: type) -> Iterator[type]:
    """Return all classes below *base*, each once."""
    classes: dict[type, None] = {}
    waiting: list[Any] = [base]
    while waiting:
        for below in waiting.pop().__subclasses__():
            if below not in classes:
                classes[below] = None
                waiting.append(below)
    yield from classes


def _recorded(original: FunctionType) -> FunctionType:
    """Return *original*, the method `fit`, with a record of the fit."""

    @functools.wraps(original)
    def fit(estimator: Any, *arguments: Any, **named: Any) -> Any:
        recorded = recorded_run()
        if recorded is None or enclosing_fit() is not None:
            return original(estimator, *arguments, **named)
        with fit_of(_library_of(estimator)):
            begin = perf_counter()
            result = original(estimator, *arguments, **named)
            if recorded.options.is_on("sklearn"):
                EstimatorFit(recorded, estimator, perf_counter() - begin).record(arguments, named)
            return result

    return fit  # type: ignore[return-value]  # a function


def _library_of(estimator: Any) -> str:
    """Return the library that trains *estimator*: estimators of XGBoost and LightGBM call their own `train`."""
    modules = {owner.__module__.partition(".")[0] for owner in type(estimator).__mro__}
    return next((library for library in _BOOSTERS if library in modules), "sklearn")
