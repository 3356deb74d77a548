"""Keys: their form, their sources, and login() at a terminal, in a kernel, and without input."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from wandb_nb.credentials import Key, check_key, find_key, machine, netrc
from wandb_nb.errors import AuthenticationError, CommError
from wandb_nb.settings import resolve
from wandb_nb.tracking.login.login import login

KEY = "0123456789abcdef" * 2 + "01234567"
ASK = "from wandb_nb.tracking.login.login import login\nprint('answer', login({}))\n"


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """Give the test its own home folder without keys."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)


@pytest.mark.parametrize("key", [KEY, f"local-{KEY}", "wandb_v1_" + "a" * 40, f"x-{KEY}-more", "aa.bb-b.cc_c"])
def test_good_keys_pass(key):
    """Plain, prefixed, newer and long keys and a web token are accepted."""
    assert check_key(key) == key


@pytest.mark.parametrize(
    ("key", "match"),
    [
        ("", "is empty"),
        (f" {KEY}", "blank"),
        (f"{KEY}\n", "blank"),
        (KEY[1:], "40 or more characters.*has 39"),
        (f"local-{KEY[1:]}", "has 39"),
        (f"{KEY}!", "only letters"),
        (f"a.b.{KEY}!", "only letters"),
        (KEY + "ä", "only letters"),
    ],
)
def test_bad_keys_are_refused_unseen(key, match):
    """An invalid key raises AuthenticationError with the broken rule, and without the key."""
    with pytest.raises(AuthenticationError, match=match) as caught:
        check_key(key)
    assert KEY[5:20] not in str(caught.value)


def test_the_sources_are_asked_in_order(tmp_path):
    """A key from settings or environment precedes the netrc file, each has its source, and without any it is None."""
    assert find_key(resolve({}, environ={}, cwd=tmp_path)) is None
    netrc.store("api.wandb.ai", KEY)
    assert find_key(resolve({}, environ={}, cwd=tmp_path)) == Key(KEY, str(tmp_path / ".netrc"))
    other = "f" * 40
    assert find_key(resolve({}, environ={"WANDB_API_KEY": other}, cwd=tmp_path)) == Key(
        other, "environment WANDB_API_KEY"
    )
    assert find_key(resolve({}, {"api_key": "e" * 40}, environ={"WANDB_API_KEY": other})).source == "init(settings=)"
    assert find_key(resolve({}, environ={"WANDB_BASE_URL": "http://localhost:1"}, cwd=tmp_path)) is None


def test_a_key_does_not_show():
    """Neither repr nor text of a key's source contains the key."""
    key = Key(KEY, "somewhere")

    assert KEY not in f"{key} {key!r} {[key]}"
    assert "somewhere" in repr(key)


def test_a_malformed_key_is_reported_with_its_source():
    """A wrong WANDB_API_KEY raises an error that names the variable."""
    with pytest.raises(AuthenticationError, match="environment WANDB_API_KEY"):
        find_key(resolve({}, environ={"WANDB_API_KEY": "short"}))


def test_the_machine_keeps_its_port():
    """The netrc name of a server is its host, with a port if it has one."""
    assert machine("https://api.wandb.ai") == "api.wandb.ai"
    assert machine("http://127.0.0.1:8099/x") == "127.0.0.1:8099"


def test_login_stores_key_and_host(tmp_path, capsys):
    """A given key goes to netrc, a given host to the user's settings, and the next program uses both."""
    assert login(key=KEY, host="http://127.0.0.1:8099/")
    settings = resolve({}, environ={}, cwd=tmp_path)

    assert settings.base_url == "http://127.0.0.1:8099"
    assert find_key(settings).text == KEY
    printed = capsys.readouterr()
    assert "not asked" in printed.err
    assert KEY not in printed.err + printed.out
    assert login() is True


def test_a_bad_key_is_not_stored(tmp_path):
    """A key of the wrong form is refused before anything is written."""
    with pytest.raises(AuthenticationError):
        login(key="short", host="http://127.0.0.1:8099")

    assert list(tmp_path.iterdir()) == []


def test_a_key_that_cannot_be_verified_is_not_stored(tmp_path):
    """With verify=True a server that does not answer is a CommError, and nothing is stored."""
    with pytest.raises(CommError, match="did not answer"):
        login(key=KEY, host="http://127.0.0.1:9", verify=True)

    assert list(tmp_path.iterdir()) == []


