"""VS Code, Colab, Kaggle and Databricks in emulation: one output, live or as a growing picture, no questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cells import LOAD, MIME
from emulated import COLAB_WIDGETS, HOSTS
from page import Page, custom

from wandb_nb.notebook.panel.widget import SCRIPT
from wandb_nb.view.message.run_message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(not SCRIPT.exists(), reason="the JavaScript is not built"),
]
WIDGET = "application/vnd.jupyter.widget-view+json"
START = LOAD + "\n%wandb init --project p --name seen\n"
TRAIN = (
    "import time\n"
    "started = time.time()\n"
    "try:\n"
    "    while time.time() < started + 60:\n"
    "        wandb.log({'loss': 1 / (1 + time.time() - started)})\n"
    "        time.sleep(0.01)\n"
    "except KeyboardInterrupt:\n"
    "    pass"
)


@pytest.fixture(params=list(HOSTS))
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """Yield a notebook's page in each host."""
    page = HOSTS[request.param].page(tmp_path)
    yield page
    page.close()


@pytest.fixture
def host_name(request: pytest.FixtureRequest) -> str:
    """Return the host of `page`."""
    return str(request.node.callspec.params["page"])


def points(message: dict[str, Any]) -> int:
    """Return how many points of its first series a widget message has; 0 for any other message."""
    header = custom(message).get("header", {"series": []})
    return len(Message(header, bytes(message["buffers"][0])).series()[0].value) if header["series"] else 0


def shows_picture(message: dict[str, Any]) -> bool:
    """Return whether *message* puts a picture into an existing output."""
    return message["msg_type"] == "update_display_data" and "image/png" in message["content"]["data"]


def test_one_cell_is_seen_while_it_runs(page: Page, host_name: str) -> None:
    """Run and training in one cell: one output, with points before the cell ends; a picture remains."""
    cell = page.run(START + TRAIN)
    if host_name in ("vscode", "colab"):
        first = page.hear(points)
        page.hear(lambda message: points(message) > points(first))
    page.hear(shows_picture)
    assert not page.finished(cell)
    page.interrupt()
    page.run("%wandb finish")
    page.hear(lambda message: shows_picture(message) and message["content"]["data"][MIME]["run"]["state"] == "finished")

    outputs = [message for message in page.heard if message["msg_type"] == "display_data"]
    assert [message["parent_header"]["msg_id"] for message in outputs] == [cell]
    last = [message for message in page.heard if shows_picture(message)][-1]
    assert set(last["content"]["data"]) == {MIME, "text/html", "image/png", "text/plain"}
    display_id = last["content"]["transient"]["display_id"]
    assert last["content"]["metadata"] == {"wandb_nb": {"display_id": display_id}}
    assert not page.asked()
    noises = [m["content"] for m in page.heard if m["msg_type"] == "error" or m["content"].get("name") == "stderr"]
    assert noises == []


@pytest.mark.parametrize("page", ["vscode", "colab"], indirect=True)
def test_two_cells_are_live(page: Page) -> None:
    """For a run started in an earlier cell the page asks between the cells, and rows are pushed as they come."""
    page.run(START)
    output = page.hear(lambda message: WIDGET in message["content"].get("data", {}))
    widget = output["content"]["data"][WIDGET]["model_id"]
    page.send("comm_msg", {"comm_id": widget, "data": {"method": "custom", "content": {"type": "pull", "cursor": ""}}})
    page.hear(custom)
    cell = page.run(TRAIN)
    pushed = page.hear(lambda message: any(one["mode"] == "append" for one in _series(message)))

    assert points(pushed) > 0
    assert not page.finished(cell)
    page.interrupt()


def _series(message: dict[str, Any]) -> list[dict[str, Any]]:
    return custom(message).get("header", {}).get("series", [])  # type: ignore[no-any-return]  # JSON


@pytest.mark.parametrize("page", ["colab"], indirect=True)
def test_colab_gets_its_widget_manager(page: Page) -> None:
    """Colab's own switch for widgets is turned on automatically, and every output of a live run names its place."""
    page.run(START + "wandb.log({'loss': 1})")

    output = page.hear(lambda message: WIDGET in message["content"].get("data", {}))

    assert output["content"]["metadata"][WIDGET] == {"colab": {"custom_widget_manager": {"url": COLAB_WIDGETS}}}


@pytest.mark.parametrize("page", ["vscode", "colab"], indirect=True)
def test_a_widget_of_the_user_is_live(page: Page, host_name: str) -> None:
    """`run.widget()` in the cell that trains: traits and charts change before the cell ends, without a panel."""
    start = (
        "import wandb_nb as wandb\nrun = wandb.init(settings={'display': False})\nview = run.widget()\ndisplay(view)\n"
    )
    cell = page.run(start + TRAIN)
    opened = page.hear(lambda message: "selected" in message["content"].get("data", {}).get("state", {}))
    comm = opened["content"]["comm_id"]
    output = page.hear(lambda message: WIDGET in message["content"].get("data", {}))
    page.hear(lambda message: _step(message, comm) > 20)
    first = page.hear(points)
    page.hear(lambda message: points(message) > points(first))

    assert not page.finished(cell)
    assert "_esm" in opened["content"]["data"]["state"]
    assert output["content"]["data"][WIDGET]["model_id"] == comm
    assert (WIDGET in output["content"]["metadata"]) is (host_name == "colab")
    assert [message for message in page.heard if MIME in message["content"].get("data", {})] == []
    page.interrupt()


def _step(message: dict[str, Any], comm: str) -> int:
    """Return the step in an update of the widget *comm*; 0 for other messages."""
    data = message["content"].get("data", {}) if message["content"].get("comm_id") == comm else {}
    return int(data.get("state", {}).get("step", 0))
