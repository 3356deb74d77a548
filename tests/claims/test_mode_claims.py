"""[M1]…[M5], login and keys: where data goes, which account is used, and no questions without a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cells import notebook_client
from claimed import check, claim, command, run, runs

if TYPE_CHECKING:
    from pathlib import Path

# ruff: noqa: E501 - a row's short script may stand on one line

KEY = "0123456789" * 4
MODES = [
    claim("M1 online by default", "print(wandb.Settings().mode, wandb.init().settings.mode)", "online online"),
    claim("M1 offline", "r = wandb.init(mode='offline')\nprint(r.mode, r.offline, r.directory.name.startswith('offline-run-'))", "offline True True"),
    claim("M1 older words", "print(wandb.init(mode='dryrun').mode, wandb.init(mode='run', reinit=True).settings.mode)", "offline online"),
    claim("M1 mode is checked", "print_error(lambda: wandb.init(mode='onlin'))", "... must be one of online, offline, disabled, shared, not 'onlin'."),
    *(claim(f"M1 WANDB_MODE={word}", f"os.environ['WANDB_MODE'] = {word!r}\nprint(wandb.init().settings.mode)", mode) for word, mode in (("offline", "offline"), ("dryrun", "offline"), ("run", "online"), ("disabled", "disabled"))),
    claim(
        "M1 disabled swallows every call",
        """
        r = wandb.init(mode="disabled", config={"lr": 1})
        r.log({"a": object()}); r.log("nothing"); wandb.log({"a": 2}, step=-1)
        r.log({"image": wandb.Image("no such file"), "table": wandb.Table(columns=["a"]), "b": wandb.Histogram([1])})
        artifact = wandb.Artifact("name", type="model")
        artifact.add_file("no such file")
        r.log_artifact(artifact).wait(); wandb.log_artifact(artifact); r.use_artifact("x:latest").download()
        r.save("*.h5"); wandb.save("*.h5"); r.restore("x"); r.watch(object(), log="all"); wandb.watch(object()); r.unwatch()
        r.alert("title", "text"); wandb.alert(title="t", text="x"); r.log_code("."); r.define_metric("a", summary="max")
        r.mark_preempting(); r.link_artifact(artifact, "x"); r.log_model("path"); r.display(); r.anything.at.all(1)
        r.config.epochs = 2
        r.summary["best"] = 3
        print(r.disabled, r.config, r.summary["best"], r.name.startswith("dummy-"))
        r.finish(); r.log({"after": 1})
        """,
        "True {'lr': 1, 'epochs': 2} 3 True",
    ),
    claim("M2 dryrun after the import", "os.environ['WANDB_API_KEY'] = '0' * 40\nos.environ['WANDB_MODE'] = 'dryrun'\nprint(wandb.init().mode)", "offline"),
    claim("M3 force", "print_error(lambda: wandb.init(force=True), wandb.UsageError)\nprint(os.path.exists('wandb'))", "init(force=True) needs a key, and there is none on this machine: call login() or run 'wandb-nb login' ... False"),
    claim("M3 no force", "print(wandb.init().mode, wandb.init(force=False, reinit=True).mode)", "offline offline"),
    claim("M3 force with a mode that needs no key", "print(wandb.init(force=True, mode='offline').mode)", "offline"),
    *(claim(f"M4 anonymous={word}", f"print(wandb.init(anonymous={word!r}).settings.anonymous)", word) for word in ("never", "allow", "must")),
    claim("M4 anonymous is checked", "print_error(lambda: wandb.init(anonymous='yes please'))", "... 'anonymous' (init(anonymous=)) must be one of never, allow, must, not 'yes please'."),
]  # fmt: skip
LOGIN = [
    claim("login(key=) is stored", f"print(wandb.login(key={KEY!r}))\nprint({KEY!r} in open(os.environ['NETRC']).read(), oct(os.stat(os.environ['NETRC']).st_mode)[-3:])\nprint(wandb.login())", "True True 600 True"),
    claim("login(host=) is stored", f"wandb.login(key={KEY!r}, host='http://127.0.0.1:9/')\nr = wandb.init(mode='offline')\nprint(r.settings.base_url, open(os.environ['NETRC']).read().split()[1])", "http://127.0.0.1:9 127.0.0.1:9"),
    claim("login after setup", f"wandb.setup(settings={{'base_url': 'http://127.0.0.1:9'}})\nwandb.login(key={KEY!r})\nprint(open(os.environ['NETRC']).read().split()[1])", "127.0.0.1:9"),
    claim("login: nobody to ask", "print(wandb.login(), wandb.login(relogin=True), wandb.login(timeout=5), wandb.login(anonymous='never'))", "False False False False"),
    claim("login(force=True): nobody to ask", "print_error(lambda: wandb.login(force=True), wandb.UsageError)", "there is no key for https://api.wandb.ai and no input is possible here: set WANDB_API_KEY or call login(key=...)"),
    claim("login: a key that cannot be one", f"for key in ('short', ' ' + {KEY!r}, {KEY!r} + '!'): print_error(lambda: wandb.login(key=key), wandb.AuthenticationError)\nprint(os.path.exists(os.environ['NETRC']))", "... 40 or more characters ... 5 ... blank ... only letters ... False"),
    claim("a wrong key in the environment", "os.environ['WANDB_API_KEY'] = 'short'\nprint_error(lambda: wandb.init(), wandb.AuthenticationError)", "... environment WANDB_API_KEY must have 40 or more characters ..."),
]  # fmt: skip


@pytest.mark.parametrize(("source", "printed"), [*MODES, *LOGIN])
def test_modes(tmp_path: Path, source: str, printed: str) -> None:
    """A script prints what the claim means."""
    check(tmp_path, source, printed)


def test_disabled_touches_neither_disk_nor_network(tmp_path: Path) -> None:
    """[M1] A disabled run makes no file, opens no connection, starts no process and no thread."""
    watched = """
        import threading
        def seen(event, arguments):
            written = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
            if written or event in ("os.mkdir", "subprocess.Popen", "socket.connect", "socket.getaddrinfo", "os.posix_spawn"):
                print(event, arguments)
        sys.addaudithook(seen)
        run = wandb.init(mode="disabled", settings={"api_key": "0" * 40})
        for i in range(10): run.log({"a": i})
        run.config.a = 1
        run.finish()
        print(threading.active_count(), sorted(os.listdir()))
        """
    done = run(tmp_path, watched)
    assert done.stdout.split() == ["1", "['train.py']"]
    assert runs(tmp_path) == []


def test_one_line_reports_that_a_run_is_offline(tmp_path: Path) -> None:
    """[M3] Without a login a run is offline, its first line says so with the remedy, and asks no question."""
    done = run(tmp_path, "wandb.init(id='a')")
    assert "offline (no key: login() stores one)" in done.stderr.splitlines()[0]


@pytest.mark.parametrize(("word", "mode"), [("offline", "offline"), ("disabled", "disabled"), ("online", "online")])
def test_the_mode_of_a_folder(tmp_path: Path, word: str, mode: str) -> None:
    """[M1] `wandb-nb offline|online|disabled` sets the mode of a folder's runs; the environment takes precedence."""
    command(tmp_path, word)
    source = "r = wandb.init()\nprint(r.settings.mode, r.settings.source('mode').startswith('workspace file'))"
    assert run(tmp_path, source).stdout.split() == [mode, "True"]
    assert run(tmp_path, source, WANDB_MODE="dryrun").stdout.split() == ["offline", "False"]


