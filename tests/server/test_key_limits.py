"""What one key may request, and that one project's posts do not delay those of another."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest
from conftest import HOST, Client

from wandb_nb.server.http import key_limits, post_turns
from wandb_nb.server.http.key_limits import KeyLimits, Rate
from wandb_nb.server.http.post_turns import PostTurns
from wandb_nb.server.storage.accounts.api_keys import add_key, new_key
from wandb_nb.server.storage.storage_errors import BusyError, TooManyRequestsError

if TYPE_CHECKING:
    from collections.abc import Callable

QUERY = {"query": "{ viewer { username } }"}


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that lets seconds pass for the limits."""
    now = [1000.0]
    monkeypatch.setattr(key_limits, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


def test_budgets_refill_with_time(pass_time: Callable[[float], None]) -> None:
    """A key may burst, then gets what refills; what is refused costs nothing; other keys are not affected."""
    limits = KeyLimits(requests=Rate(2, 4), query_seconds=Rate(0.5, 10))
    for _ in range(4):
        limits.count_request("one")
    for _ in range(3):
        with pytest.raises(TooManyRequestsError, match="try again in 1 s"):
            limits.count_request("one")
    limits.count_request("two")
    pass_time(1)
    limits.count_request("one")
    limits.count_request("one")
    with pytest.raises(TooManyRequestsError):
        limits.count_request("one")
    limits.check_queries("one")
    limits.spend_query("one", 15)
    with pytest.raises(TooManyRequestsError) as refused:
        limits.check_queries("one")
    assert refused.value.wait_seconds == 11
    pass_time(11)
    limits.check_queries("one")
    pass_time(10_000)
    limits.spend_query("one", 10)
    with pytest.raises(TooManyRequestsError):
        limits.check_queries("one")


def limited(client: Client, limits: KeyLimits, key: str | None = None) -> Client:
    """Return a client of the same server with *limits*."""
    return Client(dataclasses.replace(client.services, key_limits=limits), key or client.key)


def test_requests_of_a_key_are_limited(client: Client) -> None:
    """Beyond its limit a key gets 429 with the time to wait, for posts and queries; another key of the user works."""
    client.upsert("r")
    second_key = new_key()
    with client.services.database.write() as connection:
        add_key(connection, 1, second_key)
    limits = KeyLimits(requests=Rate(0.001, 2))
    one, two = limited(client, limits), limited(client, limits, second_key)
    answers = [one.stream("r", files={}), *(one.send("POST", "/graphql", json=QUERY) for _ in range(2))]
    answers.append(one.stream("r", files={}))
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert 900 <= int(answers[-1].headers["retry-after"]) <= 1000
    assert "too many requests" in answers[-1].json()["error"]
    assert two.send("POST", "/graphql", json=QUERY).status_code == 200


def test_expensive_queries_do_not_stop_posts(client: Client) -> None:
    """A key whose queries took too long cannot query for a while, but logs on."""
    client.upsert("r")
    one = limited(client, KeyLimits(query_seconds=Rate(1e-6, 1e-6)))
    answers = [one.send("POST", "/graphql", json=QUERY), one.send("POST", "/graphql", json=QUERY)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert int(answers[1].headers["retry-after"]) > 1
    assert one.stream("r", files={}).status_code == 200


async def reached(condition: Callable[[], bool]) -> None:
    """Return when *condition* is true."""
    while not condition():  # noqa: ASYNC110 -- what changes it has no event
        await anyio.sleep(0.01)


def test_posts_of_another_project_overtake(client: Client) -> None:
    """While many posts of one project wait for the database, one of another project is among the next."""
    for project in ("heavy", "light"):
        client.upsert("r", modelName=project)
    answered: list[str] = []
    turns = client.services.post_turns

    async def post(sender: httpx.AsyncClient, project: str) -> None:
        answer = await sender.post(f"/files/local/{project}/r/file_stream", json={"files": {}}, headers=client.headers)
        assert answer.status_code == 200
        answered.append(project)

    async def run() -> None:
        transport = httpx.ASGITransport(app=client.app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as sender, anyio.create_task_group() as group:
            with client.services.database.write():
                for _ in range(60):
                    group.start_soon(post, sender, "heavy")
                await reached(lambda: turns.waiting(1, ("local", "heavy")) == 60)
                group.start_soon(post, sender, "light")
                await reached(lambda: turns.waiting(1, ("local", "light")) == 1)

    anyio.run(run)
    assert len(answered) == 61
    assert answered.index("light") <= 6  # one of each project is under way; the next two began before


def test_too_many_waiting_posts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A project's posts beyond those that may wait are refused at once, and everything is forgotten at the end."""
    monkeypatch.setattr(post_turns, "MAX_WAITING", 5)

    async def refused() -> tuple[int, int]:
        turns, may_end, count = PostTurns(), anyio.Event(), 0

        async def post() -> None:
            nonlocal count
            try:
                async with turns.turn(1, ("a", "b")):
                    await may_end.wait()
            except BusyError:
                count += 1
                if count == 3:
                    may_end.set()

        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(post)
        return count, turns.waiting(1, ("a", "b"))

    assert anyio.run(refused) == (3, 0)
