"""How outputs of an IPython shell are displayed and replaced, and when the page removes them."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.console.stream_hooks import STREAMS, StreamHook
from wandb_nb.notebook.method_hooks import call_after

if TYPE_CHECKING:
    from collections.abc import Callable

ACTION = "restoring the view"


class OutputPublisher:
    """Publishes the outputs of one IPython shell, and notices when `clear_output()` removes them.

    Updates go to the publisher that was there at the start, so that `%%capture` in a cell never swallows the picture of
    a panel elsewhere. First displays go where the cell's output goes.
    """

    def __init__(self, shell: Any, removed: Callable[[str], None], displayed: Callable[[], None]) -> None:
        """Call *removed* with an area when its outputs are gone, and *displayed* after the user's next display."""
        self._shell = shell
        self._publisher = shell.display_pub
        self._removed, self._displayed = removed, displayed
        self._area_to_clear: str | None = None  # by the next output, as `clear_output(wait=True)` asks
        self._is_own = False
        self._stop_listening: list[Callable[[], None]] = []
        self._restores = [
            call_after(self._publisher, "clear_output", self._cleared, ACTION),
            call_after(self._publisher, "publish", self._published, ACTION),
            call_after(getattr(shell, "displayhook", None), "write_format_data", self._formatted, ACTION),
        ]

    def close(self) -> None:
        """Stop noticing."""
        self._cancel_wait()
        for restore in self._restores[::-1]:
            restore()

    def cell_ended(self) -> None:
        """Forget a clearing that no output has followed: the page has not removed anything."""
        self._cancel_wait()

    @property
    def is_captured(self) -> bool:
        """Whether code such as `%%capture` takes the cell's outputs now, so that nobody sees them."""
        return self._shell.display_pub is not self._publisher

    def display(self, bundle: dict[str, Any], display_id: str, metadata: dict[str, Any]) -> None:
        """Add an output to the running cell."""
        self._clear_now()
        self._is_own = True
        try:
            self._shell.display_pub.publish(**_content(bundle, display_id, metadata))
        finally:
            self._is_own = False

    def update(self, bundle: dict[str, Any], display_id: str, metadata: dict[str, Any]) -> None:
        """Replace the output *display_id*, wherever it is."""
        self._publisher.publish(**_content(bundle, display_id, metadata), update=True)

    def _cleared(self, wait: bool = False) -> None:
        self._cancel_wait()
        self._area_to_clear = output_area()
        if not wait:
            self._clear_now()
            return
        for name in STREAMS:
            with contextlib.suppress(AttributeError, TypeError):  # a stream that cannot be watched
                self._stop_listening.append(StreamHook.listen(name, self._printed))

    def _published(self, *_args: Any, update: bool = False, **_kwargs: Any) -> None:
        if not update and not self._is_own:
            self._clear_now()
            self._displayed()

    def _formatted(self, *_args: Any) -> None:
        self._clear_now()

    def _printed(self, _stream: str, text: str) -> None:
        if text:
            self._clear_now()

    def _clear_now(self) -> None:
        area = self._area_to_clear
        self._cancel_wait()
        if area is not None:
            self._removed(area)

    def _cancel_wait(self) -> None:
        self._area_to_clear = None
        listeners, self._stop_listening = self._stop_listening, []
        for stop in listeners:
            stop()


def _content(bundle: dict[str, Any], display_id: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a display. A page that is reloaded finds the output again by the id in its metadata."""
    named = {**metadata, "wandb_nb": {"display_id": display_id}}
    return {"data": bundle, "metadata": named, "transient": {"display_id": display_id}}


def output_area() -> str:
    """Return the id of the Output widget that takes the cell's outputs now; empty for the cell itself."""
    widgets = sys.modules.get("ipywidgets")
    if widgets is None:
        return ""
    instances = getattr(sys.modules.get("ipywidgets.widgets.widget"), "_instances", {})
    for widget in list(instances.values()):
        if isinstance(widget, widgets.Output) and widget.msg_id:
            return str(widget.model_id)
    return ""
