"""[S3] [W1] [W6] [E1] [E2] and verified logins: scripts, and the embedded server they log to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from claimed import command, run, runs
from embedded_server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

# ruff: noqa: E501 - scripts stand on their line

pytestmark = pytest.mark.crash
INIT_SOURCE = (
    "\ntry: run = wandb.init({})\nexcept wandb.Error as error: print(type(error).__name__, error, sep=chr(10))"
)
ONLINE = {"WANDB_MODE": "online", "WANDB_X_DISABLE_STATS": "true", "WANDB_CONSOLE": "off"}


class Served(EmbeddedServer):
    """A server process and two of its users: the first, `local`, and ann."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.anns = self.server("users", "ann").strip()

    def server(self, *arguments: str) -> str:
        """Run a command of the server."""
        return command(self.folder, "server", "--dir", str(self.folder), *arguments)

    def user(self, key: str, *, explicit: bool = True) -> dict[str, str]:
        """Return the environment of the user with *key*; online mode is *explicit*, or the default."""
        mode = {} if explicit else {"WANDB_MODE": ""}
        return {**ONLINE, **mode, "WANDB_BASE_URL": self.url, "WANDB_API_KEY": key}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a running server."""
    with Served(tmp_path_factory.mktemp("served") / "data") as running:
        yield running


def test_a_background_process_sends(tmp_path: Path, served: Served) -> None:
    """[S3] A separate process sends the rows during the script, and the rest at its end."""
    source = """
        import time, json, base64, urllib.request
        def rows():
            query = json.dumps({"query": '{ project(name: "live") { run(name: "live") { historyLineCount } } }'}).encode()
            key = base64.b64encode(b"api:" + os.environ["WANDB_API_KEY"].encode()).decode()
            request = urllib.request.Request(os.environ["WANDB_BASE_URL"] + "/graphql", query, {"Authorization": "Basic " + key, "Content-Type": "application/json"})
            return json.load(urllib.request.urlopen(request))["data"]["project"]["run"]["historyLineCount"]
        run = wandb.init(project="live", id="live")
        wandb.log({"a": 1})
        deadline = time.monotonic() + 60
        while not (seen := rows()) and time.monotonic() < deadline: time.sleep(0.05)
        wandb.log({"a": 2})
        print(seen, "requests" in sys.modules)
        """
    done = run(tmp_path, source, **served.user(served.key))
    assert done.stdout.split() == ["1", "False"], done.stderr
    assert served.run("live", "state historyLineCount", "live") == {"state": "finished", "historyLineCount": 2}


def test_a_private_server(tmp_path: Path, served: Served) -> None:
    """[W6] One variable, or one `login(host=)`, sends runs to another server than the public one, with a page there."""
    login = f"wandb.login(key={served.key!r}, host={served.url!r}, verify=True)\nwith wandb.init(project='mine', id='a', mode='online') as r: pass\nprint(r.url)"
    done = run(tmp_path, login)
    assert done.stdout.split() == [f"{served.url}/local/mine/runs/a"], done.stderr
    assert "it belongs to local" in done.stderr
    again = run(tmp_path, "with wandb.init(project='mine', id='b', mode='online') as r: print(r.url)")
    assert again.stdout.split() == [f"{served.url}/local/mine/runs/b"], "the login is stored for later programs"


def test_the_default_entity(tmp_path: Path, served: Served) -> None:
    """[W1] Without an entity a run belongs to the account, without a project to `uncategorized`."""
    done = run(tmp_path, "with wandb.init(id='a') as r: print(r.url)", **served.user(served.anns))
    assert done.stdout.split() == [f"{served.url}/ann/uncategorized/runs/a"], done.stderr


@pytest.mark.parametrize(("word", "mode"), [("never", "online"), ("allow", "online"), ("must", "offline")])
def test_anonymous(tmp_path: Path, served: Served, word: str, mode: str) -> None:
    """[M4] A logged-in user tracks under the account; "must" stays local where the server gives no other account."""
    variables = {name: value for name, value in served.user(served.anns).items() if name != "WANDB_MODE"}
    source = f"with wandb.init(project='m4', anonymous={word!r}) as r: r.log({{'a': 1}})\nprint(r.mode, r.url is not None, len(wandb.read(r.id)))"
    done = run(tmp_path, source, **variables)
    assert done.stdout.split() == [mode, str(mode == "online"), "1"], done.stderr
    assert ("anonymous: not sent to any account" in done.stderr) == (word == "must")


HOWEVER_CHOSEN = pytest.mark.parametrize("explicit", [True, False], ids=["online asked for", "online by default"])
DENIED = "LaunchError\nLaunch exception: Permission denied: "


@HOWEVER_CHOSEN
def test_not_logged_in(tmp_path: Path, served: Served, explicit: bool) -> None:
    """[E2] First cause: the key is not accepted. The error is a LaunchError and an AuthenticationError."""
    done = run(
        tmp_path,
        INIT_SOURCE.format("project='p'")
        + "\nprint(issubclass(wandb.NotLoggedInError, wandb.LaunchError), issubclass(wandb.NotLoggedInError, wandb.AuthenticationError))",
        **served.user("0" * 40, explicit=explicit),
    )
    assert done.stdout.startswith(
        "NotLoggedInError\nLaunch exception: Permission denied: this machine is not logged in to "
    )
    assert "(the key from environment WANDB_API_KEY is not accepted): run 'wandb-nb login" in done.stdout
    assert done.stdout.endswith("True True\n")
    assert runs(tmp_path) == []


@HOWEVER_CHOSEN
def test_an_unknown_entity(tmp_path: Path, served: Served, explicit: bool) -> None:
    """[E2] [W1] Second cause: the entity is neither the user nor a team; `init()` does not create it."""
    done = run(
        tmp_path, INIT_SOURCE.format("project='p', entity='nobody'"), **served.user(served.anns, explicit=explicit)
    )
    assert done.stdout.startswith(
        DENIED + "the account ann has no entity 'nobody': it must be your user name or an existing team"
    ), done.stderr
    assert runs(tmp_path) == []


@HOWEVER_CHOSEN
def test_no_rights_in_the_project(tmp_path: Path, served: Served, explicit: bool) -> None:
    """[E2] Third cause: the project is readable but not writable; the remedy in the message makes it writable."""
    project = f"shared-{explicit}"
    run(tmp_path, f"wandb.init(project={project!r})", **served.user(served.key))
    served.server("projects", f"local/{project}", "--user", "ann", "--right", "read")
    source = INIT_SOURCE.format(f"project={project!r}, entity='local', id='anns'")
    done = run(tmp_path, source, **served.user(served.anns, explicit=explicit))
    assert done.stdout.startswith(
        DENIED + f"the account ann may not write to the project local/{project}: its owner can give you the right"
    ), done.stderr
    served.server("projects", f"local/{project}", "--user", "ann", "--right", "write")
    assert run(tmp_path, source, **served.user(served.anns, explicit=explicit)).stdout == ""
    assert runs(tmp_path)[-1]["state"] == "finished"


@pytest.mark.parametrize(
    ("python", "reason"),
    [
        ("nowhere", "could not be started"),
        ("/bin/false", "ended immediately (exit code 1)"),
        ("hangs", "did not answer within 1 s"),
        ("", "there is no Python to start the background process with"),
    ],
)
def test_the_background_process_does_not_start(tmp_path: Path, served: Served, python: str, reason: str) -> None:
    """[E1] InitStartError gives the problem of the process and the alternatives; one of them then works."""
    if python == "hangs":
        (tmp_path / "hangs").write_text("#!/bin/sh\nexec sleep 20\n")
        (tmp_path / "hangs").chmod(0o755)
    executable = str(tmp_path / python) if python in ("hangs", "nowhere") else python
    variables = {**served.user(served.key), "WANDB_X_SERVICE_WAIT": "1"}
    head = f"sys.executable = {executable!r}\n"
    done = run(tmp_path, head + INIT_SOURCE.format("project='p'"), **variables)
    assert done.stdout.startswith("InitStartError\n"), done.stdout + done.stderr
    assert reason in done.stdout
    assert "Settings(start_method='thread')" in done.stdout
    assert "mode='offline'" in done.stdout
    assert runs(tmp_path) == []
    remedy = "with wandb.init(project='p', settings=wandb.Settings(start_method='thread')) as r: r.log({'a': 1})\nprint(r.outcome)"
    assert run(tmp_path, head + remedy, **variables).stdout.startswith("sent: ")


def test_no_folder_for_the_background_process(tmp_path: Path, served: Served) -> None:
    """[E1] If the user's data folder cannot be made, the error names it."""
    (tmp_path / "file").touch()
    done = run(
        tmp_path, INIT_SOURCE.format("project='p'"), **served.user(served.key), WANDB_NB_DATA_DIR=str(tmp_path / "file")
    )
    assert done.stdout.startswith("InitStartError\nthe background process has no usable folder")
    assert str(tmp_path / "file") in done.stdout


