"""The comparison page: differences between runs, and their code side by side."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from test_pages import upload

from wandb_nb.server.web.compare_page import side_by_side

if TYPE_CHECKING:
    from conftest import Client
    from visiting import Visitor

PAGE = "/local/p/compare?run=a&run=b"


def cells_of(*sources: str) -> bytes:
    """Return a session's notebook of these cells."""
    code = {"cell_type": "code", "metadata": {}, "outputs": []}
    cells = [{**code, "execution_count": at, "source": one} for at, one in enumerate(sources, 1)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


def table_of(text: str, name: str) -> dict[str, list[str]]:
    """Return the rows of a table of the page, as the texts of their cells."""
    body = text.partition(f'data-live="{name}"')[2].partition("</tbody>")[0]
    rows = re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', body, re.DOTALL)
    return {key: [re.sub("<[^>]+>", "", cell).strip() for cell in cells.split("</td>")[:-1]] for key, cells in rows}


def test_differences_are_shown_with_their_distance(browser: Visitor, client: Client) -> None:
    """Config and summary show the differing keys, numbers with the distance from the first run; all on request."""
    text = browser.get(PAGE).text
    assert table_of(text, "config")["lr"] == ["0.1", "0.2 +0.1 (+100 %)"]
    assert table_of(text, "summary")["loss"] == ["4", "\N{EN DASH}"]
    client.headers = {"Authorization": f"Bearer {browser.key}"}
    client.upsert("b", config='{"lr": {"value": 0.1}}')
    client.headers = {}
    assert "lr" not in table_of(browser.get(PAGE).text, "config")
    assert table_of(browser.get(f"{PAGE}&all=1").text, "config")["lr"] == ["0.1", "0.1"]


def test_sessions_are_compared_cell_by_cell(browser: Visitor) -> None:
    """A changed cell is beside its earlier form, line by line; equal cells are hidden."""
    upload(browser.client, "a", {"code/_session_history.ipynb": cells_of("import x", "lr = 1\nfit(lr)\nshow()")})
    upload(browser.client, "b", {"code/_session_history.ipynb": cells_of("import x", "lr = 2\nfit(lr)\nshow()")})
    text = browser.get(PAGE).text
    assert re.findall(r"<h3>([^<]+) <", text) == ["cell [2]"]
    assert 'class="out"><span class="hidden">removed: </span>lr = 1</td>' in text
    assert 'class="in"><span class="hidden">added: </span>lr = 2</td>' in text
    assert "import x" not in text


def test_scripts_are_compared(browser: Visitor) -> None:
    """Saved scripts are compared file by file, as text, for any two of the runs."""
    upload(browser.client, "a", {"code/t.py": b"<b>1</b>\n", "code/same.py": b"x"})
    upload(browser.client, "b", {"code/t.py": b"<b>2</b>\n", "code/same.py": b"x", "code/new.py": b"n"})
    text = browser.get(PAGE).text
    assert re.findall(r"<h3>([^<]+) <", text) == ["new.py", "t.py"]
    assert "&lt;b&gt;1&lt;/b&gt;" in text
    assert "<b>1" not in text
    text = browser.get(f"{PAGE}&left=b&right=b").text
    assert "The saved code is identical." in text


def test_the_page_asks_for_runs(browser: Visitor) -> None:
    """With fewer than two runs the page explains how to choose some; a missing run is an error."""
    assert "Select two or more runs" in browser.get("/local/p/compare").text
    assert "Select two or more runs" in browser.get("/local/p/compare?run=a&run=a").text
    assert browser.get("/local/p/compare?run=a&run=none").status_code == 404
    assert "No code was saved" in browser.get(PAGE).text


def test_hostile_texts_stay_texts(browser: Visitor) -> None:
    """Names and values of the compared runs are escaped."""
    assert "<script>alert" not in browser.get(f"{PAGE}&all=1").text


@pytest.mark.parametrize(
    ("lines", "pairs"),
    [
        (["-a", "+b"], [("a", "b")]),
        (["-a", "-b", "+c"], [("a", "c"), ("b", None)]),
        (["+a", "-b"], [(None, "a"), ("b", None)]),
        ([" a", "@ line 9", "+b"], [("a", "a"), ("line 9", None), (None, "b")]),
        ([], []),
    ],
)
def test_lines_stand_side_by_side(lines: list[str], pairs: list[tuple[str | None, str | None]]) -> None:
    """A removed line is beside its replacement, an equal line beside itself."""
    assert [(line.left, line.right) for line in side_by_side(lines)] == pairs
