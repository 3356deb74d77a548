"""The finder behind `import wandb`: names of a fixed table become our modules, as the very same objects.

It imports nothing but the standard library and is loaded by path when an interpreter starts with WANDB_NB_AS_WANDB=1
(`as_wandb.pth`), so that a child process that never imports wandb does not pay for wandb_nb.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.metadata import DistributionFinder
    from types import ModuleType

VARIABLE = "WANDB_NB_AS_WANDB"
"""The environment variable that switches the alias on in child processes."""
WANDB_VERSION = "0.28.2"
"""What `wandb.__version__` and the distribution say while the alias is on.

The newest line of wandb whose behaviour we keep: programs were written against 0.12 to 0.28, and 0.29 dropped names
(`util.generate_id`, `run.get_url()`) and the scaling of float images that they rely on. Checks for 0.20 and later pass.
"""
_OURS = "wandb_nb"
_TABLE = "wandb_nb.compat.alias_table"


class AliasLoader(Loader):
    """Gives one of our modules, which is neither executed again nor changed."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._attributes: dict[str, Any] = {}

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return our module, imported under its own name."""
        module = importlib.import_module(self._target)
        self._attributes = {name: getattr(module, name, None) for name in ("__spec__", "__loader__", "__package__")}
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Put back what the import system has written over: the module keeps its own name and origin."""
        for name, value in self._attributes.items():
            setattr(module, name, value)


class AliasDistribution(Distribution):
    """The metadata of a distribution called wandb, for programs that look for it by name and version."""

    def read_text(self, filename: str) -> str | None:
        """Return the text of a metadata file, or None for one that there is not."""
        return {
            "METADATA": f"Metadata-Version: 2.1\nName: wandb\nVersion: {WANDB_VERSION}\nSummary: wandb_nb as wandb\n",
            "top_level.txt": "wandb\n",
        }.get(filename)

    def locate_file(self, path: Any) -> Path:
        """Return where a file of the distribution would be; it has none of its own."""
        return Path(__file__).parent / str(path)


class AliasFinder(MetaPathFinder):
    """Finds `wandb` and all modules below it in our table, and nothing else."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the spec of an alias; None for other packages.

        Raises:
            ModuleNotFoundError: A module below `wandb` that is not in the table. The search must end here, because
                the next finder would execute a file of ours a second time under the other name.

        """
        if fullname != "wandb" and not fullname.startswith("wandb."):
            return None
        aliases = _aliases() if "." in fullname else {"wandb": _OURS}
        if fullname not in aliases:
            raise ModuleNotFoundError(f"wandb_nb, imported as wandb, has no module {fullname!r}", name=fullname)
        is_package = fullname == "wandb" or any(name.startswith(f"{fullname}.") for name in aliases)
        origin = aliases[fullname]
        return ModuleSpec(fullname, AliasLoader(origin), origin=origin, is_package=is_package)

    def find_distributions(self, context: DistributionFinder.Context | None = None) -> Iterable[Distribution]:
        """Return the distribution wandb if it, or every distribution, is asked for."""
        name = getattr(context, "name", None)
        return [AliasDistribution()] if name in (None, "wandb") else []


def _aliases() -> dict[str, str]:
    aliases: dict[str, str] = importlib.import_module(_TABLE).ALIASES
    return aliases


def installed_finder() -> AliasFinder | None:
    """Return the finder of this process, or None while the alias is off."""
    return next((finder for finder in sys.meta_path if isinstance(finder, AliasFinder)), None)


def add_finder() -> AliasFinder:
    """Put the finder first, ahead of an installed wandb, and return it; there is never a second one."""
    finder = installed_finder()
    if finder is None:
        finder = AliasFinder()
        sys.meta_path.insert(0, finder)
    os.environ[VARIABLE] = "1"
    return finder


def remove_finder() -> None:
    """Take the finder and the names in `sys.modules` away, and switch child processes off."""
    finder = installed_finder()
    if finder is not None:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name == "wandb" or name.startswith("wandb.")]:
            del sys.modules[name]
    os.environ.pop(VARIABLE, None)
