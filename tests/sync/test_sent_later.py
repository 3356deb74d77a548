"""Offline runs sent later: another run of the same id loses nothing, and they keep their times."""

from __future__ import annotations

import shutil
import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from sending import start

from wandb_nb.cli import group

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_server import EmbeddedServer


@pytest.fixture(autouse=True)
def here(embedded_user: Path) -> Path:
    """Return the working directory of a user who has a key for the server."""
    return embedded_user


def sync(*arguments: str) -> Result:
    """Run `wandb-nb sync`."""
    return CliRunner().invoke(group, ("sync", *arguments))


def numbers(embedded: EmbeddedServer, run_id: str) -> list[int]:
    """Return the values of the run's rows on the server."""
    return [row["n"] for row in embedded.rows(run_id)]


def test_two_directories_of_one_id(here: Path, embedded: EmbeddedServer) -> None:
    """The second directory is refused while the server has the first one's rows; `--append` and `--id` send it."""
    for folder, values in (("first", range(5)), ("second", range(10, 13))):
        (here / folder).mkdir()
        with start(here / folder, id="twice", reinit=True) as run:
            for n in values:
                run.log({"n": n})
    done = sync("first", "second")
    assert done.exit_code == 1
    assert "--append" in done.output
    assert numbers(embedded, "twice") == list(range(5))
    assert sync("second", "--append").exit_code == 0
    assert sync("second", "--id", "other", "--include-synced").exit_code == 0
    assert numbers(embedded, "other") == [10, 11, 12]
    assert numbers(embedded, "twice") == [*range(5), 10, 11, 12]


def test_a_directory_that_lost_its_progress_is_sent_again(here: Path, embedded: EmbeddedServer) -> None:
    """Rows that came from the same directory are not a reason to refuse it."""
    with start(here, id="again") as run:
        for n in range(5):
            run.log({"n": n})
    assert sync().exit_code == 0
    assert run.directory is not None
    copy = here / "copy" / run.directory.name
    shutil.copytree(run.directory, copy, ignore=shutil.ignore_patterns("*.sent", "*.synced"))
    assert sync(str(copy)).exit_code == 0
    assert numbers(embedded, "again") == list(range(5))


def test_times_are_those_of_the_run(here: Path, embedded: EmbeddedServer) -> None:
    """Start and end on the server, in whole seconds, are the run's own, not those of the sync."""
    with start(here, id="times") as run:
        run.log({"n": 1})
        time.sleep(1.2)
        run.log({"n": 2})
    ended = time.time()
    time.sleep(3)
    assert sync().exit_code == 0
    stored = embedded.run("times", "createdAt heartbeatAt")
    assert seconds(stored["createdAt"]) == pytest.approx(run.start_time, abs=1.1)
    assert seconds(stored["heartbeatAt"]) == pytest.approx(ended, abs=2)


def seconds(text: str) -> float:
    """Return the unix seconds of a server's time."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
