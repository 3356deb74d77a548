"""Several servers on one PostgreSQL database: what one changes the other shows, what one takes the other refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
from cluster import Cluster, text_of
from visiting import Site
from waiting import scaled, until

from wandb_nb.server.storage.engine.database_address import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"


@pytest.fixture(scope="module")
def sites(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    """Return two servers with data folders of their own on one database."""
    database = text_of(cluster.new_database())
    first, second = (Site(tmp_path_factory.mktemp("data"), database=database) for _ in range(2))
    second.key = first.key
    first.start("grow")
    yield first, second
    for site in (first, second):
        site.stop()


def test_a_page_gets_events_of_the_other_server(sites: tuple[Site, Site], cluster: Cluster) -> None:
    """A page hears of posts to either server, also after the database closed the connections that listen."""
    with sites[1].events("/local/p/runs/grow/events") as received_events:
        assert next(received_events) == []
        sites[0].rows_of("grow", 1)
        assert ["grow"] in received_events
        cluster.execute(LISTENERS)
        assert [] in received_events  # it may have missed something
        sites[0].rows_of("grow", 1, 1)
        assert ["grow"] in received_events


def test_pages_recover_with_the_database(sites: tuple[Site, Site], cluster: Cluster) -> None:
    """While the database is down a page gets no wrong news; when it is back, it gets the events of either server."""
    with sites[1].events("/local/p/runs/grow/events") as received_events:
        assert next(received_events) == []
        cluster.halt()
        assert httpx.get(f"{sites[1].url}/local/p", headers={"Cookie": "x=y"}).status_code == 303
        assert httpx.get(f"{sites[1].url}/readyz").status_code == 503
        cluster.start()
        until(lambda: httpx.get(f"{sites[0].url}/readyz").status_code == 200)
        assert [] in received_events
        sites[0].rows_of("grow", 1)
        assert ["grow"] in received_events


def manage(site: Site, *words: str) -> str:
    """Run `wandb-nb server` with *words* in the folder of *site*; return what it prints."""
    command = [sys.executable, "-m", "wandb_nb", "server", "--dir", str(site.folder), *words]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_a_revoked_key_ends_pages_of_the_other_server(sites: tuple[Site, Site]) -> None:
    """A key that is revoked through one server opens nothing at the other, and its open pages get no more events."""
    key = manage(sites[0], "users", "ann").strip()
    manage(sites[0], "projects", "local/p", "--user", "ann", "--right", "read")
    cookie = httpx.post(f"{sites[1].url}/login", data={"key": key}).headers["set-cookie"].partition(";")[0]
    with sites[1].events("/local/p/events", cookie) as received_events:
        assert next(received_events) == []
        manage(sites[0], "users", "ann", "--revoke")
        sites[0].grow(1)
        assert list(received_events) == []
    assert httpx.get(f"{sites[1].url}/local/p", headers={"Cookie": cookie}).status_code == 303
    answer = httpx.post(f"{sites[1].url}/graphql", json={"query": "{ viewer { id } }"}, auth=("api", key))
    assert answer.status_code == 401


@pytest.fixture
def workers(cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    """Return a server of two processes, with a run."""
    site = Site(tmp_path / "data", "--workers", "2", database=text_of(cluster.new_database()))
    site.start("grow")
    yield site
    if site.process.poll() is None:
        site.stop()
    assert site.process.stdout is not None
    site.process.stdout.close()


def worker_processes(site: Site) -> list[psutil.Process]:
    """Return the worker processes of *site*, without the one that the standard library runs beside them."""
    children = psutil.Process(site.process.pid).children()
    return [child for child in children if "--multiprocessing-fork" in child.cmdline()]


def post_row(site: Site, number: int) -> None:
    """Post one row, repeating what is not answered, as clients do."""
    with suppress(httpx.TransportError):
        site.rows_of("grow", 1, number)
        return
    post_row(site, number)


def test_a_killed_worker_is_replaced(workers: Site) -> None:
    """When one of two processes is killed while a client posts, the other goes on, a new one starts, no row is lost."""
    before = until(lambda: len(found := worker_processes(workers)) == 2 and found)
    for number in range(60):
        if number == 20:
            before[0].kill()
        post_row(workers, number)
    run = workers.query('{ project(name: "p") { run(name: "grow") { historyLineCount history(samples: 100) } } }')
    rows = [json.loads(row)["_step"] for row in run["project"]["run"]["history"]]
    assert (run["project"]["run"]["historyLineCount"], rows) == (60, list(range(60)))
    after = until(lambda: len(found := worker_processes(workers)) == 2 and found)
    assert [process.pid for process in after].count(before[1].pid) == 1
    assert received_rows(workers) >= 60  # of both processes and of the one that ended


def received_rows(site: Site) -> float:
    """Return how many rows the metrics of *site* count."""
    text = httpx.get(f"{site.url}/metrics", auth=("api", site.key), timeout=30).text
    (line,) = re.findall(r'^wandb_nb_received_lines_total\{stream="history"\} (\S+)$', text, re.MULTILINE)
    return float(line)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL"])
def test_workers_end_with_the_server(workers: Site, name: str) -> None:
    """All processes end in order within ten seconds of SIGTERM, also open pages; and when the first one is killed."""
    processes = until(lambda: len(found := worker_processes(workers)) == 2 and found)
    with workers.events("/local/p/events") as received_events:
        assert next(received_events) == []
        workers.process.send_signal(signal.Signals[name])
        assert workers.process.wait(scaled(10)) == (0 if name == "SIGTERM" else -signal.SIGKILL)
        assert psutil.wait_procs(processes, scaled(10))[1] == []
        with suppress(httpx.TransportError):
            assert list(received_events) == []
    assert not list(workers.folder.glob("metrics")) or name == "SIGKILL"


def test_several_workers_need_postgresql(tmp_path: Path) -> None:
    """With SQLite several processes are refused in one line that gives the remedy."""
    command = [sys.executable, "-m", "wandb_nb", "server", "--dir", str(tmp_path), "--workers", "2", "--port", "0"]
    refused = subprocess.run(command, env={**os.environ, VARIABLE: ""}, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert VARIABLE in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.browser
def test_pages_of_two_processes(workers: Site, page: Page, noises: list[str]) -> None:
    """Login, table, charts and console are live whichever process answers, also when one of them is killed."""
    page.goto(workers.url)
    page.fill("#key", workers.key)
    page.click("main button")
    page.wait_for_selector("h1:has-text('Projects')")
    page.goto(f"{workers.url}/local/p")
    page.wait_for_selector("tr[data-run=grow]")
    workers.start("late", displayName="late one")
    page.wait_for_selector("tr[data-run=late]")
    page.goto(f"{workers.url}/local/p/runs/grow")
    for number, process in enumerate(worker_processes(workers), 1):
        workers.grow(50)
        page.wait_for_function("n => document.querySelector('.wnb')?.dataset.points === String(n)", arg=50 * number)
        process.kill()
    post_row(workers, 100)
    page.wait_for_function("() => document.querySelector('.wnb')?.dataset.points === '101'")
    page.goto(f"{workers.url}/local/p/runs/grow/console")
    page.wait_for_selector("#log:has-text('100 rows')")
    noises[:] = [noise for noise in noises if "net::ERR_" not in noise]  # of the connections that were killed
