"""Following a run, and the messages that views request."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from view_runs import RunFile, exit_record, metric_record, run_record

from wandb_nb.errors import StoreError
from wandb_nb.view.message import series as series_module
from wandb_nb.view.message.run_message import parse
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.message.series import fair_share


def alive(_directory):
    """Return that the writer is alive."""
    return True


class View:
    """A view like the browser's: it stores columns and echoes the cursor."""

    def __init__(self):
        self.cursor, self.columns, self.header = "", {}, {}

    def pull(self, stream):
        """Take one message in its wire form."""
        message = parse(stream.message(self.cursor).to_bytes())
        self.cursor = message.header["cursor"]
        self.header |= {key: value for key, value in message.header.items() if value is not None}
        for one in message.series():
            new = {name: column.tolist() for name, column in one.columns().items()}
            attempts = [attempt for attempt, where in one.lines() for _ in range(where.stop - where.start)]
            new["attempt"] = attempts
            if one.mode == "append":
                columns = self.columns[one.key]
                assert columns.keys() == new.keys()
                new = {name: columns[name] + new[name] for name in new}
            self.columns[one.key] = new
        return message


def read_all(stream):
    """Read until nothing is left."""
    while stream.advance():
        pass


def test_whole_run(tmp_path):
    """A message has the run, its config, summary and every logged number."""
    file = RunFile(tmp_path / "run", config={"lr": 0.1})
    file.log_many([{"loss": 1 / (step + 1), "note": "text", "ok": True} for step in range(100)])
    stream = RunStream(file.directory, alive)
    read_all(stream)

    message = stream.message()

    run = message.header["run"]
    assert (run["id"], run["name"], run["project"], run["state"]) == ("abcd1234", "snowy-owl-10", "digits", "running")
    assert (run["rows"], run["step"], run["lost"], run["runtime"]) == (100, 99, 0, 49.5)
    assert message.header["config"] == {"lr": 0.1}
    assert message.header["summary"]["note"] == "text"
    assert (message.header["more"], message.header["done"]) == (False, False)
    loss, ok = message.series()
    assert (loss.key, loss.mode, loss.n, loss.decimated) == ("loss", "replace", 100, False)
    assert list(loss.step) == list(range(100))
    assert list(loss.time) == [step / 2 for step in range(100)]
    assert np.allclose(loss.value, 1 / (np.arange(100) + 1))
    assert set(ok.value) == {1.0}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("log"), st.sets(st.sampled_from("abcx"), min_size=1), st.integers(1, 4)),
        st.tuples(st.just("part"), st.sets(st.sampled_from("abcx"), min_size=1)),
        st.tuples(st.just("attempt")),
        st.tuples(st.just("define"), st.sampled_from("abc"), st.sampled_from(["x", ""])),
        st.tuples(st.just("pull"), st.integers(0, 2)),
    ),
    max_size=25,
)


@given(steps)
@settings(max_examples=150, deadline=None)
def test_any_pulls_equal_one_full_pull(tmp_path_factory, actions):
    """Views that pull at any moments have in the end the data of one pull at the end."""
    file = RunFile(tmp_path_factory.mktemp("run"))
    stream, views = RunStream(file.path, alive), [View() for _ in range(3)]
    step, attempt, value = 0, 1, 0.0
    for action, *rest in actions:
        value += 1.0
        if action == "log":
            for _ in range(rest[1]):
                step += 1
                file.log(dict.fromkeys(rest[0], value + step / 100), step, attempt)
        elif action == "part":
            file.log(dict.fromkeys(rest[0], value), step, attempt)
        elif action == "attempt":
            step, attempt = 0, attempt + 1
        elif action == "define":
            file.add(metric_record(rest[0], rest[1]))
        else:
            read_all(stream)
            views[rest[0]].pull(stream)
    read_all(stream)
    whole = View()
    whole.pull(stream)

    for view in views:
        view.pull(stream)
        assert repr(whole.columns) == repr(view.columns)  # NaN equals NaN in text
        assert whole.header["summary"] == view.header["summary"]
        assert whole.header["metrics"] == view.header["metrics"]
        assert stream.message(view.cursor).header["series"] == []


def test_appends_send_only_what_is_new(tmp_path):
    """A view with a hundred points gets only the new one, and nothing that did not change."""
    file = RunFile(tmp_path / "run", config={"lr": 0.1})
    file.log_many([{"loss": 1.0, "slow": 2.0}] * 100)
    stream = RunStream(file.directory, alive)
    read_all(stream)
    cursor = stream.message().header["cursor"]
    file.log({"loss": 0.5}, 100)
    read_all(stream)

    message = stream.message(cursor)

    (loss,) = message.series()
    assert (loss.key, loss.mode, loss.n, list(loss.value)) == ("loss", "append", 101, [0.5])
    assert message.header["config"] is None
    assert message.header["metrics"] is None
    assert message.header["summary"]["loss"] == 0.5


