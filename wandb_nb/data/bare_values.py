"""Objects of other libraries that are media without being wrapped: figures, pictures, data frames.

They are recognized by the names of their classes, so that no library is imported for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_value import WBValue
from wandb_nb.errors import RowTypeError

if TYPE_CHECKING:
    from collections.abc import Callable


def as_media(value: Any) -> WBValue | None:
    """Return *value* as media; None for a value that is none."""
    if isinstance(value, WBValue):
        return value
    for kind in type(value).__mro__:
        make = _MAKERS.get((kind.__module__.partition(".")[0], kind.__name__))
        if make is not None:
            return make(value)
    return _image(value) if getattr(value, "__name__", "") == "matplotlib.pyplot" else None


def _image(value: Any) -> WBValue:
    from wandb_nb.data.images.image import Image  # classes of media are loaded with their first value

    return Image(value)


def _plotly(value: Any) -> WBValue:
    from wandb_nb.data.files.figures import Plotly  # as above

    return Plotly(value)


def _bokeh(value: Any) -> WBValue:
    from wandb_nb.data.files.figures import Bokeh  # as above

    return Bokeh(value)


def _altair(value: Any) -> WBValue:
    from wandb_nb.data.files.html import Html  # as above

    return Html(value.to_html(), inject=False, data_is_not_path=True)


def _frame(value: Any) -> WBValue:
    from wandb_nb.data.tables.table import Table  # as above

    try:
        return Table(dataframe=value)
    except RowTypeError:
        return Table(dataframe=value, allow_mixed_types=True)


_MAKERS: dict[tuple[str, str], Callable[[Any], WBValue]] = {
    ("PIL", "Image"): _image,
    ("matplotlib", "Figure"): _image,
    ("pandas", "DataFrame"): _frame,
    ("plotly", "BaseFigure"): _plotly,
    ("bokeh", "Model"): _bokeh,
    ("bokeh", "Document"): _bokeh,
    ("altair", "TopLevelMixin"): _altair,
}
"""How a class, by its top package and name, becomes media."""
