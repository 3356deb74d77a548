"""The server's data after a run was sent equals the run's file."""

from __future__ import annotations

import json
import math
import os
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from scripted_server import Fault, ScriptedServer
from sending import network, run_file, send, start

from wandb_nb.store.format import records
from wandb_nb.store.format.wire import WireMessage
from wandb_nb.store.metrics.definition import Metric
from wandb_nb.store.runs.run_chain import predecessors
from wandb_nb.store.runs.sync_progress import REFUSED, load_progress, progress_path
from wandb_nb.store.writing.writer import RunWriter
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload.run_metadata import Target
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from pathlib import Path


def users(row: dict[str, Any]) -> dict[str, Any]:
    """Return what the user logged in *row*."""
    return {key: value for key, value in row.items() if not key.startswith("_")}


def write(folder: Path, *bodies: bytes) -> Path:
    """Write a run file with these records, as a killed program would leave it; return its path."""
    path = folder / "run-20260101_000000-abc" / "run-abc.wandb"
    (path.parent / "files").mkdir(parents=True)
    writer = RunWriter(path)
    writer.append(records.run("abc", project="p"), *bodies)
    writer.close()
    return path


def row(step: int, **values: Any) -> bytes:
    """Return a history record."""
    message = WireMessage()
    for key, value in {"_step": step, **values}.items():
        message.message(1, WireMessage().text(2, key).text(16, json.dumps(value)))
    return WireMessage().message(2, message.message(2, WireMessage().varint(1, step))).encode()


def test_whole_run_arrives(server: ScriptedServer, tmp_path: Path) -> None:
    """Rows, summary, config, names, files and exit code arrive as they were given to the run."""
    logged = [{"loss": 1 / (n + 1), "deep": {"a": {"b": n}}, "text": f"é{n}\n", "none": None} for n in range(300)]
    with start(tmp_path, name="first", config={"lr": 0.1, "net": {"w": 8}}, tags=["x"], group="g", notes="n") as run:
        for values in logged:
            run.log(values)
        run.log({"nan": math.nan, "inf": math.inf, "minus": -math.inf})
    progress = send(run_file(run), network(server))
    received = server.runs[run.id]
    assert progress.done
    assert [users(row) for row in received.rows[:-1]] == logged
    assert math.isnan(received.rows[-1]["nan"])
    assert (received.rows[-1]["inf"], received.rows[-1]["minus"]) == (math.inf, -math.inf)
    assert [row["_step"] for row in received.rows] == list(range(301))
    assert received.summary["deep"] == {"a": {"b": 299}}
    assert {key: value for key, value in received.config.items() if key != "_wandb"} == {"lr": 0.1, "net": {"w": 8}}
    expected = {"displayName": "first", "project": "p", "groupName": "g", "tags": ["x"], "notes": "n"}
    assert {key: received.fields[key] for key in expected} == expected
    assert (received.exit_code, received.completions, received.gaps) == (0, 1, 0)
    saved = yaml.safe_load(received.uploads["config.yaml"])
    assert saved["lr"] == {"value": 0.1}
    assert set(received.uploaded) == set(received.uploads) >= {"config.yaml", "wandb-summary.json", "requirements.txt"}


def test_operations_are_those_of_the_protocol(server: ScriptedServer, tmp_path: Path) -> None:
    """A short run takes one question for other rows of its id, one creation, one list of files, and posts of lines."""
    with start(tmp_path) as run:
        run.log({"a": 1})
    send(run_file(run), network(server))
    names = [name for name in server.names() if not name.startswith("PUT")]
    assert names[:2] == ["RunResumeStatus", "UpsertBucket"]
    assert set(names[1:]) == {"UpsertBucket", "CreateRunFiles", "file_stream"}
    assert server.exchanges[0].headers["authorization"].startswith("Basic ")
    puts = [exchange for exchange in server.exchanges if exchange.name.startswith("PUT")]
    assert all("authorization" not in put.headers and put.headers["x-given"] == "yes" for put in puts)


