"""Damaged run files: `wandb-nb sync` sends the readable part and reports the rest, also in its exit code."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from restarted_server import RestartedServer
from sending import run_file, start

from wandb_nb.cli import group
from wandb_nb.store.format.framing import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.crash

ROWS = 400


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartedServer]:
    """Return a running server."""
    with RestartedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: RestartedServer) -> None:
    """Return the working directory of a user who has a key for the server."""
    monkeypatch.chdir(tmp_path)
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)


def make_run(name: str) -> Path:
    """Return the file of a run with rows."""
    with start(Path.cwd(), id=name) as run:
        for n in range(ROWS):
            run.log({"n": n, "text": "x" * 100})
    return run_file(run)


def sync(*files: Path) -> Result:
    """Send the runs of *files*."""
    return CliRunner().invoke(group, ["sync", "--json", *(str(file.parent) for file in files)])


def numbers(server: RestartedServer, name: str, project: str = "p") -> list[int]:
    """Return the values of a run's rows."""
    return [row["n"] for row in server.stored(name, project).rows]


def test_cut_file(server: RestartedServer) -> None:
    """A file with a missing end arrives up to its last whole row, as a crashed run; the lost bytes are reported."""
    file = make_run("cut")
    file.write_bytes(file.read_bytes()[:-5000])
    done = sync(file)
    (result,) = json.loads(done.stdout)
    assert (done.exit_code, result["damaged"], result["state"]) == (3, True, "done")
    assert "bytes" in result["problems"][0]
    values = numbers(server, "cut")
    assert values == list(range(len(values)))
    assert ROWS - 60 < len(values) < ROWS
    assert server.stored("cut").facts["state"] == "crashed"


@pytest.mark.parametrize("seed", range(5))
def test_overwritten_places(seed: int, server: RestartedServer) -> None:
    """Every row outside the overwritten places arrives once and in order."""
    dice = random.Random(seed)  # noqa: S311 -- places, no secrets
    file = make_run(f"hit{seed}")
    content = bytearray(file.read_bytes())
    for _ in range(3):
        at = dice.randrange(2000, len(content) - 2000)
        content[at : at + 60] = dice.randbytes(60)
    file.write_bytes(content)
    assert sync(file).exit_code == 3
    values = numbers(server, f"hit{seed}")
    assert values == sorted(set(values))
    assert len(values) >= ROWS - 3 * 5


def test_damaged_length_at_the_end(server: RestartedServer) -> None:
    """A last chunk whose length points past the file's end counts as damage, and what follows it is sent."""
    file = make_run("long")
    content = bytearray(file.read_bytes())
    block = len(content) // BLOCK * BLOCK  # its first chunk: a checksum of 4 bytes, then the length
    content[block + 4 : block + 6] = (BLOCK - 1).to_bytes(2, "little")
    file.write_bytes(content)
    done = sync(file)
    (result,) = json.loads(done.stdout)
    assert (done.exit_code, result["damaged"], result["state"]) == (3, True, "done")
    assert server.stored("long").facts["state"] == "finished"
    assert len(numbers(server, "long")) >= ROWS - 2


def test_lost_beginning(server: RestartedServer) -> None:
    """Without its first records, such as the run's description, a run's rows still arrive, under its file's id."""
    file = make_run("headless")
    content = file.read_bytes()
    file.write_bytes(bytes(300) + content[300:])
    assert sync(file).exit_code == 3
    assert numbers(server, "headless", "uncategorized") == list(range(ROWS))


@pytest.mark.parametrize("content", [b"", os.urandom(40_000), b"\0" * 40_000], ids=["empty", "noise", "zeros"])
def test_nothing_to_read(content: bytes, server: RestartedServer) -> None:
    """A file without a readable record creates no run on the server; exit code and message report it."""
    file = make_run("nothing")
    file.write_bytes(content)
    done = sync(file)
    (result,) = json.loads(done.stdout)
    assert (done.exit_code, result["state"]) == (1, "failed")
    assert "holds no readable record" in result["message"]
    assert "nothing" not in [*server.names(), *server.names("uncategorized")]


def test_damage_of_one_run_does_not_affect_others(server: RestartedServer) -> None:
    """Undamaged runs arrive completely beside a damaged one, and the exit code is that of the worst."""
    whole, hit, gone = make_run("whole"), make_run("hit"), make_run("gone")
    content = bytearray(hit.read_bytes())
    content[20_000:20_040] = b"z" * 40
    hit.write_bytes(content)
    assert sync(whole, hit).exit_code == 3
    gone.write_bytes(b"")
    assert sync(gone).exit_code == 1
    assert numbers(server, "whole") == list(range(ROWS))
    assert len(numbers(server, "hit")) >= ROWS - 5
