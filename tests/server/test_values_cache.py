"""The runs of projects with their parsed values, kept between requests."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from visiting import Visitor

from wandb_nb.server.query.values_cache import ValuesCache
from wandb_nb.server.storage import run_store, users
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.project_store import find_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Client

    from wandb_nb.run_filters.run_values import RunValues
    from wandb_nb.server.http.services import Services
    from wandb_nb.server.query.listed_runs import ListedRuns

CHANGES: dict[str, Callable[[Client], Any]] = {
    "rows": lambda client: client.rows("a", 0, '{"_step": 0, "acc": 0.7}'),
    "summary": lambda client: client.stream(
        "a", files={"wandb-summary.json": {"offset": 0, "content": ['{"acc": 0.7}']}}
    ),
    "end": lambda client: client.stream("a", complete=True, exitcode=1),
    "config": lambda client: client.upsert("a", config='{"lr": {"value": 2}}'),
    "tags": lambda client: client.upsert("a", tags=["best"]),
    "stop": lambda client: Visitor(client).send("/local/p/runs/a/stop"),
    "edit": lambda client: Visitor(client).send("/local/p/runs/a/edit", name="new", notes="", tags=""),
    "delete": lambda client: Visitor(client).send("/local/p/delete", run="a", sure="1"),
    "another run": lambda client: client.upsert("c"),
}


@pytest.fixture
def key(client: Client) -> str:
    """Return the key of the first user, who has the runs a and b."""
    for name, acc in (("a", 0.5), ("b", 0.9)):
        client.upsert(name, config=json.dumps({"lr": {"value": acc}}), commit="c0ffee")
        client.stream(name, files={"wandb-summary.json": {"offset": 0, "content": [json.dumps({"acc": acc})]}})
    return client.key or ""


def listing(cache: ValuesCache, services: Services, key: str, name: str = "p") -> ListedRuns:
    """Return the runs of a project of the first user, as the user with *key* sees them."""
    with services.database.read() as connection:
        user = users.user_by_key(connection, key)
        assert user is not None
        project = find_project(connection, user, "local", name)
        assert project is not None
        return cache.list_runs(connection, project)


def row_of(run: RunValues) -> dict[str, Any]:
    """Return the values of the run's row by column."""
    row = run.row
    return dict(row._mapping) if hasattr(row, "_mapping") else vars(row)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_only_what_changed_is_read_again(
    client: Client, services: Services, key: str, change: Callable[[Client], Any]
) -> None:
    """After any change of a run its values are the new ones; those of the other run are the same objects."""
    cache = ValuesCache()
    before = listing(cache, services, key)
    assert listing(cache, services, key) is before
    change(client)
    after = listing(cache, services, key)
    assert after is not before
    assert list(map(row_of, after.runs)) == list(map(row_of, listing(ValuesCache(), services, key).runs))
    (other,) = (run for run in before.runs if run.row.name == "b")
    assert other in after.runs


def test_a_silent_run_counts_as_crashed(services: Services, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is no longer heard of becomes crashed, although nothing has changed its row."""
    cache, now = ValuesCache(), time.time()
    assert [run.row.state for run in listing(cache, services, key).runs] == ["running", "running"]
    with monkeypatch.context() as patch:
        patch.setattr("time.time", lambda: now + run_store.SILENT_SECONDS + 60)
        silent = listing(cache, services, key)
    assert [run.row.state for run in silent.runs] == ["crashed", "crashed"]
    assert silent.states == {"crashed": 2}


def test_readers_of_an_open_project_have_their_own_values(services: Services, key: str) -> None:
    """What only members see is not in the values of others, in whatever order they ask."""
    outsider = new_key()
    with services.database.write() as connection:
        users.add_user(connection, "outsider", outsider)
        users.set_open(connection, "local", "p", True)
    cache = ValuesCache()
    for _ in range(2):
        assert {run.row.commit for run in listing(cache, services, key).runs} == {"c0ffee"}
        assert {run.row.commit for run in listing(cache, services, outsider).runs} == {None}


def test_the_memory_is_bounded(client: Client, services: Services, key: str) -> None:
    """The projects that were listed last are kept up to the limit of characters; a larger one is listed, too."""
    for name in ("q", "r"):
        client.upsert("x", modelName=name, config=json.dumps({"text": {"value": "x" * 3_000}}))
    cache = ValuesCache(max_characters=6_000)
    first, small = listing(cache, services, key, "q"), listing(cache, services, key)
    assert listing(cache, services, key, "q") is first
    listing(cache, services, key, "r")
    assert listing(cache, services, key, "q") is not first
    assert listing(cache, services, key) is not small
    tiny = ValuesCache(max_characters=10)
    assert len(listing(tiny, services, key).runs) == 2
    assert listing(tiny, services, key) is not listing(tiny, services, key)


def test_numbers_are_those_of_the_listed_runs(client: Client, services: Services, key: str) -> None:
    """Numbers that were read before, of other runs and of the same ones with other values, do not stay."""
    cache = ValuesCache()

    def mean() -> float | None:
        listed = listing(cache, services, key)
        (statistics,) = listed.numbers.statistics(listed.runs[-2:], ["summary_metrics.acc"])
        return statistics.mean if statistics else None

    assert mean() == pytest.approx(0.7)
    CHANGES["summary"](client)
    assert mean() == pytest.approx(0.8)
    client.upsert("c", summaryMetrics='{"acc": 0.1}')
    assert mean() == pytest.approx(0.5)
    client.stream("b", files={"wandb-summary.json": {"offset": 0, "content": ['{"acc": "none"}']}})
    assert mean() == pytest.approx(0.1)
    CHANGES["delete"](client)
    assert mean() == pytest.approx(0.1)
