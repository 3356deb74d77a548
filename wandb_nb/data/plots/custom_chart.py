"""Charts as rows store them: a table under a key of its own, and in the config what is drawn of it and how."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_value import WBValue
from wandb_nb.data.tables.table import Table
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.data.media_store import MediaStore, MediaTarget

OWN_SPEC = "own-spec"
"""Stands for the name of a spec where the chart brings its own."""
MAX_SPEC = 50_000
"""Characters of a spec in the config."""
_SPLIT_FOLDER = "Custom Chart Tables"
_RUN_FIELDS = ("id", "name", "_defaultColorIndex")


class CustomChart(WBValue):
    """A chart: a table, and the settings of the Vega chart *spec_name* that is drawn of it.

    *fields* says which column is which of the chart's fields, *string_fields* are its texts. With *split_table* the
    table is in a section of its own on W&B's pages. *spec_name* may be a spec of Vega or Vega-Lite instead, a mapping
    whose data is called "wandb"; W&B's pages draw only specs that they have.

    Raises:
        MediaError: The table is not a `Table`, or the spec is not JSON or too large.

    """

    log_type = "custom-chart"

    def __init__(
        self,
        table: Table,
        spec_name: str | Mapping[str, Any],
        fields: Mapping[str, Any],
        string_fields: Mapping[str, Any] | None = None,
        *,
        split_table: bool = False,
    ) -> None:
        self.table, self.split_table = _checked(table), split_table
        self.spec = None if isinstance(spec_name, str) else _spec_text(spec_name)
        self.spec_name = spec_name if isinstance(spec_name, str) else OWN_SPEC
        self.fields, self.string_fields = dict(fields), dict(string_fields or {})

    def entries(self, key: str, store: MediaStore) -> dict[str, Any]:
        """Put the chart of *key* into the config, and return the entry of the row that has its table."""
        table_key = f"{_SPLIT_FOLDER}/{key}_table" if self.split_table else f"{key}_table"
        store.add_config("visualize", key, self.panel(table_key))
        return {table_key: self.table}

    def panel(self, table_key: str) -> dict[str, Any]:
        """Return the chart as the config has it, drawn of the table under *table_key*."""
        summary = {"name": "summaryTable", "args": [{"name": "tableKey", "value": table_key}], "fields": []}
        query = {
            "name": "runSets",
            "args": [{"name": "runSets", "value": "${runSets}"}],
            "fields": [*({"name": name, "fields": []} for name in _RUN_FIELDS), summary],
        }
        config: dict[str, Any] = {
            "panelDefId": self.spec_name,
            "fieldSettings": self.fields,
            "stringSettings": self.string_fields,
            "transform": {"name": "tableWithLeafColNames"},
            "userQuery": {"queryFields": [query]},
        }
        if self.spec is not None:
            config["vegaSpec"] = self.spec
        return {"panel_type": "Vega2", "panel_config": config}

    def to_row(self, target: MediaTarget) -> dict[str, Any]:
        """Store the chart where it has no key of its own, as in a list: its table in the place of the chart."""
        target.store.add_config("visualize", target.key, self.panel(target.key))
        return self.table.to_row(target)


class Visualize(WBValue):
    """A table that the chart *id*, defined on W&B's server, draws."""

    log_type = "visualize"

    def __init__(self, id: str, table: Table) -> None:  # noqa: A002 -- the documented name
        self.id, self.table = id, _checked(table)

    def to_row(self, target: MediaTarget) -> dict[str, Any]:
        """Put the chart into the config, and store the table."""
        settings = {"key": target.key, "x-axis": "_step"}
        target.store.add_config("viz", target.key, {"id": self.id, "historyFieldSettings": settings})
        return self.table.to_row(target)


def plot_table(
    vega_spec_name: str | Mapping[str, Any],
    data_table: Table,
    fields: Mapping[str, Any],
    string_fields: Mapping[str, Any] | None = None,
    split_table: bool = False,
) -> CustomChart:
    """Return the chart that the Vega spec *vega_spec_name* draws of a table.

    A spec itself, as a mapping, is drawn by our views only.

    Raises:
        MediaError: *data_table* is not a `Table`, or the spec is not JSON or too large.

    """
    return CustomChart(data_table, vega_spec_name, fields, string_fields, split_table=split_table)


def visualize(id: str, value: Table) -> Visualize:  # noqa: A002 -- the documented name
    """Return the chart *id* of a table.

    Raises:
        MediaError: *value* is not a `Table`.

    """
    return Visualize(id, value)


def _spec_text(spec: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(spec)
    except (TypeError, ValueError) as error:
        raise MediaError(f"the spec of the chart is not JSON: {error}") from error
    if len(text) > MAX_SPEC:
        raise MediaError(
            f"the spec of the chart has {len(text):,} characters, {MAX_SPEC:,} at most: put its data into the table"
        )
    return text


def _checked(table: Any) -> Table:
    if not isinstance(table, Table):
        raise MediaError(f"a chart is made of a Table, got {type(table).__name__}: give wandb.Table(columns, data)")
    return table
