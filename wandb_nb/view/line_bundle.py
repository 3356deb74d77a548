"""The MIME bundles of outputs without a picture: one line. Needs no numpy, so that `init()` in a notebook is fast."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from wandb_nb.formatting import clean
from wandb_nb.view import run_text
from wandb_nb.view.message.header_fields import COMPARISON_MIME, LINK_MIME, MIME, VERSION, empty_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wandb_nb.view.message.run_message import Access, RunHeader


def header_bundle(run: RunHeader, access: Access, widget_view: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the bundle of a run of which only the header is known; a view requests the rest with *access*."""
    widget = {} if widget_view is None else {"application/vnd.jupyter.widget-view+json": dict(widget_view)}
    return {MIME: _snapshot(run, access), **widget, **_line(run_text.headline(run))}


def overlay_header_bundle(
    runs: Sequence[RunHeader], labels: Sequence[str], accesses: Sequence[Access]
) -> dict[str, Any]:
    """Return the bundle of several runs of which only the headers are known; *labels* name them in legends."""
    return {COMPARISON_MIME: _overlay(runs, labels, accesses), **_line(" · ".join(clean(label) for label in labels))}


def link_bundle(
    runs: Sequence[RunHeader], labels: Sequence[str], accesses: Sequence[Access], place: str
) -> dict[str, Any]:
    """Return the bundle of one line that leads to the charts of *runs*, at *place*, as "under cell [3]".

    It has all that a view needs to draw the charts itself. Only a page knows which cell is above the other.
    """
    names = f"chart of {clean(labels[0])} is" if len(runs) == 1 else f"charts of {len(runs)} runs are"
    text = f"The {names} {place}"
    drawn = (
        {MIME: _snapshot(runs[0], accesses[0])}
        if len(runs) == 1
        else {COMPARISON_MIME: _overlay(runs, labels, accesses)}
    )
    return {LINK_MIME: {"v": VERSION, "text": text, "view": drawn}, **_line(text)}


def _snapshot(run: RunHeader, access: Access) -> dict[str, Any]:
    return {**empty_header(run), "data": "", "dtype": "f8", "access": access}


def _overlay(runs: Sequence[RunHeader], labels: Sequence[str], accesses: Sequence[Access]) -> dict[str, Any]:
    headers = [empty_header(run) for run in runs]
    data = {"data": "", "dtype": "f8", "accesses": list(accesses)}
    return {"v": VERSION, "runs": headers, "labels": list(labels), "diff": None, **data}


def _line(text: str) -> dict[str, Any]:
    return {"text/html": f'<div style="font-size:90%">{escape(text)}</div>', "text/plain": text}