def test_login_on_the_command_line(tmp_path: Path) -> None:
    """[M5] `wandb-nb login` stores the key without printing it, and with `-` reads it from stdin; scripts then find it."""
    assert KEY not in command(tmp_path, "login", KEY)
    source = "r = wandb.init(mode='offline', force=True)\nprint(wandb.login())"
    assert run(tmp_path, source).stdout.split() == ["True"]
    assert KEY in (tmp_path / "netrc").read_text()
    command(tmp_path, "login", "--relogin", code=1)


def test_ci_is_never_asked(tmp_path: Path) -> None:
    """If CI is set, no question is asked, even at a terminal."""
    pty = pytest.importorskip("pty")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        code = "import wandb_nb; print('answer', wandb_nb.login())"
        os.execve(sys.executable, [sys.executable, "-c", code], {**os.environ, "CI": "true", "HOME": str(tmp_path)})  # noqa: S606 - ours
    output = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # this is how Linux reports end of file on a terminal
            break
        if not part:
            break
        output += part
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"answer False" in output
    assert b"hidden" not in output


@pytest.mark.kernel
def test_papermill_is_never_asked(tmp_path: Path) -> None:
    """A notebook run by papermill does not wait for a key: `login()` names the remedy, and the run is offline."""
    papermill = pytest.importorskip("papermill")
    del papermill
    from nbformat import v4, write

    cells = ["import wandb_nb as wandb\nprint(wandb.login(), wandb.init().mode)", "wandb.finish()"]
    write(v4.new_notebook(cells=[v4.new_code_cell(each) for each in cells]), tmp_path / "in.ipynb")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "papermill", "-k", "python3", "in.ipynb", "out.ipynb"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "False offline" in (tmp_path / "out.ipynb").read_text()


COLAB = """
sys.modules['google.colab'] = types.ModuleType('google.colab')
sys.modules['google.colab.userdata'] = types.SimpleNamespace(get=secret)
"""
KAGGLE = """
os.environ['KAGGLE_KERNEL_RUN_TYPE'] = 'Interactive'
client = types.SimpleNamespace(get_secret=secret)
sys.modules['kaggle_secrets'] = types.SimpleNamespace(UserSecretsClient=lambda: client)
"""


@pytest.mark.kernel
@pytest.mark.parametrize(("host", "label"), [(COLAB, "Colab secrets"), (KAGGLE, "Kaggle secrets")], ids=["colab", "kaggle"])  # fmt: skip
def test_secrets_of_the_host(tmp_path: Path, host: str, label: str) -> None:
    """The key among the user's Colab or Kaggle secrets is found without a login."""
    from nbformat.v4 import new_code_cell, new_notebook

    secret = f"def secret(name): return {{'WANDB_API_KEY': {KEY!r}}}[name]\n"
    cells = [
        "import os, sys, types, wandb_nb as wandb\n" + secret + host,
        "print(wandb.login(), wandb.init(mode='offline', force=True).mode)",
    ]
    notebook = new_notebook(cells=[new_code_cell(each) for each in cells])
    notebook_client(notebook, tmp_path).execute()
    texts = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    assert "True offline" in texts
    assert label in texts
    assert KEY not in texts
