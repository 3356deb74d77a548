"""Notebooks that somebody else wrote: old versions are upgraded, broken and crafted ones reported, in bounded time."""

from __future__ import annotations

import json
import time
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import validator

from wandb_nb.capture.cells.saved_notebook import parse_notebook, read_notebook

CODE = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": ["a = 1\n", "b"]}
TEXT = {"cell_type": "markdown", "metadata": {}, "source": "## Title"}
V3_CODE = {"cell_type": "code", "input": "a = 1\nb", "language": "python", "prompt_number": 1, "outputs": []}
V3_TEXT = {"cell_type": "heading", "level": 2, "metadata": {}, "source": "Title"}


def notebook_text(minor: int, *cells: Any) -> str:
    """Return a notebook of version 4.*minor*."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": minor})


def v3_text(minor: int) -> str:
    """Return a notebook of version 3.*minor*."""
    sheet = {"cells": [V3_CODE, V3_TEXT], "metadata": {}}
    return json.dumps({"metadata": {"name": "n"}, "nbformat": 3, "nbformat_minor": minor, "worksheets": [sheet]})


@pytest.mark.parametrize("text", [v3_text(0), v3_text(1), *(notebook_text(minor, CODE, TEXT) for minor in range(5))])
def test_old_versions_are_upgraded(text: str) -> None:
    """Versions 3 and 4.0 to 4.4 are read as the current one, with valid ids that are the same each time."""
    notebook = parse_notebook(text)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, nbformat.current_nbformat_minor)
    assert [cell.id for cell in notebook.cells] == ["cell-1", "cell-2"]
    assert [cell.id for cell in parse_notebook(text).cells] == ["cell-1", "cell-2"]
    saved = read_notebook(text)
    assert [(cell.kind, cell.number, cell.source) for cell in saved.cells] == [
        ("code", 1, "a = 1\nb"),
        ("markdown", None, "## Title"),
    ]
    assert saved.problem == ""


def test_ids_become_unique() -> None:
    """Ids of the current version stay; impossible, missing and repeated ones are replaced without a collision."""
    ids: list[Any] = ["mine", "mine", None, "no spaces", 3, "x" * 65, "cell-3", "cell-3-"]
    cells = [{**TEXT, "id": one} if one is not None else TEXT for one in ids]
    notebook = parse_notebook(notebook_text(5, *cells))
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [
        *("mine", "cell-2", "cell-3", "cell-4", "cell-5", "cell-6", "cell-7", "cell-3-"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("{", "not JSON"),
        ("{}", "it names no nbformat"),
        ('{"cells": [], "metadata": {}}', "it names no nbformat"),
        ('{"nbformat": 4, "nbformat_minor": 5, "cells": 3}', "not a notebook"),
        (notebook_text(5, 5), "not a notebook"),
        (notebook_text(5, {"cell_type": "code"}), "a part is missing: metadata"),
        (json.dumps({"cells": [], "metadata": {}, "nbformat": 5, "nbformat_minor": 0}), "format 5 is unknown"),
        (json.dumps({"cells": [], "metadata": {}, "nbformat": {"a": 1}}), "not a notebook"),
        ('{"nbformat": 1e999}', "not a notebook"),
        ('{"a":' * 200 + "1" + "}" * 200, "nested deeper than 100"),
        ('{"cells": ' * 100_000, "not JSON"),
        ("\x00" * 100, "not JSON"),
    ],
)
def test_what_is_not_a_notebook_is_reported(text: str, problem: str) -> None:
    """A file that nbformat cannot read has no cells, and one line says why."""
    saved = read_notebook(text)
    assert saved.cells == ()
    assert problem in saved.problem
    assert len(saved.problem) < 400
    assert saved.problem.isprintable()


@pytest.mark.parametrize(
    "cell",
    [
        {**CODE, "outputs": [{"output_type": "stream", "name": 5, "text": ["a"]}]},
        {**CODE, "execution_count": "x"},
        {**CODE, "metadata": {"tags": "no list"}},
        {**CODE, "outputs": [{"output_type": "error"}]},
    ],
)
def test_an_invalid_notebook_is_readable(cell: dict[str, Any]) -> None:
    """What the schema refuses is reported; the sources can be read nevertheless."""
    saved = read_notebook(notebook_text(5, cell, TEXT))
    assert saved.problem.startswith("not valid (cells[0]")
    assert [one.source for one in saved.cells] == ["a = 1\nb", "## Title"]


def test_a_notebook_of_the_future() -> None:
    """Unknown cells of a later minor version are allowed, and no schema is compiled for each version number."""
    for minor in range(6, 60):
        saved = read_notebook(notebook_text(minor, {"cell_type": "new", "metadata": {}, "source": "later", "id": "a"}))
        assert ([cell.source for cell in saved.cells], saved.problem) == (["later"], "")
    assert len(validator.validators) < 12


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*CODE, "data", "text"]), inner),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["cells", "metadata", "nbformat", "nbformat_minor", "worksheets"]), json_values),
    st.sampled_from([None, 1, 2, 3, 4]),
)
def test_no_notebook_raises(content: dict[str, Any], version: int | None) -> None:
    """Any JSON in the place of a notebook's parts gives cells of the right types, or a problem."""
    text = json.dumps(content | ({} if version is None else {"nbformat": version}))
    saved = read_notebook(text)
    assert isinstance(saved.problem, str)
    for cell in saved.cells:
        assert isinstance(cell.source, str)
        assert cell.number is None or isinstance(cell.number, int)
        assert isinstance(cell.facts, dict)


@pytest.mark.parametrize(
    "text",
    [
        notebook_text(4, *[CODE] * 20_000),
        notebook_text(5, *[{**CODE, "outputs": [{}] * 50}] * 1_000),
        notebook_text(
            5, {**CODE, "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"a" * 10**6: 1}}]}
        ),
        notebook_text(5, {**TEXT, "metadata": {"tags": ["a"] * 200_000}}),
        notebook_text(5, *[{**TEXT, "id": "same"}] * 20_000),
        '{"nbformat": 4, "cells": [' + "[" * 90 + "]" * 90 + "]}",
    ],
    ids=["cells", "outputs", "type", "tags", "ids", "depth"],
)
def test_crafted_notebooks_take_bounded_time(text: str) -> None:
    """Notebooks of a few megabytes that are made to be slow are read in seconds."""
    read_notebook(notebook_text(5))
    started = time.process_time()
    read_notebook(text)
    assert time.process_time() - started < 8


def test_a_thousand_cells_are_read_quickly() -> None:
    """A notebook of a thousand cells with outputs, two megabytes, takes a fraction of a second."""
    output = {"output_type": "display_data", "data": {"text/plain": "x", "image/png": "A" * 2000}, "metadata": {}}
    text = notebook_text(4, *[{**CODE, "outputs": [output]}] * 1000)
    read_notebook(text)
    started = time.process_time()
    assert len(read_notebook(text).cells) == 1000
    assert time.process_time() - started < 1.5
