"""Online from a notebook: a server started by a magic, runs logged to it, and runs sent later."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import nbformat
import psutil
import pytest
from cells import LOAD, error, texts

from wandb_nb.server import process as background
from wandb_nb.view.message.header_fields import MIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]

pytestmark = pytest.mark.kernel
QUICKSTART = Path(__file__).parents[2] / "notebooks/quickstart.ipynb"


@pytest.fixture
def folder(clean_environment: Path) -> Iterator[Path]:
    """Return the data folder of the test's server, which is stopped in the end together with its sync processes."""
    yield clean_environment / "server"
    background.stop(clean_environment / "server")
    for process in psutil.process_iter(["cmdline"]):
        if str(clean_environment / "sync") in " ".join(process.info["cmdline"] or []):
            process.kill()


def runs(folder: Path, project: str) -> dict[str, dict[str, Any]]:
    """Return the runs of a project on the server, by name."""
    query = """query Q($p: String!) { project(name: $p) { runs(first: 100) { edges { node {
        displayName state historyLineCount config files(first: 100) { edges { node { name } } } } } } } }"""
    answer = httpx.post(
        f"{background.url_of(folder)}/graphql",
        json={"query": query, "variables": {"p": project}},
        auth=("api", (folder / "key").read_text().strip()),
    )
    nodes = [edge["node"] for edge in answer.json()["data"]["project"]["runs"]["edges"]]
    return {node["displayName"]: node for node in nodes}


def test_server_and_sync_by_magic(execute: Execute, folder: Path) -> None:
    """`%wandb server --use` starts a server and sends the notebook's runs there; `%wandb sync` sends the others."""
    _, before, dry, started, again, _, ended, synced, nothing = execute(
        LOAD,
        "%wandb init --mode offline --project p --name before\nwandb.log({'a': 1})\n%wandb finish",
        "%wandb sync --dry-run",
        "%wandb server --use --port 0",
        "%wandb server",
        "%wandb init --mode online --project p --name live\nfor n in range(20): wandb.log({'a': n})",
        "%wandb finish",
        "%wandb sync",
        "%wandb sync",
    ).cells
    assert [error(cell) for cell in (before, dry, started, again, ended, synced)] == [None] * 6
    assert "would be sent" in texts(dry)
    url = background.url_of(folder)
    assert url in texts(started)
    links = [re.search(rf"{url}/login#[\w-]{{43}}", texts(cell))[0] for cell in (started, again)]
    assert len(set(links)) == 2
    assert url in texts(again)
    assert "--use" in texts(again)
    assert (folder / "key").read_text().strip() not in texts(started) + texts(again) + texts(ended)
    assert f"sent: {url}/local/p/runs/" in texts(ended)
    assert texts(synced).startswith("done: ")
    assert "nothing to send" in texts(nothing)
    remote_runs = runs(folder, "p")
    assert {name: (run["state"], run["historyLineCount"]) for name, run in remote_runs.items()} == {
        "before": ("finished", 1),
        "live": ("finished", 20),
    }


def test_view_has_the_link_and_what_is_sent(execute: Execute, folder: Path) -> None:
    """The view's header names the server from the start, and has the run's address; in the end all of it is sent."""
    *_, cell = execute(
        LOAD,
        "%wandb server --use --port 0",
        "import json\nfrom wandb_nb.tracking.live_header import live_header\n"
        "run = wandb.init(project='p', name='linked')\nprint(json.dumps(live_header(run)['sync']))\n"
        "run.log({'a': 1})\nrun.finish()",
    ).cells
    url = background.url_of(folder)
    first, last = json.loads(re.search(r"\{.*\}", texts(cell))[0]), output_header(cell)
    assert first["state"] in ("connecting", "sending", "done")
    assert f"http://{first['server']}" == url
    assert (last["sync"]["state"], last["sync"]["waiting"]) == ("done", 0)
    assert last["url"].startswith(f"{url}/local/p/runs/")


def output_header(cell: NotebookNode) -> dict[str, Any]:
    """Return the run's header in the output of *cell*."""
    (snapshot,) = (output["data"][MIME] for output in cell.outputs if MIME in output.get("data", {}))
    return dict(snapshot["run"])


def test_server_stops_on_request(execute: Execute, folder: Path) -> None:
    """The server outlives the kernel that started it, and `%wandb server --stop` stops it from any other kernel."""
    assert "Server: http" in texts(execute(LOAD, "%wandb server --port 0").cells[1])
    assert background.pid_of(folder) is not None
    stopped, none = execute(LOAD, "%wandb server --stop", "%wandb server --stop").cells[1:]
    assert "server stopped: http" in texts(stopped)
    assert "still" not in texts(stopped)
    assert "no server is running" in texts(none)
    assert background.pid_of(folder) is None


