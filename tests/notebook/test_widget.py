"""Pages without our server routes: a busy kernel answers the widget and the comm."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import ipykernel
import pytest
from cells import LOAD, MIME
from ipykernel.comm.comm import BaseComm
from page import Page, custom

from wandb_nb.notebook.panel.widget import COMM_TARGET, SCRIPT
from wandb_nb.view.message.run_message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.kernel
WIDGET = "application/vnd.jupyter.widget-view+json"
BUSY = (
    "import time\n"
    "end = 'by itself'\n"
    "started = time.time()\n"
    "try:\n"
    "    while time.time() < started + 60:\n"
    "        wandb.log({'loss': 1 / (1 + time.time() - started)})\n"
    "        time.sleep(0.01)\n"
    "except KeyboardInterrupt:\n"
    "    end = 'stopped'\n"
    "print('ended ' + end)"
)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Return a page of a kernel in which a run was started."""
    page = Page(tmp_path)
    page.run(LOAD + "\n%wandb init --project p --name seen\nprint('id ' + wandb.run.id)")
    yield page
    page.close()


def printed(message: dict[str, Any], start: str) -> str | None:
    """Return the rest of a printed line that begins with *start*."""
    lines = message["content"].get("text", "").splitlines() if message["msg_type"] == "stream" else []
    return next((line.removeprefix(start) for line in lines if line.startswith(start)), None)


def points(message: dict[str, Any]) -> int:
    """Return how many points the first series of a message has."""
    header = custom(message)["header"]
    whole = Message(header, bytes(message["buffers"][0]))
    return len(whole.series()[0].value) if header["series"] else 0


def of_type(message: dict[str, Any], kind: str, parent: str) -> bool:
    """Return whether a message is of this type and answers *parent*."""
    return message["msg_type"] == kind and message["parent_header"].get("msg_id") == parent


def mode(message: dict[str, Any]) -> str | None:
    """Return whether the first series of a message is appended or replaced."""
    series = custom(message).get("header", {}).get("series")
    return str(series[0]["mode"]) if series else None


def test_a_comm_is_answered_by_a_busy_kernel(page: Page) -> None:
    """A page opens a comm by the run's id, gets rows and a range of them while the cell runs, then stops it."""
    run_id = printed(page.hear(lambda message: printed(message, "id ")), "id ")
    cell = page.run(BUSY)
    page.hear(lambda message: MIME in message["content"].get("data", {}) and message["parent_header"]["msg_id"] == cell)
    page.send("comm_open", {"comm_id": "c1", "target_name": COMM_TARGET, "data": {"id": run_id}})
    page.send("comm_msg", {"comm_id": "c1", "data": {"type": "pull", "cursor": ""}})

    answer = page.hear(custom)

    assert points(answer) > 0
    request = {"keys": ["loss"], "axis": "step", "from": 0, "to": 0}
    page.send("comm_msg", {"comm_id": "c1", "data": {"type": "range", "number": 7, "range": request}})
    rows = page.hear(lambda message: custom(message).get("type") == "range" and message)
    assert (custom(rows)["number"], points(rows)) == (7, 2)
    assert not page.finished(cell)
    page.send("comm_msg", {"comm_id": "c1", "data": {"type": "stop", "force": False}})
    assert page.hear(lambda message: printed(message, "ended ") == "stopped")


def ghosts(message: dict[str, Any]) -> dict[str, Any]:
    """Return the header of a comm message about earlier runs; empty for other messages."""
    data = message["content"].get("data", {}) if message["msg_type"] == "comm_msg" else {}
    return data["header"] if data.get("type") == "ghosts" else {}


def test_earlier_runs_come_over_the_comm(page: Page) -> None:
    """A page gets the earlier runs of the kernel's notebook on request, also while a cell runs."""
    page.run("wandb.log({'loss': 1})\nwandb.init(project='p', name='second')\nprint('second ' + wandb.run.id)")
    run_id = printed(page.hear(lambda message: printed(message, "second ")), "second ")
    cell = page.run(BUSY)
    page.hear(lambda message: MIME in message["content"].get("data", {}) and message["parent_header"]["msg_id"] == cell)
    page.send("comm_open", {"comm_id": "c3", "target_name": COMM_TARGET, "data": {"id": run_id}})
    page.send("comm_msg", {"comm_id": "c3", "data": {"type": "ghosts"}})

    answer = page.hear(ghosts)

    assert ghosts(answer)["labels"] == ["seen"]
    assert len(answer["buffers"][0]) >= 3 * 8
    assert not page.finished(cell)


def test_media_files_come_over_the_comm(page: Page) -> None:
    """A busy kernel sends the media files that rows name, byte for byte, and no other file of the run."""
    run_id = printed(page.hear(lambda message: printed(message, "id ")), "id ")
    cell = page.run("import numpy\nwandb.log({'a': wandb.Image(numpy.zeros((4, 4, 3), 'u1'))})\n" + BUSY)
    page.hear(lambda message: MIME in message["content"].get("data", {}) and message["parent_header"]["msg_id"] == cell)
    page.send("comm_open", {"comm_id": "c4", "target_name": COMM_TARGET, "data": {"id": run_id}})
    page.send("comm_msg", {"comm_id": "c4", "data": {"type": "pull", "cursor": ""}})
    (media,) = custom(page.hear(custom))["header"]["media"]
    paths = [media["rows"][0]["files"][0]["path"], "wandb-metadata.json", "media/../wandb-metadata.json", None]
    answers = []
    for number, path in enumerate(paths):
        page.send("comm_msg", {"comm_id": "c4", "data": {"type": "file", "number": number, "path": path}})
        answers.append(page.hear(lambda message, number=number: custom(message).get("number") == number and message))

    assert [custom(answer)["found"] for answer in answers] == [True, False, False, False]
    assert bytes(answers[0]["buffers"][0]).startswith(b"\x89PNG")
    assert [bytes(answer["buffers"][0]) for answer in answers[1:]] == [b""] * 3
    assert not page.finished(cell)


