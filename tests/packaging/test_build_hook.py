"""When the build makes the JavaScript, and which Node it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hatch_build

if TYPE_CHECKING:
    from pathlib import Path


def executable(folder: Path, name: str, prints: str) -> None:
    """Put a program that prints a line into *folder*."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {prints}\n", encoding="ascii")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v18.20.0", False),
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("nonsense", False),
    ],
)
def test_node_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, fits: bool) -> None:
    """A Node on PATH is used if the bundler accepts its version."""
    executable(tmp_path, "node", version)
    executable(tmp_path, "npm", "11.0.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hatch_build.node_fits() is fits


def test_node_without_npm_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some systems have Node without npm: then both come from the package index."""
    executable(tmp_path, "node", "v24.1.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not hatch_build.node_fits()


def test_changed_sources_need_a_build(tmp_path: Path) -> None:
    """A build is valid until a source changes, is renamed or is added; tests are not sources."""
    sources = tmp_path / "labextension/src"
    sources.mkdir(parents=True)
    (sources / "index.ts").write_text("1", encoding="ascii")
    stamp = tmp_path / hatch_build.STAMP
    stamp.parent.mkdir(parents=True)
    assert not hatch_build.is_built(tmp_path)
    stamp.write_text(hatch_build.sources_digest(tmp_path), encoding="ascii")
    assert hatch_build.is_built(tmp_path)

    (tmp_path / "labextension/tests").mkdir()
    (tmp_path / "labextension/tests/a.test.ts").write_text("2", encoding="ascii")
    assert hatch_build.is_built(tmp_path)
    (sources / "more.ts").write_text("3", encoding="ascii")
    assert not hatch_build.is_built(tmp_path)
