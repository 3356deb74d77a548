"""`Table`: rows and typed columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import WBValue
from wandb_nb.data.tables import column_types
from wandb_nb.data.tables.column_types import ColumnType, describe, merged, type_of
from wandb_nb.data.tables.logged_table import LoggedTable
from wandb_nb.data.tables.table_files import MAX_ARTIFACT_ROWS, MAX_ROWS, artifact_json
from wandb_nb.errors import MediaError, RowTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

    from wandb_nb.data.artifact_contents import ArtifactContents
    from wandb_nb.data.media_store import MediaStore, MediaTarget

DEFAULT_COLUMNS = ("Input", "Output", "Expected")
IMMUTABLE, MUTABLE, INCREMENTAL = LOG_MODES = ("IMMUTABLE", "MUTABLE", "INCREMENTAL")


class TableIndex(int):
    """The number of a row, which knows its table."""

    table: Table

    def get_row(self) -> dict[Any, Any]:
        """Return the row by column."""
        return dict(zip(self.table.columns, self.table.data[self], strict=True))


class Table(WBValue):
    """A table to be logged.

    Args:
        columns: Names of the columns: Input, Output and Expected by default.
        data: Rows as lists, a 2-D array, or a data frame.
        rows: Older name of *data*.
        dataframe: A pandas data frame, which brings its columns.
        dtype: Type of the columns, or a list of one for each; by default that of the first value.
        optional: Whether cells may be None, or a list of that.
        allow_mixed_types: Whether a column may have values of several types.
        log_mode: "IMMUTABLE": what is added after the table was logged is not stored. "MUTABLE": each `log()` stores
            the whole table as a new version. "INCREMENTAL": each `log()` stores the new rows.

    Raises:
        MediaError: The columns, the data or *log_mode* are not possible.
        RowTypeError: A value does not have the type of its column.

    """

    log_type = "table-file"
    MAX_ROWS, MAX_ARTIFACT_ROWS = MAX_ROWS, MAX_ARTIFACT_ROWS

    def __init__(  # noqa: PLR0917 -- the documented signature
        self,
        columns: Sequence[Any] | None = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: bool | Sequence[bool] = True,
        allow_mixed_types: bool = False,
        log_mode: str | None = IMMUTABLE,
    ) -> None:
        self.log_mode = log_mode or IMMUTABLE
        if self.log_mode not in LOG_MODES:
            raise MediaError(f"log_mode={log_mode!r} is not possible: give one of {', '.join(LOG_MODES)}")
        data = rows if data is None else data
        frame = dataframe if dataframe is not None else data if hasattr(data, "columns") else None
        if not _is_list(columns) or not _is_list(data):
            raise MediaError("Table() takes columns and data as lists: give columns=['a'], data=[[1], [2]]")
        if frame is not None:
            columns, data = list(frame.columns), _frame_rows(frame)
        self.columns: list[Any] = list(DEFAULT_COLUMNS if columns is None else columns)
        self.data: list[list[Any]] = []
        self._types: dict[Any, ColumnType] = {
            name: _declared(
                column_types.ANY if allow_mixed_types else _each(dtype, index), optional=bool(_each(optional, index))
            )
            for index, name in enumerate(self.columns)
        }
        self._logged: WeakKeyDictionary[MediaStore, LoggedTable] = WeakKeyDictionary()
        self.version = 0
        """A number that grows with each change, so that an unchanged table is not stored again."""
        for row in _array_rows(data):
            self.add_data(*row)

    # -- rows and columns

    def add_data(self, *data: Any) -> None:
        """Add a row, one value for each column.

        Raises:
            MediaError: The number of values is not that of the columns.
            RowTypeError: A value does not have the type of its column.

        """
        if len(data) != len(self.columns):
            raise MediaError(f"this table has {len(self.columns)} columns, {self.columns}: got {len(data)} values")
        self._types.update({name: self._type_with(name, value) for name, value in zip(self.columns, data, strict=True)})
        self.data.append(list(data))
        self.version += 1

    def add_row(self, *row: Any) -> None:
        """Add a row; the older name of `add_data`."""
        self.add_data(*row)

    def add_column(self, name: Any, data: Any, optional: bool = False) -> None:
        """Add a column with its values, one for each row.

        Raises:
            MediaError: There is a column of that name, or the number of values is not that of the rows.

        """
        values = list(data)
        if not isinstance(name, str) or name in self.columns:
            raise MediaError(f"add_column({name!r}) is not possible: give a name that is not one of {self.columns}")
        if (self.data or self.columns) and len(values) != len(self.data):
            raise MediaError(f"add_column({name!r}) takes {len(self.data)} values, one for each row: got {len(values)}")
        self._types[name] = _declared(None, optional=optional)
        for value in values:
            self._types[name] = self._type_with(name, value)
        self.columns.append(name)
        self.data = [[*row, value] for row, value in zip(self.data or [[]] * len(values), values, strict=True)]
        self.version += 1

    def add_computed_columns(self, fn: Callable[[TableIndex, dict[Any, Any]], Mapping[str, Any]]) -> None:
        """Add the columns that *fn* returns for the index of each row and its values by column."""
        computed = [fn(index, index.get_row()) for index in self.get_index()]
        for name in computed[0] if computed else ():
            self.add_column(name, [row[name] for row in computed])

    def get_column(self, name: Any, convert_to: str | None = None) -> Any:
        """Return the values of a column as a list, or as an array with *convert_to* "numpy".

        Raises:
            MediaError: There is no such column.

        """
        values = [row[self._index(name)] for row in self.data]
        if convert_to != "numpy":
            return values
        import numpy as np  # only for this form

        return np.array(values)

    def get_index(self) -> list[TableIndex]:
        """Return the indices of the rows, which other tables can refer to."""
        return [self.index_ref(number) for number in range(len(self.data))]

    def index_ref(self, index: int) -> TableIndex:
        """Return *index* as an index of this table."""
        reference = TableIndex(index)
        reference.table = self
        return reference

    def iterrows(self) -> Iterator[tuple[TableIndex, list[Any]]]:
        """Yield index and values of each row."""
        yield from zip(self.get_index(), self.data, strict=True)

    def get_dataframe(self) -> pd.DataFrame:
        """Return the table as a pandas data frame."""
        import pandas as pd  # takes long to import

        frame: pd.DataFrame = pd.DataFrame.from_records(self.data, columns=self.columns)
        return frame

    # -- types

    def cast(self, col_name: Any, dtype: Any, optional: bool = False) -> None:
        """Give a column another type.

        Raises:
            MediaError: There is no such column.
            RowTypeError: One of its values does not have that type.

        """
        self._index(col_name)
        previous, self._types[col_name] = self._types[col_name], _declared(dtype, optional=optional)
        try:
            for value in self.get_column(col_name):
                self._types[col_name] = self._type_with(col_name, value)
        except RowTypeError:
            self._types[col_name] = previous
            raise
        self.version += 1

    def set_pk(self, col_name: Any) -> None:
        """Make a column the key of the rows."""
        self._index(col_name)
        self._types[col_name] = {"wb_type": "primaryKey"}
        self.version += 1

    def set_fk(self, col_name: Any, table: Table, table_col: Any) -> None:
        """Make a column refer to the key *table_col* of *table*."""
        self._index(col_name)
        self._types[col_name] = {"wb_type": "foreignKey", "params": {"table": table, "col_name": table_col}}
        self.version += 1

    @property
    def types(self) -> dict[Any, ColumnType]:
        """The types of the columns, by name, as files of tables have them."""
        return dict(self._types)

    def column_type(self) -> ColumnType:
        """Return the type of a cell that holds this table."""
        types = {"wb_type": "typedDict", "params": {"type_map": {str(k): v for k, v in self._types.items()}}}
        return {"wb_type": "table", "params": {"column_types": types}}

    # -- storing

    def to_row(self, target: MediaTarget) -> dict[str, Any]:
        """Store the table's file in the run and its version as an artifact, and return the JSON that names them."""
        logged = self._logged.setdefault(target.store, LoggedTable())
        return logged.row(self, target)

    def to_cell(self, contents: ArtifactContents, clean: Callable[[Any, str], Any]) -> Any:
        """Return this table as a cell of another one."""
        return {"_type": self.log_type, "path": self.file_in(contents, clean)}

    def file_in(self, contents: ArtifactContents, clean: Callable[[Any, str], Any] | None = None) -> str:
        """Put the table into *contents* as a file of media, and return its path there."""
        data = artifact_json(
            self.columns,
            self.data,
            self._types,
            contents,
            clean or (lambda value, _name: value),
            log_mode=self.log_mode,
        )
        return contents.add(MediaContent(data), "tables", "table.json")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return self.columns == other.columns and self.data == other.data

    __hash__ = WBValue.__hash__

    def __repr__(self) -> str:
        return f"<Table of {len(self.data)} rows, columns {self.columns}>"

    def _index(self, name: Any) -> int:
        if name not in self.columns:
            raise MediaError(f"this table has no column {name!r}: it has {self.columns}")
        return self.columns.index(name)

    def _type_with(self, name: Any, value: Any) -> ColumnType:
        """Return the type of column *name* with *value* in it."""
        kind = self._types[name]
        if kind["wb_type"] in ("primaryKey", "foreignKey", "foreignIndex"):
            return kind
        new = _index_type(value) if isinstance(value, TableIndex) else type_of(value)
        both = merged(kind, new)
        if both is None:
            raise RowTypeError(
                f"the value {value!r} of column {name!r} is of type {describe(new)}, and the column of {describe(kind)}"
                ": convert it, or make the table with allow_mixed_types=True"
            )
        return both


def _index_type(index: TableIndex) -> ColumnType:
    return {"wb_type": "foreignIndex", "params": {"table": index.table}}


def _declared(dtype: Any, *, optional: bool) -> ColumnType:
    kind = column_types.declared(dtype)
    return column_types.optional(kind) if optional else kind


def _each(option: Any, index: int) -> Any:
    """Return the *index*-th of a list of options, or the one option for all."""
    return option[index] if isinstance(option, (list, tuple)) else option


def _is_list(value: Any) -> bool:
    """Return whether *value* is a list, an array or the like, or was not given."""
    return value is None or (isinstance(value, Iterable) and not isinstance(value, (str, bytes, dict)))


def _array_rows(data: Any) -> Iterator[Any]:
    """Yield the rows of *data*, whose cells are its own values."""
    for row in () if data is None else data:
        if not _is_list(row) or row is None:
            raise MediaError(f"a row of Table() is a list of cells, got {row!r}: give data=[[1], [2]]")
        yield row


def _frame_rows(frame: Any) -> list[list[Any]]:
    columns = [list(frame[name].to_numpy()) for name in frame.columns]
    return [list(row) for row in zip(*columns, strict=True)]