KEYED = "import os\nos.environ |= {'WANDB_API_KEY': 'k' * 40, 'WANDB_BASE_URL': '%s'}\n"
HANGING = "import socket\nlistener = socket.create_server(('127.0.0.1', 0))\n"
INTERRUPT = "import threading, _thread\nthreading.Timer(1.5, _thread.interrupt_main).start()\n"


def test_a_server_that_does_not_answer_is_named_in_seconds(execute: Execute, tmp_path: Path) -> None:
    """`--mode online` without a server gives one line within seconds, with the line that starts the run offline."""
    *_, cell, not_run = execute(
        LOAD,
        KEYED % "http://127.0.0.1:9" + "import time; began = time.monotonic()",
        "%wandb init --project p --mode online lr=0.1 name='a b'",
        "print('reached')",
    ).cells
    times = cell.metadata["execution"]
    began, ended = (
        datetime.fromisoformat(times[name].replace("Z", "+00:00"))
        for name in ("iopub.execute_input", "iopub.status.idle")
    )

    assert (error(cell), not_run.execution_count) == (None, None)
    assert "UsageError: http://127.0.0.1:9 did not answer within 5 s" in texts(cell)
    assert "Start it offline with '%wandb init --mode offline --project p lr=0.1 name='a b''" in texts(cell)
    assert (ended - began).total_seconds() < 15
    assert not list(tmp_path.glob("wandb/*run-*"))


def test_online_without_a_key_is_reported(execute: Execute) -> None:
    """Where nobody can be asked for a key, `--mode online` reports that the run is offline; a default run is silent."""
    _, asked, default = execute(LOAD, "%wandb init --project p --mode online", "%wandb init --project p").cells
    assert "offline (no key: login() stores one)" in texts(asked)
    assert "offline" not in texts(default).splitlines()[-1]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("%wandb init --mode online", "Start it offline with '%wandb init --mode offline'"),
        ("wandb.init(mode='online')", "or use mode='offline' and send the run later with '%wandb sync'"),
    ],
)
def test_ctrl_c_ends_the_wait_with_one_line(execute: Execute, folder: Path, line: str, complaint: str) -> None:
    """An interrupt while `init()` waits gives one line, without a traceback."""
    *_, cell = execute(
        LOAD,
        HANGING + KEYED.replace("'%s'", "f'http://127.0.0.1:{listener.getsockname()[1]}'"),
        f"{INTERRUPT}{line}",
    ).cells
    shown = error(cell)
    text = texts(cell) + ("\n".join(shown.traceback) if shown else "")

    assert "was not waited for any longer (Ctrl-C)" in text
    assert complaint in text
    assert "Traceback" not in text
    assert "File" not in text
    assert folder.parent.is_dir()


ELSEWHERE = (
    "import subprocess, sys\n"
    "code = \"import wandb_nb; wandb_nb.init(mode='offline', id='elsewhere').finish()\"\n"
    "subprocess.run([sys.executable, '-c', code], check=True)"
)


def test_sync_sends_the_runs_of_this_notebook(execute: Execute, folder: Path) -> None:
    """Without arguments `%wandb sync` sends this notebook's runs and counts what `--all` would send as well."""
    *_, dry, first, again, rest, nothing = execute(
        LOAD,
        "%wandb server --use --port 0",
        ELSEWHERE,
        "%wandb init --mode offline --id here\n%wandb finish",
        "%wandb sync --dry-run",
        "%wandb sync",
        "%wandb sync",
        "%wandb sync --all",
        "%wandb sync --all",
    ).cells
    hint = "1 more run in ./wandb is not sent: '%wandb sync --all' sends it, too"

    assert [("-here" in texts(cell), "-elsewhere" in texts(cell), hint in texts(cell)) for cell in (dry, first)] == [
        (True, False, True)
    ] * 2
    assert f"nothing to send: all runs of this notebook are on the server\n{hint}" in texts(again)
    assert ("-elsewhere" in texts(rest), hint in texts(rest)) == (True, False)
    assert "nothing to send: all runs of this notebook and in ./wandb" in texts(nothing)
    assert folder.is_dir()


