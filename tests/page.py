"""A page connected to a kernel, as far as messages go: cells with metadata, comms, and its own subshell."""

from __future__ import annotations

import os
import time
from queue import Empty
from typing import TYPE_CHECKING, Any

from jupyter_client import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Page:
    """Starts a kernel in *folder* and talks to it as JupyterLab does.

    Pages of other hosts open no *subshell*, and may send no *facts* with a cell. *variables* are the environment.
    """

    def __init__(
        self, folder: Path, *, subshell: bool = True, facts: bool = True, variables: Mapping[str, str] | None = None
    ) -> None:
        self._facts = facts
        self._cells = 0
        self._manager = KernelManager()
        self._manager.start_kernel(cwd=str(folder), env={**os.environ, **(variables or {})})
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        self.heard: list[dict[str, Any]] = []
        self._subshell = self._open_subshell() if subshell else None

    def _open_subshell(self) -> str:
        self._client.control_channel.send(self._client.session.msg("create_subshell_request", {}))
        while True:
            answer = self._client.get_control_msg(timeout=30)
            if "subshell_id" in answer["content"]:
                return str(answer["content"]["subshell_id"])

    def run(self, code: str, cell_id: str = "") -> str:
        """Send a cell with the metadata of a page without waiting; return the message's id.

        It is a new cell, unless *cell_id* is that of an earlier one.
        """
        self._cells += 1
        message = self._client.session.msg("execute_request", {"code": code, "silent": False, "store_history": True})
        message["content"]["allow_stdin"] = True
        message["metadata"] = {"cellId": cell_id or f"cell-{self._cells}"} if self._facts else {}
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def prepare(self, code: str) -> None:
        """Run *code* as a host does before the first cell, invisibly."""
        self._client.execute(code, silent=True, store_history=False, reply=True, timeout=60)

    def interrupt(self) -> None:
        """Press the interrupt button."""
        self._manager.interrupt_kernel()

    def asked(self) -> bool:
        """Return whether the kernel asked the user a question."""
        return bool(self._client.stdin_channel.msg_ready())

    def finished(self, cell: str) -> bool:
        """Return whether the end of the cell was received."""
        return any(
            message["parent_header"].get("msg_id") == cell and message["content"].get("execution_state") == "idle"
            for message in self.heard
        )

    def send(self, kind: str, content: dict[str, Any]) -> None:
        """Send a comm message, to the page's subshell if it has one."""
        message = self._client.session.msg(kind, content)
        if self._subshell is not None:
            message["header"]["subshell_id"] = self._subshell
        self._client.shell_channel.send(message)

    def hear(self, wanted: Callable[[dict[str, Any]], Any], seconds: float = 30) -> dict[str, Any]:
        """Return the first wanted message, among those received before or from now on; fails after *seconds*."""
        for message in self.heard:
            if wanted(message):
                return message
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                message = self._client.get_iopub_msg(timeout=0.2)
            except Empty:
                continue
            self.heard.append(message)
            if wanted(message):
                return message
        raise AssertionError("it was not heard in time")

    def close(self) -> None:
        """Shut the kernel down."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def custom(message: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a comm message from our widget or comm; empty for other messages."""
    if message["msg_type"] != "comm_msg":
        return {}
    data = message["content"]["data"]
    content = data.get("content") if data.get("method") == "custom" else data
    return content if content.get("type") in ("message", "range", "file") else {}