def test_parts_of_a_step_are_one_line(server: ScriptedServer, tmp_path: Path) -> None:
    """Adjacent parts of a step are merged, the last value wins; another attempt has its own line."""
    with start(tmp_path) as run:
        run.log({"a": 1, "d": {"x": 1}}, step=5)
        run.log({"b": 2, "d": {"y": 2}}, step=5)
        run.log({"a": 3}, step=5, commit=True)
        run.log({"n": 1}, step=2, commit=True)
    send(run_file(run), network(server))
    rows = server.runs[run.id].rows
    assert [users(row) for row in rows] == [{"a": 3, "b": 2, "d": {"x": 1, "y": 2}}, {"n": 1}]
    assert [(row["_step"], row.get("_attempt", 0)) for row in rows] == [(5, 0), (2, 1)]


def test_sending_again_changes_nothing(server: ScriptedServer, tmp_path: Path) -> None:
    """A run sent again goes to the same places, with or without its progress file."""
    with start(tmp_path) as run:
        for n in range(50):
            run.log({"n": n})
    file = run_file(run)
    send(file, network(server))
    before = list(server.runs[run.id].lines["wandb-history.jsonl"])
    send(file, network(server), Target(resend=True))
    progress_path(file).unlink()
    send(file, network(server))
    assert server.runs[run.id].lines["wandb-history.jsonl"] == before


def test_resumed_part_follows_the_first(server: ScriptedServer, tmp_path: Path) -> None:
    """The rows of a resumed run come after those of its first part, once, also when it is sent again."""
    with start(tmp_path, id="again") as first:
        first.log({"n": 0})
    with start(tmp_path, id="again", resume="must") as second:
        second.log({"n": 1})
    send(run_file(first), network(server))
    send(run_file(second), network(server))
    send(run_file(second), network(server), Target(resend=True))
    assert [row["n"] for row in server.runs["again"].rows] == [0, 1]
    assert [row["_step"] for row in server.runs["again"].rows] == [0, 1]


def test_a_resumed_run_brings_its_parts_from_other_folders(server: ScriptedServer, tmp_path: Path) -> None:
    """The earlier part of a run is sent first, wherever its directory is."""
    with start(tmp_path / "one", id="far") as first:
        first.log({"n": 0})
    with start(tmp_path / "two", id="far", resume="must") as second:
        second.log({"n": 1})
    assert predecessors(run_file(second)) == [run_file(first)]
    send(run_file(second), network(server))
    assert [row["n"] for row in server.runs["far"].rows] == [0, 1]


def test_killed_run_is_failed_and_summed_up(server: ScriptedServer, tmp_path: Path) -> None:
    """A file without end and summary gets the exit code of a crash and a summary computed from its rows."""
    file = write(
        tmp_path,
        records.metric(Metric("loss", summary=("min", "max", "mean"))),
        *(row(n, loss=[3, 1, 2][n], _runtime=n + 0.5) for n in range(3)),
    )
    progress = send(file, network(server))
    received = server.runs["abc"]
    assert (received.exit_code, progress.done) == (1, True)
    assert received.summary["loss"] == {"min": 1, "max": 3, "mean": 2}
    assert received.summary["_wandb"] == {"runtime": 2}


def test_damage_is_reported_and_the_rest_sent(server: ScriptedServer, tmp_path: Path) -> None:
    """The readable part of a damaged file arrives, and the progress reports the damage."""
    file = write(tmp_path, *(row(n, text="x" * 300) for n in range(1000)))
    content = bytearray(file.read_bytes())
    content[100_000:100_100] = os.urandom(100)
    file.write_bytes(content)
    progress = send(file, network(server))
    rows = server.runs["abc"].rows
    assert (progress.done, progress.damaged) == (True, True)
    assert "cannot be read" in progress.problems[0]
    assert 800 < len(rows) < 1000
    assert rows[-1]["_step"] == 999


