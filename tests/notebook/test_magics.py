"""The magics in real kernels, executed as by Run All, nbconvert and papermill."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cells import LOAD, MIME, error, run_bundles, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]

pytestmark = pytest.mark.kernel


def test_a_run_from_init_to_finish(execute: Execute) -> None:
    """The line magics start, log, report, list and end one run, and IPython replaces $name and {expr}."""
    *_, start, _, status, listed, end, after, none = execute(
        LOAD,
        "rate, project = 0.5, 'digits'",
        "%wandb init --project $project --name first --mode offline lr={rate * 2} layers=[64, 32] net=wide",
        "%wandb log loss={1 / 4} note=fine\nwandb.log({'loss': wandb.config.lr})",
        "%wandb status",
        "%wandb ls --project digits",
        "run = wandb.run\n%wandb finish 3",
        "print(run.state, run.exit_code, dict(run.config), wandb.run, list(run.history()['loss']))",
        "%wandb status",
    ).cells

    assert start.outputs[0].data["text/plain"] == "The chart of first is under cell [4]"
    assert "first · running · step 2 · digits" in texts(status)
    assert "digits" in texts(listed)
    assert "first" in texts(listed)
    assert "failed" in texts(end)
    assert texts(none) == "no run is active; '%wandb init' starts one, '%wandb ls' lists the runs of this machine\n"
    assert texts(after).startswith("failed 3 {'lr': 1.0, 'layers': [64, 32], 'net': 'wide'} None [0.25, 1.0]")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("%wandb init --nmae x", "UsageError: %wandb init: unknown option --nmae; did you mean --name?"),
        ("%wandb log loss=1", "UsageError: %wandb: no run is active; start one with %wandb init"),
        ("%%wandb --zzz\nprint('ran')", "UsageError: %wandb init: unknown option --zzz"),
    ],
)
def test_a_wrong_line_is_one_line_and_stops(execute: Execute, line: str, complaint: str) -> None:
    """A wrong option shows one line without a traceback, and Run All stops."""
    notebook = execute(LOAD, line, "print('reached')")

    assert texts(notebook.cells[1]).strip().startswith(complaint)
    assert texts(notebook.cells[1]).count("\n") == 1
    assert error(notebook.cells[1]) is None
    assert notebook.cells[2].execution_count is None


def test_a_tracked_cell(execute: Execute) -> None:
    """A `%%wandb` cell can await, shows its last expression, fires hooks once, and ends its run."""
    cell = (
        "%%wandb --project cells --name $name lr={1 + 1}\n"
        "import asyncio\n"
        "for i in range(3):\n"
        "    await asyncio.sleep(0)\n"
        "    wandb.log({'loss': i})\n"
        "run = wandb.run\n"
        "run.config.lr * 21"
    )
    notebook = execute(
        LOAD,
        "hooks = []\n"
        "for event in ('pre_run_cell', 'post_run_cell'):\n"
        "    get_ipython().events.register(event, lambda info, event=event: hooks.append(event))\n"
        "name = 'awaited'",
        cell,
        "print(hooks, run.name, run.state, _, len(run.history()), set(run.history()['_cell']))",
    )

    result = next(output for output in notebook.cells[2].outputs if output.output_type == "execute_result")
    assert result.data["text/plain"] == "42"
    assert len(run_bundles(notebook.cells[2])) == 1
    expected = ["post_run_cell", "pre_run_cell", "post_run_cell", "pre_run_cell"]
    assert texts(notebook.cells[3]) == f"{expected} awaited finished 42 3 {{3}}\n"


def test_a_failing_tracked_cell(execute: Execute) -> None:
    """An error in a `%%wandb` cell stops Run All, has a traceback of the user's lines, and makes the run failed."""
    notebook = execute(
        LOAD,
        "%%wandb --project cells --name broken\nwandb.log({'loss': 1})\nwandb.log({'loss': 1 / 0})\nprint('after')",
        "print('reached')",
    )

    error_output = error(notebook.cells[1])
    assert error_output is not None
    assert error_output.ename == "ZeroDivisionError"
    assert any(
        "wandb.log({'loss': 1 / 0})" in line or "1 / 0" in line or "/" in line for line in error_output.traceback
    )
    assert not any("wandb_nb/notebook" in line for line in error_output.traceback)
    assert "after" not in texts(notebook.cells[1])
    assert notebook.cells[2].execution_count is None
    (bundle,) = run_bundles(notebook.cells[1])
    assert bundle[MIME]["run"]["state"] == "failed"
    assert bundle[MIME]["run"]["exitCode"] == 1


