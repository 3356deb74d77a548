"""The owner's lock, between real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from wandb_nb.errors import StoreError
from wandb_nb.store.writing.owner_lock import OwnerLock, owner_alive

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="record locks are POSIX")

HOLD = """
import sys
from wandb_nb.store.writing.owner_lock import OwnerLock
lock = OwnerLock(sys.argv[1])
lock.acquire()
print("locked", flush=True)
sys.stdin.read()
"""


def alive_elsewhere(folder) -> str:
    """Return the owner as another process sees it."""
    code = "import sys; from wandb_nb.store.writing.owner_lock import owner_alive; print(owner_alive(sys.argv[1]))"
    return subprocess.run(
        [sys.executable, "-c", code, folder], check=True, capture_output=True, text=True
    ).stdout.strip()


def holder(folder) -> subprocess.Popen[str]:
    """Start a process that owns *folder*, and wait until it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "locked\n"
    return process


def test_the_owner_lives_until_it_is_killed(tmp_path):
    """Another process's lock is visible, also through the run file's path; it ends with a kill and can be taken."""
    with holder(tmp_path) as process:
        assert owner_alive(tmp_path) is True
        assert owner_alive(tmp_path / "run-a.wandb") is True
        with pytest.raises(StoreError, match="another process"):
            OwnerLock(tmp_path).acquire()
        process.kill()
    assert owner_alive(tmp_path) is False
    lock = OwnerLock(tmp_path)
    lock.acquire()
    assert alive_elsewhere(tmp_path) == "True"
    lock.release()
    lock.release()
    assert owner_alive(tmp_path) is False


def test_asking_in_the_owner_does_not_drop_the_lock(tmp_path):
    """The owner may check its own lock, also through a link, without freeing it by closing the file."""
    run, link = tmp_path / "run", tmp_path / "latest-run"
    link.symlink_to(run)
    lock = OwnerLock(run)
    lock.acquire()
    assert owner_alive(run) is True
    assert owner_alive(link) is True
    assert alive_elsewhere(run) == "True"
    lock.release()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_inherit_the_lock(tmp_path):
    """A child neither holds the lock nor frees it when it ends; it sees that its parent has it."""
    lock = OwnerLock(tmp_path)
    lock.acquire()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if owner_alive(tmp_path) is True else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert alive_elsewhere(tmp_path) == "True"
    lock.release()


def test_another_host_cannot_be_judged(tmp_path):
    """A lock file of another host gives no answer; without one, or with half of one, there is no owner."""
    assert owner_alive(tmp_path) is False
    file = tmp_path / "logs" / "owner.lock"
    file.parent.mkdir()
    file.write_text(json.dumps({"host": "elsewhere.example", "pid": os.getpid()}), "utf-8")
    assert owner_alive(tmp_path) is None
    file.write_text('{"host": "else', "utf-8")
    assert owner_alive(tmp_path) is False


def test_the_file_names_the_owner(tmp_path):
    """Host, pid and start time of the owner are in the file."""
    lock = OwnerLock(tmp_path)
    lock.acquire()
    with holder(tmp_path / "other") as process:
        other = json.loads((tmp_path / "other" / "logs" / "owner.lock").read_text("utf-8"))
        assert other["pid"] == process.pid
        assert set(other) == {"host", "pid", "started"}
        process.kill()
    lock.release()
