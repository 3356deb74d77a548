"""Active and ended runs in one live output, labelled by what differs between their configs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wandb_nb.compare import comparison_bundle
from wandb_nb.compare.comparison import compare
from wandb_nb.compare.comparison_input import ComparisonInput
from wandb_nb.compare.legend import value_labels
from wandb_nb.view.message.header_fields import COMPARISON_MIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.view.message.run_message import Access, Message
    from wandb_nb.view.previews.saved_media import SavedMedia


def bundle(
    messages: Sequence[Message], accesses: Sequence[Access], media: Sequence[SavedMedia | None], hidden: int = 0
) -> dict[str, Any]:
    """Return the MIME bundle of two or more runs in the same charts.

    *media* makes small copies of a run's media, None for a run without them. *hidden* is how many more runs are left
    out.
    """
    pairs = zip(messages, media, strict=True)
    comparison = compare([ComparisonInput(message, media=copies) for message, copies in pairs])
    parts = comparison_bundle.bundle(replace(comparison, legend=value_labels(comparison.legend)), accesses)
    if hidden:
        note = f"+{hidden} earlier runs of this cell"
        parts["text/html"] += f"<p>{note}</p>"
        parts["text/plain"] += f"\n{note}"
        parts[COMPARISON_MIME]["hidden"] = hidden
    return parts
