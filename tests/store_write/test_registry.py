"""The registry of runs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.errors import StoreError
from wandb_nb.store.runs.registry import Registry


@pytest.fixture
def registry(tmp_path):
    """Return an empty registry."""
    return Registry(tmp_path / "data")


def test_entries_come_back_newest_first(registry):
    """A registered run is found by id, by name and as the latest; directories of one id are listed newest first."""
    first = registry.register(run_id="a", path="/x/1", name="owl", project="p", created=1.0)
    second = registry.register(run_id="b", path="/x/2", name="owl", entity=None, created=3.0)
    third = registry.register(run_id="a", path="/x/3", created=2.0)
    assert registry.all() == [second, third, first]
    assert registry.find("a") == [third, first]
    assert registry.find_name("owl") == [second, first]
    assert registry.latest() == second
    assert (second.entity, second.state, second.pid) == ("", "running", os.getpid())
    assert len({entry.token for entry in registry.all()}) == 3


def test_an_update_replaces_the_entry(registry):
    """State, end and the small summary values are stored; other entries do not change."""
    entry = registry.register(run_id="a", path="/x")
    other = registry.register(run_id="a", path="/y", created=entry.created - 1)
    changed = registry.update(
        entry, state="finished", exit_code=0, ended=5.0, summary={"loss": 0.5, "image": {"big": 1}, "text": "x" * 999}
    )
    assert changed.token == entry.token
    assert registry.find("a")[0].summary == {"loss": 0.5}
    assert registry.find("a")[0].state == "finished"
    assert registry.find("a")[1] == other
    registry.forget(changed)
    registry.forget(changed)
    assert registry.all() == [other]


def test_the_token_opens_the_run_and_nothing_else_does(registry):
    """Only the token of an entry of that id returns the entry."""
    entry = registry.register(run_id="a", path="/x")
    other = registry.register(run_id="b", path="/y")
    assert registry.authorise("a", entry.token) == entry
    for run_id, token in (("a", other.token), ("b", entry.token), ("a", ""), ("a", "\ud800"), ("*", entry.token)):
        assert registry.authorise(run_id, token) is None


@given(st.text(max_size=80))
def test_no_id_leaves_the_folder(tmp_path_factory, run_id):
    """Any id is found again, and its entry is the only new file, in the entry folder."""
    folder = tmp_path_factory.mktemp("data")
    registry = Registry(folder)
    entry = registry.register(run_id=run_id, path="/x")
    assert registry.find(run_id) == [entry]
    assert registry.authorise(run_id, entry.token) == entry
    assert [path.parent for path in folder.rglob("*") if path.is_file()] == [folder / "runs"]


@pytest.mark.parametrize("run_id", ["../../a", "a/../b", "/etc/passwd", "*", "..", "a\0b", "x" * 5000])
def test_hostile_ids_find_nothing(registry, run_id):
    """An id that names other files finds nothing."""
    registry.register(run_id="a", path="/x")
    assert registry.find(run_id) == []
    assert registry.authorise(run_id, "t") is None


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_entries_are_private(registry):
    """Only the user can read the folder and its files."""
    registry.register(run_id="a", path="/x")
    registry.next_number("p")
    for path in (registry.folder, *registry.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_damaged_entries_are_skipped_and_counted(registry):
    """Half a file, another file's content or a wrong type loses only that entry; unknown fields are ignored."""
    entry = registry.register(run_id="a", path="/x")
    folder = registry.folder / "runs"
    content = json.loads((folder / f"{entry.key}.json").read_text("utf-8"))
    (folder / "half.json").write_text("{", "utf-8")
    (folder / "copy.json").write_text(json.dumps(content), "utf-8")
    (folder / "list.json").write_text("[]", "utf-8")
    (folder / "bytes.json").write_bytes(b"\xff\xfe")
    (folder / "typed.json").write_text(json.dumps({**content, "key": "typed", "name": 5}), "utf-8")
    (folder / "token.json").write_text(json.dumps({**content, "key": "token", "token": ""}), "utf-8")
    (folder / "short.json").write_text(json.dumps({"key": "short", "id": "a"}), "utf-8")
    (folder / f"{entry.key}.json").write_text(json.dumps({**content, "later": 1}), "utf-8")
    assert registry.all() == [entry]
    assert registry.damaged == 7


def test_numbers_are_counted_for_all_processes(registry):
    """Processes that count concurrently get each number once; each project has its own count, for any name."""
    code = (
        "import sys; from wandb_nb.store.runs.registry import Registry; registry = Registry(sys.argv[1]);"
        "print('ready', flush=True); sys.stdin.read(1);"
        "print(*(registry.next_number('p') for _ in range(1000)))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, registry.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("x")
        process.stdin.flush()
    numbers = [int(word) for process in processes for word in process.communicate()[0].split()]
    assert sorted(numbers) == list(range(1, 3001))
    assert [registry.next_number(name) for name in ("q", "../q", "", "p", "q")] == [1, 1, 1, 3001, 2]


def test_an_unwritable_registry_is_an_error(tmp_path):
    """The error names the folder and the remedy."""
    (tmp_path / "file").touch()
    registry = Registry(tmp_path / "file")
    with pytest.raises(StoreError, match="WANDB_NB_DATA_DIR"):
        registry.register(run_id="a", path="/x")
    with pytest.raises(StoreError, match="WANDB_NB_DATA_DIR"):
        registry.next_number("p")
    assert registry.all() == []


def test_the_default_folder_is_the_users(monkeypatch, clean_environment):
    """The environment variable has precedence over the platform's user data directory."""
    assert Registry().folder == clean_environment
    monkeypatch.delenv("WANDB_NB_DATA_DIR")
    from platformdirs import user_data_dir

    for home in (None, "/somewhere/data"):
        if home:
            monkeypatch.setenv("XDG_DATA_HOME", home)
        assert Registry().folder == Path(user_data_dir("wandb-nb"))
