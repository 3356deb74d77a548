"""`run.widget()` in real kernels: traits that follow the run, observers, links, and what a page may change."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cells import LOAD
from page import Page, custom

from wandb_nb.notebook.panel.widget import SCRIPT
from wandb_nb.notebook.widgets.widget_state import MAX_LATEST, MAX_METRICS, MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nbformat import NotebookNode

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(not SCRIPT.exists(), reason="the JavaScript is not built")]
INIT = f"{LOAD}\nimport sys, time, traitlets\nrun = wandb.init(project='p', name='seen')"
LOOP = "for i in range(30): run.log({'loss': 1 / (i + 1), 'acc': i}); time.sleep(0.02)\ntime.sleep(0.6)"


def texts(notebook: NotebookNode, cell: int = -1) -> str:
    """Return what a cell printed."""
    return "".join(output.get("text", "") for output in notebook.cells[cell].outputs)


def errors(notebook: NotebookNode) -> list[str]:
    """Return the errors of all cells."""
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    return [f"{output.ename}: {output.evalue}" for output in outputs if output.output_type == "error"]


def test_nothing_is_loaded_before_it_is_asked_for(execute: Callable[..., NotebookNode]) -> None:
    """Import, `init()`, `log()` and `finish()` load no ipywidgets where no page asks for a widget."""
    notebook = execute(INIT, "run.log({'a': 1})", "run.finish()", "print('ipywidgets' in sys.modules)")
    assert texts(notebook) == "False\n"
    assert errors(notebook) == []


def test_traits_follow_the_run(execute: Callable[..., NotebookNode]) -> None:
    """State, step, latest values and metrics are set at once, while a cell runs, and when the run ends."""
    notebook = execute(
        INIT,
        "widget = run.widget()\nprint(widget)",
        f"{LOOP}\nprint(widget.state, widget.step, widget.latest['acc'], widget.metrics)",
        "run.finish()\nprint(widget.state, widget)",
        "again = run.widget()\nprint(again.state, again.step, again.latest['acc'], again.metrics)",
    )
    assert errors(notebook) == []
    assert texts(notebook, 1) == "<RunWidget 'seen': running, step 0>\n"
    assert texts(notebook, 2) == "running 29 29.0 ['loss', 'acc']\n"
    assert texts(notebook, 3).endswith("finished <RunWidget 'seen': finished, step 29>\n")
    assert texts(notebook, 4) == "finished 29 29.0 ['loss', 'acc']\n"


def test_observers_are_called_while_the_cell_runs_and_seldom(execute: Callable[..., NotebookNode]) -> None:
    """A thousand rows in two seconds call an observer at least three times before the cell ends, and twelve at most."""
    loop = "for i in range(1000): run.log({'loss': i}); time.sleep(0.002)\ntime.sleep(0.3)\nprint(steps)"
    notebook = execute(INIT, "steps = []\nrun.widget().observe(lambda change: steps.append(change.new), 'step')", loop)
    steps = json.loads(texts(notebook))
    assert errors(notebook) == []
    assert steps == sorted(set(steps))
    assert steps[-1] == 999
    assert 3 <= len(steps) <= 20


def test_links(execute: Callable[..., NotebookNode]) -> None:
    """`dlink` carries a value to a progress bar, `link` joins the selection with a list; read-only traits refuse."""
    notebook = execute(
        INIT,
        "import ipywidgets\nwidget = run.widget(['loss'])\nbar = ipywidgets.IntProgress(max=30)\n"
        "traitlets.dlink((widget, 'step'), (bar, 'value'))\n"
        "names = ipywidgets.SelectMultiple(options=['loss', 'acc'], value=['acc'])\n"
        "link = traitlets.link((widget, 'selected'), (names, 'value'))",
        f"{LOOP}\nprint(bar.value, names.value)",
        "names.value = ['acc']\nprint(widget.selected)\nwidget.selected = ['loss', 'acc', 'loss']\nprint(names.value)",
        "try: widget.step = 3\nexcept traitlets.TraitError as error: print(error)",
        "box = ipywidgets.HBox([widget, ipywidgets.VBox([names, bar])])\nprint(len(box.children))",
    )
    assert errors(notebook) == []
    assert texts(notebook, 2) == "29 ('loss',)\n"
    assert texts(notebook, 3) == "['acc']\n('loss', 'acc')\n"
    assert "read-only" in texts(notebook, 4)


def test_the_state_is_bounded_and_has_no_secrets(execute: Callable[..., NotebookNode]) -> None:
    """Of thousands of keys and long texts a bounded part is in the state; token, address and folder are not."""
    notebook = execute(
        INIT,
        "run.log({f'm{i}': i for i in range(3000)} | {'_own': 1, 'n' * 600: 1})\n"
        "run.log({'text': 'x' * 5000, 'bad': float('nan'), 'hist': list(range(9))})",
        "widget = run.widget()\nstate = widget.get_state()\nstate.pop('_esm')\n"
        "import json\nfrom wandb_nb.tracking.run_view import session_of\n"
        "print(json.dumps([state, session_of(run).entry.token, str(run.dir)], default=str, allow_nan=False))",
        "run.log({'bad': float('inf')}, step=0); run.log({'text': 'x' * 5000})\nother = run.widget()\n"
        "print(other.latest.get('m0'), other.get_state()['latest'].get('bad'))",
    )
    assert errors(notebook) == []
    state, token, folder = json.loads(texts(notebook, 2))
    text = json.dumps(state)
    assert len(state["metrics"]) == MAX_METRICS
    assert len(state["latest"]) == MAX_LATEST
    assert len(text) < 60_000
    assert token
    assert token not in text
    assert folder not in text


def test_texts_and_numbers_that_are_not_finite(execute: Callable[..., NotebookNode]) -> None:
    """Python gets NaN and infinities as floats, the page as texts; long texts are shortened, lists left out."""
    notebook = execute(
        INIT,
        "run.log({'text': 'x' * 5000, 'nan': float('nan'), 'inf': float('-inf'), 'yes': True, 'list': ['a'], '_x': 1})",
        "widget = run.widget()\nlatest, sent = widget.latest, widget.get_state()['latest']\n"
        "print(sorted(latest), latest['nan'] != latest['nan'], sent['nan'], sent['inf'], len(sent['text']))",
    )
    assert errors(notebook) == []
    assert texts(notebook) == f"['inf', 'nan', 'text', 'yes'] True NaN -Infinity {MAX_TEXT}\n"


def test_a_failing_observer_is_reported_and_stops_nothing(execute: Callable[..., NotebookNode]) -> None:
    """An observer that raises is reported once; rows are logged and traits follow on."""
    notebook = execute(
        INIT,
        "widget = run.widget()\nwidget.observe(lambda _: 1 / 0, 'step')",
        LOOP,
        f"{LOOP}\nprint('last', widget.step, widget.latest['acc'])",
    )
    assert errors(notebook) == []
    assert "last 59 29.0" in texts(notebook)
    printed = "".join(texts(notebook, cell) for cell in range(4))
    assert printed.count("updating a widget failed (ZeroDivisionError") == 1


def test_an_observer_may_end_the_run(execute: Callable[..., NotebookNode]) -> None:
    """An observer that finishes the run when it is good enough does not block the notebook."""
    observer = "def enough(change):\n    if change.new >= 10: run.finish()\nwidget.observe(enough, 'step')"
    loop = (
        "try:\n    for i in range(500): run.log({'loss': i}); time.sleep(0.02)\n"
        "except wandb.RunFinishedError: pass\nend = time.time() + 30\n"
        "while widget.state == 'running' and time.time() < end: time.sleep(0.05)"
    )
    notebook = execute(INIT, f"widget = run.widget()\n{observer}", f"{loop}\nprint('over', widget.state)")
    assert errors(notebook) == []
    assert "over finished" in texts(notebook)


def test_a_disabled_run_has_a_widget_too(execute: Callable[..., NotebookNode]) -> None:
    """A notebook with widgets works with mode="disabled": the widget composes and stays empty."""
    notebook = execute(
        INIT.replace("project=", "mode='disabled', project="),
        "import ipywidgets\nwidget = run.widget()\nrun.log({'a': 1})\nbox = ipywidgets.HBox([widget])\n"
        "print(widget.latest, widget.metrics, widget.state)\nwidget.close()",
    )
    assert errors(notebook) == []
    assert texts(notebook) == "{} [] running\n"


def test_a_closed_widget_costs_nothing(execute: Callable[..., NotebookNode]) -> None:
    """After `close()` nothing of the widget is left that follows the run."""
    notebook = execute(
        INIT,
        "widget = run.widget()\nlive_run = widget._live_run\nprint(live_run.has_viewers)\nwidget.close()\n"
        "print(live_run.has_viewers, live_run._pending_viewers)",
    )
    assert errors(notebook) == []
    assert texts(notebook) == "True\nFalse set()\n"


def test_scripts_are_told_what_to_call(tmp_path: Path) -> None:
    """Outside of notebooks the call raises an error of this package that names the alternative."""
    source = (
        "import wandb_nb\nrun = wandb_nb.init()\ntry: run.widget()\nexcept wandb_nb.UsageError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "run.widget() needs a notebook; run.display() prints the run here\n"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Return a page of a kernel with a run and its widget."""
    page = Page(tmp_path)
    page.run(INIT)
    page.run(
        "run.log({'loss': 1})\nwidget = run.widget()\nwidget.observe(lambda c: print('chosen', c.new), 'selected')"
    )
    yield page
    page.close()


