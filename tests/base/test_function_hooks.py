"""`FunctionHooks` and `ImportHook` with modules of this test."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from wandb_nb.function_hooks import FunctionHooks, ImportHook

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SOURCE = """
def first():
    return "first"
def second():
    return "second"
class Base:
    def method(self):
        return "method"
class Below(Base):
    pass
"""


def marked(original: Any) -> Any:
    """Return *original* with an exclamation mark after its result."""
    return lambda *arguments: f"{original(*arguments)}!"


def test_two_hooks_on_one_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several hooks may wait for the import of one module; removed, they leave it as it was."""
    (tmp_path / "hooked_module.py").write_text(SOURCE, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    names = ("first", "second", "Below.method")
    hooks = [FunctionHooks({"hooked_module": name}, marked) for name in names]
    modules: list[Any] = []
    imported = ImportHook(("hooked_module",), modules.append)
    for hook in (*hooks, imported):
        hook.install()
    try:
        module = import_module("hooked_module")
        assert modules == [module]
        assert (module.first(), module.second(), module.Below().method()) == ("first!", "second!", "method!")
        assert module.Base().method() == "method"
        hooks[0].install()
        assert module.first() == "first!"
    finally:
        for hook in (*hooks, imported):
            hook.remove()
        sys.modules.pop("hooked_module", None)
    assert (module.first(), module.second(), module.Below().method()) == ("first", "second", "method")
    assert "method" not in vars(module.Below)
    assert not set(sys.meta_path) & {*hooks, imported}