def test_completion_knows_runs_and_kinds(execute: Execute) -> None:
    """Tab offers runs where a command takes one, metrics where it takes these, each with its kind."""
    ask = (
        "import json\n"
        "def offered(line):\n"
        "    reply = get_ipython().kernel.do_complete(line, len(line))\n"
        "    types = reply['metadata']['_jupyter_types_experimental']\n"
        "    return {one['text']: one['type'] for one in types if not one['text'].startswith('--')}\n"
        "print(json.dumps([offered('%wandb ' + line) for line in [\n"
        "    'show ', 'show fi', 'diff latest ', 'diff latest first ', 'sync ', 'l', 'init --mode of', 'log lo']]))"
    )
    *_, cell = execute(
        LOAD,
        "%wandb init --mode offline --name first\n%wandb log loss=1 my_acc=2\n%wandb finish",
        "%wandb init --mode offline --name second --id abc123\n%wandb log loss=1 'with blank'=2",
        ask,
    ).cells
    shown, first, diffed, metrics, synced, commands, modes, logged = json.loads(texts(cell))

    assert {
        "latest": "run",
        "latest~1": "run",
        "first": "run",
        "second": "run",
        "abc123": "run",
    }.items() <= shown.items()
    assert (first, diffed, synced) == ({"first": "run"}, shown, shown)
    assert {"loss": "metric", "my_acc": "metric"}.items() <= metrics.items()
    assert (commands, modes) == ({"log": "command", "ls": "command"}, {"offline": "value"})
    assert logged == {"loss=": "metric"}


def test_ls_is_that_of_the_command_line(execute: Execute) -> None:
    """`%wandb ls` and `wandb-nb ls` print the same table with a line of heads, without replaced runs."""
    *_, magic, command = execute(
        LOAD,
        "%wandb init --mode offline --project digits --name one\n%wandb log loss=1\n%wandb finish",
        "wandb.init(id='abc', mode='offline').finish()\nwandb.init(id='abc', mode='offline').finish()",
        "%wandb ls",
        "import subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-m', 'wandb_nb', 'ls'], capture_output=True, encoding='utf-8')\n"
        "print(done.stdout, end='')",
    ).cells
    heads, newest, oldest = texts(magic).splitlines()

    assert heads.split() == ["STATE", "PROJECT", "NAME", "ID", "STEPS", "STARTED", "DURATION"]
    assert ("abc" in newest, "one" in oldest) == (True, True)
    assert [line.split()[:4] for line in texts(command).splitlines()] == [
        line.split()[:4] for line in (heads, newest, oldest)
    ]


def test_show_draws_an_ended_run(execute: Execute) -> None:
    """`%wandb show` draws a run of this machine, by name or id or the newest one, and the finish line names it."""
    *_, ended, named, newest, wrong = execute(
        LOAD,
        "%wandb init --mode offline --name first --id abc123\n%wandb log loss=1",
        "%wandb finish",
        "%wandb show first",
        "%wandb show",
        "%wandb show nobody",
    ).cells

    assert "'%wandb show abc123' shows it · '%wandb sync abc123' uploads it" in texts(ended)
    assert [run_bundles(cell)[0][MIME]["run"]["id"] for cell in (named, newest)] == ["abc123"] * 2
    assert "'%wandb ls' shows the runs" in texts(wrong)


def test_long_lines_break_between_words(execute: Execute) -> None:
    """A printed line that a page would break has its line ends between words, and no command is broken."""
    *_, ended = execute(
        LOAD, f"%wandb init --mode offline --name {'n' * 30} --id {'i' * 30}\n%wandb log loss=1", "%wandb finish"
    ).cells
    lines = "".join(output.text for output in ended.outputs if output.output_type == "stream").splitlines()

    assert len(lines) > 1
    assert max(map(len, lines)) <= 88
    assert f"'%wandb show {'i' * 30}'" in "".join(lines)


