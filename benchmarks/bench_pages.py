"""The pages of a large project, from the embedded server, and the delay until an open page is notified of a row.

python benchmarks/bench_pages.py [runs]

Budget: a project's page with 2,000 runs in less than 300 ms.
"""

from __future__ import annotations

import json
import random
import re
import sys
import time
from typing import TYPE_CHECKING

import requests
from served import Served, served

from wandb_nb.server.storage.database import Database
from wandb_nb.server.storage.tables import projects, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

REPEATS = 15
UPSERT = "mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }"
PAGES = {
    "projects": "/",
    "the table": "/local/bench",
    "sorted by a result": "/local/bench?sort=-summary_metrics.loss",
    "searched": "/local/bench?q=lr%3C0.1+adam",
    "grouped": "/local/bench?group=config.optimizer",
    "a group for each run": "/local/bench?group=config.seed",
    "a run": "/local/bench/runs/first",
    "two compared": "/local/bench/compare?run=first&run=r1",
}


def rows(project: int, count: int) -> Iterator[dict[str, object]]:
    """Yield the rows of *count* runs."""
    dice = random.Random(1)  # noqa: S311 - data, no secret
    now = time.time()
    for number in range(count):
        config = {"lr": dice.random(), "optimizer": dice.choice(["adam", "sgd", "lion"]), "seed": number}
        config |= {f"option{n}": dice.randrange(9) for n in range(20)}
        summary = {f"metric/{n}": dice.random() for n in range(20)} | {"loss": dice.random()}
        yield {
            "project_id": project,
            "user_id": 1,
            "name": f"r{number}",
            "display_name": f"run {number}",
            "config": json.dumps({key: {"value": value} for key, value in config.items()}),
            "summary": json.dumps(summary),
            "state": "finished",
            "created": now - number,
            "heartbeat": now,
        }


def post(server: Served, path: str, body: object) -> None:
    """Post *body* with the key."""
    server.session.post(server.url + path, json=body).raise_for_status()


def notification_delay(server: Served, browser: requests.Session) -> float:
    """Return the median seconds from a post until the run's open page is notified."""
    delays = []
    with browser.get(f"{server.url}/local/bench/runs/first/events", stream=True) as events:
        lines = events.iter_lines(chunk_size=1)
        for number in range(REPEATS):
            next(line for line in lines if line.startswith(b"data"))
            time.sleep(0.3)  # the server collects changes for a quarter of a second after each event
            begin = time.perf_counter()
            row = json.dumps({"_step": number, "loss": 1})
            body = {"files": {"wandb-history.jsonl": {"offset": number, "content": [row]}}}
            post(server, "/files/local/bench/first/file_stream", body)
            delays.append(begin)
            next(line for line in lines if line.startswith(b"event"))
            delays[-1] = time.perf_counter() - begin
    return sorted(delays)[REPEATS // 2]


def main(count: int) -> None:
    """Print the figures."""
    with served() as server:
        post(server, "/graphql", {"query": UPSERT, "variables": {"i": {"name": "first", "modelName": "bench"}}})
        database = Database(f"sqlite:///{server.folder / 'server' / 'server.db'}")
        with database.write() as connection:
            project = connection.execute(projects.select()).one().id
            connection.execute(runs.insert(), list(rows(project, count)))
        database.close()
        browser = requests.Session()
        browser.trust_env = False
        browser.post(f"{server.url}/login", data={"key": str(server.session.auth[1])}).raise_for_status()  # type: ignore[index]
        for name, path in PAGES.items():
            times, before = [], server.process.cpu_times()
            for _ in range(REPEATS):
                begin = time.perf_counter()
                text = browser.get(server.url + path).text
                times.append(time.perf_counter() - begin)
            after = server.process.cpu_times()
            used = (after.user + after.system - before.user - before.system) / REPEATS
            rows_shown, size = len(re.findall(r"<tr", text)), len(text) / 1e3
            figures = f"{sorted(times)[REPEATS // 2] * 1e3:7.0f} ms, {used * 1e3:4.0f} ms of a core"
            print(f"{name:<24}{figures}, {rows_shown} rows, {size:.0f} kB")
        delay = notification_delay(server, browser) * 1e3
        print(f"{'an open page hears of it':<24}{delay:7.0f} ms after the client's post began")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
