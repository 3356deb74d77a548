"""Documented promises about notebooks, each in its own Jupyter kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cells import notebook_client
from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

TABLE = [
    ("C5 a change is allowed", ["wandb.init(config={'a': 1}); wandb.config.a = 2; print(wandb.config.a)"], "2"),
    (
        "C5 an explicit False wins",
        [
            "wandb.init(config={'a': 1}, allow_val_change=False)",
            "try: wandb.config.a = 2\nexcept wandb.ConfigError: print('refused')",
        ],
        "refused",
    ),
    (
        "re-running the init cell",
        ["run = wandb.init(); first = run", "run = wandb.init()", "print(first.state, wandb.run is run, first is run)"],
        "finished True False",
    ),
    (
        "C5 True stays True",
        ["wandb.init(config={'a': 1}, allow_val_change=True)", "wandb.config.update({'a': 2})\nprint(wandb.config.a)"],
        "2",
    ),
    (
        "C5 a False per call",
        [
            "wandb.init(config={'a': 1})",
            "try: wandb.config.update({'a': 2}, allow_val_change=False)\nexcept wandb.ConfigError: print('refused')",
        ],
        "refused",
    ),
    (
        "a change is recorded",
        [
            "wandb.init(config={'lr': 1})",
            "wandb.config.lr = 2",
            "print(*(c.value for c in wandb.config.history('lr')))",
        ],
        "1 2",
    ),
    (
        "S5 with in loops",
        [
            "for i in range(3):\n    with wandb.init(project='p') as run: run.log({'i': i})",
            "print(wandb.run, run.state, len({*__import__('os').listdir('wandb')} - {'latest-run'}))",
        ],
        "None finished 3",
    ),
    (
        "S5 a loop with reinit",
        [
            "ids = set()\nfor i in range(3):\n    run = wandb.init(reinit=True); ids.add(run.id); run.finish()",
            "print(len(ids), wandb.run)",
        ],
        "3 None",
    ),
    ("reinit return_previous", ["a = wandb.init()", "print(wandb.init(reinit='return_previous') is a)"], "True"),
    (
        "reinit finish_previous",
        ["a = wandb.init()", "b = wandb.init(reinit='finish_previous')", "print(a.state, wandb.run is b)"],
        "finished True",
    ),
    (
        "S4 sys.exit ends a cell, not the run",
        [
            "import sys\nrun = wandb.init()",
            "try: sys.exit(3)\nexcept SystemExit: pass",
            "run.log({'a': 1})\nprint(run.state)",
        ],
        "running",
    ),
    (
        "I6 Colab picks thread by itself",
        [
            "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')",
            "s = wandb.init().settings\nprint(s.start_method, s.source('start_method'))",
        ],
        "thread Colab",
    ),
    (
        "I6 Colab: somebody's word wins",
        [
            "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')",
            "print(wandb.init(settings=wandb.Settings(start_method='fork')).settings.start_method)",
        ],
        "fork",
    ),
    (
        "M2 dryrun set in a cell",
        [
            "import os\nos.environ['WANDB_MODE'] = 'dryrun'",
            "print(wandb.init().mode, wandb.run.settings.source('mode'))",
        ],
        "offline environment WANDB_MODE",
    ),
    (
        "M1 disabled",
        [
            "r = wandb.init(mode='disabled')\nr.log({'a': 1}); r.finish()",
            "import os\nprint(os.path.exists('wandb'), r.summary['a'])",
        ],
        "False 1",
    ),
    ("reinit=False", ["a = wandb.init()", "print(wandb.init(reinit=False) is a)"], "True"),
    (
        "several live runs",
        [
            "a = wandb.init(); b = wandb.init(reinit='create_new')",
            "a.log({'x': 1}); b.log({'x': 2})\nprint(a.rows, b.rows)",
        ],
        "1 1",
    ),
    (
        "R1 auto after a failure",
        [
            "a = wandb.init(resume='auto'); a.log({'x': 1}); a.finish(1)",
            "b = wandb.init(resume='auto')\nprint(b.id == a.id, b.step)",
        ],
        "True 1",
    ),
]


@pytest.mark.parametrize(("cells", "printed"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_notebook_does_what_is_documented(tmp_path: Path, cells: list[str], printed: str) -> None:
    """The cells run without an error, and the last one prints what the claim means."""
    sources = ["import wandb_nb as wandb", *cells]
    made = [new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]  # nbformat has no types
    notebook = new_notebook(cells=made)  # type: ignore[no-untyped-call]  # as above
    notebook_client(notebook, tmp_path).execute()
    texts = (output.text for output in notebook.cells[-1].outputs if output.get("name") == "stdout")
    assert "".join(texts).split() == printed.split()
