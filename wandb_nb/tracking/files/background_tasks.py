"""Named pieces of work, each in a thread of its own, so that one that hangs or fails costs only itself."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


START_DELAY_SECONDS = 0.05
"""So long do tasks leave the interpreter to the program, whose `init()` would otherwise wait for each of them."""


class NoThreadError(RuntimeError):
    """The system allows no more threads."""


class BackgroundTasks:
    """Runs tasks in daemon threads, a moment later. *failed* gets the name of a task and its error."""

    def __init__(self, failed: Callable[[str, Exception], None]) -> None:
        self._failed = failed
        self._threads: dict[str, threading.Thread] = {}
        self._is_awaited = threading.Event()

    def start(self, name: str, act: Callable[..., None], *arguments: Any) -> None:
        """Call *act* in a thread; where no thread can be started it is not called, and that is a failure."""
        thread = threading.Thread(target=self._run, args=(name, act, *arguments), name=f"wandb_nb-{name}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._failed(name, NoThreadError(str(error)))
        else:
            self._threads[name] = thread

    def wait(self, timeout_seconds: float | None = None, *names: str) -> list[str]:
        """Wait for the tasks, or those of *names*; return those that still run after the time.

        Returns immediately in a forked child, which has none of the threads.
        """
        self._is_awaited.set()
        threads = {name: thread for name, thread in self._threads.items() if not names or name in names}
        due = None if timeout_seconds is None else monotonic() + timeout_seconds
        for thread in threads.values():
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(None if due is None else max(0.0, due - monotonic()))
        return [name for name, thread in threads.items() if thread.is_alive()]

    def _run(self, name: str, act: Callable[..., None], *arguments: Any) -> None:
        self._is_awaited.wait(START_DELAY_SECONDS)
        try:
            act(*arguments)
        except Exception as error:  # noqa: BLE001 -- nothing above the thread could handle it
            self._failed(name, error)
