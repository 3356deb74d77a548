"""The layers of `docs/design.md`, read off the imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import wandb_nb

PACKAGE = Path(wandb_nb.__file__).parent
LAYERS = (
    (
        "errors",
        "exit_codes",
        "tracebacks",
        "formatting",
        "values",
        "run_names",
        "atomic_file",
        "untrusted_file",
        "lru",
        "settings",
        "credentials",
        "host",
        "_version",
    ),
    ("store",),
    ("capture", "view"),
    ("compare",),
    ("tracking", "jupyter", "server", "sync"),
    ("notebook",),
    ("__init__", "_api", "cli", "compat", "__main__"),
)
# The one way between siblings: a run has itself sent by the background process.
PASSES = {
    (f"wandb_nb.tracking.{name}", target)
    for name in ("session.sync_handle", "start.server_lookup")
    for target in ("wandb_nb.sync", "wandb_nb.sync.background.launch")
}
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}
HEAVY = ("numpy", "pandas", "PIL", "yaml", "requests", "IPython", "anywidget", "tornado", "click", "platformdirs")


def name_of(path: Path) -> str:
    """Return the dotted module name of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def part_of(module: str) -> str:
    """Return the sub-package or top module that *module* belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def typing_only(node: ast.AST) -> bool:
    """Tell whether *node* is an `if TYPE_CHECKING:` block."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(module: str, *, inside_functions: bool) -> set[str]:
    """Return the modules of the package that *module* imports at run time."""
    found: set[str] = set()
    queue: list[ast.AST] = [ast.parse(MODULES[module].read_text("utf-8"))]
    while queue:
        node = queue.pop()
        if typing_only(node) or (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not inside_functions):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= from_import(module, node)
        queue += ast.iter_child_nodes(node)
    return {name for name in found if name in MODULES}


def from_import(module: str, node: ast.ImportFrom) -> set[str]:
    """Return what a `from … import …` names: sub-modules where there are such, else the module itself."""
    base = node.module or ""
    if node.level:
        package = module.split(".") if MODULES[module].name == "__init__.py" else module.split(".")[:-1]
        base = ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
    below = {f"{base}.{alias.name}" for alias in node.names}
    return {name if name in MODULES else base for name in below}


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    """A module imports from its own part of the package and from lower layers only, inside functions too."""
    part = part_of(module)
    assert part in LEVEL, f"{module} has no place in the layers"
    for target in imports(module, inside_functions=True):
        other = part_of(target)
        allowed = (
            (module, target) in PASSES
            or other == part
            or LEVEL[other] < LEVEL[part]
            or (LEVEL[part] == LEVEL[other] in (0, len(LAYERS) - 1))
        )
        assert allowed, f"{module} imports {target}, which is not below it"


def test_there_are_no_cycles() -> None:
    """The imports made while modules load have no cycles."""
    graph = {module: imports(module, inside_functions=False) - {module} for module in MODULES}
    for module in MODULES:  # a package's own __init__ is loaded before its modules anyway
        graph[module] -= {".".join(module.split(".")[:count]) for count in range(1, module.count(".") + 1)}
    list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("work", ["pass", "run = wandb_nb.init(); run.log({'a': 1})"])
def test_nothing_heavy_is_loaded(work: str, tmp_path: Path) -> None:
    """After the import, and after `init()` and `log()`, no heavy module is there."""
    source = f"import sys, wandb_nb\n{work}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_public_names_are_there() -> None:
    """`__all__` is sorted and holds names that can be imported, and `dir()` shows them."""
    assert wandb_nb.__all__ == sorted(wandb_nb.__all__)
    for name in wandb_nb.__all__:
        getattr(wandb_nb, name)
    assert dir(wandb_nb) == wandb_nb.__all__
    with pytest.raises(AttributeError, match="nothing"):
        wandb_nb.nothing  # noqa: B018
