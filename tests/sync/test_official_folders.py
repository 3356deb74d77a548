"""Offline runs of official clients, 0.10 to 0.31: `wandb-nb sync` sends each of them completely."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from restarted_server import RestartedServer

from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.record_types import StatsRecord
from wandb_nb.store.format.wire import fields
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = Path(__file__).parent / "official_folders"
sys.path.insert(0, str(FOLDERS))

import recipe  # noqa: E402 -- what the clients ran

HISTORY = 2
NAMES = sorted(path.name for path in FOLDERS.glob("offline-run-*"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartedServer]:
    """Return a running server."""
    with RestartedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


def sync(folder: Path, server: RestartedServer, *options: str, code: int = 0) -> str:
    """Send *folder* with the command; return its output."""
    command = [sys.executable, "-m", "wandb_nb", "sync", "--include-synced", *options, str(folder)]
    environ = {**os.environ, **server.environ}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def users(values: dict[str, Any]) -> dict[str, Any]:
    """Return what the user logged."""
    return {key: value for key, value in values.items() if not key.startswith("_")}


def samples(folder: Path) -> int:
    """Return the number of system samples in the run file."""
    (file,) = folder.glob("run-*.wandb")
    return sum(isinstance(decode(payload), StatsRecord) for payload in Tail(file).read())


@pytest.mark.parametrize("name", NAMES)
def test_folder_is_sent_whole(name: str, server: RestartedServer, tmp_path: Path) -> None:
    """Rows, config, summary, names, terminal lines, system metrics and files are the client's own, once each."""
    shutil.copytree(FOLDERS / name, tmp_path / name)
    for _ in range(2):
        sync(tmp_path / name, server)
    stored = server.stored("off" + name.partition("-off")[2])
    *rows, picture = stored.rows
    assert [users(row) for row in rows] == recipe.ROWS
    assert [row["_step"] for row in stored.rows] == list(range(recipe.PICTURE_STEP + 1))
    image = picture["picture"]
    assert (image["_type"], image["width"], image["height"]) == ("image-file", 2, 2)
    assert stored.files[image["path"]] == (FOLDERS / name / "files" / image["path"]).read_bytes()
    assert stored.config == recipe.CONFIG
    assert {key: stored.summary[key] for key in recipe.SUMMARY} == recipe.SUMMARY
    assert stored.summary["loss"] == {"min": 0.05}
    assert [line.partition(" ")[2] for line in stored.output if not line.startswith("ERROR")] == recipe.PRINTED
    assert len(stored.events) == samples(FOLDERS / name) > 0
    assert stored.files["saved.txt"].decode() == recipe.SAVED
    facts = stored.facts
    assert (facts["displayName"], facts["notes"], facts["tags"]) == ("first", "two\nlines", ["a", "b"])
    assert (facts["state"], facts["exitCode"]) == ("finished", 0)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_folder_is_sent_as_far_as_it_can_be_read(name: str, server: RestartedServer, tmp_path: Path) -> None:
    """All records but the broken one arrive; the exit code is 3 and the lost bytes are reported."""
    copy, run = tmp_path / name, "broken" + name.partition("-off")[2]
    shutil.copytree(FOLDERS / name, copy)
    (file,) = copy.glob("run-*.wandb")
    content = bytearray(file.read_bytes())
    rows = [payload for payload in Tail(file).read() if any(number == HISTORY for number, *_ in fields(payload))]
    at = content.index(rows[10])
    content[at + 20 : at + 22] = b"XX"
    file.write_bytes(content)
    output = sync(copy, server, "--id", run, code=3)
    assert "cannot be read" in output
    stored = server.stored(run)
    assert [users(row) for row in stored.rows[:-1]] == [row for number, row in enumerate(recipe.ROWS) if number != 10]
    assert (stored.config, stored.facts["state"]) == (recipe.CONFIG, "finished")
