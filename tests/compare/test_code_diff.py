"""Code side by side: exactly the edited cell or file is named."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.capture.cells.saved_notebook import read_notebook
from wandb_nb.capture.cells.session_notebook import HISTORY
from wandb_nb.compare.code_diff import MAX_CODE, CodeChange, cell_changes, code_headers, file_changes
from wandb_nb.compare.load_inputs import file_patches, first_session, git_summary, notebook_cells, parse_requirements
from wandb_nb.store.reading.executed_cells import Cell

SOURCES = (
    "import numpy as np\nrng = np.random.default_rng(0)",
    "def model(x):\n    return x * 2",
    "%wandb init",
    "for i in range(9):\n    wandb.log({'loss': model(i)})",
)
EDITED = "for i in range(9):\n    wandb.log({'loss': model(i) + 1})"


def session(*sources: str, start: float = 0.0, first: int = 1) -> list[Cell]:
    """Return cells executed one second after another."""
    return [Cell(first + at, source, start + at, 0.5, ok=True) for at, source in enumerate(sources)]


def test_two_kernels_that_differ_in_one_cell() -> None:
    """Only the changed cell is named, with the line that differs."""
    (change,) = cell_changes(session(*SOURCES), session(*SOURCES[:3], EDITED), (2.1, 2.1))
    assert (change.title, change.change) == ("cell [4]", "changed")
    assert change.lines == [
        " for i in range(9):",
        "-    wandb.log({'loss': model(i)})",
        "+    wandb.log({'loss': model(i) + 1})",
    ]


def test_two_runs_of_one_kernel() -> None:
    """A second run in a session includes the first one's cells: only the cell edited since is named."""
    first = session(*SOURCES)
    second = [*first, *session(SOURCES[2], EDITED, start=10, first=5)]
    (change,) = cell_changes(first, second, (2.1, 10.1))
    assert change.title == "cell [4] → [6]"
    assert change.change == "changed"


def test_a_definition_before_the_run_counts() -> None:
    """A cell executed before `init` and edited for the other run is named too."""
    other = [SOURCES[0], "def model(x):\n    return x * 3", *SOURCES[2:]]
    (change,) = cell_changes(session(*SOURCES), session(*other), (2.1, 2.1))
    assert change.lines == [" def model(x):", "-    return x * 2", "+    return x * 3"]


def test_added_and_removed_cells() -> None:
    """A cell of only one run is added or removed, not a change of its neighbour."""
    more = [*SOURCES, "print('the end of it all')"]
    assert [(one.title, one.change) for one in cell_changes(session(*SOURCES), session(*more), (2.1, 2.1))] == [
        ("cell [5]", "added")
    ]
    assert [one.change for one in cell_changes(session(*more), session(*SOURCES), (2.1, 2.1))] == ["removed"]


def test_executing_a_cell_again_is_not_a_change() -> None:
    """The same cell executed three times in one run and once in the other is not a difference."""
    assert cell_changes(session(*SOURCES, SOURCES[3], SOURCES[3]), session(*SOURCES), (2.1, 2.1)) == []


cells = st.lists(st.text("ab(\n ", max_size=12), max_size=8)


@given(cells, cells, st.floats(0, 9), st.floats(0, 9))
def test_a_session_never_differs_from_itself(ours: list[str], theirs: list[str], start: float, other: float) -> None:
    """Any session has no changes against itself, and against another one every line is marked."""
    assert cell_changes(session(*ours), session(*ours), (start, start)) == []
    for change in cell_changes(session(*ours), session(*theirs), (start, other)):
        assert all(line[:1] in " -+@" for line in change.header()["lines"])


