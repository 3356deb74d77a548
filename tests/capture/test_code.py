"""Code and changes stored with a run: real repositories, real scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb
from wandb_nb.capture.code import source_files, work_tree_diff
from wandb_nb.capture.secrets.redact import Redactor

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "import wandb_nb as wandb\nKEY = 'sk-canary12345'\nwandb.init(settings={'silent': True}%s)\n"
NONE = Redactor({})


def git(folder: Path, *arguments: str) -> str:
    """Run git in *folder*."""
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=n", "-c", "user.email=e@x", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, env=quiet, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with a script in a subfolder."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/train.py").write_text(SOURCE % "")
    (tmp_path / ".gitignore").write_text("wandb\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def run(folder: Path, script: str = "src/train.py", **environment: str) -> tuple[Path, str]:
    """Run a script in *folder*; return the files of its run and its stderr."""
    done = subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return folder / "wandb/latest-run/files", done.stderr


def test_changes_are_stored(repository: Path) -> None:
    """The changes of the work tree are stored as a patch without secrets."""
    (repository / "src/train.py").write_text(SOURCE % "" + "changed = True\nTOKEN = 'sk-other-12345678'\n")
    files, _ = run(repository)
    patch = (files / "diff.patch").read_text()
    assert "+changed = True" in patch
    assert "sk-other" not in patch
    assert not list(files.glob("upstream*"))


def test_no_changes_no_patch(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A clean work tree leaves no patch or message, and neither does a folder outside any repository."""
    files, stderr = run(repository)
    assert (list(files.glob("*.patch")), stderr) == ([], "")
    outside = tmp_path_factory.mktemp("outside")
    (outside / "s.py").write_text("import wandb_nb as wandb; wandb.init(settings={'quiet': True})")
    files, stderr = run(outside, "s.py")
    assert not list(files.glob("*.patch"))
    assert "changes" not in stderr


def test_changes_against_upstream(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """If the branch has commits of its own, the changes against its upstream are stored under the upstream commit."""
    clone = tmp_path_factory.mktemp("clone") / "it"
    git(repository, "clone", "-q", ".", str(clone))
    upstream = git(clone, "rev-parse", "HEAD")
    (clone / "src/more.py").write_text("more = 1\n")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "second")
    files, _ = run(clone)
    assert "+more = 1" in (files / f"upstream_diff_{upstream}.patch").read_text()
    assert not (files / "diff.patch").exists()


def test_git_switched_off_or_absent(repository: Path, tmp_path: Path) -> None:
    """WANDB_DISABLE_GIT stores and prints nothing; without the git program one line gives the reason."""
    source = (SOURCE % "").replace("'silent'", "'quiet'") + "x = 1\n"
    (repository / "src/train.py").write_text(source)
    files, stderr = run(repository, WANDB_DISABLE_GIT="true")
    assert not list(files.glob("*.patch"))
    assert "changes" not in stderr
    files, stderr = run(repository, PATH=str(tmp_path))
    assert not list(files.glob("*.patch"))
    assert "git is not installed" in stderr


def test_large_changes_are_left_out(repository: Path) -> None:
    """A patch above the limit is refused with its size, not cut."""
    (repository / "src/train.py").write_text("x\n" * 1000)
    with pytest.raises(work_tree_diff.DiffError, match="limit of 100"):
        work_tree_diff.against_commit(repository, max_bytes=100)


@pytest.mark.parametrize(
    ("argument", "environment", "saved"),
    [
        ("", {}, False),
        (", save_code=True", {}, True),
        ("", {"WANDB_SAVE_CODE": "true"}, True),
        (", save_code=False", {"WANDB_SAVE_CODE": "true"}, False),
        (", save_code=True", {"WANDB_SAVE_CODE": "false"}, True),
        (", save_code=True", {"WANDB_DISABLE_CODE": "true"}, False),
    ],
)
def test_whether_the_script_is_saved(
    repository: Path, argument: str, environment: dict[str, str], *, saved: bool
) -> None:
    """WANDB_DISABLE_CODE overrides the argument, which overrides WANDB_SAVE_CODE; by default nothing is saved."""
    (repository / "src/train.py").write_text(SOURCE % argument)
    files, _ = run(repository, **environment)
    copy = files / "code/src/train.py"
    assert copy.exists() is saved
    assert ("code_path: code/src/train.py" in (files / "config.yaml").read_text()) is saved
    if saved:
        assert copy.read_text() == (SOURCE % argument).replace("sk-canary12345", "[redacted]")


def test_a_tree_of_code(tmp_path: Path) -> None:
    """`save_tree` copies included and not excluded files, by pattern or function, and skips other files."""
    for name in ("a.py", "b/c.py", "b/d.txt", "b/test_c.py", ".git/e.py", "venv/f.py", "wandb/g.py"):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\r\n" + name.encode())
    root, files = tmp_path / "root", tmp_path / "files"
    assert source_files.save_tree(files, root, NONE) == ["code/a.py", "code/b/c.py", "code/b/test_c.py"]
    assert (files / "code/b/c.py").read_bytes() == b"\xff\r\nb/c.py"
    assert source_files.save_tree(files, root, NONE, ["*.txt", "a.*"], ["a.*"]) == ["code/b/d.txt"]
    saved = source_files.save_tree(files, root, NONE, lambda path: "b/" in path, ["test_*"])
    assert saved == ["code/b/c.py", "code/b/d.txt"]


def test_log_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run.log_code()` copies the sources of the working directory into the run; a wrong root is a UsageError."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("a = 1\n")
    with wandb.init(settings={"silent": True}) as run:
        assert [file.path for file in run.log_code().files()] == ["a.py"]
        with pytest.raises(wandb.UsageError, match="not a folder"):
            run.log_code("nowhere")
    assert (tmp_path / "wandb/latest-run/files/code/a.py").read_text() == "a = 1\n"
