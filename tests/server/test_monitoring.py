"""Health, metrics and the log of requests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from conftest import Client
from prometheus_client.parser import text_string_to_metric_families

from wandb_nb.server.app import create_app
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.files.folder_store import FolderStore
from wandb_nb.server.storage.users import add_user

if TYPE_CHECKING:
    from pathlib import Path


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return the values of metrics by their name and label values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_health_needs_no_key(client: Client) -> None:
    """A probe without a key learns that the server is alive and can store runs, and nothing else."""
    visitor = Client(client.services, None)
    assert visitor.send("GET", "/healthz").text == "ok\n"
    assert visitor.send("GET", "/readyz").json() == {"ready": True, "problems": []}


@pytest.mark.parametrize("part", ["database", "files"])
def test_a_failing_part_is_named(client: Client, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot store runs is not ready; the answer has the part, and no path or address."""
    if part == "files":
        object.__setattr__(client.services, "store", FolderStore(tmp_path / "gone" / "files"))
    else:
        client.services.database.close()
        monkeypatch.setattr(client.services.database, "_readers", _unreachable_engine(tmp_path))
    answer = Client(client.services, None).send("GET", "/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "problems": [part]})
    assert Client(client.services, None).send("GET", "/healthz").status_code == 200


def _unreachable_engine(tmp_path: Path) -> Any:
    from sqlalchemy import create_engine

    return create_engine(f"sqlite:///{tmp_path / 'no folder' / 'server.db'}")


def test_metrics_count_requests_and_lines(client: Client) -> None:
    """Requests are counted by pattern of their address and status, lines by stream; no name of a run is in it."""
    client.upsert("secret-run")
    client.rows("secret-run", 0, '{"a":1}', '{"a":2}')
    assert client.stream("secret-run", files={"wandb-history.jsonl": {"offset": -1, "content": []}}).status_code == 400
    client.send("GET", "/nowhere/at/all/for/anybody")
    text = client.send("GET", "/metrics").text
    values = samples(text)
    post = ("POST", "/files/{entity}/{project}/{run}/file_stream")
    assert values[("wandb_nb_requests_total", *post, "200")] == 1
    assert values[("wandb_nb_requests_total", *post, "400")] == 1
    assert values["wandb_nb_requests_total", "GET", "other", "404"] == 1
    assert values["wandb_nb_received_lines_total", "history"] == 2
    assert values[("wandb_nb_request_seconds_count", *post)] == 2
    assert values[("wandb_nb_received_bytes_total", *post)] > 50
    assert values["wandb_nb_active_requests",] == 1, "this one"
    assert "secret-run" not in text


def test_metrics_are_for_administrators(client: Client) -> None:
    """Without a key, and with the key of a user who is not an administrator, there are no metrics."""
    other_key = new_key()
    with client.services.database.write() as connection:
        add_user(connection, "other", other_key)
    assert Client(client.services, None).send("GET", "/metrics").status_code == 401
    assert Client(client.services, other_key).send("GET", "/metrics").status_code == 403


def test_the_log_has_a_line_per_request_without_secrets(client: Client) -> None:
    """A line has the pattern of the address, status, time and sizes; no key, token or name reaches the log."""
    lines: list[str] = []
    client.upsert("secret-run")
    client.app = create_app(client.services, log=lines.append)
    client.rows("secret-run", 0, '{"a":1}')
    client.send("PUT", "/upload/secret-token", content=b"x" * 7)
    client.send("GET", "/local/p/runs/secret-run?token=secret-token", headers={"Cookie": "a=secret-token"})
    facts = [json.loads(line) for line in lines]
    assert [(one["method"], one["route"], one["status"]) for one in facts] == [
        ("POST", "/files/{entity}/{project}/{run}/file_stream", 200),
        ("PUT", "/upload/{token}", 403),
        ("GET", "/{entity}/{project}/runs/{run}", 303),
    ]
    assert set(facts[0]) == {"time", "method", "route", "status", "received", "sent", "seconds"}
    assert facts[0]["received"] > 20
    assert not any("secret" in line for line in lines)


def test_the_command_logs_and_stops(tmp_path: Path) -> None:
    """`server --log-requests` writes to standard error, and SIGTERM ends it in order."""
    arguments = ["server", "--port", "0", "--dir", str(tmp_path / "data"), "--log-requests"]
    with subprocess.Popen(
        [sys.executable, "-m", "wandb_nb", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        assert httpx.get(f"{url}/readyz").json()["ready"]
        os.kill(process.pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert [json.loads(line)["route"] for line in errors.splitlines() if line.startswith("{")] == ["/readyz"]
