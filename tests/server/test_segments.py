"""History in segments: whatever is sent is read back, by number, by step and by key, and takes few bytes."""

from __future__ import annotations

import json
import random
import tracemalloc
from typing import TYPE_CHECKING, Any

from conftest import open_new_services
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from wandb_nb.server.storage import schema_upgrade
from wandb_nb.server.storage.database import Database
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.lines.history_rows import parse_rows
from wandb_nb.server.storage.lines.line_sampling import sample_history, sample_rows
from wandb_nb.server.storage.lines.row_layout import decode_layout, encode_layout
from wandb_nb.server.storage.lines.row_segment import RowSegment, encode_rows
from wandb_nb.server.storage.lines.row_shapes import history_keys
from wandb_nb.server.storage.lines.segment_store import CHUNK_ROWS, merge_last_rows
from wandb_nb.server.storage.run_updates import upsert_run
from wandb_nb.server.storage.tables import segments, shapes
from wandb_nb.server.storage.users import user_by_name

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from conftest import Client

    from wandb_nb.server.http.services import Services

HISTORY = line_store.HISTORY
ODD_VALUES = [
    0,
    -1,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    2**64,
    2**70,
    True,
    None,
    "x\n\u2028y",
    "NaN",
    [1, [2.5]],
    {"a": {}},
]
ODD_FLOATS = [0.0, -0.0, 0.1, 1e-7, 1.7e9 + 0.001, 1e300, -5e-324, 2.0**63, float("nan"), float("inf"), float("-inf")]
values = st.one_of(st.floats(), st.integers(-(2**70), 2**70), st.sampled_from([*ODD_VALUES, *ODD_FLOATS]))


@given(st.lists(st.lists(values, min_size=3, max_size=3), min_size=1, max_size=7), st.integers(1, 200))
def test_all_values_are_read_back(cycle: list[list[Any]], count: int) -> None:
    """Rows of any values, of several layouts, are read back with their types, in order, all or some."""
    names = [("_step", "a", "b"), ("b", "c", "_step"), ("a", "d")]
    rows = [dict(zip(names[n % 3], cycle[n % len(cycle)], strict=False)) for n in range(count)]
    texts = [json.dumps(row) for row in rows]
    encoded = encode_rows(parse_rows(texts, 0), is_final=True)
    segment = RowSegment(encoded.data, count)
    expected = [json.dumps(json.loads(line)) for line in [row.text for row in parse_rows(texts, 0)]]
    assert [json.dumps(json.loads(line)) for line in segment.texts()] == expected
    every_third = range(count - 1, -1, -3)
    for some in (every_third, every_third[:2]):  # few are decoded in another way than many
        assert [json.dumps(json.loads(line)) for line in segment.texts(some)] == [expected[at] for at in some]
        chosen = [json.loads(line) for line in segment.texts(some, frozenset(["b", "_step"]))]
        whole = [json.loads(expected[at]) for at in some]
        assert json.dumps([[row.get("b"), row.get("_step")] for row in chosen]) == json.dumps(
            [[row.get("b"), row.get("_step")] for row in whole]
        )
    assert segment.steps == [row.step for row in parse_rows(texts, 0)]
    assert sum(encoded.shapes.values()) == count


@given(st.lists(st.dictionaries(st.sampled_from("abc"), values), max_size=20))
def test_rows_are_parsed_as_each_alone(rows: list[dict[str, Any]]) -> None:
    """A row parsed among others, of whatever keys and types, is the same as parsed alone."""
    texts = [json.dumps(row) for row in rows]
    assert repr(parse_rows(texts, 5)) == repr([parse_rows([text], at)[0] for at, text in enumerate(texts, 5)])


def test_long_names_do_not_stay_in_memory() -> None:
    """What is kept of layouts is bounded by its size, however long the names of a client are."""
    names = [f"{random.random()}{'x' * 300_000}" for _ in range(100)]  # noqa: S311 -- new ones each time
    tracemalloc.start()
    try:
        for name in names:
            header, data = encode_layout([{name: number} for number in range(64)]) or ({}, b"")
            stored = json.loads(json.dumps(header))
            assert [row[name] for row in decode_layout(stored, data, [3, 5])] == [3, 5]
        del header, data, stored
        assert tracemalloc.get_traced_memory()[0] < 10 << 20
    finally:
        tracemalloc.stop()


def make_row(number: int, salt: int) -> dict[str, Any]:
    """Return a row; each seventh one has a key of its own kind, and steps go back now and then."""
    row: dict[str, Any] = {"_step": number - 40 * (number % 97 == 0), "loss": 1 / (number + salt + 1), "salt": salt}
    return row | ({"eval": number, "text": f"é {number}"} if number % 7 == 0 else {})


