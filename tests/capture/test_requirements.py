"""The list of installed packages."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING

from wandb_nb.capture.code.requirements import installed, normalized

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_list_is_that_of_the_metadata():
    """Names and versions equal the distributions' own metadata."""
    expected = {f"{normalized(one.metadata['Name'])}=={one.version}" for one in metadata.distributions()}
    assert set(installed()) == expected
    names = [line.partition("==")[0] for line in installed()]
    assert names == sorted(names)


def test_odd_folders_are_no_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The first of two versions counts; leftovers, empty folders, files and unreadable places do no harm."""
    for folder in (
        "first/Some.Name-1.0+cu118.dist-info",
        "second/some_name-2.0.dist-info",
        "first/~ome_name-0.1.dist-info",
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "METADATA").write_bytes(b"\xff\xfe never read")
    (tmp_path / "first/without_metadata-3.dist-info").mkdir()
    (tmp_path / "first/old-4.5-py3.11.egg-info").write_text("Name: old\n")
    (tmp_path / "first/developed.egg-info").mkdir()
    (tmp_path / "library.zip").write_bytes(b"PK")
    paths = (str(tmp_path / name) for name in ("missing", "library.zip", "first", "second"))
    monkeypatch.setattr(sys, "path", [*paths])
    assert installed() == ["old==4.5", "some-name==1.0+cu118"]
