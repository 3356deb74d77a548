"""Entries of nested dicts, addressed by their key path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wandb_nb.values import KeyPath


def put(tree: dict[str, Any], path: KeyPath, value: Any) -> None:
    """Set the entry at *path*, and create the dicts above it."""
    for name in path[:-1]:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            inner = tree[name] = {}
        tree = inner
    tree[path[-1]] = value


def get(tree: dict[str, Any], path: KeyPath, default: Any = None) -> Any:
    """Return the entry at *path*, *default* where there is none."""
    inner: Any = tree
    for name in path:
        if not isinstance(inner, dict) or name not in inner:
            return default
        inner = inner[name]
    return inner


def remove(tree: dict[str, Any], path: KeyPath) -> None:
    """Remove the entry at *path* if it exists."""
    for name in path[:-1]:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            return
        tree = inner
    tree.pop(path[-1], None)
