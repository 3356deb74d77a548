"""A real Jupyter server for the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil
from waiting import until

LOGIN = "server-login"
REPOSITORY = Path(__file__).parents[2]


class Server:
    """A Jupyter server in a separate process, and its answers."""

    def __init__(self, folder: Path) -> None:
        self._runtime, self._log = folder / "runtime", (folder / "log").open("w+")
        config = folder / "config" / "jupyter_server_config.d"
        config.mkdir(parents=True)
        shipped = REPOSITORY / "jupyter-config" / "server-config" / "wandb_nb.json"
        (config / shipped.name).write_text(shipped.read_text())
        environment = {
            **os.environ,
            "JUPYTER_RUNTIME_DIR": str(self._runtime),
            "JUPYTER_CONFIG_DIR": str(config.parent),
        }
        options = ["--ServerApp.port=0", f"--IdentityProvider.token={LOGIN}", "--no-browser", "--allow-root"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *options, f"--ServerApp.root_dir={folder}"],
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.url = until(self._address, "the server's address")

    def _address(self) -> str | None:
        for file in self._runtime.glob("jpserver-*.json"):
            text = file.read_text()
            if text:
                return str(json.loads(text)["url"])
        assert self._process.poll() is None, self.log()
        return None

    def log(self) -> str:
        """Return what the server printed."""
        self._log.flush()
        return Path(self._log.name).read_text()

    def has_open(self, path: Path) -> bool:
        """Return whether the server has the file *path* open."""
        return str(path.resolve()) in {file.path for file in psutil.Process(self._process.pid).open_files()}

    def ask(self, path: str, token: str = "", body: Any = None, login: str = LOGIN) -> tuple[int, bytes]:
        """Return status and body of the answer."""
        headers = {"X-Wandb-Nb-Token": token, **({"Authorization": f"token {login}"} if login else {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers)  # noqa: S310  loopback
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  loopback
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def close(self) -> None:
        """Stop the server and its kernels."""
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
