"""What a notebook's user waits for: `init()` in a fresh kernel, and a cell that logs over one that does not.

python benchmarks/bench_notebook.py [kernels] [path of another checkout ...]

Cells run in real kernels, sent one by one like a page does it, with the panel shown and 0.15 s of rest between them.
Besides wandb_nb, other checkouts of it and the installed trackers are measured in turn, in the same run. The budgets:
60 ms for `init()`, 5 ms for a cell.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client import KernelManager

START = "tracker.init(project='bench')"
ROW = "tracker.log({'loss': 0.1, 'accuracy': 0.9})"
CELLS = 15
REST_SECONDS = 0.15


class Kernel:
    """A new kernel, with *path* before its other packages."""

    def __init__(self, path: str) -> None:
        folder = tempfile.mkdtemp()
        environment = {"WANDB_MODE": "offline", "WANDB_SILENT": "false", "WANDB_NB_DATA_DIR": folder}
        self._manager = KernelManager()
        self._manager.start_kernel(cwd=folder, env={**os.environ, **environment, "PYTHONPATH": path})
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)

    def run(self, code: str) -> float:
        """Return the milliseconds until the cell is answered; waits until the kernel is idle."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
        message = self._client.session.msg("execute_request", content)
        message["metadata"] = {"cellId": message["header"]["msg_id"]}
        started = time.perf_counter()
        self._client.shell_channel.send(message)
        while True:
            answer = self._client.get_shell_msg(timeout=120)
            if answer["parent_header"]["msg_id"] == message["header"]["msg_id"]:
                break
        took = (time.perf_counter() - started) * 1e3
        if answer["content"]["status"] != "ok":
            raise RuntimeError("\n".join(answer["content"]["traceback"]))
        time.sleep(REST_SECONDS)
        return took

    def close(self) -> None:
        """Shut down the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def measure(package: str, path: str) -> tuple[float, float, float]:
    """Return the milliseconds of import, of `init()`, and of a cell that logs over one that does not."""
    kernel = Kernel(path)
    try:
        imported = kernel.run(f"import {package} as tracker")
        started = kernel.run(START)
        kernel.run(f"for _ in range(200): {ROW}")
        pairs = [(kernel.run(ROW), kernel.run("1 + 1")) for _ in range(CELLS)]
        extra = statistics.median(logging for logging, _ in pairs) - statistics.median(plain for _, plain in pairs)
        return imported, started, extra
    finally:
        kernel.close()


def main() -> None:
    """Measure each tracker in turn, and print the medians."""
    kernels = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    here = str(Path(__file__).parents[1])
    subjects = [("wandb_nb", here), *(("wandb_nb", path) for path in sys.argv[2:])]
    subjects += [(name, "") for name in ("wandb", "trackio") if importlib.util.find_spec(name) is not None]
    results: dict[tuple[str, str], list[tuple[float, float, float]]] = {subject: [] for subject in subjects}
    for number in range(kernels):
        first = number % len(subjects)  # each follows each other one
        for subject in subjects[first:] + subjects[:first]:
            results[subject].append(measure(*subject))
    print(f"{'tracker':<24}{'import':>9}{'init()':>9}{'cell':>9}  ms, medians of {kernels} kernels")
    for (package, path), figures in results.items():
        label = package if path in ("", here) else f"{package}, {Path(path).name}"
        print(f"{label:<24}" + "".join(f"{statistics.median(column):>9.1f}" for column in zip(*figures, strict=True)))


if __name__ == "__main__":
    main()
