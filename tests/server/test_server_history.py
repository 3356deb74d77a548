"""Lines by offset, and the values read from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from conftest import open_new_services
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.lines.line_sampling import sample_rows
from wandb_nb.server.storage.lines.row_shapes import history_keys

if TYPE_CHECKING:
    from conftest import Client

    from wandb_nb.server.http.services import Services


def put(services: Services, offset: int, texts: list[str]) -> None:
    """Store *texts* as the lines of run 1."""
    with services.database.write() as connection:
        line_store.put_history(connection, 1, offset, texts)


@pytest.fixture
def run(client: Client) -> Services:
    """Return a server that has run 1."""
    client.upsert("a")
    return client.services


posts = st.lists(st.tuples(st.integers(0, 30), st.lists(st.integers(0, 99), max_size=8)), max_size=12)


@given(posts, st.randoms(use_true_random=False))
def test_posts_are_idempotent(tmp_path_factory: pytest.TempPathFactory, sent: list, chance: object) -> None:
    """For any posts, repeated ones too, line i is the last one put at i, as in a list."""
    services = open_new_services(tmp_path_factory.mktemp("server"))
    expected: dict[int, str] = {}
    with services.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for offset, values in sent:
            texts = [json.dumps({"_step": value, f"k{value % 3}": value}) for value in values]
            for _ in range(chance.choice((1, 2))):  # type: ignore[attr-defined]
                line_store.put_history(connection, 1, offset, texts)
            expected |= dict(enumerate(texts, offset))
        stored_lines = line_store.lines_from(connection, 1, "history", 0, 1000)
        assert stored_lines == [expected[number] for number in sorted(expected)]
        assert line_store.count(connection, 1, "history") == max(expected, default=-1) + 1
    services.database.close()


def test_ranges_are_by_step(run: Services) -> None:
    """A range has the rows from its first step up to, but not including, its end, ordered by step."""
    put(run, 0, [json.dumps({"_step": step, "a": step}) for step in (0, 5, 3, 9)])
    with run.database.read() as connection:
        rows = line_store.rows_between_steps(connection, 1, 3, 9, 10)
    assert [json.loads(row)["a"] for row in rows] == [3, 5]


def test_samples_of_rare_keys(run: Services) -> None:
    """A key in every hundredth row is sampled as well as one in all rows, including first and last row."""
    rows = [{"_step": n, "loss": n, **({"val": {"acc": n}} if n % 100 == 0 else {})} for n in range(5_001)]
    put(run, 0, list(map(json.dumps, rows)))
    with run.database.read() as connection:
        everything = sample_rows(connection, 1, ["_step", "val.acc"], 500, None, None)
        few = sample_rows(connection, 1, ["loss"], 11, None, None)
        part = sample_rows(connection, 1, ["val.acc"], 500, 200, 400)
    assert everything == [{"_step": n, "val.acc": n} for n in range(0, 5_001, 100)]
    assert [row["loss"] for row in few] == list(range(0, 5_001, 500))
    assert [row["val.acc"] for row in part] == [200, 300, 400]


def test_rewind(run: Services) -> None:
    """Rewinding leaves the rows up to the step, and the last values become those of that step."""
    put(run, 0, [json.dumps({"_step": n, "a": n, **({"b": n} if n < 2 else {})}) for n in range(6)])
    with run.database.write() as connection:
        line_store.rewind(connection, 1, 3)
        assert line_store.count(connection, 1, "history") == 4
        assert line_store.last_values(connection, 1) == {"_step": 3, "a": 3, "b": 1}


def test_keys_have_counts_and_types(run: Services) -> None:
    """The count and types of each key are known, even after lines were overwritten."""
    put(run, 0, ['{"_step": 0, "a": 1}', '{"_step": 1, "a": "x"}', '{"_step": 2, "h": {"_type": "histogram"}}'])
    put(run, 1, ['{"_step": 1, "a": NaN}'])
    with run.database.read() as connection:
        keys = history_keys(connection, 1)
    assert keys.counts["a"] == {"number": 2}
    assert keys.counts["h"] == {"histogram": 1}
    assert keys.last_step == 2
