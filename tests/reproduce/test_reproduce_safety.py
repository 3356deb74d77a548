"""Runs made to do harm: what `reproduce` lays out stays in its folder, and nothing of it is executed."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path, PurePosixPath

import pytest
from repeated_runs import call, file_names, git

from wandb_nb.errors import UsageError
from wandb_nb.reproduce.captured_run import CapturedRun, RunNames
from wandb_nb.reproduce.run_layout import LaidOutRun, lay_out
from wandb_nb.reproduce.tree_files import safe_path, write_below

NEW_FILE = "diff --git a/{0} b/{0}\nnew file mode 100644\n--- /dev/null\n+++ b/{0}\n@@ -0,0 +1 @@\n+harm\n"


def captured(folder: Path, facts: dict[str, object], files: dict[str, str] | None = None) -> CapturedRun:
    """Return a run with these *facts* of its environment and these *files* of its directory."""
    directory = folder / "run"
    for name, text in (files or {}).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    directory.mkdir(exist_ok=True)
    run = RunNames("../../id", "p`$(touch harm)`", name="<b>\n# name")
    return CapturedRun(directory, run, {"python": "CPython 3.11.7", **facts}, {"a\n---": "!!python/object:os.system"})


def texts(laid_out: LaidOutRun, kind: str = "code") -> list[str]:
    """Return the texts of the remarks of this kind."""
    return [remark.text for remark in laid_out.reproducibility.remarks if remark.kind == kind]


def commit_of(repository: Path) -> dict[str, object]:
    """Return the facts of a run at the checked-out commit."""
    commit = git(repository, "rev-parse", "HEAD").strip()
    script = {"program": str(repository / "jobs/train.py"), "codePath": "jobs/train.py"}
    return {"root": str(repository), "git": {"commit": commit}, **script}


@pytest.mark.parametrize(
    "path", ["../evil", "/evil", "a/../../b", ".git/config", "a/.GIT/hooks/x", "C:/x", "", ".", "a\0b"]
)
def test_paths_stay_below_the_folder(path: str) -> None:
    """A path that leads elsewhere, or into Git's own folder, is refused."""
    assert safe_path(path) is None


@pytest.mark.parametrize("path", ["../evil", "/evil", ".git/hooks/post-checkout", "link/evil"])
def test_a_patch_stays_in_the_work_tree(path: str, repository: Path, tmp_path: Path) -> None:
    """A patch that would write elsewhere, into Git's folder or through a committed link is not applied at all."""
    (tmp_path / "elsewhere").mkdir()
    (repository / "link").symlink_to(tmp_path / "elsewhere")
    git(repository, "add", "link")
    git(repository, "commit", "--quiet", "-m", "link")
    patch = NEW_FILE.format("fine.txt") + NEW_FILE.format(path)
    laid_out = lay_out(captured(tmp_path, commit_of(repository), {"files/diff.patch": patch}), tmp_path / "again")
    assert any("uncommitted changes are not applied" in text for text in texts(laid_out))
    assert not (tmp_path / "again/code/fine.txt").exists()
    assert not list((tmp_path / "elsewhere").iterdir())
    assert not list(tmp_path.rglob("evil"))
    assert not (tmp_path / "again/code/.git/hooks").exists()


def test_no_hook_and_no_filter_runs(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks and filters of the repository and of the user's own configuration are not executed."""
    (repository / ".gitattributes").write_text("* filter=harm\n")
    git(repository, "add", ".gitattributes")
    git(repository, "commit", "--quiet", "-m", "filter")
    hooks, harm = tmp_path / "hooks", tmp_path / "harm"
    hooks.mkdir()
    for folder in (hooks, repository / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        (folder / "post-checkout").write_text(f"#!/bin/sh\ntouch {harm}\n")
        (folder / "post-checkout").chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f'[core]\n  hooksPath = {hooks}\n[filter "harm"]\n  smudge = "touch {harm}; cat"\n  required = true\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    call("git", "clone", "--quiet", repository, tmp_path / "control", folder=tmp_path)
    assert harm.exists(), "the trap works"
    harm.unlink()
    laid_out = lay_out(captured(tmp_path, commit_of(repository)), tmp_path / "again")
    assert (tmp_path / "again/code/jobs/train.py").is_file()
    assert not harm.exists()
    assert "files of the commit need a filter" in texts(laid_out)


def test_links_are_not_followed(tmp_path: Path) -> None:
    """Links in the run are not read, and nothing is written through a link that the tree of the code has."""
    (tmp_path / "secret.py").write_text("secret")
    run = captured(tmp_path, {"codePath": "a.py", "program": "a.py"}, {"files/code/a.py": "print(1)"})
    (run.directory / "files/code/link.py").symlink_to(tmp_path / "secret.py")
    (run.directory / "files/code/folder").symlink_to(tmp_path)
    (run.directory / "files/requirements.txt").symlink_to(tmp_path / "secret.py")
    laid_out = lay_out(run, tmp_path / "again")
    assert file_names(tmp_path / "again/code") == {"a.py"}
    assert (tmp_path / "again/requirements.txt").read_text() == ""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/out").symlink_to(tmp_path)
    with pytest.raises(OSError, match="link"):
        write_below(tmp_path / "tree", PurePosixPath("out/new/file"), b"harm")
    assert not (tmp_path / "new").exists()
    assert laid_out.has_program


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    """Names, arguments and requirements of somebody else are quoted in the script, the README and the package file."""
    arguments = ["; touch harm", "$(touch harm)", "'`touch harm`", "\ntouch harm\n"]
    facts: dict[str, object] = {"codePath": "-c x.py", "program": "-c x.py", "args": arguments, "root": "/nowhere"}
    packages = "numpy==2.0.0\n--index-url http://evil\nevil @ file:///evil\nx==1 --hash=y\n-e .\n"
    files = {
        "files/code/-c x.py": "import json, sys\njson.dump(sys.argv[1:], open('arguments', 'w'))",
        "files/requirements.txt": packages,
        "logs/local_packages.json": json.dumps({"a\n--evil": "file:///x\n-e /evil"}),
    }
    again = lay_out(captured(tmp_path, facts, files), tmp_path / "a b'$(touch harm)").folder
    pinned = [line for line in (again / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert pinned == ["numpy==2.0.0"]
    call("sh", again / "run.sh", folder=tmp_path)
    assert json.loads((again / "code/arguments").read_text()) == arguments
    assert not list(tmp_path.rglob("harm"))
    readme = (again / "README.md").read_text()
    assert "<b>" not in readme.replace("\\<b\\>", "")
    assert [line for line in readme.splitlines() if line.startswith("#")] == [
        readme.splitlines()[0],
        "# or: python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt",
        "## What would keep it from being the same",
        "## What is here",
    ]
    assert stat.S_IMODE((again / "run.sh").stat().st_mode) & os.X_OK


def test_the_folder_must_be_new_or_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with files is refused and stays as it is; without a name the folder is made of the id, here."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    run = captured(tmp_path, {})
    with pytest.raises(UsageError, match="not empty: name a new or an empty one"):
        lay_out(run, tmp_path / "full")
    assert file_names(tmp_path / "full") == {"file"}
    monkeypatch.chdir(tmp_path)
    laid_out = lay_out(run)
    assert laid_out.folder.parent == tmp_path
    assert not laid_out.has_program
    assert "the program is unknown" in texts(laid_out)
