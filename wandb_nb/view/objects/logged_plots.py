"""Charts that a run defined in its config: which logged table each one draws, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import NotRequired

MAX_PLOTS = 100  # in one message
MAX_SPEC = 50_000  # characters of a spec
_MAX_SPECS = 500_000  # characters of all specs in one message
_MAX_NAME, _MAX_TEXT, _MAX_ENTRIES = 300, 300, 20  # characters of a name and of a text; fields of a chart
_MAX_SIZE = 1_500  # characters of a chart


class PlotHeader(TypedDict):
    """A chart named `key` of the table logged under `table`.

    `spec` names how it is drawn ("wandb/line/v0"), `fields` gives a column for each field of that, `texts` its title
    and labels. `vega` is the JSON of a Vega or Vega-Lite spec, for a chart that brings its own.
    """

    key: str
    spec: str
    table: str
    fields: dict[str, str]
    texts: dict[str, str]
    vega: NotRequired[str]


def plot_headers(config: Mapping[str, Any]) -> list[PlotHeader]:
    """Return the charts in *config*, the entry `_wandb` of a run's config, which may come from anybody."""
    plots = [
        *(_panel(key, value) for key, value in _entries(config.get("visualize"))),
        *(_visualization(key, value) for key, value in _entries(config.get("viz"))),
    ]
    valid = [plot for plot in plots if plot["spec"] and plot["table"] and _size(plot) <= _MAX_SIZE][:MAX_PLOTS]
    _limit_specs(valid)
    return valid


def _limit_specs(plots: list[PlotHeader]) -> None:
    """Remove the specs beyond what a message holds; the table of such a chart is shown."""
    left = _MAX_SPECS
    for plot in plots:
        left -= len(plot.get("vega", ""))
        if left < 0:
            plot.pop("vega", None)


def _size(plot: PlotHeader) -> int:
    entries = [*plot["fields"].items(), *plot["texts"].items()]
    return len(plot["key"]) + sum(len(name) + len(text) for name, text in entries)


def _panel(key: str, value: Mapping[str, Any]) -> PlotHeader:
    """Return the chart of an entry of `visualize`, which `wandb.plot` and `plot_table()` make."""
    panel = _mapping(value.get("panel_config"))
    header: PlotHeader = {
        "key": key,
        "spec": _text(panel.get("panelDefId"), _MAX_NAME),
        "table": _table_key(panel.get("userQuery")) or f"{key}_table",
        "fields": _texts(panel.get("fieldSettings"), _MAX_NAME),
        "texts": _texts(panel.get("stringSettings"), _MAX_TEXT),
    }
    spec = panel.get("vegaSpec")
    if isinstance(spec, str) and len(spec) <= MAX_SPEC:
        header["vega"] = spec
    return header


def _visualization(key: str, value: Mapping[str, Any]) -> PlotHeader:
    """Return the chart of an entry of `viz`, which `visualize()` makes."""
    settings = _mapping(value.get("historyFieldSettings"))
    return {
        "key": key,
        "spec": _text(value.get("id"), _MAX_NAME),
        "table": _text(settings.get("key"), _MAX_NAME) or key,
        "fields": {},
        "texts": {},
    }


def _table_key(query: Any) -> str:
    """Return the argument `tableKey` of the first field of *query*, at any depth, that has it."""
    for field in _fields(query, "queryFields"):
        for argument in _listed(field.get("args")):
            if isinstance(argument, dict) and argument.get("name") == "tableKey":
                return _text(argument.get("value"), _MAX_NAME)
    return ""


def _fields(query: Any, name: str = "fields", depth: int = 0) -> Iterator[Mapping[str, Any]]:
    for field in _listed(_mapping(query).get(name)):
        if isinstance(field, dict):
            yield field
            if depth < _MAX_ENTRIES:
                yield from _fields(field, depth=depth + 1)


def _entries(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    entries = list(_mapping(value).items())[-MAX_PLOTS:]
    return ((str(key)[:_MAX_NAME], entry) for key, entry in entries if isinstance(entry, dict))


def _texts(value: Any, max_length: int) -> dict[str, str]:
    """Return the texts among the first entries of *value*; a field without a column is not among them."""
    entries = list(_mapping(value).items())[:_MAX_ENTRIES]
    return {str(name)[:_MAX_NAME]: _text(text, max_length) for name, text in entries if isinstance(text, str)}


def _text(value: Any, max_length: int) -> str:
    return value[:max_length] if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value[:_MAX_ENTRIES] if isinstance(value, list) else []
