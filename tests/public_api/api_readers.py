"""A program over `wandb.Api()`, run by W&B's own client and ours on a server, and by ours over the files here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from embedded_server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

READERS = {"official": "wandb", "server": "wandb_nb as wandb", "local": "wandb_nb as wandb"}


def answers_by_reader(factory: pytest.TempPathFactory, log: str, ask: str) -> Iterator[dict[str, dict[str, Any]]]:
    """Run *log* offline and send it; yield the JSON that *ask* prints: "official" and "server" there, "local" here."""
    home = factory.mktemp("api")
    with EmbeddedServer(factory.mktemp("server")) as server:
        environ = {
            "PATH": os.environ["PATH"], "HOME": str(home), "WANDB_NB_DATA_DIR": str(home / "data"),
            "WANDB_ERROR_REPORTING": "false", "HTTP_PROXY": server.url, "HTTPS_PROXY": server.url,
            "NO_PROXY": "127.0.0.1", "PYTHONPATH": os.pathsep.join(sys.path),
        }  # fmt: skip

        def run(*command: str, **more: str) -> str:
            done = subprocess.run(
                [sys.executable, *command], env=environ | more, cwd=home, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        def answer(reader: str, module: str) -> dict[str, Any]:
            account = {} if reader == "local" else server.environ
            printed = run("-c", f"import {module}\n{ask}", str(home / reader), **account)
            answers: dict[str, Any] = json.loads(printed.splitlines()[-1])
            return answers

        run("-c", log, WANDB_MODE="offline")
        run("-m", "wandb_nb", "sync", **server.environ)
        yield {reader: answer(reader, module) for reader, module in READERS.items()}


def differences(given: dict[str, Any], expected: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the questions of *expected* that *given* answers otherwise, each with both answers."""
    return {question: (given[question], answer) for question, answer in expected.items() if given[question] != answer}
