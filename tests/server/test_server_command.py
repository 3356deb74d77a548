"""The commands: a real server process, its users, and the login that finds its key."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
from click.testing import CliRunner
from waiting import until

from wandb_nb.cli import group
from wandb_nb.server import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def command(home: Path, *arguments: str, code: int = 0) -> str:
    """Run `wandb-nb` with *home* as the user's; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "wandb_nb", *arguments],
        env={**os.environ, "HOME": str(home), "NETRC": str(home / "netrc")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Return the address of a running server, and its process."""
    arguments = [sys.executable, "-m", "wandb_nb", "server", "--port", "0", "--dir", str(tmp_path / "data")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.split()[2], process
        process.kill()


def test_login_local_finds_the_key(served: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    """After `login --local` the netrc file has the key that the server accepts, for this address only."""
    url, _ = served
    output = command(tmp_path, "login", "--local", "--dir", str(tmp_path / "data"))
    key = (tmp_path / "data" / "key").read_text()
    netrc = (tmp_path / "netrc").read_text()
    assert key not in output
    assert netrc.split() == ["machine", url.removeprefix("http://"), "login", "user", "password", key]
    answer = httpx.post(f"{url}/graphql", json={"query": "{ viewer { username } }"}, auth=("api", key))
    assert answer.json() == {"data": {"viewer": {"username": "local"}}}


def test_a_stopped_server_keeps_its_data(served: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    """The server stops in order at SIGTERM, and its key, created once, is unchanged; only the owner can read it."""
    _, process = served
    key = tmp_path / "data" / "key"
    before = key.read_text()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in {0, -signal.SIGTERM}
    command(tmp_path, "server", "--dir", str(tmp_path / "data"), "users", "ann")
    assert key.read_text() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


IMPATIENT = "from wandb_nb.cli import main; from wandb_nb.server import worker; worker.SHUTDOWN_SECONDS = 0.1; main()"


def test_a_request_that_waits_does_not_hold_the_end_up(tmp_path: Path) -> None:
    """The server ends, although a thread waits half a minute for the database, which somebody else has locked."""
    folder = tmp_path / "data"
    query = {"query": 'mutation { upsertBucket(input: {modelName: "p", name: "r"}) { inserted } }'}
    arguments = [sys.executable, "-c", IMPATIENT, "server", "--port", "0", "--dir", str(folder)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process, ThreadPoolExecutor() as pool:
        assert process.stdout is not None
        url, auth = process.stdout.readline().split()[2], ("api", (folder / "key").read_text())
        with closing(sqlite3.connect(folder / "server.db")) as database:
            assert httpx.get(f"{url}/healthz", timeout=30).status_code == 200
            threads = psutil.Process(process.pid).num_threads()
            database.execute("BEGIN IMMEDIATE")
            pool.submit(httpx.post, f"{url}/graphql", json=query, auth=auth, timeout=60)
            until(lambda: psutil.Process(process.pid).num_threads() > threads)
            process.send_signal(signal.SIGTERM)
            try:
                assert process.wait(20) == 0
            finally:
                process.kill()


def test_stop_ends_the_server(served: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    """`server --stop` stops the server in order and names the setting that still has its address."""
    url, process = served
    (tmp_path / ".config/wandb").mkdir(parents=True)
    (tmp_path / ".config/wandb/settings").write_text(f"[default]\nbase_url = {url}\n")
    stop = ["server", "--dir", str(tmp_path / "data"), "--stop"]

    output = command(tmp_path, *stop)

    assert process.wait(30) in {0, -signal.SIGTERM}
    assert f"server stopped: {url}. Still set to send there:" in output
    assert f"base_url={url} from user file" in output
    assert "no server is running" in command(tmp_path, *stop, code=2)


def test_users_and_rights(served: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    """A new user sees a project only after getting the right to read it, and cannot write to it."""
    url, _ = served
    data = ["server", "--dir", str(tmp_path / "data")]
    first = ("api", (tmp_path / "data" / "key").read_text())
    upsert = 'mutation { upsertBucket(input: {name: "a", modelName: "p", entityName: "local"}) { bucket { id } } }'
    assert httpx.post(f"{url}/graphql", json={"query": upsert}, auth=first).status_code == 200
    ann = ("api", command(tmp_path, *data, "users", "ann").strip())
    look = {"query": '{ project(name: "p", entityName: "local") { name } }'}
    assert httpx.post(f"{url}/graphql", json=look, auth=ann).json()["data"]["project"] is None
    command(tmp_path, *data, "projects", "local/p", "--user", "ann", "--right", "read")
    assert httpx.post(f"{url}/graphql", json=look, auth=ann).json()["data"]["project"] == {"name": "p"}
    assert httpx.post(f"{url}/graphql", json={"query": upsert}, auth=ann).status_code == 403
    command(tmp_path, *data, "projects", "local/p", "--user", "ann", "--right", "write")
    assert httpx.post(f"{url}/graphql", json={"query": upsert}, auth=ann).status_code == 200


def test_keys_are_renewed_and_revoked(served: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    """A new key replaces the old one and ends its logins; a revoked user loses access immediately."""
    url, _ = served
    data = ["server", "--dir", str(tmp_path / "data")]
    old = command(tmp_path, *data, "users", "ann").strip()

    def knows(key: str) -> bool:
        return httpx.post(f"{url}/graphql", json={"query": "{ viewer { name } }"}, auth=("api", key)).status_code == 200

    with httpx.Client(base_url=url) as browser:
        browser.post("/login", data={"key": old})
        assert browser.get("/").status_code == 200
        new = command(tmp_path, *data, "users", "ann", "--new-key").strip()
        assert (knows(old), knows(new), browser.get("/").status_code) == (False, True, 303)
        browser.post("/login", data={"key": new})
        assert browser.get("/").status_code == 200
        assert command(tmp_path, *data, "users", "ann", "--revoke") == ""
        assert (knows(new), browser.get("/").status_code) == (False, 303)


def test_users_and_rights_are_listed(served: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    """Without a name the commands list the users and their rights."""
    url, _ = served
    data = ["server", "--dir", str(tmp_path / "data")]
    first = ("api", (tmp_path / "data" / "key").read_text())
    upsert = 'mutation { upsertBucket(input: {name: "a", modelName: "p"}) { bucket { id } } }'
    httpx.post(f"{url}/graphql", json={"query": upsert}, auth=first)
    command(tmp_path, *data, "users", "ann")
    command(tmp_path, *data, "projects", "local/p", "--user", "ann", "--right", "read", "--open")
    assert command(tmp_path, *data, "users") == "ann\nlocal  admin\n"
    assert command(tmp_path, *data, "projects") == "local/p  open  ann read\n"


def test_errors_are_one_line(served: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    """A taken port, an unknown project, a duplicate user and a missing key print one line each."""
    url, _ = served
    data = str(tmp_path / "data")
    port = url.rpartition(":")[2]
    command(tmp_path, "server", "--dir", data, "users", "ann")
    for arguments, code in (
        (("server", "--dir", data, "--port", port), 2),
        (("server", "--dir", data, "projects", "local/none", "--open"), 2),
        (("server", "--dir", data, "users", "ann"), 2),
        (("server", "--dir", data, "users", "a/b"), 2),
        (("server", "--dir", data, "users", "nobody", "--new-key"), 2),
        (("server", "--dir", data, "users", "--admin"), 2),
        (("server", "--dir", data, "users", "ann", "--admin", "--revoke"), 2),
        (("login", "--local", "--dir", str(tmp_path / "other")), 1),
    ):
        assert len(command(tmp_path, *arguments, code=code).splitlines()) == 1


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`WANDB_NB_SERVER_DIR` is the data folder of commands, and of the server that a notebook starts."""
    folder = tmp_path / "data"
    monkeypatch.setenv("WANDB_NB_SERVER_DIR", str(folder))
    assert CliRunner().invoke(group, ["server", "users"]).output == "local  admin\n"
    assert (folder / "key").exists()
    assert process.default_folder() == folder