def test_console_arrives_as_lines(server: ScriptedServer, tmp_path: Path) -> None:
    """A progress bar is its last state, error output is marked, and `output.log` is uploaded as plain text."""
    pieces = [("stdout", "one\n"), ("stdout", "10%\r"), ("stdout", "100%"), ("stdout", "\n"), ("stderr", "bad\n")]
    file = write(tmp_path, *(records.output_raw(text, stream, 1767225600.5) for stream, text in pieces))
    send(file, network(server))
    received = server.runs["abc"]
    stamp = "2026-01-01T00:00:00.500000"
    assert received.lines["output.log"] == [f"{stamp} one", f"{stamp} 100%", f"ERROR {stamp} bad"]
    assert received.uploads["output.log"] == b"one\n100%\nbad\n"


def test_files_outside_the_run_stay(server: ScriptedServer, tmp_path: Path) -> None:
    """A foreign file cannot get files outside the run's folder uploaded."""
    (tmp_path / "secret").write_text("s")
    names = ["../../secret", str(tmp_path / "secret"), "saved.txt", "sub/*.bin"]
    file = write(tmp_path, records.files([(name, "end", "other") for name in names]))
    (file.parent / "files" / "sub").mkdir()
    for name, content in (("saved.txt", ""), ("sub/a.bin", "a"), ("sub/b.bin", "b")):
        (file.parent / "files" / name).write_text(content)
    send(file, network(server))
    uploads = server.runs["abc"].uploads
    assert {"saved.txt": b"", "sub/a.bin": b"a", "sub/b.bin": b"b"}.items() <= uploads.items()
    assert not [name for name in uploads if "secret" in name]


def test_too_long_row_is_reported(server: ScriptedServer, tmp_path: Path) -> None:
    """A value that makes a row too long for the server is omitted and named; the other values arrive."""
    file = write(tmp_path, row(0, huge="x" * (11 << 20), a=1), row(1, a=2))
    progress = send(file, network(server))
    assert [users(row) for row in server.runs["abc"].rows] == [{"a": 1}, {"a": 2}]
    assert "'huge'" in progress.problems[0]


def test_refusal_is_final_and_stored(tmp_path: Path) -> None:
    """A final refusal is asked for once, and the progress stores its message."""
    with start(tmp_path) as run:
        run.log({"a": 1})
    with ScriptedServer(lambda _n, _name: Fault("status", 403, message="permission denied")) as server:
        progress = send(run_file(run), network(server))
        assert server.count == 1
    assert (progress.state, progress.status) == (REFUSED, 403)
    assert "permission denied" in load_progress(run_file(run)).message


def test_retry_after_is_obeyed(tmp_path: Path) -> None:
    """A busy server is not asked again before the time it names, then gets everything."""
    script = [Fault("status", 429, {"Retry-After": "0.3"}), Fault("status", 503)]
    with start(tmp_path) as run:
        run.log({"a": 1})
    with ScriptedServer(lambda n, _name: script[n - 1] if n <= len(script) else None) as server:
        assert send(run_file(run), network(server)).done
        assert [row["a"] for row in server.runs[run.id].rows] == [1]


def test_gzip_where_both_want_it(server: ScriptedServer, tmp_path: Path) -> None:
    """Posts are compressed if the setting allows it and the server supports it."""
    with start(tmp_path) as run:
        run.log({"a": 1})
    server.features = ["FILESTREAM_GZIP"]
    send(run_file(run), network(server, gzip=True))
    posts = [exchange for exchange in server.exchanges if exchange.name == "file_stream"]
    assert all(post.headers.get("content-encoding") == "gzip" for post in posts)
    assert server.runs[run.id].completions == 1


def test_alert_once(server: ScriptedServer, tmp_path: Path) -> None:
    """An alert is sent once, with its wait in milliseconds, even if the run is sent again."""
    file = write(tmp_path, records.alert("t", "x", "WARN", 5.0))
    send(file, network(server))
    send(file, network(server), Target(resend=True))
    (alert,) = server.of("NotifyScriptableRunAlert")
    assert (alert["title"], alert["severity"], alert["waitDuration"]) == ("t", "WARN", 5000)


