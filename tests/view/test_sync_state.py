"""How far a run has been sent, in the header that views read."""

import pytest
from view_runs import RunFile, exit_record

from wandb_nb.store.runs.sync_progress import CONNECTING, DONE, ONLINE, REFUSED, WAITING, SyncProgress, store_progress
from wandb_nb.view.message.run_stream import RunStream

SENT = {"server": "https://api.wandb.ai", "entity": "me", "project": "p", "run": "abcd1234", "registered": True}


def header(file, *, alive=True):
    """Return the run's header as a new view gets it."""
    stream = RunStream(file.directory, lambda _: alive)
    while stream.advance():
        pass
    return stream.run_header()


@pytest.fixture
def online(tmp_path):
    """Return a run of three rows in a directory as online runs have it."""
    file = RunFile(tmp_path / "run-20260101_000000-abcd1234")
    file.log_many([{"loss": 1.0}] * 3)
    return file


def test_online_run_connects_from_the_start(online):
    """A run whose directory is that of an online run is being connected before there is a progress file."""
    assert header(online)["sync"] == {"state": "connecting", "waiting": 3, "message": "", "server": ""}


def test_offline_run_is_not_sent(tmp_path):
    """An offline run has no such state, and neither has one whose process died before it could send anything."""
    offline, dead = RunFile(tmp_path / "offline-run-1-abcd1234"), RunFile(tmp_path / "run-1-abcd1234")

    assert (header(offline)["sync"], header(dead, alive=False)["sync"]) == (None, None)


@pytest.mark.parametrize(
    ("state", "expected"), [(CONNECTING, "connecting"), (ONLINE, "sending"), (WAITING, "waiting"), (REFUSED, "refused")]
)
def test_states_of_an_active_run(online, state, expected):
    """Each state of the sender has its word, with the rows that the server lacks and the reason in one line."""
    progress = SyncProgress(**SENT, state=state, rows=1, message="no\nroute")
    store_progress(online.path, progress)

    run = header(online)

    assert run["sync"] == {"state": expected, "waiting": 2, "message": "no�route", "server": "wandb.ai"}
    assert run["url"] == "https://wandb.ai/me/p/runs/abcd1234"


def test_ended_run_waits_until_it_is_sent(online):
    """After the run's end what the server lacks is waiting, and done when the server has everything."""
    online.add(exit_record())
    store_progress(online.path, SyncProgress(**SENT, state=ONLINE, rows=1))
    stream = RunStream(online.directory, lambda _: False)
    while stream.advance():
        pass
    before = stream.run_header()["sync"]
    store_progress(online.path, SyncProgress(**SENT, state=DONE, rows=3, problems=["a.bin is too large"]))
    after = stream.run_header()["sync"]

    assert (before["state"], before["waiting"]) == ("waiting", 2)
    assert (after["state"], after["waiting"], after["message"]) == ("done", 0, "a.bin is too large")


def test_credentials_in_the_address_stay_hidden(online):
    """The server's name has neither user nor password of its address."""
    store_progress(online.path, SyncProgress(server="http://user:secret@host:80", state=ONLINE))

    assert header(online)["sync"]["server"] == "host:80"
