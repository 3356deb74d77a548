"""Files that are replaced as a whole."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from wandb_nb.atomic_file import replacement, write_text

if TYPE_CHECKING:
    from pathlib import Path


def test_content_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """The old content stays until the block ends, and no other file is left."""
    target = tmp_path / "a.txt"
    write_text(target, "old")

    with replacement(target) as unfinished:
        unfinished.write_text("new", "utf-8")
        assert target.read_text("utf-8") == "old"

    assert target.read_text("utf-8") == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_an_error_leaves_the_old_content(tmp_path: Path) -> None:
    """A block that fails changes nothing and leaves no unfinished file."""
    target = tmp_path / "a.txt"
    write_text(target, "old")

    def interrupted() -> None:
        with replacement(target, private=True, durable=True) as unfinished:
            unfinished.write_text("half", "utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert target.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_private_file_is_never_readable_by_others(tmp_path: Path) -> None:
    """With *private* only the owner can read the file, from its creation, for any umask."""
    target, modes = tmp_path / "key", []
    before = os.umask(0)
    try:
        with replacement(target, private=True) as unfinished:
            modes.append(unfinished.stat().st_mode & 0o777)
            unfinished.write_text("secret", "utf-8")
    finally:
        os.umask(before)

    assert [*modes, target.stat().st_mode & 0o777] == [0o600, 0o600]


def test_a_name_of_full_length_can_be_replaced(tmp_path: Path) -> None:
    """The temporary file has a valid name, however long the target's is."""
    target = tmp_path / ("n" * 255)

    write_text(target, "x")

    assert target.read_text("utf-8") == "x"


def test_a_link_can_be_replaced(tmp_path: Path) -> None:
    """A symbolic link replaces an earlier one."""
    link = tmp_path / "latest"
    for name in ("first", "second"):
        with replacement(link) as unfinished:
            unfinished.symlink_to(name)

    assert str(link.readlink()) == "second"
