"""Server-sent events: who hears of which change, and when the stream ends."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner

from wandb_nb.cli.server_commands import server as command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from visiting import Site


@contextmanager
def events(site: Site, path: str, cookie: str | None = None) -> Iterator[Iterator[list[str]]]:
    """Follow the events at *path*: the ids of each."""
    headers = {"Cookie": cookie or site.login()}
    with httpx.stream("GET", site.url + path, headers=headers, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        yield (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


def test_a_change_is_told(site: Site) -> None:
    """The stream begins with an event for what was missed; rows, files, config and the end of a run are each told."""
    with events(site, "/local/p/runs/grow/events") as told:
        assert next(told) == []
        for change in (
            lambda: site.grow(1),
            lambda: site.upload("grow", {"x.txt": b"x"}),
            lambda: site.start("grow", notes="new"),
            lambda: site.stream("grow", complete=True, exitcode=0),
        ):
            change()
            assert next(told) == ["grow"]


def test_only_what_the_page_shows_is_told(site: Site) -> None:
    """A run's page hears of its run alone, a project's of the project's runs."""
    with events(site, "/local/p/runs/grow/events") as of_run, events(site, "/local/p/events") as of_project:
        assert (next(of_run), next(of_project)) == ([], [])
        site.start("other")
        assert next(of_project) == ["other"]
        site.query(
            "mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }",
            i={"name": "far", "modelName": "elsewhere"},
        )
        site.grow(1)
        assert next(of_project) == ["grow"]
        assert next(of_run) == ["grow"]


def test_the_server_ends_while_pages_are_open(site: Site) -> None:
    """Ctrl-C does not wait for open pages; their streams end."""
    with events(site, "/local/p/events") as told:
        next(told)
        assert site.stop() == 0
        assert list(told) == []
    site.restart()


def manage(site: Site, *words: str) -> str:
    """Run `wandb-nb server` with *words*; return what it prints."""
    done = CliRunner().invoke(command, ["--dir", str(site.folder), *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


@pytest.mark.parametrize(
    "taking", [("projects", "local/p", "--user", "ann", "--right", "none"), ("users", "ann", "--revoke")]
)
def test_a_right_that_was_taken_ends_the_stream(site: Site, taking: tuple[str, ...]) -> None:
    """Who may no longer read the project, or has no key any more, hears of no further change."""
    key = manage(site, "users", "ann").strip()
    manage(site, "projects", "local/p", "--user", "ann", "--right", "read")
    cookie = httpx.post(f"{site.url}/login", data={"key": key}).headers["set-cookie"].partition(";")[0]
    with events(site, "/local/p/events", cookie) as told:
        assert next(told) == []
        site.grow(1)
        assert next(told) == ["grow"]
        manage(site, *taking)
        site.grow(1)
        assert list(told) == []
