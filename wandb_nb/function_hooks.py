"""`FunctionHooks`: replaces functions of other packages, whether these were imported before or come later."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    Function = Callable[..., Any]

_ORIGINAL = "_wandb_nb_original"


class FunctionHooks:
    """Replaces the functions that *targets* names by what *wrap* makes of them.

    *targets* has a module's name and, below it, "function" or "Class.method". A module that is not imported yet is
    changed after its import. What does not exist is left alone. Installing twice does nothing; `remove` takes it back.
    """

    def __init__(self, targets: Mapping[str, str], wrap: Callable[[Function], Function]) -> None:
        self._targets, self._wrap = targets, wrap

    def install(self) -> None:
        """Replace the functions."""
        for module in self._targets:
            if module in sys.modules:
                self.replace(sys.modules[module])
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Give the modules their own functions back."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
        for module in self._targets:
            owner, name, function = self._place(sys.modules.get(module))
            original = getattr(function, _ORIGINAL, None)
            if original is not None:
                setattr(owner, name, original)

    def replace(self, module: ModuleType) -> None:
        """Replace the function of one *module*."""
        owner, name, function = self._place(module)
        if function is not None and not hasattr(function, _ORIGINAL):
            replacement = self._wrap(function)
            setattr(replacement, _ORIGINAL, function)
            setattr(owner, name, replacement)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module in *targets*, whose loader replaces the function at the end."""
        if name not in self._targets:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                _call_after_loading(spec, self.replace)
                return spec
        return None

    def _place(self, module: ModuleType | None) -> tuple[Any, str, Function | None]:
        """Return the owner of the function, its name there, and the function; None if there is none."""
        *above, name = self._targets[module.__name__].split(".") if module is not None else ("",)
        owner: Any = module
        for part in above:
            owner = getattr(owner, part, None)
        return owner, name, getattr(owner, name, None) if owner is not None else None


def _call_after_loading(spec: ModuleSpec, call: Callable[[ModuleType], None]) -> None:
    loader = spec.loader
    if loader is None or not hasattr(loader, "exec_module"):
        return
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        call(module)

    loader.exec_module = exec_module  # type: ignore[method-assign]  # of this one spec's loader
