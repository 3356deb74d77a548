"""`wandb-nb artifact` as a user has it: real processes on the store of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli import cli, stdout

from wandb_nb.artifacts.store.artifact_store import ArtifactStore


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, without a server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")


def test_put_list_show_and_get(tmp_path: Path) -> None:
    """A file and a folder are logged, listed, shown with their lineage, and downloaded."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one")
    assert stdout("artifact", "put", "in", "-n", "digits/data", "-a", "best", "-d", "a text") == "digits/data:v0\n"
    assert stdout("artifact", "put", "in", "-n", "digits/data") == "digits/data:v0\n"
    (tmp_path / "in" / "a.txt").write_text("two")
    assert stdout("artifact", "put", "in/a.txt", "--name", "digits/data", "--type", "dataset") == "digits/data:v1\n"
    heads, row = stdout("artifact", "ls").splitlines()
    assert (heads.split()[0], row.split()[:3]) == ("artifact", ["digits/data:v1", "dataset", "latest"])
    assert len(stdout("artifact", "ls", "data").splitlines()) == 3
    assert len(stdout("artifact", "ls", "digits", "-t", "dataset").splitlines()) == 2
    versions = json.loads(stdout("artifact", "ls", "digits/data", "--json"))
    assert [(each["index"], each["aliases"]) for each in versions] == [(1, ["latest"]), (0, ["best"])]
    shown = stdout("artifact", "show", "data:best").splitlines()
    assert shown[:2] == ["digits/data:v0 · dataset · 1 file · 3 B · best", "a text"]
    assert any(line.startswith("    made by run") for line in shown)
    assert Path(stdout("artifact", "get", "data:best", "--root", "out").strip(), "a.txt").read_text() == "one"
    assert stdout("artifact", "verify", "data:best", "--root", "out").startswith("digits/data:v0: all 1 files")


def test_wrong_names_are_usage_errors() -> None:
    """Without artifacts the list is empty, and a name that does not exist is one line with exit code 2."""
    done = cli("artifact", "ls")
    assert (done.returncode, done.stdout) == (0, "")
    done = cli("artifact", "get", "data:latest")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "there is no artifact data:latest on this machine" in done.stderr
    assert "--limit must be a size such as 500MB" in cli("artifact", "clean", "--limit", "much").stderr


def test_verify_and_clean(tmp_path: Path) -> None:
    """Damage is exit code 3 and named; a clean-up frees what no version needs, and versions only on request."""
    for text in ("one", "two"):
        (tmp_path / "a.txt").write_text(text)
        stdout("artifact", "put", "a.txt", "-n", "p/data")
    assert stdout("artifact", "verify") == "2 versions, 2 contents, 6 B, 0 problems\n"
    assert stdout("artifact", "clean") == "freed 0 B in 0 files; 6 B are left\n"
    assert stdout("artifact", "clean", "--versions", "--yes", "--limit", "3") == (
        "deleted p/data:v0\nfreed 3 B in 1 files; 3 B are left\n"
    )
    store = ArtifactStore()
    (content,) = (Path(entry.path) for entry in store.contents.files())
    content.unlink()
    content.write_text("tow")
    done = cli("artifact", "verify")
    assert (done.returncode, "p/data:v1: the content of a.txt is damaged" in done.stderr) == (3, True)
