"""Detection of the environment in real processes and real kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from cells import notebook_client

PROBE = """
import json, sys
from wandb_nb import host
answer = json.dumps([host.kind(), host.in_notebook(), host.in_ipython_terminal(),
                     host.interactive_input_possible(), host.kernel_id()])
"""


def _environment(**extra: str) -> dict[str, str]:
    return {**os.environ, "IPYTHONDIR": os.environ.get("TMPDIR", "/tmp"), **extra}  # noqa: S108 -- any folder will do


def _kernel(source: str, tmp_path, **extra: str):
    """Run *source* in one real kernel as nbclient does and return the value of its last expression."""
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    client = notebook_client(notebook, tmp_path)
    client.execute(env=_environment(**extra))
    text = notebook.cells[0].outputs[-1]["data"]["text/plain"]
    return json.loads(eval(text))  # noqa: S307 -- the repr of our own string


def test_a_script_is_a_script():
    """Plain Python without a terminal is a script without input."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE + "print(answer); assert 'IPython' not in sys.modules"],
        check=True, capture_output=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip

    assert json.loads(done.stdout) == ["script", False, False, False, None]


def test_ipython_at_a_terminal_is_not_a_notebook(tmp_path):
    """IPython without a kernel counts as neither script nor notebook."""
    script = tmp_path / "probe.py"
    script.write_text(PROBE + "print(answer)")
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)],
        check=True, capture_output=True, stdin=subprocess.DEVNULL, env=_environment(),
    )  # fmt: skip

    assert json.loads(done.stdout)[:4] == ["ipython", False, True, False]


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("setup", "extra", "kind"),
    [
        ("", {}, "jupyter"),
        ("__vsc_ipynb_file__ = 'a.ipynb'", {}, "vscode"),
        ("import sys, types; sys.modules['google.colab'] = types.ModuleType('google.colab')", {}, "colab"),
        ("", {"KAGGLE_KERNEL_RUN_TYPE": "Batch"}, "kaggle"),
        ("", {"DATABRICKS_RUNTIME_VERSION": "15.4"}, "databricks"),
    ],
)
def test_every_kernel_is_a_notebook(setup, extra, kind, tmp_path):
    """A kernel run by nbclient is a notebook without input, for any front end."""
    answers = _kernel(f"{setup}\n{PROBE}\nanswer", tmp_path, **extra)

    assert answers[:4] == [kind, True, False, False]


@pytest.mark.kernel
def test_the_kernel_id_is_the_one_the_server_uses(tmp_path):
    """A kernel started like a Jupyter server's has the server's id; input is possible if the client allows it."""
    from jupyter_client.manager import KernelManager

    kernel_id = "12345678-abcd-4abc-8abc-123456789abc"
    manager = KernelManager(connection_file=str(tmp_path / f"kernel-{kernel_id}.json"))
    manager.start_kernel(env=_environment())
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        reply = client.execute_interactive(
            PROBE, user_expressions={"answer": "answer"}, allow_stdin=True, stdin_hook=print, timeout=60
        )
        answers = json.loads(eval(reply["content"]["user_expressions"]["answer"]["data"]["text/plain"]))  # noqa: S307 -- ours
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

    assert answers == ["jupyter", True, False, True, kernel_id]


def test_a_terminal_can_be_asked_unless_in_ci():
    """With a terminal on the standard streams input is possible; under CI it is not."""
    pty = pytest.importorskip("pty")

    def ask(**extra: str) -> bytes:
        parent, child = pty.openpty()
        code = "import os, fcntl, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n" + PROBE
        environment = {key: value for key, value in os.environ.items() if key != "CI"}
        process = subprocess.run(
            [sys.executable, "-c", code + "open(sys.argv[1], 'w').write(answer)", "/dev/fd/1"],
            check=True, stdin=child, stderr=child, stdout=subprocess.PIPE, env={**environment, **extra},
        )  # fmt: skip
        os.close(child)
        os.close(parent)
        return process.stdout

    assert json.loads(ask())[3] is True
    assert json.loads(ask(CI="true"))[3] is False
