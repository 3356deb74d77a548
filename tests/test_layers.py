"""The layers of `docs/design.md`, checked against the imports."""

from __future__ import annotations

import ast
import re
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
        "function_hooks",
        "atomic_file",
        "untrusted_file",
        "untrusted_json",
        "lru",
        "settings",
        "credentials",
        "host",
        "surroundings",
        "_version",
    ),
    ("store", "run_filters"),
    ("capture", "data", "view"),
    ("artifacts", "compare", "tensorboard", "gym"),
    ("reproduce",),
    ("tracking", "jupyter", "server", "sync"),
    ("notebook", "public_api", "integration", "sklearn_plots"),
    ("autolog",),
    ("__init__", "_api", "cli", "compat", "__main__"),
)
# The only imports between siblings: the background process sends a run for the session, which uses a server's versions.
PASSES = {
    (f"wandb_nb.tracking.{name}", target)
    for name in ("online.sync_handle", "online.server_lookup", "online.registration_wait", "online.anonymous_key")
    for target in ("wandb_nb.sync", "wandb_nb.sync.background.launch")
} | {
    ("wandb_nb.tracking.online.used_artifacts", f"wandb_nb.sync.reading.{name}")
    for name in ("server_connection", "server_versions")
}
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}
HEAVY = (
    *(
        "numpy",
        "orjson",
        "pandas",
        "PIL",
        "yaml",
        "requests",
        "IPython",
        "anywidget",
        "ipywidgets",
        "nbformat",
        "tornado",
        "click",
    ),
    "platformdirs",
)


def name_of(path: Path) -> str:
    """Return the dotted module name of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def part_of(module: str) -> str:
    """Return the sub-package or top module that *module* belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(module: str) -> set[str]:
    """Return the modules of the package that *module* imports: at load time, inside functions, and for typing only."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import, line {node.lineno}"
            names |= from_import(node)
    return {name for name in names if name in MODULES}


def from_import(node: ast.ImportFrom) -> set[str]:
    """Return the modules of a `from … import …`: sub-modules if they exist, else the module itself."""
    base = node.module or ""
    below = {f"{base}.{alias.name}" for alias in node.names}
    return {name if name in MODULES else base for name in below}


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    """A module imports only from its own part of the package and from lower layers."""
    part = part_of(module)
    assert part in LEVEL, f"{module} has no place in the layers"
    for target in imports(module):
        other = part_of(target)
        allowed = (
            (module, target) in PASSES
            or other == part
            or LEVEL[other] < LEVEL[part]
            or (LEVEL[part] == LEVEL[other] in (0, len(LAYERS) - 1))
        )
        assert allowed, f"{module} imports {target}, which is not below it"


def test_there_are_no_cycles() -> None:
    """No module imports itself through others, at load time, inside a function or for typing only."""
    graph = {module: imports(module) - {module} for module in MODULES}
    for module in MODULES:  # a package's own __init__ is loaded before its modules anyway
        graph[module] -= {".".join(module.split(".")[:count]) for count in range(1, module.count(".") + 1)}
    list(TopologicalSorter(graph).static_order())


def test_the_map_names_every_package() -> None:
    """The map in `docs/design.md` has one row for each package, and no other rows."""
    text = (PACKAGE.parent / "docs" / "design.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `([a-z_/]+)/` \|", text, re.MULTILINE))
    folders = {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("__init__.py")} - {"."}
    assert rows == folders


@pytest.mark.parametrize("work", ["pass", "run = wandb_nb.init(); run.log({'a': 1})"])
def test_nothing_heavy_is_loaded(work: str, tmp_path: Path) -> None:
    """After the import, and after `init()` and `log()`, no heavy module is loaded."""
    source = f"import sys, wandb_nb\n{work}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_public_names_are_there() -> None:
    """`__all__` is sorted and has importable names, and `dir()` shows them."""
    assert wandb_nb.__all__ == sorted(wandb_nb.__all__)
    for name in wandb_nb.__all__:
        getattr(wandb_nb, name)
    assert dir(wandb_nb) == wandb_nb.__all__
    with pytest.raises(AttributeError, match="nothing"):
        wandb_nb.nothing  # noqa: B018
