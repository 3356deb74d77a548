"""The routes of a real Jupyter server on a free port, with real kernels and real runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from waiting import until

import wandb_nb
from wandb_nb.tracking.run_view import session_of
from wandb_nb.view.message.run_message import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_process import Server

pytestmark = pytest.mark.kernel


@pytest.fixture
def run(registry: str, tmp_path: Path) -> Iterator[Any]:  # noqa: ARG001  before init
    """Return a run of this process, finished at the test's end."""
    run = wandb_nb.init(project="p", dir=tmp_path, settings={"silent": True}, reinit="create_new")
    yield run
    run.finish()


def test_rows_arrive_during_the_run(server: Server, run: Any) -> None:
    """A page gets the whole run, then with its cursor only new rows, then that it is done."""
    path = f"wandb-nb/v1/runs/{run.id}/data?cursor="
    for i in range(100):
        run.log({"loss": 1 / (1 + i)})
    status, body = server.ask(path, session_of(run).entry.token)
    first = parse(body)
    run.log({"loss": 0.5})
    second = parse(server.ask(path + first.header["cursor"], session_of(run).entry.token)[1])
    run.finish()
    last = parse(server.ask(path + second.header["cursor"], session_of(run).entry.token)[1])

    assert status == 200
    assert first.header["run"]["state"] == "running"
    assert len(first.series()[0].value) == 100
    assert list(second.series()[0].value) == [0.5]
    assert (last.header["done"], last.header["run"]["state"], last.header["series"]) == (True, "finished", [])


def test_the_rows_of_a_range(server: Server, run: Any) -> None:
    """A page that zooms gets the rows of that range, with its token only; anything but a request gives 400."""
    for i in range(100):
        run.log({"loss": i, "tokens": 10 * i})
    token = session_of(run).entry.token

    def ask(token: str, **request: Any) -> tuple[int, bytes]:
        text = quote(json.dumps({"keys": ["loss"], "axis": "step", **request}))
        return server.ask(f"wandb-nb/v1/runs/{run.id}/range?request={text}", token)

    status, body = ask(token, **{"from": 10, "to": 12})
    by_tokens = parse(ask(token, axis="metric", metric="tokens", to=20)[1]).series()[0]

    assert status == 200
    assert parse(body).series()[0].value.tolist() == [9, 10, 11, 12, 13]
    assert by_tokens.x is not None
    assert by_tokens.x.tolist() == [0, 10, 20, 30]
    assert ask("wrong")[0] == 403
    assert ask(token, axis="%s %d")[0] == 400
    assert server.ask(f"wandb-nb/v1/runs/{run.id}/range", token)[0] == 400


def test_earlier_runs_of_the_notebook(server: Server, registry: str, tmp_path: Path) -> None:  # noqa: ARG001
    """A page gets the earlier runs of the same notebook, only with its token."""
    entries = []
    for name in ("one", "two"):
        settings = {"silent": True, "notebook_name": str(tmp_path / "a.ipynb")}
        with wandb_nb.init(name=name, project="p", dir=tmp_path, settings=settings) as run:
            run.log({"loss": len(name)})
        entries.append(session_of(run).entry)
    path = f"wandb-nb/v1/runs/{entries[1].id}/ghosts"
    status, body = server.ask(path, entries[1].token)
    header = json.loads(body[4 : 4 + int.from_bytes(body[:4], "little")])

    assert status == 200
    assert header["labels"] == ["one"]
    assert [series["key"] for series in header["runs"][0]["series"]] == ["loss"]
    assert header["diff"] is None
    assert server.ask(path, "wrong")[0] == 403
    assert server.ask(path, entries[1].token, login="")[0] == 403
    assert server.ask("wandb-nb/v1/runs/nobody00/ghosts", entries[1].token)[0] == 404


def test_who_may_not_read(server: Server, run: Any) -> None:
    """No login, a wrong token and an unknown run are refused, and the server's log holds no token."""
    data, stop = (f"wandb-nb/v1/runs/{run.id}/{route}" for route in ("data", "stop"))
    token = session_of(run).entry.token

    assert server.ask(data, token, login="")[0] == 403
    assert server.ask(stop, token, {}, login="")[0] == 403
    assert server.ask(data, "wrong")[0] == 403
    assert server.ask(data)[0] == 403
    assert server.ask(stop, "wrong", {})[0] == 403
    assert server.ask("wandb-nb/v1/runs/nobody00/data", token)[0] == 404
    assert server.ask("wandb-nb/v1/runs/..%2F..%2Fetc/data", token)[0] == 404
    assert server.ask("wandb-nb/v1/runs/%25s%25d/data", token)[0] == 404
    assert server.ask(data, token)[0] == 200
    assert token not in server.log()
    assert "Traceback" not in server.log()


