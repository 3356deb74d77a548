"""Acknowledged data survives `kill -9` of the server, or of one of its processes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest
from cluster import Cluster, text_of
from test_server_processes import worker_processes
from visiting import Site
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bucket import Bucket

T = TypeVar("T")

pytestmark = pytest.mark.crash

ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))
PATH = "/files/local/p/a/file_stream"
UPSERT = 'mutation { upsertBucket(input: {name: "a", modelName: "p"}) { bucket { historyLineCount } } }'


def start(folder: Path) -> tuple[subprocess.Popen[str], httpx.Client]:
    """Start a server on *folder*; return its process and a client with the key."""
    command = [sys.executable, "-m", "wandb_nb", "server", "--port", "0", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.readline() + process.stdout.readline() + process.stdout.readline()
    url = output.split()[2]
    return process, httpx.Client(base_url=url, auth=("api", (folder / "key").read_text()), timeout=30)


def test_answered_posts_survive_kills(tmp_path: Path) -> None:
    """After each kill at a random moment the acknowledged rows are there, with or without the whole last post."""
    chance, answered, sent = random.Random(7), 0, 0  # noqa: S311 - the same kills each time
    for _ in range(ROUNDS):
        process, client = start(tmp_path)
        counted = client.post("/graphql", json={"query": UPSERT}).json()
        stored = counted["data"]["upsertBucket"]["bucket"]["historyLineCount"]
        assert stored in {answered, sent}
        answered = sent = stored
        timer = threading.Timer(chance.uniform(0.01, 0.5), process.kill)
        timer.start()
        try:
            while True:
                count = chance.randrange(1, 400)
                rows = [json.dumps({"_step": n, "v": n}) for n in range(answered, answered + count)]
                sent = answered + count
                body = {"files": {"wandb-history.jsonl": {"offset": answered, "content": rows}}}
                assert client.post(PATH, json=body).status_code == 200
                answered = sent
        except httpx.TransportError:
            process.wait(30)
        timer.join()
        client.close()
    process, client = start(tmp_path)
    text = '{ project(name: "p") { run(name: "a") { history(samples: 10000) historyLineCount } } }'
    run = client.post("/graphql", json={"query": text}).json()["data"]["project"]["run"]
    client.close()
    process.kill()
    process.wait(30)
    assert run["historyLineCount"] in {answered, sent}
    if run["historyLineCount"] <= 10_000:
        assert [json.loads(row)["v"] for row in run["history"]] == list(range(run["historyLineCount"]))
    assert answered > 0


@pytest.fixture
def pair(cluster: Cluster, bucket: Bucket, tmp_path: Path) -> Iterator[Site]:
    """Return a server of two processes on PostgreSQL, with its files in a bucket, and a run."""
    options = (*bucket.server_options(), "--workers", "2")
    site = Site(tmp_path / "data", *options, database=text_of(cluster.new_database()))
    site.start("a")
    yield site
    site.stop()


def repeated(request: Callable[..., T], *arguments: Any, **options: Any) -> T:
    """Send a request until it is answered, as clients do; return the answer."""
    while True:
        with suppress(httpx.TransportError):
            return request(*arguments, **options)


def stored_names(site: Site) -> set[str]:
    """Return the names of the run's files."""
    text = '{ project(name: "p") { run(name: "a") { files(first: 10000) { edges { node { name } } } } } }'
    edges = repeated(site.query, text)["project"]["run"]["files"]["edges"]
    return {edge["node"]["name"] for edge in edges}


def test_answered_rows_and_files_survive_kills_of_a_process(pair: Site, bucket: Bucket) -> None:
    """While one of two processes at a time is killed, rows and files arrive once, and what was answered is there."""
    chance, rows, files = random.Random(11), 0, dict[str, bytes]()  # noqa: S311 -- the same kills each time
    for number in range(ROUNDS):
        victim = chance.choice(until(lambda: len(processes := worker_processes(pair)) == 2 and processes))
        timer = threading.Timer(chance.uniform(0.0, 0.3), victim.kill)
        timer.start()
        while timer.is_alive() or victim.is_running():
            repeated(pair.rows_of, "a", 100, rows)
            rows += 100
            name = f"{number}/{rows}.bin"
            files[name] = chance.randbytes(chance.choice((0, 10, 100_000)))
            repeated(pair.upload, "a", {name: files[name]})
            repeated(pair.stream, "a", uploaded=[name])
        timer.join()
        assert stored_names(pair) == files.keys()
    text = '{ project(name: "p") { run(name: "a") { history(samples: 1000000) } } }'
    history = pair.query(text)["project"]["run"]["history"]
    assert [json.loads(row)["_step"] for row in history] == list(range(rows))
    for name, content in files.items():
        answer = httpx.get(f"{pair.url}/files/local/p/a/{name}", auth=("api", pair.key), follow_redirects=True)
        assert (name, answer.content) == (name, content)
    assert [refusal for *_, refusal in bucket.requests if refusal] == []
