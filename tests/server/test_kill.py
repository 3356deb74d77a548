"""Acknowledged data survives `kill -9` of the server."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from pathlib import Path

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
