"""Programs called while the user's code forks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wandb_nb.capture.machine import subprocess_fork_safe

STORM = """
import os, signal, threading
from wandb_nb.capture.machine import subprocess_fork_safe
answers = []
def ask():
    for number in range(100):
        answers.append(subprocess_fork_safe.run(["/bin/echo", str(number)], timeout_seconds=20).stdout)
thread = threading.Thread(target=ask)
thread.start()
children = []
while thread.is_alive() and len(children) < 300:
    children.append(os.fork())
    if not children[-1]:
        signal.pause()  # stays alive with all inherited descriptors
thread.join(20)
for child in children:
    os.kill(child, signal.SIGKILL)
print(len(answers), len(children) > 5)
os._exit(0)
"""


def test_forked_children_hold_no_pipe_open() -> None:
    """A hundred calls return promptly, although forked children stay alive meanwhile."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STORM], capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.stdout, done.stderr) == ("100 True\n", "")


def test_a_slow_program_is_ended() -> None:
    """A program that takes too long is ended, and the caller gets an error."""
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess_fork_safe.run(["/bin/sleep", "60"], timeout_seconds=0.1)
