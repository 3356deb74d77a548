"""Server-sent events: who receives which change, and when the stream ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner

from wandb_nb.cli.server_commands import server as command

if TYPE_CHECKING:
    from visiting import Site


def test_a_change_sends_an_event(site: Site) -> None:
    """The stream begins with an event for missed changes; rows, files, config and the end of a run each send one."""
    with site.events("/local/p/runs/grow/events") as received_events:
        assert next(received_events) == []
        for change in (
            lambda: site.grow(1),
            lambda: site.upload("grow", {"x.txt": b"x"}),
            lambda: site.start("grow", notes="new"),
            lambda: site.stream("grow", complete=True, exitcode=0),
        ):
            change()
            assert next(received_events) == ["grow"]


def test_a_page_gets_only_its_own_events(site: Site) -> None:
    """A run's page gets events of its run alone, a project's page those of its runs."""
    with site.events("/local/p/runs/grow/events") as of_run, site.events("/local/p/events") as of_project:
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
    with site.events("/local/p/events") as received_events:
        next(received_events)
        assert site.stop() == 0
        assert list(received_events) == []
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
    """Users who lose the right to read the project, or their key, receive no further events."""
    key = manage(site, "users", "ann").strip()
    manage(site, "projects", "local/p", "--user", "ann", "--right", "read")
    cookie = httpx.post(f"{site.url}/login", data={"key": key}).headers["set-cookie"].partition(";")[0]
    with site.events("/local/p/events", cookie) as received_events:
        assert next(received_events) == []
        site.grow(1)
        assert next(received_events) == ["grow"]
        manage(site, *taking)
        site.grow(1)
        assert list(received_events) == []
