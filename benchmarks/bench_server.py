"""What one server carries: rows from many clients, many runs, long runs, runs of many keys, and open pages meanwhile.

python benchmarks/bench_server.py [--before CHECKOUT] [--postgresql] [--workers N] [--full] [--only NAME ...]

With --before each measurement of rows also runs on the server of another checkout, in turns. --postgresql measures on a
temporary cluster, too. --full takes the full sizes: 100,000 runs and a run of 10,000,000 rows.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sqlite3
import sys
import threading
import time
from base64 import b64encode
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from served import Served, Watch, served
from sqlalchemy import URL, create_engine, text

TESTS = Path(__file__).parents[1] / "tests"
sys.path[1:1] = [str(TESTS), str(TESTS / "server")]
from cluster import Cluster, programs, text_of  # noqa: E402 -- the tests' cluster is measured, too

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

METRICS = 10
CLIENTS = (1, 10, 50)
ROWS_IN_FLIGHT = 20_000  # of all clients together: a post of one has that many, one of 50 clients 400
KEYS, KEYS_OF_A_ROW = 20_000, 100
PAGES_OPEN = 200
UPSERT = "mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }"
SAMPLED = 'sampledHistory(specs: ["{\\"keys\\": [\\"_step\\", \\"%s\\"], \\"samples\\": 500}"])'


class Size(NamedTuple):
    """How much is measured."""

    rows: int
    runs: int
    long_rows: int
    wide_rows: int


SMALL = Size(rows=200_000, runs=2_000, long_rows=300_000, wide_rows=2_000)
FULL = Size(rows=1_000_000, runs=100_000, long_rows=10_000_000, wide_rows=20_000)


class Variant(NamedTuple):
    """A server to measure: its checkout, database and options."""

    name: str
    checkout: Path | None = None
    cluster: Cluster | None = None
    options: tuple[str, ...] = ()

    @contextmanager
    def serve(self) -> Iterator[tuple[Served, Callable[[], int]]]:
        """Yield a running server without runs, and a function that returns the size of its database in bytes."""
        if self.cluster is None:
            with served(*self.options, checkout=self.checkout) as server:
                yield server, lambda: sqlite_bytes(server.folder / "server" / "server.db")
            return
        url = self.cluster.new_database()
        with served(*self.options, checkout=self.checkout, database=text_of(url)) as server:
            yield server, lambda: postgresql_bytes(url)


def sqlite_bytes(path: Path) -> int:
    """Return the size of a SQLite database whose log is empty."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def postgresql_bytes(url: URL) -> int:
    """Return the size of a PostgreSQL database."""
    engine = create_engine(url)
    with engine.connect() as connection:
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    engine.dispose()
    return int(size)


