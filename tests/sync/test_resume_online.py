"""Resumed online runs: the server's state decides, even if this machine does not have the run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import wandb_nb as wandb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from embedded_server import EmbeddedServer

pytestmark = pytest.mark.crash

QUIET = {"silent": True, "x_disable_stats": True, "console": "off"}


@pytest.fixture(autouse=True)
def here(embedded_user: Path) -> Path:
    """Return the working directory of a user who has a key for the server."""
    return embedded_user


@pytest.fixture
def move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that moves the test to a machine without runs."""

    def moved() -> None:
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        monkeypatch.setenv("WANDB_NB_DATA_DIR", str(folder / "data"))
        monkeypatch.chdir(folder)

    return moved


def start(**arguments: Any) -> wandb.Run:
    """Start an online run in project p."""
    return wandb.init(**{"project": "p", "mode": "online", "settings": QUIET, **arguments})


def first_part(run_id: str, rows: int = 5, **arguments: Any) -> wandb.Run:
    """Log some rows of a run and finish it."""
    with start(id=run_id, config={"lr": 0.1, "deep": {"er": [1, 2]}}, name="first", tags=["a"], **arguments) as run:
        run.define_metric("loss", summary="min")
        for n in range(rows):
            run.log({"loss": rows - n, "n": n})
    return run


def numbers(embedded: EmbeddedServer, run_id: str) -> list[tuple[int, int]]:
    """Return step and value of each row."""
    return [(row["_step"], row["n"]) for row in embedded.rows(run_id)]


@pytest.mark.parametrize("resume", ["allow", "must", "auto"])
@pytest.mark.parametrize("is_local", [True, False], ids=["here", "elsewhere"])
def test_a_run_continues_at_the_servers_step(
    embedded: EmbeddedServer, move: Callable[[], None], resume: str, is_local: bool
) -> None:
    """Step, config, summary, definitions, name and tags continue, with and without the run on this machine."""
    run_id = f"go-{resume}-{is_local}"
    first_part(run_id)
    if not is_local:
        move()
    run = start(id=run_id, resume=resume, config={"epochs": 3})
    assert (run.resumed, run.step, run.starting_step, run.name, run.tags) == (True, 5, 5, "first", ("a",))
    assert run.config.as_dict() == {"lr": 0.1, "deep": {"er": [1, 2]}, "epochs": 3}
    assert run.summary["n"] == 4
    run.log({"loss": 9, "n": 5})
    assert run.summary["loss"]["min"] == 1
    run.finish()
    assert numbers(embedded, run_id) == [(n, n) for n in range(6)]
    fields = embedded.run(run_id, "displayName tags state summaryMetrics")
    assert (fields["displayName"], fields["tags"], fields["state"]) == ("first", ["a"], "finished")
    assert json.loads(fields["summaryMetrics"])["loss"] == {"min": 1}
    assert embedded.config(run_id) == {"lr": 0.1, "deep": {"er": [1, 2]}, "epochs": 3}


def test_what_resume_does_not_allow(move: Callable[[], None]) -> None:
    """Init refuses "must" for a run that the server lacks, and "never" for one it has; no run starts."""
    first_part("known", 1)
    move()
    with pytest.raises(wandb.UsageError, match="must"):
        start(id="nobody-knows", resume="must")
    with pytest.raises(wandb.UsageError, match=r"never.*first"):
        start(id="known", resume="never")
    assert wandb.run is None
    with start(id="nobody-knows", resume="allow") as run:
        assert (run.resumed, run.step) == (False, 0)
    with start(id="new-one", resume="never") as run:
        run.log({"n": 0})


def test_without_resume_a_run_begins_anew(embedded: EmbeddedServer, move: Callable[[], None]) -> None:
    """Without `resume`, the id of a run on the server starts that run from the beginning."""
    first_part("anew")
    move()
    with start(id="anew") as run:
        run.log({"n": 100})
    assert numbers(embedded, "anew") == [(0, 100)]


