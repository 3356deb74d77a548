"""The session of a notebook on a run's pages: its cells behind the points, and all of them while the run is active."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from test_pages import upload
from visiting import HOSTILE, Visitor
from waiting import until

from wandb_nb.view.message.run_message import parse

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Client
    from visiting import Site

HISTORY = "code/_session_history.ipynb"
KERNEL = """
import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
cells = [
    "import time, pathlib, wandb_nb as wandb\\nrun = wandb.init(project='p', id='live')\\nrun.log({'a': 1})",
    "assert run.log({'a': 2}) is None\\n1 / 0",
    "run.log({'a': 3})\\nwhile not pathlib.Path('stop').exists(): time.sleep(0.1)",
]
for cell in (notebook := new_notebook(cells=[new_code_cell(cell) for cell in cells])).cells[:2]:
    cell.metadata["tags"] = ["raises-exception"]
NotebookClient(notebook, timeout=300).execute()
"""


def notebook(*cells: tuple[int, str, dict[str, Any]]) -> bytes:
    """Return a session's notebook of these cells: number, source, facts."""
    content = [
        {
            "cell_type": "code",
            "execution_count": number,
            "id": f"cell-{number}",
            "metadata": {"wandb_nb": facts},
            "outputs": [],
            "source": source,
        }
        for number, source, facts in cells
    ]
    return json.dumps({"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def message_cells(visitor: Visitor) -> Any:
    """Return the cells in the message that the charts of run a read."""
    return parse(visitor.get("/local/p/runs/a/data").content).header["cells"]


def test_points_have_their_cells(client: Client) -> None:
    """The cells that logged are in the message, by the session notebook, and again when it was uploaded anew."""
    client.upsert("a")
    client.rows("a", 0, *(json.dumps({"_step": n, "loss": n, "_cell": 2 + n}) for n in range(3)))
    visitor = Visitor(client)
    assert message_cells(visitor) == []
    upload(client, "a", {HISTORY: notebook((2, "first()", {"started": 1, "seconds": 2.5, "ok": True}), (9, "x", {}))})
    assert [(cell["id"], cell["source"], cell["seconds"]) for cell in message_cells(visitor)] == [(2, "first()", 2.5)]
    facts = {"started": 5.0, "seconds": 1, "ok": False, "error": "ValueError: no"}
    upload(client, "a", {HISTORY: notebook((2, "first()", {}), (3, "second()", facts))})
    assert [(cell["n"], cell["ok"], cell["error"]) for cell in message_cells(visitor)] == [
        (2, None, None),
        (3, False, "ValueError: no"),
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\x00", b'{"nbformat": 4, "cells": [1]}'])
def test_broken_sessions_show_nothing(client: Client, content: bytes) -> None:
    """A file that is not a notebook leaves the charts without cells."""
    client.upsert("a")
    client.rows("a", 0, json.dumps({"_step": 1, "loss": 1, "_cell": 2}))
    upload(client, "a", {HISTORY: content})

    assert message_cells(Visitor(client)) == []


def test_hostile_facts_are_ignored(client: Client) -> None:
    """Facts of impossible types are left out of the message and harmless on the page."""
    client.upsert("a")
    client.rows("a", 0, json.dumps({"_step": 1, "loss": 1, "_cell": 2}))
    facts = {"started": "x", "seconds": [1], "ok": "yes", "error": {"a": 1}}
    upload(
        client, "a", {HISTORY: notebook((2, HOSTILE, facts), (3, "x", {"seconds": 1, "ok": False, "error": HOSTILE}))}
    )
    visitor = Visitor(client)

    (cell,) = message_cells(visitor)

    assert [cell[name] for name in ("started", "seconds", "ok", "error")] == [None] * 4
    assert HOSTILE not in visitor.get("/local/p/runs/a/code").text


@pytest.mark.kernel
def test_an_active_session_is_on_the_page(site: Site, tmp_path: Path) -> None:
    """While a notebook runs, its executed cells and their errors are on the run's page, as they are in JupyterLab."""
    places = {"WANDB_DIR": str(tmp_path), "WANDB_BASE_URL": site.url, "WANDB_API_KEY": site.key}
    environ = {**os.environ, **places}
    with subprocess.Popen([sys.executable, "-c", KERNEL], env=environ, cwd=tmp_path) as kernel:
        with httpx.Client(base_url=site.url, headers={"Cookie": site.login()}, timeout=30) as browser:

            def page() -> str:
                return browser.get("/local/p/runs/live/code").text

            until(lambda: "ZeroDivisionError: division by zero" in page(), "the failed cell", 90)
            assert "No code was saved" not in page()
            until(lambda: "running" in page().partition("Cell 3")[2], "the running cell", 60)
            cells = parse(browser.get("/local/p/runs/live/data").content).header["cells"]
            assert [cell["n"] for cell in cells or []][:2] == [1, 2]
            (tmp_path / "stop").touch()
        assert kernel.wait(60) == 0
