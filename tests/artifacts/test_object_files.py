"""Contents of artifacts that the official client left outside of the run directory."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from wandb_nb.artifacts.object_files import open_content
from wandb_nb.store.format.artifact_record import ManifestEntry

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"content"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the staging folder of the official client, with one file."""
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path))
    staging = tmp_path / "artifacts" / "staging"
    staging.mkdir(parents=True)
    (staging / "tmp1").write_bytes(CONTENT)
    return staging


def entry(path: Path, content: bytes = CONTENT) -> ManifestEntry:
    """Return the entry of *content* in the file *path*."""
    digest = b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    return ManifestEntry(digest=digest, size=len(content), local_path=str(path), ref="")


def test_a_staged_file_is_opened(folder: Path, tmp_path: Path) -> None:
    """A file in the staging folder is read where the run directory has none."""
    with open_content(tmp_path / "run", entry(folder / "tmp1")) as file:
        assert file.read() == CONTENT


def test_no_other_file_is_opened(folder: Path, tmp_path: Path) -> None:
    """A file elsewhere, one that a link or `..` leads to, and one with another content are refused."""
    secret = tmp_path / "secret"
    secret.write_bytes(CONTENT)
    (folder / "link").symlink_to(secret)
    for path in (secret, folder / "link", folder / ".." / ".." / "secret", folder / ".."):
        with pytest.raises(OSError):  # noqa: PT011 -- of several kinds
            open_content(tmp_path / "run", entry(path))
    with pytest.raises(OSError, match="has changed since it was logged"):
        open_content(tmp_path / "run", entry(folder / "tmp1", b"other"))