def test_a_run_whose_files_are_gone(server: Server, registry: str, tmp_path: Path) -> None:  # noqa: ARG001  before init
    """A deleted run directory gives 404, also for a page that has read it before; stopping it gives 409."""
    run = wandb_nb.init(project="p", dir=tmp_path, settings={"silent": True}, reinit="create_new")
    run.finish()
    path, token = f"wandb-nb/v1/runs/{run.id}/", session_of(run).entry.token

    assert server.ask(path + "data", token)[0] == 200
    assert server.ask(path + "stop", token, {"force": True})[0] == 409
    run.directory.rename(tmp_path / "elsewhere")
    assert server.ask(path + "data", token)[0] == 404


TRAINING = """
import sys, time
import wandb_nb as wandb
from wandb_nb.tracking.run_view import session_of
run = wandb.init(project="p", dir={folder!r}, settings={{"silent": True}})
open({output!r}, "w").write(run.id + " " + session_of(run).entry.token)
end = "by itself"
try:
    started = time.time()
    while time.time() < started + 60:
        {work}
except KeyboardInterrupt:
    end = "stopped"
open({output!r} + ".end", "w").write(end)
"""


@pytest.mark.parametrize(
    ("work", "wish"),
    [("wandb.log({'a': 1})", {}), ("time.sleep(0.01)", {}), ("time.sleep(0.01)", {"force": True})],
    ids=["by the stop file", "by an interrupt after a wait", "by force"],
)
def test_stop_ends_a_loop(server: Server, tmp_path: Path, work: str, wish: dict[str, Any]) -> None:
    """A loop that logs sees the stop file; another loop is interrupted, after two seconds or immediately."""
    run_id, token = start_training(server, tmp_path, work)

    status, answer = server.ask(f"wandb-nb/v1/runs/{run_id}/stop", token, wish)

    assert status == 200
    assert json.loads(answer) == {"asked": True, "interrupted": "force" in wish, "kernel": True}
    assert until(lambda: (end := tmp_path / "output.end").exists() and end.read_text(), "the end") == "stopped"


def start_training(server: Server, folder: Path, work: str) -> list[str]:
    """Start a loop that executes *work* in a new kernel of the server; return its run's id and token."""
    kernel = json.loads(server.ask("api/kernels", body={"name": "python3"})[1])["id"]
    output = folder / "output"
    execute(server, kernel, TRAINING.format(folder=str(folder), output=str(output), work=work))
    words: list[str] = until(lambda: output.exists() and output.read_text(), "the id and the token").split()
    return words


def execute(server: Server, kernel: str, code: str) -> None:
    """Send *code* to a kernel of the server through the kernel's own channels, without waiting."""
    from jupyter_client import BlockingKernelClient

    connection = Path(server._log.name).parent / "runtime" / f"kernel-{kernel}.json"
    client = BlockingKernelClient()
    client.load_connection_file(str(connection))
    client.start_channels()
    client.wait_for_ready(timeout=60)
    client.execute(code)
    client.stop_channels()


def test_a_foreign_kernel_is_left_alone(server: Server, tmp_path: Path) -> None:
    """A page cannot interrupt another kernel through a run, nor through a run of another server's kernel."""
    run_id, token = start_training(server, tmp_path, "time.sleep(0.01)")
    other = json.loads(server.ask("api/kernels", body={"name": "python3"})[1])["id"]
    path = f"wandb-nb/v1/runs/{run_id}/stop"

    refused = json.loads(server.ask(path, token, {"kernel": other, "force": True})[1])
    carried_out = json.loads(server.ask(path, token, {"force": True})[1])

    assert refused == {"asked": True, "interrupted": False, "kernel": False}
    assert carried_out == {"asked": True, "interrupted": True, "kernel": True}


def test_a_run_without_a_kernel_gets_the_stop_file(server: Server, run: Any) -> None:
    """A script's run is asked to stop; there is nothing to interrupt."""
    status, answer = server.ask(f"wandb-nb/v1/runs/{run.id}/stop", session_of(run).entry.token, {"force": True})

    assert (status, json.loads(answer)) == (200, {"asked": True, "interrupted": False, "kernel": False})
    with pytest.raises(KeyboardInterrupt):
        until(lambda: run.log({"loss": 1}), "the stop")