class Poster:
    """A client that posts prepared bodies over one connection, at almost no cost of its own."""

    def __init__(self, server: Served) -> None:
        address = urlsplit(server.url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port)
        key = b64encode(f"api:{server.environ['WANDB_API_KEY']}".encode()).decode()
        self._headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}

    def post(self, path: str, body: bytes) -> bytes:
        """Post *body*; return the answer."""
        try:
            self._connection.request("POST", path, body, self._headers)
        except (BrokenPipeError, ConnectionResetError):  # the server closed it while it was idle
            self._connection.close()
            self._connection.request("POST", path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, (answer.status, content[:500])
        return content

    def create(self, name: str, **values: object) -> None:
        """Create a run."""
        variables = {"i": {"name": name, "modelName": "bench", **values}}
        self.post("/graphql", json.dumps({"query": UPSERT, "variables": variables}).encode())

    def rows(self, name: str, body: bytes) -> None:
        """Post to the stream of a run."""
        self.post(f"/files/local/bench/{name}/file_stream", body)


def make_bodies(
    rows: int, rows_of_a_post: int, make_row: Callable[[int, random.Random], dict[str, float]]
) -> list[bytes]:
    """Return the bodies of the posts of a run."""
    dice = random.Random(1)  # noqa: S311 -- data, not a secret
    bodies = []
    for first in range(0, rows, rows_of_a_post):
        numbers = range(first, min(rows, first + rows_of_a_post))
        lines = [json.dumps(make_row(number, dice)) for number in numbers]
        bodies.append(json.dumps({"files": {"wandb-history.jsonl": {"offset": first, "content": lines}}}).encode())
    return bodies


def metrics_row(number: int, dice: random.Random) -> dict[str, float]:
    """Return a row of ten metrics, of random digits, which compress worst."""
    own = {"_step": number, "_runtime": number / 100, "_timestamp": 1.7e9 + number / 100}
    return {f"metric/{n}": dice.random() for n in range(METRICS)} | own


def keys_row(number: int, dice: random.Random) -> dict[str, float]:
    """Return a row of some of many keys."""
    return {"_step": number} | {f"key/{dice.randrange(KEYS)}": dice.random() for _ in range(KEYS_OF_A_ROW)}


def in_threads(tasks: Sequence[Callable[[], None]]) -> float:
    """Run *tasks* concurrently; return the seconds until all are done."""
    threads = [threading.Thread(target=task) for task in tasks]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


def send(server: Served, name: str, bodies: Sequence[bytes]) -> Callable[[], None]:
    """Return a task that sends a run."""
    poster = Poster(server)
    poster.create(name)

    def task() -> None:
        for body in bodies:
            poster.rows(name, body)

    return task


def measure_rows(variants: Sequence[Variant], size: Size) -> None:
    """Print what rows of ten metrics cost each of *variants*, in turns."""
    for clients in CLIENTS:
        bodies = make_bodies(size.rows // clients, ROWS_IN_FLIGHT // clients, metrics_row)
        for variant in variants:
            with variant.serve() as (server, stored_bytes):
                empty = stored_bytes()
                seconds, watch = send_all(server, clients, bodies)
                count = server.run("run0", "historyLineCount")["historyLineCount"]
                assert count == size.rows // clients, count
                per_row = (stored_bytes() - empty) / size.rows
            figures = f"{size.rows / seconds:>8,.0f} rows/s, {watch.seconds / size.rows * 1e6:5.1f} µs of a core a row"
            show(
                variant, f"{clients} clients", f"{figures}, {per_row:4.0f} bytes a row, {watch.memory:4.0f} MB at most"
            )


def send_all(server: Served, clients: int, bodies: Sequence[bytes]) -> tuple[float, Watch]:
    """Send one run from each of *clients*; return the seconds, and the cost for the server."""
    tasks = [send(server, f"run{number}", bodies) for number in range(clients)]
    with Watch(server.process) as watch:
        seconds = in_threads(tasks)
        time.sleep(0.3)  # until the watch has looked once more
    return seconds, watch


def measure_runs(variant: Variant, size: Size) -> None:
    """Print what many runs of one project cost: to create them, and their page."""
    with variant.serve() as (server, stored_bytes):
        empty = stored_bytes()
        config = json.dumps({f"option{n}": {"value": n / 7} for n in range(20)})
        posters = [Poster(server) for _ in range(10)]

        def create(number: int) -> None:
            for run in range(number, size.runs, len(posters)):
                posters[number].create(f"run{run}", config=config)

        seconds = in_threads([partial(create, number) for number in range(len(posters))])
        per_run = (stored_bytes() - empty) / size.runs
        show(variant, f"{size.runs:,} runs", f"{size.runs / seconds:,.0f} created a second, {per_run:,.0f} bytes each")
        measure_pages(variant, server, {"its project": "/local/bench", "searched": "/local/bench?q=option3%3E0.1"}, 5)


def measure_long(variant: Variant, size: Size) -> None:
    """Print what one long run costs: its page, and queries of the client."""
    with variant.serve() as (server, _):
        bodies = make_bodies(20_000, 20_000, metrics_row)
        poster = Poster(server)
        poster.create("long")
        for first in range(0, size.long_rows, 20_000):
            poster.rows("long", moved(bodies[0], first))
        queries = {
            "500 samples": SAMPLED % "metric/3",
            "1,000 rows by step": f"history(minStep: {size.long_rows // 2}, maxStep: {size.long_rows // 2 + 1_000})",
            "its keys": "historyKeys",
        }
        what = f"run of {size.long_rows:,} rows"
        for name, field in queries.items():
            show(variant, what, f"{name}: {quantiles(lambda field=field: server.run('long', field), 20)}")
        measure_pages(variant, server, {"sampled": "/local/bench/runs/long/sampled?points=600"}, 10)


def moved(body: bytes, first: int) -> bytes:
    """Return the post *body* for the rows from number *first* on."""
    post = json.loads(body)
    chunk = post["files"]["wandb-history.jsonl"]
    chunk["content"] = [
        line.replace(f'"_step": {number},', f'"_step": {first + number},')
        for number, line in enumerate(chunk["content"])
    ]
    chunk["offset"] = first
    return json.dumps(post).encode()


def measure_keys(variant: Variant, size: Size) -> None:
    """Print what a run with many keys costs."""
    with variant.serve() as (server, stored_bytes):
        empty = stored_bytes()
        bodies = make_bodies(size.wide_rows, 200, keys_row)
        seconds = in_threads([send(server, "wide", bodies)])
        numbers = size.wide_rows * KEYS_OF_A_ROW
        per_number = (stored_bytes() - empty) / numbers
        what = f"run of {KEYS:,} keys"
        show(variant, what, f"{numbers / seconds:,.0f} numbers/s, {per_number:.0f} bytes each")
        show(variant, what, f"500 samples: {quantiles(lambda: server.run('wide', SAMPLED % 'key/3'), 10)}")
        measure_pages(variant, server, {"its page": "/local/bench/runs/wide"}, 5)


def measure_live(variant: Variant, size: Size) -> None:
    """Print how long pages take while ten clients send rows and many pages are open."""
    with variant.serve() as (server, _), ExitStack() as pages:
        bodies = make_bodies(size.rows // 10, 200, metrics_row)
        Poster(server).create("run0")
        browser = logged_in(server)
        for number in range(PAGES_OPEN):
            address = (
                f"{server.url}/local/bench/runs/run{number % 10}/events"
                if number % 10 == 0
                else f"{server.url}/local/bench/events"
            )
            pages.enter_context(browser.get(address, stream=True))
        ended = threading.Event()
        times: list[float] = []

        def visit() -> None:
            while not ended.is_set():
                times.append(timed(lambda: browser.get(f"{server.url}/local/bench/runs/run0")))

        visitor = threading.Thread(target=visit)
        visitor.start()
        seconds, watch = send_all(server, 10, bodies)
        ended.set()
        visitor.join()
        rate = f"{size.rows / seconds:,.0f} rows/s from 10 clients, {watch.memory:.0f} MB"
        show(variant, f"{PAGES_OPEN} pages open", f"{rate}; a run's page meanwhile: {spread(times)}")


def measure_pages(variant: Variant, server: Served, paths: dict[str, str], repeats: int) -> None:
    """Print how long pages take."""
    browser = logged_in(server)
    for name, path in paths.items():
        show(variant, name, quantiles(lambda path=path: browser.get(server.url + path).raise_for_status(), repeats))


def logged_in(server: Served) -> requests.Session:
    """Return a browser's session."""
    browser = requests.Session()
    browser.trust_env = False
    browser.mount("http://", HTTPAdapter(pool_maxsize=PAGES_OPEN + 10))
    browser.post(f"{server.url}/login", data={"key": server.environ["WANDB_API_KEY"]}).raise_for_status()
    return browser


def timed(call: Callable[[], object]) -> float:
    """Return the seconds that *call* takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def quantiles(call: Callable[[], object], repeats: int) -> str:
    """Return how long *call* takes, as text."""
    call()
    return spread([timed(call) for _ in range(repeats)])


def spread(times: Sequence[float]) -> str:
    """Return the median and the 99th percentile of *times*, as text."""
    ordered = sorted(times)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms ({len(ordered)})"


def show(variant: Variant, what: str, figures: str) -> None:
    """Print one line."""
    print(f"{variant.name:<14}{what:<24}{figures}", flush=True)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path, help="another checkout, whose server takes turns with this one's")
    parser.add_argument("--postgresql", action="store_true", help="measure on a temporary cluster, too")
    parser.add_argument("--workers", type=int, default=1, help="processes of the server on PostgreSQL")
    parser.add_argument("--full", action="store_true", help="the full sizes")
    parser.add_argument("--only", nargs="+", choices=["rows", "runs", "long", "keys", "live"])
    options = parser.parse_args()
    size = FULL if options.full else SMALL
    with ExitStack() as stack:
        variants = [Variant("SQLite")]
        if options.postgresql:
            cluster = Cluster(programs() or sys.exit("PostgreSQL is not installed"))
            stack.callback(cluster.stop)
            variants.append(Variant("PostgreSQL", cluster=cluster))
            if options.workers > 1:
                workers = ("--workers", str(options.workers))
                variants.append(Variant(f"PostgreSQL, {options.workers}", cluster=cluster, options=workers))
        if options.only is None or "rows" in options.only:
            before = [Variant("before", options.before)] if options.before else []
            measure_rows([*before, *variants], size)
        for name, measure in MEASURES.items():
            for variant in variants if options.only is None or name in options.only else ():
                measure(variant, size)


MEASURES = {"runs": measure_runs, "long": measure_long, "keys": measure_keys, "live": measure_live}

if __name__ == "__main__":
    main()