@pytest.mark.parametrize("method", ["fork", "spawn", "thread", "process", "forkserver"])
def test_every_start_method_sends(tmp_path: Path, served: Served, method: str) -> None:
    """[I6] With each documented `start_method` a run arrives, however the name was given."""
    name = f"by-{method}"
    done = run(
        tmp_path,
        f"with wandb.init(project='p', id={name!r}, settings=wandb.Settings(start_method={method!r})) as r: r.log({{'a': 1}})\nprint(r.outcome)",
        **served.user(served.key),
    )
    assert done.stdout.startswith("sent: "), done.stderr
    done = run(tmp_path, "print(wandb.init(mode='offline').settings.start_method)", WANDB_START_METHOD=method)
    assert done.stdout.split() == [method]


def test_ignored_files_stay(tmp_path: Path, served: Served) -> None:
    """Files matching `ignore_globs` are never sent; they stay in the run's folder."""
    source = "r = wandb.init(project='p', id='ignoring')\nopen(r.dir + '/keep.txt', 'w').write('x')\nr.save(r.dir + '/keep.txt')\nr.finish()\nprint(sorted(os.listdir(r.dir)))"
    done = run(tmp_path, source, **served.user(served.key), WANDB_IGNORE_GLOBS="requirements.*,*.yaml")
    assert "requirements.txt" in done.stdout, done.stderr
    names = set(served.files("ignoring"))
    assert "keep.txt" in names
    assert not names & {"requirements.txt", "config.yaml"}


