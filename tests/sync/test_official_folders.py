"""Offline runs that official clients wrote, 0.10 to 0.31: `wandb-nb sync` sends each of them whole."""

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
    """Send *folder* by command; return what it says."""
    command = [sys.executable, "-m", "wandb_nb", "sync", "--include-synced", *options, str(folder)]
    environ = {**os.environ, **server.environ}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def users(values: dict[str, Any]) -> dict[str, Any]:
    """Return what the user logged."""
    return {key: value for key, value in values.items() if not key.startswith("_")}


def samples(folder: Path) -> int:
    """Return how many samples of the system are in the run file."""
    (file,) = folder.glob("run-*.wandb")
    return sum(isinstance(decode(payload), StatsRecord) for payload in Tail(file).read())


@pytest.mark.parametrize("name", NAMES)
def test_folder_is_sent_whole(name: str, server: RestartedServer, tmp_path: Path) -> None:
    """Rows, config, summary, names, terminal lines, system metrics and files are those of the client's run, once."""
    shutil.copytree(FOLDERS / name, tmp_path / name)
    for _ in range(2):
        sync(tmp_path / name, server)
    held = server.held("off" + name.partition("-off")[2])
    *rows, picture = held.rows
    assert [users(row) for row in rows] == recipe.ROWS
    assert [row["_step"] for row in held.rows] == list(range(recipe.PICTURE_STEP + 1))
    image = picture["picture"]
    assert (image["_type"], image["width"], image["height"]) == ("image-file", 2, 2)
    assert held.files[image["path"]] == (FOLDERS / name / "files" / image["path"]).read_bytes()
    assert held.config == recipe.CONFIG
    assert {key: held.summary[key] for key in recipe.SUMMARY} == recipe.SUMMARY
    assert held.summary["loss"] == {"min": 0.05}
    assert [line.partition(" ")[2] for line in held.output if not line.startswith("ERROR")] == recipe.PRINTED
    assert len(held.events) == samples(FOLDERS / name) > 0
    assert held.files["saved.txt"].decode() == recipe.SAVED
    facts = held.facts
    assert (facts["displayName"], facts["notes"], facts["tags"]) == ("first", "two\nlines", ["a", "b"])
    assert (facts["state"], facts["exitCode"]) == ("finished", 0)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_folder_is_sent_as_far_as_it_can_be_read(name: str, server: RestartedServer, tmp_path: Path) -> None:
    """Of a file with a broken record all others arrive; the exit code is 3 and the bytes are told."""
    copy, run = tmp_path / name, "broken" + name.partition("-off")[2]
    shutil.copytree(FOLDERS / name, copy)
    (file,) = copy.glob("run-*.wandb")
    content = bytearray(file.read_bytes())
    rows = [payload for payload in Tail(file).read() if any(number == HISTORY for number, *_ in fields(payload))]
    at = content.index(rows[10])
    content[at + 20 : at + 22] = b"XX"
    file.write_bytes(content)
    told = sync(copy, server, "--id", run, code=3)
    assert "cannot be read" in told
    held = server.held(run)
    assert [users(row) for row in held.rows[:-1]] == [row for number, row in enumerate(recipe.ROWS) if number != 10]
    assert (held.config, held.facts["state"]) == (recipe.CONFIG, "finished")
