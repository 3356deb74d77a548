"""The MIME bundle of a run without a chart: one line. Needs no numpy, so that `init()` in a notebook is fast."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from wandb_nb.formatting import clean
from wandb_nb.view import run_text
from wandb_nb.view.message.header_fields import MIME, empty_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.view.message.run_message import Access, RunHeader


def header_bundle(run: RunHeader, access: Access, widget_view: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the bundle of a run of which only the header is known; a view requests the rest with *access*."""
    snapshot = {**empty_header(run), "data": "", "dtype": "f8", "access": access}
    widget = {} if widget_view is None else {"application/vnd.jupyter.widget-view+json": dict(widget_view)}
    return {MIME: snapshot, **widget, **line_bundle(run)}


def line_bundle(facts: RunHeader, note: str = "") -> dict[str, Any]:
    """Return the bundle of one line: name, state and progress; with *note*, only what does not change, and the note."""
    permanent = [facts["name"] or facts["id"], facts["project"], clean(note, 200)]
    line = " · ".join(clean(part, 200) for part in permanent if part) if note else run_text.headline(facts)
    return {"text/html": f'<div style="font-size:90%">{escape(line)}</div>', "text/plain": line}