@pytest.mark.parametrize(
    "garbage", ["x", "....", "{epoch}", "{epoch}.1_1", "{epoch}.1_1_1.9~0*9999999999", "{epoch}.1_1_1.a", "é" * 99]
)
def test_unknown_cursor_asks_for_everything(tmp_path, garbage):
    """A cursor of an earlier server, a cut one or an invalid one gives the whole run."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": 1.0}] * 3)
    stream = RunStream(file.directory, alive)
    read_all(stream)
    epoch = stream.message().header["cursor"].split(".")[0]

    message = stream.message(garbage.replace("{epoch}", epoch))

    assert [(one.mode, one.n) for one in message.series()] == [("replace", 3)]
    assert message.header["config"] == {}


def test_cursor_is_short_for_many_equal_series(tmp_path):
    """Series logged together share an entry in the cursor, which has to fit an address."""
    file = RunFile(tmp_path / "run")
    file.log_many([dict.fromkeys((f"m{i}" for i in range(300)), 1.0)] * 3)
    stream = RunStream(file.directory, alive)
    read_all(stream)

    assert len(stream.message().header["cursor"]) < 40


def test_long_series_are_decimated(tmp_path, monkeypatch):
    """A series above its share becomes min/max pairs of the whole, with its outlier and the count of all points."""
    monkeypatch.setattr(series_module, "MAX_SERIES_POINTS", 5_000)
    values = np.sin(np.arange(20_000) / 500)
    values[12_345] = 7.0
    file = RunFile(tmp_path / "run")
    file.log_many(
        [{"wave": value, "few": value} if step % 100 == 0 else {"wave": value} for step, value in enumerate(values)]
    )
    stream = RunStream(file.directory, alive)
    read_all(stream)

    few, wave = sorted(stream.message().series(), key=lambda one: one.key)

    assert (wave.decimated, wave.mode, wave.n) == (True, "replace", 20_000)
    assert len(wave.value) <= 2 * 1200 + 4
    assert 7.0 in wave.value
    assert (wave.step[0], wave.step[-1]) == (0, 19_999)
    assert (few.decimated, few.n, len(few.value)) == (False, 200, 200)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 15, 999])
def test_short_series_are_saved_whole(tmp_path, count):
    """A snapshot with room for every point has every point, also an odd number."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": step % 7} for step in range(count)])
    stream = RunStream(file.directory, alive)
    read_all(stream)

    (loss,) = stream.snapshot(4_000).series()

    assert loss.step.tolist() == list(range(count))
    assert not loss.decimated


def test_attempts_start_where_they_should(tmp_path):
    """Rows logged again become a second attempt after the first."""
    file = RunFile(tmp_path / "run")
    for attempt in (1, 2):
        for step in range(3):
            file.log({"loss": step + attempt}, step, attempt)
    stream = RunStream(file.directory, alive)
    read_all(stream)

    (loss,) = stream.message().series()

    assert loss.attempts == [[1, 0], [2, 3]]
    assert list(loss.step) == [0, 1, 2, 0, 1, 2]


def test_step_metric_gives_x(tmp_path):
    """The x column has the latest value of the step metric at each row, and NaN before its first."""
    file = RunFile(tmp_path / "run")
    file.add(metric_record("val/*", "epoch"))
    for step, row in enumerate([{"val/loss": 3.0}, {"epoch": 1}, {"val/loss": 2.0}, {"epoch": 2, "val/loss": 1.0}]):
        file.log(row, step)
    stream = RunStream(file.directory, alive)
    read_all(stream)

    loss = next(one for one in stream.message().series() if one.key == "val/loss")

    assert loss.step_metric == "epoch"
    assert str(list(map(float, loss.x))) == "[nan, 1.0, 2.0]"


def test_step_metric_of_the_same_row_may_come_later(tmp_path):
    """A point sent before its step metric was logged in the same row is sent again."""
    file = RunFile(tmp_path / "run")
    file.add(metric_record("loss", "epoch"))
    file.log({"loss": 1.0}, 0)
    stream, view = RunStream(file.directory, alive), View()
    read_all(stream)
    view.pull(stream)
    file.log({"epoch": 7}, 0)
    read_all(stream)
    view.pull(stream)

    assert view.columns["loss"]["x"] == [7.0]


def test_end_of_a_run(tmp_path):
    """The exit record ends a run, with the state of its exit code."""
    file = RunFile(tmp_path / "run")
    stream = RunStream(file.directory, alive)
    file.add(exit_record(3))
    read_all(stream)

    header = stream.message().header

    assert (header["done"], header["run"]["state"], header["run"]["exitCode"]) == (True, "failed", 3)


