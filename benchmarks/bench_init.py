"""What `init()` costs online: against a server on this machine, and through a proxy that delays each direction.

python benchmarks/bench_init.py [--rounds N] [--before CHECKOUT]

The smallest values of all rounds, in ms: the first run of a process and a further one. With a checkout of an earlier
state, the two take turns.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from served import served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROUND_TRIP_SECONDS = 0.05
PROGRAM = """
import time
import wandb_nb as wandb
for _ in range(2):
    began = time.perf_counter()
    run = wandb.init(project="bench", mode="online", settings={"console": "off"})
    print((time.perf_counter() - began) * 1e3)
    run.finish()
"""


@contextmanager
def delaying_proxy(port: int) -> Iterator[int]:
    """Yield the port of a proxy to *port* that delays every piece of data by half a round trip."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    time.sleep(ROUND_TRIP_SECONDS)  # the handshake of the connection
                    server = socket.create_connection(("127.0.0.1", port))
                    for pair in ((client, server), (server, client)):
                        threading.Thread(target=_forward, args=pair, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def _forward(source: socket.socket, target: socket.socket) -> None:
    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError):
        while data := source.recv(1 << 16):
            time.sleep(ROUND_TRIP_SECONDS / 2)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def measure(environ: Mapping[str, str], folder: Path, checkout: str) -> list[float]:
    """Return the ms of the first and of a further `init()` in a process of its own."""
    environ = {**environ, "PYTHONPATH": checkout}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--before", metavar="CHECKOUT")
    arguments = options.parse_args()
    checkouts = {"ours": str(Path(__file__).parents[1])} | ({"before": arguments.before} if arguments.before else {})
    with served() as server, delaying_proxy(int(server.url.rpartition(":")[2])) as port:
        places = {
            "this machine": {},
            f"{ROUND_TRIP_SECONDS * 1e3:.0f} ms away": {"WANDB_BASE_URL": f"http://127.0.0.1:{port}"},
        }
        for place, variables in places.items():
            environ = {**server.environ, **variables}
            seen: dict[str, list[list[float]]] = {name: [] for name in checkouts}
            for _ in range(arguments.rounds):
                for name, checkout in checkouts.items():
                    seen[name].append(measure(environ, server.folder, checkout))
            for name, figures in seen.items():
                first, further = map(min, zip(*figures, strict=True))
                print(f"{place:<16}{name:<8}first {first:8.1f}   further {further:8.1f}")


if __name__ == "__main__":
    main()
