"""`FunctionHooks` replaces functions of other packages, `ImportHook` calls after their import, now or later."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    Function = Callable[..., Any]

_ORIGINAL = "_wandb_nb_original"


class ImportHook:
    """Calls *call* with each of *modules*: with those imported already, and with others right after their import.

    Installing twice does nothing; after `remove` no more calls follow.
    """

    def __init__(self, modules: Collection[str], call: Callable[[ModuleType], None]) -> None:
        self._modules, self._call = modules, call

    def install(self) -> None:
        """Call for the modules that are imported, and wait for the others."""
        for name in self._modules:
            module = sys.modules.get(name)
            if module is not None:
                self._call(module)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Wait for no more modules."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of one of the modules, whose loader makes the call at the end."""
        if name not in self._modules:
            return None
        finders = list(sys.meta_path)
        # Those before this one have been asked, and two hooks that ask each other would never end.
        for finder in finders[finders.index(self) + 1 if self in finders else 0 :]:
            if (spec := finder.find_spec(name, path, target)) is not None:
                _call_after_loading(spec, self._call)
                return spec
        return None


class FunctionHooks:
    """Replaces the functions that *targets* names by what *wrap* makes of them.

    *targets* has a module's name and, below it, "function" or "Class.method". A module that is not imported yet is
    changed after its import. What does not exist is left alone. Installing twice does nothing; `remove` takes it back.
    """

    def __init__(self, targets: Mapping[str, str], wrap: Callable[[Function], Function]) -> None:
        self._targets, self._wrap = targets, wrap
        self._imports = ImportHook(targets, self.replace)

    def install(self) -> None:
        """Replace the functions."""
        self._imports.install()

    def remove(self) -> None:
        """Give the modules their own functions back."""
        self._imports.remove()
        for module in self._targets:
            owner, name, function = self._place(sys.modules.get(module))
            original = getattr(function, _ORIGINAL, None)
            if original is not None:
                _restore(owner, name, original)

    def replace(self, module: ModuleType) -> None:
        """Replace the function of one *module*."""
        owner, name, function = self._place(module)
        if function is not None and not hasattr(function, _ORIGINAL):
            replacement = self._wrap(function)
            setattr(replacement, _ORIGINAL, function)
            setattr(owner, name, replacement)

    def _place(self, module: ModuleType | None) -> tuple[Any, str, Function | None]:
        """Return the owner of the function, its name there, and the function; None if there is none."""
        *above, name = self._targets[module.__name__].split(".") if module is not None else ("",)
        owner: Any = module
        for part in above:
            owner = getattr(owner, part, None)
        return owner, name, getattr(owner, name, None) if owner is not None else None


def _restore(owner: Any, name: str, original: Function) -> None:
    """Make *original* the function *name* of *owner* again; a class that inherits it has none of its own."""
    bases = owner.__mro__[1:] if isinstance(owner, type) else ()
    if any(vars(base).get(name) is original for base in bases):
        delattr(owner, name)
    else:
        setattr(owner, name, original)


def _call_after_loading(spec: ModuleSpec, call: Callable[[ModuleType], None]) -> None:
    loader = spec.loader
    if loader is None or not hasattr(loader, "exec_module"):
        return
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        call(module)

    loader.exec_module = exec_module  # type: ignore[method-assign]  # of this one spec's loader