def test_a_verified_login(tmp_path: Path, served: Served) -> None:
    """`login(verify=True)` asks the server: a right key is stored, a wrong one is refused and not stored."""
    wrong = f"try: wandb.login(key='0' * 40, host={served.url!r}, verify=True)\nexcept wandb.AuthenticationError as error: print(error)\nprint(os.path.exists(os.environ['NETRC']))"
    done = run(tmp_path, wrong)
    assert "the server does not accept the key" in done.stdout
    assert done.stdout.endswith("False\n")
    assert (
        "belongs to ann"
        in run(tmp_path, f"print(wandb.login(key={served.anns!r}, host={served.url!r}, verify=True))").stderr
    )
    assert run(tmp_path, "print(wandb.login(verify=True))").stdout.split() == ["True"]


def test_a_login_to_nowhere(tmp_path: Path) -> None:
    """A server that does not answer is reported in time; without `verify` it is not contacted."""
    done = run(
        tmp_path,
        "try: wandb.login(key='0' * 40, host='http://127.0.0.1:9', verify=True)\nexcept wandb.CommError as error: print(error)",
    )
    assert "127.0.0.1:9 did not answer" in done.stdout, done.stderr


@pytest.mark.official
def test_a_dryrun_is_accepted_by_the_official_sync(tmp_path: Path, served: Served) -> None:
    """[M2] The folder of a dryrun, as documented, is accepted by the official `wandb sync wandb/<folder>`."""
    source = "os.environ['WANDB_API_KEY'] = '0' * 40\nos.environ['WANDB_MODE'] = 'dryrun'\nwandb.init(project='dry', id='dry', config={'lr': 0.1})\nfor i in range(5): wandb.log({'loss': 5 - i})"
    assert run(tmp_path, source).returncode == 0
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    official = shutil.which("wandb", path=str(Path(sys.executable).parent))
    assert official is not None
    done = subprocess.run(
        [official, "sync", f"wandb/{folder.name}"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **served.user(served.key), "WANDB_ERROR_REPORTING": "false"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    fields = served.run("dry", "historyLineCount config summaryMetrics state", "dry")
    assert (fields["historyLineCount"], fields["state"]) == (5, "finished")
    assert '"loss": 1' in fields["summaryMetrics"].replace('":1', '": 1')
    assert '"lr"' in fields["config"]
