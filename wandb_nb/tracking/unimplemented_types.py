"""Classes of the documented API that this version does not implement, for `isinstance` and annotations."""

from __future__ import annotations

from functools import cache
from typing import Any

from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.unimplemented import Swallowed, not_implemented, refuse


class UnimplementedType(type):
    """The class of such classes: making an instance raises UsageError, or is ignored while the run is disabled."""

    def __call__(cls, *_arguments: Any, **_options: Any) -> Any:
        """Refuse to make an instance."""
        run = active_runs.current()
        if run is not None and run.disabled:
            return Swallowed()
        raise not_implemented(f"{cls.__name__}()")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return refuse(f"{cls.__name__}.{name}()")


@cache
def unimplemented_type(name: str) -> UnimplementedType:
    """Return the class called *name*, always the same one."""
    return UnimplementedType(name, (), {"__module__": "wandb_nb", "__doc__": "Not implemented in this version."})