def test_without_input_login_returns_immediately(tmp_path):
    """Without terminal or notebook input, login prints the remedy and returns False; with force it raises."""
    for arguments, status in (("", 0), ("force=True", 1)):
        done = subprocess.run(
            [sys.executable, "-c", ASK.format(arguments)], check=False, capture_output=True, text=True, timeout=60,
            stdin=subprocess.PIPE, env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == status
        assert "WANDB_API_KEY" in done.stderr
        assert done.stdout.strip() == ("answer False" if status == 0 else "")


def test_silent_is_silent(monkeypatch, capsys):
    """With WANDB_SILENT login prints nothing."""
    monkeypatch.setenv("WANDB_SILENT", "true")

    assert login(key=KEY)
    assert capsys.readouterr() == ("", "")


def _at_terminal(arguments: str, typed: bytes, home) -> tuple[bytes, int]:
    """Run login(*arguments*) at a real terminal, type *typed* when asked, and return the output."""
    pty = pytest.importorskip("pty")
    pid, terminal = pty.fork()
    if pid == 0:
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        os.execve(sys.executable, [sys.executable, "-c", ASK.format(arguments)], {**environment, "HOME": str(home)})  # noqa: S606 -- ours
    output, deadline, answered = b"", time.monotonic() + 60, False
    while time.monotonic() < deadline:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # this is how Linux reports end of file on a terminal
            break
        if not part:
            break
        output += part
        if b"hidden" in output and not answered:
            answered = True
            os.write(terminal, typed)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return output, status


def test_a_typed_key_is_stored_and_never_shown(tmp_path):
    """At a terminal the key is typed hidden, stored, and never echoed."""
    output, status = _at_terminal("", KEY.encode() + b"\n", tmp_path)

    assert status == 0
    assert b"answer True" in output
    assert KEY.encode() not in output
    assert netrc.password("api.wandb.ai") == KEY


def test_enter_skips_and_time_runs_out(tmp_path):
    """An empty answer, or none in time, gives False with a line; nothing is stored."""
    for arguments, typed in (("", b"\n"), ("timeout=0.2", b"")):
        output, status = _at_terminal(arguments, typed, tmp_path)
        assert status == 0
        assert b"stay offline" in output
        assert b"answer False" in output
    assert not (tmp_path / ".netrc").exists()


def _kernel_login(arguments: str, home, *, typed: str | None = None, timeout: float = 60) -> str:
    """Run login(*arguments*) in a real kernel whose client answers with *typed*; return what it printed."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager()
    manager.start_kernel(env={**os.environ, "HOME": str(home), "IPYTHONDIR": str(home / "ipython")})
    client = manager.client()
    printed = []
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        client.execute_interactive(
            ASK.format(arguments),
            allow_stdin=True,
            stdin_hook=lambda message: (
                printed.append(f"password={message['content']['password']}") or (typed and client.input(typed))
            ),
            output_hook=lambda message: printed.append(message["content"].get("text", "")),
            timeout=timeout,
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return "".join(printed)


@pytest.mark.kernel
def test_a_notebook_asks_in_a_hidden_box(tmp_path):
    """In a kernel an explicit login asks with a password box; the key is stored and not printed."""
    printed = _kernel_login("", tmp_path, typed=KEY)

    assert "password=True" in printed
    assert "answer True" in printed
    assert KEY not in printed
    assert netrc.password("api.wandb.ai") == KEY


@pytest.mark.kernel
def test_an_unanswered_notebook_login_times_out(tmp_path):
    """In a kernel, a login with a timeout gives up if no answer comes."""
    assert "answer False" in _kernel_login("timeout=0.5", tmp_path)


COLAB = """
sys.modules['google.colab'] = types.ModuleType('google.colab')
sys.modules['google.colab.userdata'] = types.SimpleNamespace(get=secret)
"""
KAGGLE = """
os.environ['KAGGLE_KERNEL_RUN_TYPE'] = 'Interactive'
client = types.SimpleNamespace(get_secret=secret)
sys.modules['kaggle_secrets'] = types.SimpleNamespace(UserSecretsClient=lambda: client)
"""


@pytest.mark.parametrize(
    ("host", "label"), [(COLAB, "Colab secrets"), (KAGGLE, "Kaggle secrets")], ids=["colab", "kaggle"]
)
@pytest.mark.parametrize("granted", [True, False])
def test_the_hosts_secrets_are_read(host, label, granted, tmp_path):
    """The key among the user's Colab or Kaggle secrets is found; a secret without access is not an error."""
    code = (
        "import os, sys, types\nfrom IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.instance().kernel = 1\n"
        f"def secret(name):\n    if not {granted}: raise RuntimeError('not granted')\n"
        f"    return {{'WANDB_API_KEY': {KEY!r}}}[name]\n"
        f"{host}\n"
        "from wandb_nb.settings import resolve\nfrom wandb_nb.credentials import find_key\n"
        "key = find_key(resolve({}))\nprint(key and (key.source, len(key.text)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True,
        env={**os.environ, "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path)},
    )  # fmt: skip

    assert done.stdout.strip() == (str((label, 40)) if granted else "None")