def test_growing_run_is_followed(server: ScriptedServer, tmp_path: Path) -> None:
    """Rows arrive while the run is active, an open step grows in place, and the exit record ends the run."""
    run = start(tmp_path)
    file = run_file(run)
    way = network(server)
    sender = RunSender(file, way, connect(way), threading.Event())
    thread = threading.Thread(target=sender.send, kwargs={"follow": True})
    thread.start()
    try:
        run.log({"a": 1}, step=0)
        _until(lambda: server.runs and server.runs[run.id].rows)
        run.log({"b": 2}, step=0)
        _until(lambda: "b" in server.runs[run.id].rows[0])
        run.config["late"] = 1
        run.log({"a": 3})
    finally:
        run.finish()
        thread.join(20)
    received = server.runs[run.id]
    assert [users(row) for row in received.rows] == [
        {"a": 3, "b": 2}
    ]  # log(a, step=0), then the stepless row ends step 0
    assert received.config["late"] == 1
    assert (received.exit_code, received.completions, received.gaps) == (0, 1, 0)


def test_slow_file_does_not_block_rows(server: ScriptedServer, tmp_path: Path) -> None:
    """Rows continue to arrive while the server is slow with a file."""
    run = start(tmp_path)
    (tmp_path / "big.bin").write_bytes(b"x" * 100_000)
    run.save(str(tmp_path / "big.bin"), base_path=str(tmp_path), policy="now")
    server.script = lambda _n, name: Fault("late", seconds=60) if name == "PUT big.bin" else None
    stop = threading.Event()
    way = network(server)
    sender = RunSender(run_file(run), way, connect(way), stop)
    thread = threading.Thread(target=sender.send, kwargs={"follow": True})
    thread.start()
    try:
        _until(lambda: "PUT big.bin" in server.names())
        for n in range(3):
            run.log({"n": n})
            _until(lambda n=n: len(server.runs[run.id].rows) == n + 1)
        assert server.names().count("PUT big.bin") == 1
        assert sender.progress.files_left >= 1  # by now the run's own files may wait behind it
        assert sender.progress.bytes_left >= 100_000
    finally:
        stop.set()
        thread.join(20)
        run.finish()
    assert not thread.is_alive()


def _until(condition: Any) -> None:
    deadline = threading.Event()
    for _ in range(400):
        if condition():
            return
        deadline.wait(0.05)
    raise AssertionError("not within 20 s")


ROWS = 1000
FAULTS = ("status", "status", "reset", "half", "after", "twice")


@pytest.mark.parametrize("seed", range(200))
def test_every_storm_is_survived(seed: int, tmp_path: Path) -> None:
    """After any faults the server's lines equal the file's, none lost and none doubled."""
    dice = random.Random(seed)  # noqa: S311 -- a test's storm, no secret
    share = dice.uniform(0.1, 0.7)

    def script(_number: int, _name: str) -> Fault | None:
        if dice.random() > share:
            return None
        headers = {"Retry-After": "0"} if dice.random() < 0.3 else {}
        return Fault(dice.choice(FAULTS), dice.choice((500, 502, 503, 429, 408)), headers)

    size = dice.randrange(1, 2000)  # of one to three posts
    file = write(
        tmp_path, *(row(n // 2, **{f"k{n % 2}": n}, text="x" * size) for n in range(2 * ROWS)), records.exit(0, 5)
    )
    with ScriptedServer(script) as server:
        for _ in range(20):
            if send(file, network(server)).done:
                break
        received = server.runs["abc"]
    assert [(row["_step"], row["k0"], row["k1"]) for row in received.rows] == [
        (n, 2 * n, 2 * n + 1) for n in range(ROWS)
    ]
    assert (received.exit_code, received.gaps) == (0, 0)
    assert received.summary["k1"] == 2 * ROWS - 1
