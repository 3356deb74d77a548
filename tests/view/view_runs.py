"""Run files for the view's tests: rows with the real encoder and framing, other records packed by hand."""

import json

from wandb_nb.store.format.framing import FILE_HEADER, frame
from wandb_nb.store.format.wire import BYTES, VARINT, varint
from wandb_nb.store.writing.row_encoder import RowEncoder, extra_items

ENCODER = RowEncoder()


def part(number, value):
    """Return one protobuf field: a whole number or bytes (text is encoded)."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def run_record(run_id="abcd1234", name="snowy-owl-10", project="digits", config=None):
    """Return a run record."""
    items = [part(1, part(1, key) + part(16, json.dumps(value))) for key, value in (config or {}).items()]
    body = part(1, run_id) + part(3, project) + part(8, name) + part(4, b"".join(items))
    return part(17, body + part(17, part(1, 1_700_000_000)))


def metric_record(name, step="", hidden=False):
    """Return a metric definition; a name with "*" is a glob."""
    return part(12, part(2 if "*" in name else 1, name) + part(4, step) + part(6, part(2, int(hidden))))


def exit_record(code=0):
    """Return an exit record."""
    return part(18, part(1, code) + part(2, 9))


class RunFile:
    """A run directory whose file grows by `add` and `log`."""

    def __init__(self, directory, file_name="run-abcd1234.wandb", **facts):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.path = directory, directory / file_name
        self.path.write_bytes(FILE_HEADER)
        self.add(run_record(**facts))

    def add(self, *records):
        """Append *records*."""
        with self.path.open("ab") as file:
            file.write(frame(records, file.tell()))

    def log(self, row, step, attempt=None, cell=None):
        """Append one row."""
        self.add(self.row(row, step, attempt, cell))

    def log_many(self, rows, first=0):
        """Append rows of consecutive steps together."""
        self.add(*(self.row(row, step) for step, row in enumerate(rows, first)))

    @staticmethod
    def row(row, step, attempt=None, cell=None, writer=None):
        """Return a row's record, at half a second per step."""
        extra = extra_items(cell=cell, attempt=attempt, writer=writer)
        return ENCODER.encode(row, step, step / 2, 1_700_000_000 + step / 2, extra)
