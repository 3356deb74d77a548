"""Charts as rows store them: a table under a key of its own, and in the config what is drawn of it and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_value import WBValue
from wandb_nb.data.tables.table import Table
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.data.media_store import MediaStore, MediaTarget

_SPLIT_FOLDER = "Custom Chart Tables"
_RUN_FIELDS = ("id", "name", "_defaultColorIndex")


class CustomChart(WBValue):
    """A chart: a table, and the settings of the Vega chart *spec_name* that is drawn of it.

    *fields* says which column is which of the chart's fields, *string_fields* are its texts. With *split_table* the
    table is in a section of its own on W&B's pages.

    Raises:
        MediaError: The table is not a `Table`.

    """

    log_type = "custom-chart"

    def __init__(
        self,
        table: Table,
        spec_name: str,
        fields: Mapping[str, Any],
        string_fields: Mapping[str, Any] | None = None,
        *,
        split_table: bool = False,
    ) -> None:
        self.table, self.spec_name, self.split_table = _checked(table), spec_name, split_table
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
        config = {
            "panelDefId": self.spec_name,
            "fieldSettings": self.fields,
            "stringSettings": self.string_fields,
            "transform": {"name": "tableWithLeafColNames"},
            "userQuery": {"queryFields": [query]},
        }
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
    vega_spec_name: str,
    data_table: Table,
    fields: Mapping[str, Any],
    string_fields: Mapping[str, Any] | None = None,
    split_table: bool = False,
) -> CustomChart:
    """Return the chart that the Vega spec *vega_spec_name* draws of a table.

    Raises:
        MediaError: *data_table* is not a `Table`.

    """
    return CustomChart(data_table, vega_spec_name, fields, string_fields, split_table=split_table)


def visualize(id: str, value: Table) -> Visualize:  # noqa: A002 -- the documented name
    """Return the chart *id* of a table.

    Raises:
        MediaError: *value* is not a `Table`.

    """
    return Visualize(id, value)


def _checked(table: Any) -> Table:
    if not isinstance(table, Table):
        raise MediaError(f"a chart is made of a Table, got {type(table).__name__}: give wandb.Table(columns, data)")
    return table