def test_stopping_lists_what_points_to_the_server(execute: Execute, folder: Path) -> None:
    """`%wandb server --stop` names the runs that are not sent and the settings that still have its address."""
    _, _, _, cell = execute(
        LOAD,
        "%wandb server --use --port 0",
        "%wandb init --mode online --name live --id live1\n%wandb log a=1",
        "from wandb_nb.settings import save, workspace_file\nfrom pathlib import Path\nimport os\n"
        "save(workspace_file(Path()), {'base_url': os.environ['WANDB_BASE_URL']})\n%wandb server --stop",
    ).cells
    url = background.url_of(folder)

    assert error(cell) is None
    assert f"server stopped: {url}. Still set to send there:" in texts(cell)
    assert "run live (live1), active: " in texts(cell)
    assert f"base_url={url} from environment WANDB_BASE_URL" in texts(cell)
    assert f"base_url={url} from workspace file" in texts(cell)
    assert "'%wandb server' starts it again" in texts(cell)


def test_server_start_errors_are_reported(execute: Execute, folder: Path) -> None:
    """A port that is in use gives one line under the cell."""
    execute(LOAD, "%wandb server --port 0")
    port = background.url_of(folder).rpartition(":")[2]
    (cell,) = execute(LOAD, f"%wandb server --port {port} --dir other").cells[1:]
    assert "UsageError" in texts(cell)
    assert "choose another port with --port" in texts(cell)


def test_quickstart_online(execute: Execute, folder: Path) -> None:
    """The quickstart works with `--mode online` against a local server: the README's third step."""
    cells = [cell.source for cell in nbformat.read(QUICKSTART, as_version=4).cells if cell.cell_type == "code"]
    (start,) = (number for number, source in enumerate(cells) if source.startswith("%wandb init"))
    online = cells[start].replace("%wandb init", "%wandb init --mode online").replace("epochs=30", "epochs=2")
    cells[start] = f"%wandb server --use --port 0\n{online}"
    done = execute(*cells, "run = wandb.run\nwandb.finish()\nprint('rows', len(wandb.read('latest')))").cells
    assert [error(cell) for cell in done] == [None] * len(done)
    rows = int(texts(done[-1]).rpartition("rows ")[2])
    remote_runs = runs(folder, "digits")["first"]
    assert (remote_runs["state"], remote_runs["historyLineCount"]) == ("finished", rows)
    assert rows > 0
    config = {key: entry["value"] for key, entry in json.loads(remote_runs["config"]).items() if key != "_wandb"}
    assert (config["lr"], config["epochs"]) == (0.1, 2)
    assert "config.yaml" in [edge["node"]["name"] for edge in remote_runs["files"]["edges"]]


def test_a_cell_brings_a_killed_service_back(execute: Execute, folder: Path) -> None:
    """After `kill -9` of the background process the next cell restarts it, even if nothing is logged."""
    find = (
        "import psutil\n"
        "def services():\n"
        "    alive = [c for c in psutil.Process().children() if c.status() != 'zombie']\n"
        "    return [c for c in alive if 'wandb_nb.sync' in str(c.cmdline())]"
    )
    done = execute(
        f"{LOAD}\n{find}",
        "%wandb server --use --port 0",
        "%wandb init --mode online --project p --name live",
        "(service,) = services()\nservice.kill()\nservice.wait()\nprint(services())",
        "import time\ntime.sleep(1.1)  # a cell looks after it once a second at most",
        "print(len(services()))",
        "%wandb finish",
    ).cells
    assert [error(cell) for cell in done] == [None] * len(done)
    assert texts(done[3]).strip() == "[]"
    assert texts(done[5]).strip() == "1"
    assert runs(folder, "p")["live"]["state"] == "finished"


def test_finish_shows_what_is_pending(execute: Execute, folder: Path) -> None:
    """While `finish()` waits, the cell shows a bar with rows and bytes; an interrupt ends only the wait."""
    done = execute(
        LOAD,
        "%wandb server --use --port 0",
        "%wandb init --mode online --project p --name live\nfor n in range(50): wandb.log({'n': n})",
        "%wandb server --stop",
        # Only a page that can answer questions has a person watching; this client cannot.
        "import threading, _thread\nget_ipython().kernel._allow_stdin = True\n"
        "threading.Timer(6, _thread.interrupt_main).start()\n%wandb finish",
        "print('continues')",
    ).cells
    assert [error(cell) for cell in done] == [None] * len(done)
    assert re.search(r"sending \[[#.]+\] \d+/50 rows, [\d.]+ k?B pending", texts(done[4]))
    assert re.search(r"not sent yet: .*'%wandb sync [^']+' sends it", texts(done[4]))
    assert texts(done[5]) == "continues\n"
    assert background.pid_of(folder) is None