def test_a_page_may_ask_for_an_ended_run(page: Page) -> None:
    """After the end of a run its rows and media still come over a comm."""
    run_id = printed(page.hear(lambda message: printed(message, "id ")), "id ")
    page.run(
        "import numpy\nwandb.log({'a': wandb.Image(numpy.zeros((4, 4, 3), 'u1'))})\nwandb.finish()\nprint('end now')"
    )
    assert page.hear(lambda message: printed(message, "end ")) is not None
    page.send("comm_open", {"comm_id": "c5", "target_name": COMM_TARGET, "data": {"id": run_id}})
    page.send("comm_msg", {"comm_id": "c5", "data": {"type": "pull", "cursor": ""}})
    header = custom(page.hear(custom))["header"]
    assert header["done"]
    path = header["media"][0]["rows"][0]["files"][0]["path"]
    page.send("comm_msg", {"comm_id": "c5", "data": {"type": "file", "number": 1, "path": path}})
    answer = page.hear(lambda message: custom(message).get("number") == 1 and message)
    assert bytes(answer["buffers"][0]).startswith(b"\x89PNG")


def test_a_page_that_was_loaded_later_gets_the_outputs(page: Page) -> None:
    """While a cell runs, a new page gets the outputs of which it names the display ids, as they are now."""
    cell = page.run(BUSY)
    shown = page.hear(lambda message: of_type(message, "display_data", cell))["content"]
    display_id = shown["metadata"]["wandb_nb"]["display_id"]
    assert shown["transient"] == {"display_id": display_id}

    data = {"outputs": [display_id, "wandb-nb-other", None]}
    page.send("comm_open", {"comm_id": "c6", "target_name": COMM_TARGET, "data": data})
    request = page.hear(lambda message: message["msg_type"] == "comm_close")["parent_header"]["msg_id"]
    again = page.hear(lambda message: of_type(message, "update_display_data", request))["content"]
    assert again["metadata"]["wandb_nb"] == {"display_id": display_id}
    assert again["data"][MIME]["run"]["state"] == "running"
    assert not page.finished(cell)


def test_a_comm_for_an_unknown_run_is_closed(page: Page) -> None:
    """The comm for a run that this kernel does not show is closed."""
    page.send("comm_open", {"comm_id": "c2", "target_name": COMM_TARGET, "data": {"id": "nobody00"}})

    assert page.hear(lambda message: message["msg_type"] == "comm_close" and message["content"]["comm_id"] == "c2")


@pytest.mark.skipif(not SCRIPT.exists(), reason="the JavaScript is not built")
def test_the_widget_is_fed_while_the_cell_runs(page: Page) -> None:
    """A page gets one widget per run; after its first pull rows are pushed, and its Stop reaches the busy cell."""
    opened = page.hear(
        lambda message: message["msg_type"] == "comm_open" and "_esm" in str(message["content"]["data"]["state"].keys())
    )
    widget = opened["content"]["comm_id"]
    displayed = page.hear(lambda message: WIDGET in message["content"].get("data", {}))
    cell = page.run(BUSY)
    page.send("comm_msg", {"comm_id": widget, "data": {"method": "custom", "content": {"type": "pull", "cursor": ""}}})
    first = page.hear(custom)
    pushed = page.hear(lambda message: mode(message) == "append")

    assert displayed["content"]["data"][WIDGET]["model_id"] == widget
    assert first is not pushed
    assert points(pushed) > 0
    assert not page.finished(cell)
    page.send("comm_msg", {"comm_id": widget, "data": {"method": "custom", "content": {"type": "stop", "force": True}}})
    assert page.hear(lambda message: printed(message, "ended ") == "stopped")
    page.run("%wandb finish")
    page.hear(lambda message: message["msg_type"] == "comm_close" and message["content"]["comm_id"] == widget)
    last = [message for message in page.heard if message["msg_type"] == "update_display_data"][-1]
    assert WIDGET not in last["content"]["data"]
    assert last["content"]["data"][MIME]["run"]["state"] == "finished"


@pytest.mark.skipif(ipykernel.version_info < (7, 4), reason="older kernels have no subshells that reply")
def test_the_private_name_is_still_there() -> None:
    """The private method of ipykernel that lets a busy kernel answer still exists."""
    assert callable(BaseComm._reply_subshell_for)


def test_a_terminal_gets_text(tmp_path: Path) -> None:
    """In IPython at a terminal the magics print a line at the start, and curves and summary at the end."""
    script = tmp_path / "session.ipy"
    script.write_text(
        f"{LOAD}\n%wandb init --project p --name text lr=0.1\nfor i in range(9): wandb.log({{'loss': 1 / (1 + i)}})\n"
        "\n%wandb status\n%wandb\n%wandb finish\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "text · running · step 9 · p" in done.stdout
    assert "█" in done.stderr
    assert "1 → 0.1111" in done.stderr
    assert "run text finished" in done.stderr
    assert "vnd.wandb-nb" not in done.stdout + done.stderr
