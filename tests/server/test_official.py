"""The official client, as real processes, against a real server on loopback.

OFFICIAL_PYTHON is an interpreter with another version of the package than the tests' own; `make official` sets it.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts import teams
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.official

PYTHON = os.environ.get("OFFICIAL_PYTHON", sys.executable)

SERVE = """
import sys, uvicorn
from pathlib import Path
from wandb_nb.server.app import create_app
from wandb_nb.server.http.services import open_services
uvicorn.run(create_app(open_services(Path(sys.argv[1]))), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
"""


class Server:
    """A server process, and official clients of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen([sys.executable, "-c", SERVE, str(folder / "server"), str(self.port)])
        end = time.monotonic() + 60
        while not _answers(self.url):
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < end, "the server did not come up"
            time.sleep(0.05)  # between polls
        self.home = folder / "home"
        self.home.mkdir()

    def environment(self) -> dict[str, str]:
        """Return the environment of a user whose client has this server and its key."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": (self.folder / "server" / "key").read_text(),
            "WANDB_ERROR_REPORTING": "false",
            "HTTP_PROXY": self.url,
            "HTTPS_PROXY": self.url,
            "NO_PROXY": "127.0.0.1",
        }

    def python(self, source: str, *arguments: str, code: int = 0) -> str:
        """Run *source* in a new process with the official package; return what it prints."""
        return self.command(PYTHON, "-c", "import wandb, sys\n" + source, *arguments, code=code)

    def command(self, *command: str, code: int = 0) -> str:
        """Run *command*, which must exit with *code*; return what it prints."""
        done = subprocess.run(
            command, env=self.environment(), cwd=self.home, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def close(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(30)


def _free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return httpx.post(f"{url}/graphql", timeout=5).status_code == 401
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running server."""
    running = Server(tmp_path_factory.mktemp("official"))
    yield running
    running.close()


@pytest.fixture
def look(server: Server) -> Callable[[str], Any]:
    """Return a function that evaluates an expression over `run`, as `wandb.Api()` returns it."""

    def evaluate(name: str, expression: str) -> Any:
        source = "run = wandb.Api().run('local/p/' + sys.argv[1])\nprint(repr(eval(sys.argv[2])))"
        from ast import literal_eval

        return literal_eval(server.python(source, name, expression).splitlines()[-1])

    return evaluate


ONLINE = """
import time
run = wandb.init(project="p", id="online", name="shown", config={"lr": 0.1, "net": {"width": 8}}, tags=["t"],
                 notes="n", group="g", job_type="j", settings=wandb.Settings(x_stats_sampling_interval=0.2))
print("hello console")
for n in range(25):
    run.log({"loss": 1 / (n + 1), "deep": {"n": n}, **({"rare": n} if n % 10 == 0 else {})})
run.alert("Title", "Text")
open("extra.txt", "w").write("content")
run.save("extra.txt")
run.summary["best"] = 0.5
run.config["late"] = "v"
time.sleep(1)  # until the system was sampled
run.finish(exit_code=int(sys.argv[1]))
"""


def test_online_run_and_public_api(server: Server, look: Callable[..., Any]) -> None:
    """The public API reads a run logged online completely: fields, history in all its forms, files."""
    server.python(ONLINE, "0")
    assert look("online", "(run.state, run.name, run.tags, run.notes, run.group, run.job_type)") == (
        "finished",
        "shown",
        ["t"],
        "n",
        "g",
        "j",
    )
    with closing(sqlite3.connect(server.folder / "server" / "server.db")) as database:
        assert database.execute("SELECT title, text, severity FROM alerts").fetchall() == [("Title", "Text", "INFO")]
    assert look("online", "run.config") == {"lr": 0.1, "net": {"width": 8}, "late": "v"}
    assert look("online", "(run.summary['best'], run.summary['deep']['n'], run.lastHistoryStep)") == (0.5, 24, 24)
    rows = [{"_step": n, "rare": n} for n in (0, 10, 20)]
    assert look("online", "run.history(keys=['rare'], pandas=False)") == rows
    assert look("online", "[row['deep'] for row in run.history(pandas=False)]") == [{"n": n} for n in range(25)]
    assert look("online", "[row['loss'] for row in run.scan_history()]") == [1 / (n + 1) for n in range(25)]
    assert look("online", "[row['rare'] for row in run.scan_history(keys=['rare'], min_step=5)]") == [10, 20]
    assert look("online", "len(run.history(stream='system', pandas=False)) > 0")
    assert look("online", "run.file('extra.txt').download(replace=True).read()") == "content"
    assert look("online", "sorted(f.name for f in run.files())[:3]") == ["config.yaml", "extra.txt", "output.log"]


def test_none_is_in_the_summary(server: Server, look: Callable[..., Any]) -> None:
    """A metric logged as None is a key with null in the summary, online and after `wandb sync`."""
    for name, mode in (("none1", "online"), ("none2", "offline")):
        server.python(
            "with wandb.init(project='p', id=sys.argv[1], mode=sys.argv[2]) as run:\n"
            "    run.log({'a': None, 'b': 1})\n    run.log({'b': 2, 'deep': {'x': None}})",
            name,
            mode,
        )
        if mode == "offline":
            (folder,) = (server.home / "wandb").glob(f"offline-run-*-{name}")
            server.command(str(Path(PYTHON).with_name("wandb")), "sync", str(folder))
        assert look(name, "[run.summary._json_dict.get(key, 0) for key in ('a', 'b')]") == [None, 2]


def test_public_api_changes(server: Server) -> None:
    """The public API finds runs by filter and order, changes and deletes them."""
    server.python(
        "for n in (1, 3, 2):\n"
        "    with wandb.init(project='many', id=f'm{n}', config={'n': n}) as run: run.log({'v': -n})\n"
    )
    output = server.python(
        "api = wandb.Api()\n"
        "filters = {'config.n.value': {'$gte': 2}}\n"
        "print([r.id for r in api.runs('local/many', filters=filters, order='+config.n.value')])\n"
        "print([r.id for r in api.runs('local/many', order='-summary_metrics.v')])\n"
        "run = api.run('local/many/m1'); run.config['new'] = 5; run.notes = 'changed'; run.update()\n"
        "run.summary['s'] = 9; run.summary.update()\n"
        "run = wandb.Api().run('local/many/m1'); print(run.config, run.notes, run.summary['s'])\n"
        "run.delete(); print(len(wandb.Api().runs('local/many')), [p.name for p in api.projects()][0])\n"
        "try: wandb.Api().artifact('local/many/a:v0')\n"
        "except wandb.errors.CommError as error: print('not found' in str(error))\n"
    )
    assert output.splitlines() == [
        "['m2', 'm3']",
        "['m1', 'm2', 'm3']",
        "{'n': 1, 'new': 5} changed 9",
        "2 many",
        "True",
    ]


def test_public_api_reads_and_changes_a_team(server: Server) -> None:
    """The public API lists the members of a team, invites a user, and removes one."""
    path = server.folder / "server" / "server.db"
    with closing(Database(f"sqlite:///{path}")) as database, database.write() as connection:
        teams.add_team(connection, "readers")
        users.add_user(connection, "amy", new_key())
    output = server.python(
        "team = wandb.Api().team('readers')\n"
        "print(team.name, team.members, team.invite('amy', True))\n"
        "try: print(team.invite('nobody'))\n"
        "except Exception: print(False)\n"  # version 0.22 knows no refusal of a GraphQL server
        "team = wandb.Api().team('readers')\n"
        "print([(one.username, one.name, one.admin) for one in team.members], team.members[0].delete())\n"
        "print(wandb.Api().team('readers').members)\n"
    )
    assert output.splitlines() == ["readers [] True", "False", "[('amy', 'amy', True)] True", "[]"]


RESUME = """
mode, name = sys.argv[1:3]
try:
    run = wandb.init(project="p", id=name, resume=None if mode == "none" else mode)
except wandb.errors.UsageError:
    print("refused"); sys.exit()
for n in range(3): run.log({"n": n})
print(run.resumed); run.finish()
"""


def test_resume_modes(server: Server, look: Callable[..., Any]) -> None:
    """Each mode continues, starts a new run or refuses as documented, and steps continue without a gap."""

    def last(mode: str, name: str) -> str:
        return server.python(RESUME, mode, name).splitlines()[-1]

    assert last("must", "res") == "refused"
    assert last("allow", "res") == "False"
    assert last("allow", "res") == "True"
    assert last("must", "res") == "True"
    assert last("never", "res") == "refused"
    assert look("res", "[row['_step'] for row in run.scan_history()]") == list(range(9))
    assert last("never", "fresh") == "False"
    assert last("none", "res") == "False"
    assert look("res", "[row['_step'] for row in run.scan_history()]") == [0, 1, 2]


def test_rewind(server: Server, look: Callable[..., Any]) -> None:
    """`resume_from` removes the steps after its own, and the run continues there."""
    server.python(RESUME, "none", "back")
    server.python(
        "run = wandb.init(project='p', resume_from='back?_step=1')\nrun.log({'n': 7})\nrun.finish()",
    )
    assert look("back", "[(row['_step'], row['n']) for row in run.scan_history()]") == [(0, 0), (1, 1), (2, 7)]


def test_failed_script(server: Server, look: Callable[..., Any]) -> None:
    """A script that raises leaves a failed run."""
    server.python("wandb.init(project='p', id='bad').log({'a': 1})\nraise ValueError", code=1)
    assert look("bad", "run.state") == "failed"


def test_offline_run_synced_twice(server: Server, look: Callable[..., Any]) -> None:
    """An offline run sent twice by `wandb sync` exists once."""
    server.python(
        "with wandb.init(project='p', id='off', mode='offline') as r:\n  [r.log({'n': n}) for n in range(40)]"
    )
    (folder,) = (server.home / "wandb").glob("offline-run-*-off")
    wandb = str(Path(PYTHON).with_name("wandb"))
    for _ in range(2):
        server.command(wandb, "sync", "--include-synced", str(folder))
    assert look("off", "[row['n'] for row in run.scan_history()]") == list(range(40))
    assert look("off", "run.state") == "finished"


def test_stop_from_the_server(server: Server) -> None:
    """Asking the server to stop a run raises KeyboardInterrupt in its script."""
    source = """
import json, time, urllib.request, base64, os
run = wandb.init(project="p", id="stopme", settings=wandb.Settings(x_file_stream_transmit_interval=1))
api = wandb.Api().run("local/p/stopme")
query = {"query": "mutation S($i: ID!) { stopRun(input: {id: $i}) { success } }", "variables": {"i": api.storage_id}}
key = base64.b64encode(("api:" + os.environ["WANDB_API_KEY"]).encode()).decode()
request = urllib.request.Request(os.environ["WANDB_BASE_URL"] + "/graphql", json.dumps(query).encode(),
                                 {"Authorization": "Basic " + key})
urllib.request.urlopen(request).read()
try:
    for n in range(600): run.log({"n": n}); time.sleep(0.1)
except KeyboardInterrupt: print("stopped")
run.finish()
"""
    assert server.python(source).splitlines()[-1] == "stopped"


def test_login(server: Server) -> None:
    """The right key is accepted after a check with the server, and a wrong one is refused."""
    source = """
key = sys.argv[1]
print(wandb.login(key=key, relogin=True, verify=True))
try: wandb.login(key="0" * 40, relogin=True, verify=True)
except wandb.errors.AuthenticationError as error: print("refused")
"""
    key = server.environment()["WANDB_API_KEY"]
    assert server.python(source, key).splitlines()[-2:] == ["True", "refused"]


TEAM = """
run = wandb.init(entity="vision", project="p", id="of-team", settings=wandb.Settings(init_timeout=60))
run.log({"loss": 1})
run.finish()
api = wandb.Api()
print(api.run("vision/p/of-team").summary["loss"], api.viewer.teams, api.default_entity)
"""


def test_a_team(server: Server) -> None:
    """A member logs to a team and reads it back; for another user `init` fails."""
    keys = {name: new_key() for name in ("member", "other")}
    database = Database(f"sqlite:///{server.folder / 'server' / 'server.db'}")
    with database.write() as connection:
        teams.add_team(connection, "vision")
        for name, key in keys.items():
            users.add_user(connection, name, key)
        teams.set_team_right(connection, "vision", "member", users.Right.WRITE)
    database.close()
    key = "import os; os.environ['WANDB_API_KEY'] = sys.argv[1]\n"
    output = server.python(key + TEAM, keys["member"])
    assert output.splitlines()[-1] == "1 ['member', 'vision'] member"
    refused = (
        "try:\n    wandb.init(entity='vision', project='p')\nexcept wandb.errors.CommError as error:\n    print(error)"
    )
    assert "permission denied" in server.python(key + refused, keys["other"])