@given(st.lists(st.text(), max_size=30), st.lists(st.text(), max_size=30))
def test_a_diff_of_a_file_gives_both_back(before: list[str], after: list[str]) -> None:
    """Both versions can be read from the marked lines, except the gaps."""
    old, new = ("\n".join(lines) for lines in (before, after))
    (change,) = file_changes({"a.py": old}, {"a.py": new}) or (CodeChange("a.py", "changed", []),)
    removed = [line[1:] for line in change.lines if line[0] == "-"]
    added = [line[1:] for line in change.lines if line[0] == "+"]
    assert all(line in old.splitlines() for line in removed)
    assert all(line in new.splitlines() for line in added)
    assert (old.splitlines() == new.splitlines()) is not bool(removed or added)


def test_added_and_removed_files() -> None:
    """Files are matched by path, and long ones are not compared line by line."""
    changes = file_changes({"a.py": "1", "b.py": "2", "c.py": "same"}, {"b.py": "3", "c.py": "same", "d.py": "4"})
    assert [(one.title, one.change) for one in changes] == [("a.py", "removed"), ("b.py", "changed"), ("d.py", "added")]
    (long,) = file_changes({"a.py": "x" * 300_000}, {"a.py": "y"})
    assert long.lines == ["@ too long to compare: 300,000 and 1 characters"]


def test_the_message_holds_a_bounded_part() -> None:
    """Beyond the limit for code, lines and changes are only counted."""
    changes = [CodeChange(f"{at}.py", "added", [f"+{'x' * 90}"] * 100) for at in range(10)]
    headers = code_headers(changes)
    assert len(json.dumps(headers)) < MAX_CODE * 1.1
    assert headers[-1]["lines"][-1].startswith("@ ")
    assert headers[-1]["lines"][-1].endswith("8 more changes")
    assert code_headers(changes[:1])[0]["lines"] == changes[0].lines


def test_cells_of_a_saved_notebook() -> None:
    """Cells are read from the session notebook with their times; one without a number counts by its position."""
    code = {"cell_type": "code", "outputs": [], "source": ["a\n", "b"]}
    executed = {**code, "execution_count": 3, "metadata": {"wandb_nb": {"started": 5}}}
    cells = [executed, {"cell_type": "markdown", "source": "# no", "metadata": {}}, {**code, "metadata": {}}]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    first, second = notebook_cells(read_notebook(text))
    assert (first.number, first.source, first.started) == (3, "a\nb", 5.0)
    assert (second.number, second.source, second.started) == (3, "a\nb", None)


def test_the_session_comes_first_and_broken_notebooks_are_reported() -> None:
    """The session's notebook is read before others; of those without cells the problem is returned."""
    code = {"cell_type": "code", "outputs": [], "source": "a", "metadata": {}, "execution_count": 1}
    good = json.dumps({"cells": [code], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()
    files = {"code/A.ipynb": b"[]", "code/B.ipynb": good, "code/C.ipynb": b"{"}
    cells, problems = first_session(files, files.__getitem__)
    assert [cell.source for cell in cells] == ["a"]
    assert problems == ["code/A.ipynb is not a JSON object: '[]'"]
    files[HISTORY] = good
    assert first_session(files, files.__getitem__)[1] == []

    def refused(name: str) -> bytes:
        raise OSError(40, "is a link", name)

    assert first_session(["code/A.ipynb"], refused) == ([], ["code/A.ipynb cannot be read: is a link"])


def test_packages_and_git() -> None:
    """Requirements are read by name; a patch is summarised by the number of its lines."""
    text = "numpy==2.0\n# comment\nbroken\nRuamel.YAML==2.2.1\n"
    assert parse_requirements(text) == {"numpy": "2.0", "ruamel-yaml": "2.2.1"}
    body = "index 1..2\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n same\n"
    patch = f"diff --git a/a.py b/a.py\n{body}diff --git a/n.ipynb b/n.ipynb\n--- a\n+++ b\n+  'image/png': '...'\n"
    assert file_patches(patch) == {"a.py": body}
    assert git_summary("abc", "", patch) == {"commit": "abc", "uncommitted": "2 changed lines"}
    assert git_summary("", "", "") == {}