def test_crash_is_a_verdict(tmp_path):
    """A run whose writer is gone without an exit record has crashed, after its last rows were read."""
    file = RunFile(tmp_path / "run")
    file.log({"loss": 1.0}, 0)
    with file.path.open("ab") as torn:
        torn.write(b"half a rec")
    stream = RunStream(file.directory, lambda _: False)
    read_all(stream)

    header = stream.message().header

    assert (header["done"], header["run"]["state"], header["run"]["rows"], header["run"]["lost"]) == (
        True,
        "crashed",
        1,
        0,
    )


def test_owner_is_checked_rarely(tmp_path):
    """Advancing many times in a row checks the writer once."""
    checks = []
    stream = RunStream(RunFile(tmp_path / "run").directory, lambda directory: checks.append(directory) or True)
    for _ in range(50):
        stream.advance()

    assert checks == [tmp_path / "run"]


def test_more_until_read(tmp_path):
    """Without time a message reports that there is more, and not done before everything is read."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": 1.0}] * 10)
    file.add(exit_record())
    stream = RunStream(file.directory, alive)

    assert stream.advance(budget_seconds=0.0) is True
    assert stream.message().header["more"] is True
    read_all(stream)
    assert (stream.message().header["more"], stream.message().header["done"]) == (False, True)


def test_folded_segments_are_read_once(tmp_path):
    """Rows of a child's segment appear immediately, and only once after the owner folded them."""
    file = RunFile(tmp_path / "run")
    file.log({"loss": 1.0}, 0)
    segment = RunFile(file.directory / "segments", "77-1.wandb")
    segment.log({"child": 5.0}, 0)
    stream, view = RunStream(file.directory, alive), View()
    read_all(stream)
    view.pull(stream)
    before = {key: columns["value"] for key, columns in view.columns.items()}
    file.log({"child": 5.0}, 1)
    segment.path.rename(segment.path.with_suffix(".folded"))
    read_all(stream)
    view.pull(stream)

    assert before == {"loss": [1.0], "child": [5.0]}
    assert {key: columns["value"] for key, columns in view.columns.items()} == before


def test_a_run_stands_at_its_highest_step(tmp_path):
    """Rows of children, written one child after another, do not lower the run's step."""
    file = RunFile(tmp_path / "run")
    file.log({"loss": 1.0}, 0)
    for child, steps in ((71, (1, 4, 6)), (72, (2, 3, 5))):
        for step in steps:
            file.add(file.row({"child": 1.0}, step, writer=child))
    stream = RunStream(file.directory, alive)
    read_all(stream)

    run = stream.message().header["run"]
    assert (run["step"], run["rows"]) == (6, 7)


def test_replaced_file_starts_anew(tmp_path):
    """A rewritten run file replaces all data of the views."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": 1.0}] * 50)
    stream, view = RunStream(file.directory, alive), View()
    read_all(stream)
    view.pull(stream)
    again = RunFile(tmp_path / "other")
    again.log({"loss": 2.0}, 0)
    again.path.replace(file.path)
    read_all(stream)
    view.pull(stream)

    assert view.columns["loss"]["value"] == [2.0]


def test_missing_run_is_an_error(tmp_path):
    """A directory without a run file, and a missing file, are errors that name them."""
    with pytest.raises(StoreError, match="no run file"):
        RunStream(tmp_path, alive)
    with pytest.raises(StoreError, match=r"gone\.wandb"):
        RunStream(tmp_path / "gone.wandb", alive).advance()


def test_rename_reaches_views(tmp_path):
    """A later name is in the next message."""
    file = RunFile(tmp_path / "run")
    stream = RunStream(file.directory, alive)
    read_all(stream)
    file.add(run_record(name="better"))
    read_all(stream)

    assert stream.message().header["run"]["name"] == "better"


@given(st.lists(st.integers(0, 1000), max_size=30), st.integers(0, 5000))
def test_level_shares_fairly(counts, total):
    """Limited shares stay within the total, and none is cut while there is room."""
    share = fair_share(counts, total)
    cut = [min(count, share) for count in counts]

    assert sum(cut) <= total
    if cut != counts:
        assert sum(min(count, share + 1) for count in counts) > total


@pytest.mark.parametrize("rows", [1, 2, 3, 51, 1_001])
def test_a_short_run_is_saved_whole(tmp_path, rows):
    """A snapshot with room for all points omits none, for odd and even numbers."""
    file = RunFile(tmp_path / "run")
    file.log_many([{"loss": float(row % 7)} for row in range(rows)])
    stream = RunStream(file.directory, lambda _: True)
    while stream.advance():
        pass
    (series,) = stream.snapshot(8_000).series()
    assert (len(series.value), series.decimated) == (rows, False)