def opened(message: dict[str, Any]) -> bool:
    """Return whether a message opens the comm of a widget with a selection."""
    return message["msg_type"] == "comm_open" and "selected" in message["content"]["data"].get("state", {})


def update(message: dict[str, Any], comm: str) -> dict[str, Any]:
    """Return the state in an update of the widget *comm*; empty for other messages."""
    content = message["content"]
    is_update = message["msg_type"] == "comm_msg" and content["comm_id"] == comm
    return dict(content["data"].get("state", {})) if is_update and content["data"]["method"] == "update" else {}


def test_a_page_changes_the_selection_of_a_busy_kernel(page: Page) -> None:
    """While a cell runs, a page gets the new state and rows, and its choice of metrics calls observers."""
    comm = page.hear(opened)["content"]["comm_id"]
    cell = page.run("for i in range(1500): run.log({'loss': i}); time.sleep(0.01)\nprint('end')")
    page.hear(lambda message: update(message, comm).get("step", 0) > 20)
    page.send("comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": {"type": "pull", "cursor": ""}}})
    page.hear(lambda message: custom(message) and message["content"]["comm_id"] == comm)
    state = {"selected": ["loss"], "step": -5, "state": "hacked", "run_id": "other"}
    page.send("comm_msg", {"comm_id": comm, "data": {"method": "update", "state": state, "buffer_paths": []}})
    page.hear(lambda message: "chosen ['loss']" in message["content"].get("text", ""))
    assert not page.finished(cell)
    page.interrupt()
    page.hear(lambda _: page.finished(cell))
    page.run("print('now', widget.step > 20, widget.state != 'hacked', widget.run_id == run.id)")
    page.hear(lambda message: "now True True True" in message["content"].get("text", ""))
