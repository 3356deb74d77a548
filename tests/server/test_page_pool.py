"""Pages have few threads and do not delay the posts of runs; comparisons have fewer, and bounded work."""

from __future__ import annotations

import json
import random
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import anyio
import httpx
from conftest import HOST
from visiting import UPLOAD, Visitor

from wandb_nb.server.http import page_pool
from wandb_nb.server.http.page_pool import PagePool
from wandb_nb.server.storage.storage_errors import BusyError

if TYPE_CHECKING:
    import pytest
    from conftest import Client


class Work:
    """Functions that run until they may end; counts how many run together."""

    def __init__(self) -> None:
        self.lock, self.may_end = threading.Lock(), threading.Event()
        self.running = self.peak = 0

    def __call__(self, seconds: float = 30) -> None:
        """Run."""
        with self.lock:
            self.running += 1
            self.peak = max(self.peak, self.running)
        self.may_end.wait(seconds)
        with self.lock:
            self.running -= 1


def test_few_run_together() -> None:
    """A pool runs its number of functions at a time, fewer for one user, and all in the end."""

    async def peak(users: list[int]) -> int:
        pool, work = PagePool(4, 2), Work()
        async with anyio.create_task_group() as group:
            for user in users:
                group.start_soon(pool.run, user, work, 0.05)
        assert work.running == 0
        return work.peak

    assert anyio.run(peak, [1] * 10) == 2
    assert anyio.run(peak, [1, 2, 3] * 4) == 4


def test_waiting_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that waits too long, or is one of too many of its user, is refused with a message."""
    monkeypatch.setattr(page_pool, "MAX_WAIT_SECONDS", 0.1)
    monkeypatch.setattr(page_pool, "MAX_WAITING_PER_USER", 3)

    async def messages() -> list[str]:
        pool, work = PagePool(1, 1), Work()
        refusals: list[str] = []
        are_all = anyio.Event()

        async def ask(user: int) -> None:
            try:
                await pool.run(user, work)
            except BusyError as error:
                refusals.append(str(error))
                if len(refusals) == 4:
                    are_all.set()

        async with anyio.create_task_group() as group:
            for user in (1, 1, 1, 1, 2):
                group.start_soon(ask, user)
            await are_all.wait()
            work.may_end.set()
        await pool.run(1, work)
        return refusals

    refusals = anyio.run(messages)
    assert [sum(part in text for text in refusals) for part in ("too many", "your other", "with other")] == [1, 2, 1]


def test_reading_threads_leave_connections(client: Client) -> None:
    """While as many threads as there can be read, a post still gets its connection immediately."""
    start = time.monotonic()
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(client.services.database.read())
        client.upsert("a")
    assert time.monotonic() - start < 25  # of 30 s that a thread would wait


def test_posts_do_not_wait_for_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """While all threads of pages are busy, a run can start and post, and a page answers that the server is busy."""
    monkeypatch.setattr(page_pool, "MAX_WAIT_SECONDS", 0.1)
    client.upsert("a")
    headers, visitor = dict(client.headers), Visitor(client)

    async def statuses() -> list[int]:
        work = Work()
        transport = httpx.ASGITransport(app=client.app, client=("127.0.0.1", 1))
        async with anyio.create_task_group() as group, httpx.AsyncClient(transport=transport, base_url=HOST) as http:
            for pool in (client.services.pages, client.services.heavy_pages):
                for user in range(10, 60):
                    group.start_soon(_ignore_busy, pool, user, work)
            await anyio.sleep(0.5)
            upsert = {"query": 'mutation { upsertBucket(input: {name: "b", modelName: "p"}) { bucket { id } } }'}
            rows = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0}']}}}
            answers = [
                await http.post("/graphql", json=upsert, headers=headers),
                await http.post("/files/local/p/b/file_stream", json=rows, headers=headers),
                await http.get("/local/p", headers={"Cookie": visitor.cookie}),
                await http.get("/local/p/runs/a/data", headers={"Cookie": visitor.cookie}),
                await http.post("/graphql", json={"query": "{ viewer { id } }"}, headers=headers),
            ]
            assert ["busy" in answer.text for answer in answers[2:]] == [True] * 3
            assert answers[3].headers["retry-after"] == "5"
            work.may_end.set()
        return [answer.status_code for answer in answers]

    assert anyio.run(statuses) == [200, 200, 503, 503, 503]


async def _ignore_busy(pool: PagePool, user: int, work: Work) -> None:
    with suppress(BusyError):
        await pool.run(user, work)


def test_comparisons_are_bounded(client: Client) -> None:
    """Two sessions of 1,500 different cells and a long repetitive file are compared in seconds."""
    chance = random.Random(1)  # noqa: S311 -- the same texts each time
    for name in ("a", "b"):
        sources = [" ".join(f"v{chance.randrange(200)}" for _ in range(12)) for _ in range(1500)]
        code = {"cell_type": "code", "metadata": {}, "outputs": []}
        cells = [{**code, "execution_count": n, "source": text} for n, text in enumerate(sources, 1)]
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        lines = "\n".join(f"v{chance.randrange(120)} = 0" for _ in range(15_000))
        client.upsert(name)
        files = {"code/s.ipynb": json.dumps(notebook), "code/x.py": lines}
        for file in client.query(UPLOAD, run=name, files=list(files))["createRunFiles"]["files"]:
            client.send("PUT", file["uploadUrl"], content=files[file["name"]].encode())
    visitor, start = Visitor(client), time.process_time()
    page = visitor.get("/local/p/compare?run=a&run=b").text
    assert time.process_time() - start < 6
    assert page.count('class="change-of"') == 61
    assert "too repetitive to compare" in page
