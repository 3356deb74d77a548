"""The naming rules of CONTRIBUTING.md, read from the syntax trees: one name for one thing, small explained folders."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

import wandb_nb

PACKAGE = Path(wandb_nb.__file__).parent
MAX_MODULES = 15
FOLDERS = sorted({path.parent for path in PACKAGE.rglob("*.py")})
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if not path.name.startswith("__"))
# Metaphors and bare participles that were names here earlier; each has a standard term (docs/glossary.md).
PRIVATE_WORDS = {
    *("attend", "desk", "plant", "settle", "tell", "teller"),
    *("begun", "found", "given", "goes_on", "going_on", "held", "kept", "known", "made", "raised", "said", "shown"),
    *("taken", "told"),
}
# The documented names of wandb's callbacks: the modules of several libraries have them.
CALLBACKS = {"WandbCallback"}
LIMITS = re.compile(r"_?(MOST|LONGEST|LARGEST|BIGGEST|HIGHEST)_|.*_(MOST|LONGEST|LARGEST)$")
SECONDS = re.compile(r".*_(S|SECS?|s|secs?)$")


def definitions(path: Path) -> set[str]:
    """Return the names that a module defines: classes, functions, constants, parameters and locals."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names


def places(names: dict[Path, set[str]]) -> dict[str, list[str]]:
    """Return the names that more than one file has, with those files."""
    files = defaultdict(list)
    for path, entries in names.items():
        for name in entries:
            files[name].append(path.relative_to(PACKAGE).as_posix())
    return {name: sorted(paths) for name, paths in files.items() if len(paths) > 1}


def classes(path: Path) -> set[str]:
    """Return the public classes of a module."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")}


def test_a_module_name_stands_for_one_thing() -> None:
    """No two modules of the package have one name."""
    assert places({path: {path.stem} for path in MODULES}) == {}


def test_a_class_name_stands_for_one_thing() -> None:
    """No two public classes of the package have one name, but for wandb's callbacks."""
    assert places({path: classes(path) - CALLBACKS for path in MODULES}) == {}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(PACKAGE.parent).as_posix())
def test_a_folder_is_small_and_explained(folder: Path) -> None:
    """A folder has at most fifteen modules, and its `__init__` says what lives there and where the next thing is."""
    assert len([path for path in folder.glob("*.py") if not path.name.startswith("__")]) <= MAX_MODULES
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    assert len(docstring.splitlines()) >= 3, f"{folder.name}/__init__.py does not say what lives there"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_names_are_standard_terms(path: Path) -> None:
    """Names are not private words; limits begin with `MAX_`, and seconds end with `_seconds`."""
    names = definitions(path)
    assert {name for name in names if name.strip("_").lower() in PRIVATE_WORDS} == set()
    assert {name for name in names if LIMITS.match(name)} == set()
    assert {name for name in names if SECONDS.match(name)} == set()
