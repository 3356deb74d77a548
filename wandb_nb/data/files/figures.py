"""`Plotly` and `Bokeh`: interactive figures as their libraries' JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.data.clean_json import clean_json
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import Media
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable


class Plotly(Media):
    """A Plotly figure, or a matplotlib figure, which Plotly converts."""

    log_type, folder, suffix = "plotly-file", "plotly", "plotly.json"

    def __init__(self, val: Any) -> None:
        super().__init__()
        self._take(lambda: MediaContent(_figure_json(val).encode()))

    def clean_content(self, clean: Callable[[Any, str], Any], name: str) -> MediaContent:
        """Return the figure without secrets."""
        return clean_json(self.content, clean, name)


class Bokeh(Media):
    """A Bokeh document, or a model of one such as a figure."""

    log_type, folder, suffix = "bokeh-file", "bokeh", "bokeh.json"

    def __init__(self, data_or_path: Any) -> None:
        super().__init__()
        self._take(lambda: MediaContent(_document_json(data_or_path).encode()))

    def clean_content(self, clean: Callable[[Any, str], Any], name: str) -> MediaContent:
        """Return the document without secrets."""
        return clean_json(self.content, clean, name)


def _figure_json(figure: Any) -> str:
    """Return the figure as compact JSON, as Plotly's page reads it."""
    if hasattr(figure, "savefig") or hasattr(figure, "gcf"):
        try:
            from plotly.tools import mpl_to_plotly  # the user's library
        except ImportError as error:
            raise MediaError(
                "Plotly() of a matplotlib figure needs the package plotly: install it, or log an Image"
            ) from error
        figure = mpl_to_plotly(figure.gcf() if hasattr(figure, "gcf") else figure)
    if not hasattr(figure, "to_json"):
        raise MediaError(f"Plotly() cannot be made of {type(figure).__name__}: give a figure of plotly or matplotlib")
    return json.dumps(json.loads(figure.to_json()), separators=(",", ":"))  # the library writes "/" as an escape


def _document_json(model: Any) -> str:
    if not hasattr(model, "to_json") or not hasattr(model, "roots"):
        from bokeh.document import Document  # the user's library

        document = getattr(model, "document", None) or Document()
        if model not in document.roots:
            document.add_root(model)
        model = document
    return json.dumps(model.to_json(deferred=False), separators=(",", ":"))
