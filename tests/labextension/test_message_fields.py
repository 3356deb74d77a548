"""The message of a view is declared twice, in Python and in TypeScript: both must name the same fields."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wandb_nb.compare import comparison_message as comparison
from wandb_nb.compare.code_diff import CodeChangeHeader
from wandb_nb.compare.value_diff import ValueRowHeader
from wandb_nb.notebook.panel import widget
from wandb_nb.view.message import header_fields, run_message
from wandb_nb.view.objects.logged_plots import PlotHeader

SOURCE = (Path(__file__).parents[2] / "labextension/src/wire/messages.ts").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("interface", "fields"),
    [
        ("RunInfo", run_message.RunHeader),
        ("SyncInfo", run_message.SyncHeader),
        ("MetricDefinition", run_message.MetricHeader),
        ("CellInfo", run_message.CellHeader),
        ("SeriesHeader", run_message.SeriesHeader),
        ("MessageHeader", run_message.MessageHeader),
        ("PlotHeader", PlotHeader),
        ("SavedPreview", run_message.SavedPreview),
        ("Access", run_message.Access),
        ("DiffRow", ValueRowHeader),
        ("CodeChange", CodeChangeHeader),
        ("Diff", comparison.DiffHeader),
        ("ComparisonHeader", comparison.ComparisonHeader),
    ],
)
def test_fields_have_the_same_names(interface: str, fields: type) -> None:
    """Each interface of messages.ts names the fields of its TypedDict, in the same order."""
    match = re.search(rf"export interface {interface} \{{(.*?)^\}}", SOURCE, re.DOTALL | re.MULTILINE)
    assert match is not None
    assert re.findall(r"^  (\w+)\??:", match[1], re.MULTILINE) == list(fields.__annotations__)


def test_names_and_version_are_the_same() -> None:
    """MIME type, comm target and version agree."""
    assert f" MIME_TYPE = '{header_fields.MIME}'" in SOURCE
    assert f" COMPARISON_MIME_TYPE = '{header_fields.COMPARISON_MIME}'" in SOURCE
    assert f"COMM_TARGET = '{widget.COMM_TARGET}'" in SOURCE
    assert f"VERSION = {header_fields.VERSION};" in SOURCE