def test_the_further_one_counts(
    embedded: EmbeddedServer, here: Path, move: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run continued on another machine continues from there, although this machine has its first part."""
    data = here / "data"
    monkeypatch.setenv("WANDB_NB_DATA_DIR", str(data))
    first_part("further", 3)
    move()
    with start(id="further", resume="must") as run:
        run.log({"n": 3, "elsewhere": 1})
    monkeypatch.setenv("WANDB_NB_DATA_DIR", str(data))
    monkeypatch.chdir(here)
    with start(id="further", resume="must") as run:
        assert (run.step, run.summary["elsewhere"]) == (4, 1)
        run.log({"n": 4})
    assert numbers(embedded, "further") == [(n, n) for n in range(5)]


def test_an_offline_part_is_sent_first(embedded: EmbeddedServer) -> None:
    """Continuing an offline run online sends its first part first: no row is missing or displaced."""
    first_part("part", 4, mode="offline")
    with start(id="part", resume="must") as run:
        run.log({"n": 4})
    assert numbers(embedded, "part") == [(n, n) for n in range(5)]


@pytest.mark.parametrize("is_local", [True, False], ids=["here", "elsewhere"])
def test_resume_from_rewinds_on_the_server(embedded: EmbeddedServer, move: Callable[[], None], is_local: bool) -> None:
    """The rows after the step are deleted from the server, and new ones replace them."""
    run_id = f"rewound-{is_local}"
    first_part(run_id, 6)
    if not is_local:
        move()
    with start(resume_from=f"{run_id}?_step=3") as run:
        assert (run.id, run.step, run.summary["n"], run.config["lr"]) == (run_id, 4, 3, 0.1)
        run.log({"n": 40})
    assert numbers(embedded, run_id) == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 40)]
    own = json.loads(embedded.run(run_id, "config")["config"])["_wandb"]["value"]
    assert own["branch_point"] == {"run_id": run_id, "step": 3}


@pytest.mark.parametrize("is_local", [True, False], ids=["here", "elsewhere"])
def test_fork_from_branches_on_the_server(embedded: EmbeddedServer, move: Callable[[], None], is_local: bool) -> None:
    """The branch has the rows up to the step, then its own; its parent keeps all rows."""
    run_id = f"parent-{is_local}"
    first_part(run_id, 6)
    if not is_local:
        move()
    with start(id=f"child-{is_local}", fork_from=f"{run_id}?_step=2") as run:
        assert (run.step, run.summary["n"], run.config["lr"], run.resumed) == (3, 2, 0.1, False)
        run.log({"n": 30})
    assert numbers(embedded, run.id) == [(0, 0), (1, 1), (2, 2), (3, 30)]
    assert numbers(embedded, run_id) == [(n, n) for n in range(6)]


def test_missing_steps_and_runs_are_refused(move: Callable[[], None]) -> None:
    """A run or step that neither this machine nor the server has is a UsageError, and rewinds nothing."""
    first_part("moment", 3)
    move()
    for argument in ("resume_from", "fork_from"):
        with pytest.raises(wandb.UsageError, match="steps end at 2"):
            start(**{argument: "moment?_step=7"})
        with pytest.raises(wandb.UsageError, match=r"does not exist on this machine or on the server"):
            start(**{argument: "missing?_step=1"})


def test_a_deleted_id_is_refused(embedded: EmbeddedServer, move: Callable[[], None]) -> None:
    """The id of a run deleted on the server cannot be reused: the server's message is in the error."""
    first_part("gone", 1)
    number = embedded.run("gone", "id")["id"]
    embedded.query("mutation D($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }", id=number)
    move()
    with pytest.raises(wandb.CommError, match="was deleted"):
        start(id="gone")
    assert wandb.run is None


def test_no_server_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """If online is only the default, the local state counts; "must" without it, and explicit online, are errors."""
    first_part("unreached", 2)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    with wandb.init(project="p", id="unreached", resume="must", settings=QUIET) as run:
        assert run.step == 2
        run.log({"n": 2})
    with pytest.raises(wandb.CommError, match="could not be asked"):
        wandb.init(project="p", id="nothing-here", resume="must", settings=QUIET)
    with pytest.raises(wandb.CommError, match="did not answer within 1 s"):
        start(id="unreached", resume="must", settings={**QUIET, "init_timeout": 1})


def test_a_thread_asks_as_well(embedded: EmbeddedServer, move: Callable[[], None]) -> None:
    """In thread mode, a thread asks the server and sends the rest."""
    first_part("thread", 2)
    move()
    with start(id="thread", resume="must", settings={**QUIET, "start_method": "thread"}) as run:
        assert run.step == 2
        run.log({"n": 2})
    assert numbers(embedded, "thread") == [(n, n) for n in range(3)]