def test_help_and_completion(execute: Execute) -> None:
    """`%wandb?` shows the options, and Tab completes commands, options and choices."""
    ask = (
        "import json\n"
        "def offered(line):\n"
        "    return sorted(get_ipython().kernel.do_complete(line, len(line))['matches'])\n"
        "print(json.dumps([offered(line) for line in [\n"
        "    '%wandb ', '%wandb in', '%wandb init --pr', '%%wandb --na', '%wandb init --mode ',\n"
        "    '%wandb init --project d', '%wandb ls ', 'x = 1\\n%wandb log --']]))"
    )
    notebook = execute(
        LOAD, "%wandb init --project digits --name one\n%wandb finish", "%wandb?", "%wandb init --help", ask
    )

    words = json.loads(texts(notebook.cells[4]))
    assert words[:4] == [
        [
            *("artifact", "as-wandb", "compare", "diff", "finish", "init", "log", "ls"),
            *("reproduce", "server", "show", "status", "sync"),
        ],
        ["init"],
        ["--project"],
        ["--name"],
    ]
    assert words[4:6] == [["disabled", "offline", "online"], ["digits"]]
    assert words[6:] == [["--help", "--limit", "--project"], ["--help", "--step"]]
    assert "--job-type" in texts(notebook.cells[3])


def test_the_extension_is_there_once(execute: Execute) -> None:
    """Loading twice, reloading, and importlib.reload leave one hook of each kind; unloading leaves none."""
    count = (
        "callbacks = get_ipython().events.callbacks\n"
        "ours = lambda: [sum(getattr(f, '__module__', '').startswith('wandb_nb') for f in callbacks[e])\n"
        "                for e in ('pre_run_cell', 'post_run_cell')]\n"
        "shell = get_ipython()\n"
        "state = lambda: (ours(), len([t for t in shell.input_transformers_cleanup if 'wandb_nb' in t.__module__]),\n"
        "                 len(shell.Completer.custom_matchers), 'wandb' in shell.magics_manager.magics['line'],\n"
        "                 len([c for c in shell.configurables if type(c).__name__ == 'WandbMagics']))\n"
    )
    notebook = execute(
        LOAD,
        count + "print(state())",
        "%load_ext wandb_nb\n%reload_ext wandb_nb\nprint(state())",
        "import importlib, wandb_nb.notebook.ipython_extension as e\n"
        "importlib.reload(wandb)\nimportlib.reload(e).attach()\nprint(state())",
        "%unload_ext wandb_nb\nprint(state())",
        "%load_ext wandb_nb\nprint(state())\n%wandb init --project again\nwandb.log({'a': 1})\n%wandb finish",
    )

    there = "([1, 1], 1, 1, True, 1)"
    removed = "([0, 0], 0, 0, False, 0)"
    lines = [texts(cell).splitlines()[-1:] for cell in notebook.cells[1:5]]
    assert lines == [[there], [there], [there], [removed]]
    assert texts(notebook.cells[5]).splitlines()[0] == there
    assert len(run_bundles(notebook.cells[5])) == 1


def test_a_name_that_is_taken_stays(execute: Execute) -> None:
    """`%load_ext` does not overwrite a user's `wandb`, and prints one line."""
    notebook = execute("wandb = 'mine'", LOAD, "print(wandb)")

    assert texts(notebook.cells[1]).count("\n") == 1
    assert texts(notebook.cells[2]) == "mine\n"


def test_errors_of_plain_cells_are_untouched(execute: Execute) -> None:
    """With an active run, a user's error has its own traceback and the run continues."""
    notebook = execute(LOAD, "%wandb init --project p", "wandb.log({'a': 1})\nraise KeyError('user')")

    error_output = error(notebook.cells[2])
    assert error_output is not None
    assert (error_output.ename, error_output.evalue) == ("KeyError", "'user'")
    assert len(run_bundles(notebook.cells[2])) == 1
    assert texts(notebook.cells[2]) == ""