class Model:
    """The same posts to a server's run and to a dict, and the checks that both have the same rows."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.rows: dict[int, dict[str, Any]] = {}

    def post(self, offset: int, length: int, salt: int) -> None:
        """Post rows."""
        rows = {number: make_row(number, salt) for number in range(offset, offset + length)}
        with self.services.database.write() as connection:
            replaced = line_store.put_history(connection, 1, offset, [json.dumps(row) for row in rows.values()])
        assert replaced == (not self.rows.keys().isdisjoint(rows))
        self.rows |= rows

    def rewind(self, step: int) -> None:
        """Delete the rows from the first above a step on."""
        with self.services.database.write() as connection:
            line_store.rewind(connection, 1, step)
        above = [number for number in sorted(self.rows) if self.rows[number]["_step"] > step]
        self.rows = {number: row for number, row in self.rows.items() if not above or number < above[0]}

    def check(self) -> None:
        """Compare all ways to read."""
        ordered = [self.rows[number] for number in sorted(self.rows)]
        by_step = sorted(self.rows, key=lambda number: (self.rows[number]["_step"], number))
        with self.services.database.read() as connection:
            assert parsed(line_store.lines_from(connection, 1, HISTORY, 0, 10_000)) == ordered
            assert (
                parsed(line_store.lines_from(connection, 1, HISTORY, 300, 7))
                == [self.rows[number] for number in sorted(self.rows) if number >= 300][:7]
            )
            assert parsed(line_store.tail(connection, 1, HISTORY, 5)) == ordered[-5:]
            assert line_store.count(connection, 1, HISTORY) == max(self.rows, default=-1) + 1
            between = [self.rows[number] for number in by_step if 100 <= self.rows[number]["_step"] < 700]
            assert parsed(line_store.rows_between_steps(connection, 1, 100, 700, 10_000)) == between
            assert parsed(line_store.rows_between_steps(connection, 1, 100, 700, 9)) == between[:9]
            evaluated = [{"eval": row["eval"]} for row in ordered if "eval" in row]
            assert sample_rows(connection, 1, ["eval"], 10_000, None, None) == evaluated
            some = [row for row in evaluated if 100 <= self.rows[row["eval"]]["_step"] <= 700]
            assert sample_rows(connection, 1, ["eval"], 10_000, 100, 700) == some
            sampled = sample_rows(connection, 1, ["loss", "_step"], 20, None, None)
            assert len(sampled) == min(20, len(ordered)) or len({*self.rows}) < max(self.rows, default=0) + 1
            assert all(any(row["loss"] == one["loss"] for one in ordered) for row in sampled)
            keys = history_keys(connection, 1).counts
            assert sum(keys.get("loss", {}).values()) == len(ordered)
            assert sum(keys.get("eval", {}).values()) == len(evaluated)
            last = line_store.last_values(connection, 1)
            assert last == {key: value for row in ordered for key, value in row.items()}


def parsed(texts: list[str]) -> list[dict[str, Any]]:
    """Return the rows of *texts*."""
    return [json.loads(line) for line in texts]


@settings(max_examples=12)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.sampled_from([1, 2, 60, 256, 500]), st.integers(0, 9)), max_size=9),
    st.integers(0, 900),
)
def test_any_posts_are_read_back(tmp_path_factory: pytest.TempPathFactory, posts: list[Any], step: int) -> None:
    """Posts of any size at any place, also over earlier rows, and a rewind leave the rows that a dict has."""
    services = open_new_services(tmp_path_factory.mktemp("server"))
    add_run(services)
    model = Model(services)
    for offset, length, salt in posts:
        model.post(offset, length, salt)
    model.check()
    model.rewind(step)
    model.post(len(model.rows), 3, 1)
    model.check()
    services.database.close()


def add_run(services: Services) -> None:
    """Add run 1."""
    with services.database.write() as connection:
        user = user_by_name(connection, "local")
        assert user is not None
        upsert_run(connection, user, {"name": "a", "modelName": "p"})


def test_rows_sent_one_by_one_become_few_segments(client: Client) -> None:
    """Complete chunks are one segment each however the rows came, and the rest is joined when the run ends."""
    model = Model(client.services)
    client.upsert("a")
    for number in range(CHUNK_ROWS + 70):
        model.post(number, 1, 0)
    model.check()
    assert count_segments(client.services) == 1 + 70
    client.stream("a", complete=True, exitcode=0)
    assert count_segments(client.services) == 2
    model.check()
    with client.services.database.write() as connection:
        merge_last_rows(connection, 1)
    assert count_segments(client.services) == 2


def count_segments(services: Services) -> int:
    """Return how many segments there are."""
    with services.database.read() as connection:
        return connection.execute(select(func.count()).select_from(segments)).scalar_one()


def test_posts_that_end_within_a_chunk_become_full_segments(client: Client) -> None:
    """Posts of 400 rows are stored as segments of 256, the rest as it came, with the values that were sent."""
    model = Model(client.services)
    client.upsert("a")
    for offset in range(0, 2_000, 400):
        model.post(offset, 400, offset)
        model.check()
    with client.services.database.read() as connection:
        query = select(segments.c.first, segments.c.length).order_by(segments.c.first)
        assert [tuple(row) for row in connection.execute(query)] == [
            *((first, CHUNK_ROWS) for first in range(0, 1_792, CHUNK_ROWS)),
            (1_792, 208),
        ]


def test_rows_of_many_shapes_are_counted_once(client: Client) -> None:
    """A run whose rows all have keys of their own has one shape per key, also when the same keys come again."""
    client.upsert("a")
    with client.services.database.write() as connection:
        for first in (0, 600):
            rows = [{"_step": first + number, f"key {number}": number} for number in range(600)]
            line_store.put_history(connection, 1, first, [json.dumps(row) for row in rows])
        assert connection.execute(select(func.count()).select_from(shapes)).scalar_one() == 600
        counts = history_keys(connection, 1).counts
        assert counts == {"_step": {"number": 1200}} | {f"key {number}": {"number": 2} for number in range(600)}
        (row, again) = sample_rows(connection, 1, ["key 599", "_step"], 10, None, None)
    assert (row, again) == ({"key 599": 599, "_step": 599}, {"key 599": 599, "_step": 1199})


def test_a_row_of_metrics_takes_few_bytes(client: Client) -> None:
    """Rows of ten metrics of random digits take less than a third of their text, and long rows are never joined."""
    dice = random.Random(1)  # noqa: S311 -- data, not a secret
    own = [{"_step": n, "_runtime": n / 100, "_timestamp": 1.7e9 + n / 100} for n in range(1024)]
    texts = [json.dumps({f"metric/{n}": dice.random() for n in range(10)} | row) for row in own]
    client.upsert("a")
    client.rows("a", 0, *texts)
    with client.services.database.read() as connection:
        size = connection.execute(select(func.sum(func.length(segments.c.data)))).scalar_one()
        assert size < sum(map(len, texts)) / 3
        assert parsed(line_store.lines_from(connection, 1, HISTORY, 0, 2000)) == parsed(texts)
    client.rows("a", 1024, *(json.dumps({"text": "x" * 400_000}) for _ in range(5)))
    with client.services.database.read() as connection:
        query = select(segments.c.length).where(segments.c.first >= 1024).order_by(segments.c.first)
        assert connection.execute(query).scalars().all() == [2, 2, 1]


def test_samples_are_even_over_segments(client: Client) -> None:
    """A sample has the first and the last row, evenly spaced ones between, and with rare keys the next that has it."""
    model = Model(client.services)
    client.upsert("a")
    model.post(0, 1000, 0)
    with client.services.database.read() as connection:
        steps = [row["salt"] for row in sample_rows(connection, 1, ["salt"], 11, None, None)]
        rare = [row["eval"] for row in sample_rows(connection, 1, ["eval"], 5, None, None)]
        rows, total = sample_history(connection, 1, 50)
    assert len(steps) == 11
    assert rare == [0, 252, 497, 749, 994]
    assert total == 1000
    assert 50 < len(rows) <= 100
    assert parsed(rows) == [model.rows[row.get("eval", row["_step"])] for row in parsed(rows)]


def test_rows_of_earlier_versions_are_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade moves the rows of the table of rows, with gaps between their numbers, into segments."""
    url = f"sqlite:///{tmp_path / 'server.db'}"
    with monkeypatch.context() as patch:
        patch.setattr(schema_upgrade, "LATEST", "0008")
        old = Database(url)
    numbers = [*range(700), 5000, 2**31 - 2]
    texts = {number: json.dumps(make_row(number, 1)) for number in numbers}
    with old.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.execute(text("INSERT INTO shapes VALUES (7, 1, '[]')"))
        insert = text("INSERT INTO history VALUES (1, :number, :step, 7, :text)")
        rows = [{"number": number, "step": number, "text": line} for number, line in texts.items()]
        connection.execute(insert, rows)
    old.close()
    new = Database(url)
    with new.read() as connection:
        assert parsed(line_store.lines_from(connection, 1, HISTORY, 0, 9999)) == parsed(list(texts.values()))
        assert line_store.count(connection, 1, HISTORY) == 2**31 - 1
        assert sum(history_keys(connection, 1).counts["loss"].values()) == len(numbers)
    new.close()
