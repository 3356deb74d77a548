"""Several servers on one PostgreSQL database: what one changes the other shows, what one takes the other refuses."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from cluster import Cluster, text_of
from visiting import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

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
