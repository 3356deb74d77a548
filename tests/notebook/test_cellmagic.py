"""The `%%wandb` line is replaced in place."""

from __future__ import annotations

from wandb_nb.notebook.magics.cell_magic import replace_first_line


def test_only_the_first_line_changes() -> None:
    """The user's lines keep their text and their numbers, so that tracebacks are right."""
    lines = ["%%wandb --name x lr=0.1\n", "if True:\n", "    await nap()\n"]

    assert replace_first_line(lines) == [
        "get_ipython().run_line_magic('wandb', 'cell --name x lr=0.1')\n",
        "if True:\n",
        "    await nap()\n",
    ]


def test_quotes_cannot_leave_the_line() -> None:
    """The rest of the line is passed as one string."""
    (line,) = replace_first_line(['%%wandb note="\'); import os #"\n'])

    assert line == "get_ipython().run_line_magic('wandb', 'cell note=\"\\'); import os #\"')\n"


def test_other_cells_are_left_alone() -> None:
    """Help, other magics, the magic on a later line, and an empty cell stay as they are."""
    for lines in ([], ["%%wandb?\n"], ["%%wandbx\n"], ["%%time\n", "%%wandb\n"], ["x = '''\n", "%%wandb\n", "'''\n"]):
        assert replace_first_line(lines) == lines


def test_a_cell_magic_below_works() -> None:
    """The rest of the cell may begin with another cell magic."""
    assert replace_first_line(["%%wandb\n", "%%time\n", "1\n"]) == [
        "get_ipython().run_line_magic('wandb', 'cell')\n",
        "get_ipython().run_cell_magic('time', '', '1\\n')\n",
    ]
