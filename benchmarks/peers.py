"""The programs that `bench_run.py` measures: one run with each tracker, as a user would write it.

Every program prints its figures as one line of JSON: times in µs for a `log()`, else in ms.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

PEERS_PYTHON = str(Path(__file__).parents[1] / "build" / "peers" / "bin" / "python")


class Peer(NamedTuple):
    """The way to start a run with a tracker; the code defines `log` and `finish`."""

    load: str
    start: str
    python: str = sys.executable


_WANDB = """
run = wandb.init(project="bench", settings=wandb.Settings(silent=True))
log, finish = run.log, run.finish
"""
_TRACKIO = """
run = trackio.init(project="bench")
log, finish = run.log, run.finish
"""
_TENSORBOARDX = """
writer, steps, finish = SummaryWriter("logs"), itertools.count(), lambda: writer.close()
def log(row):
    step = next(steps)
    for name, value in row.items(): writer.add_scalar(name, value, step)
"""
# The same record by protobuf's C implementation, framed, checksummed and written like ours.
_PROTOBUF = """
def message(file, name, **fields):
    kind = file.message_type.add(name=name)
    for number, (field, (label, sort, of)) in enumerate(fields.items(), 1):
        kind.field.add(name=field, number=number, label=label, type=sort, type_name=of)
file = descriptor_pb2.FileDescriptorProto(name="bench.proto", package="bench", syntax="proto3")
message(file, "Item", key=(1, 9, None), value_json=(1, 9, None))
message(file, "History", item=(3, 11, ".bench.Item"))
pool = descriptor_pool.DescriptorPool(); pool.Add(file)
History = message_factory.GetMessageClass(pool.FindMessageTypeByName("bench.History"))
fd = os.open("records", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
dumps = json.JSONEncoder(default=float).encode
def log(row):
    history = History()
    for name, value in row.items(): history.item.add(key=name, value_json=dumps(value))
    data = history.SerializeToString()
    os.write(fd, zlib.crc32(data).to_bytes(4, "little") + data)
finish = lambda: (os.fdatasync(fd), os.close(fd))
"""
_APPEND = """
fd = os.open("bytes", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
text = bytes(1 << 20)
log, finish = lambda row: os.write(fd, text[:75 + 42 * len(row)]), lambda: (os.fdatasync(fd), os.close(fd))
"""

PEERS = {
    "ours": Peer("import wandb_nb as wandb", _WANDB),
    "official": Peer("import wandb", _WANDB),
    "trackio": Peer("import trackio", _TRACKIO, PEERS_PYTHON),
    "tensorboardX": Peer("from tensorboardX import SummaryWriter; import itertools", _TENSORBOARDX, PEERS_PYTHON),
    "protobuf": Peer(
        "import zlib; from google.protobuf import descriptor_pb2, descriptor_pool, message_factory", _PROTOBUF
    ),
    "append": Peer("", _APPEND),
}

_BEFORE = """
import json, os, random, sys, time
now, R, figures = time.perf_counter, random.random, {}
def times(count, row, work=0.0):
    rows, taken = [row(number) for number in range(count)], []
    for values in rows:
        until = now() + work
        while now() < until: pass
        begin = now(); log(values); taken.append(now() - begin)
    taken = sorted(taken[count // 10:])
    return [taken[len(taken) // 2] * 1e6, taken[len(taken) * 99 // 100] * 1e6]
def milliseconds(act):
    begin = now(); act(); return (now() - begin) * 1e3
def memory():
    with open("/proc/self/statm") as file: return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
def wide(count): return lambda _: {f"metric_{k}": R() for k in range(count)}
memory_before = memory() if os.path.exists("/proc/self/statm") else None
"""
_START = """
begin = now()
{load}
figures["import"] = (now() - begin) * 1e3
begin = now()
{start}
figures["init"] = (now() - begin) * 1e3
"""
_END = """
print("\\n" + json.dumps(figures)); sys.stdout.flush(); os._exit(0)
"""

EMPTY = 'figures["finish without rows"] = milliseconds(finish)'
IDLE = 'time.sleep(1.5); figures["finish"] = milliseconds(finish)'
LONG = """
for number in range(100_000): log({"train/loss": 1 / (number + 1), "train/accuracy": number / 1e5})
figures["finish after rows"] = milliseconds(finish)
files = [os.path.join(at, name) for at, _, names in os.walk("wandb") for name in names if name.endswith(".wandb")]
figures["bytes"] = sum(map(os.path.getsize, files)) / 100_000 or None
"""
ROWS = """
time.sleep(1.5)  # what is gathered after init() must not disturb the figures that follow
figures["two"] = times(10_000, lambda _: {"train/loss": R(), "train/accuracy": R()})
figures["memory"] = memory_before and memory() - memory_before
figures["spaced"] = times(300, lambda _: {"train/loss": R(), "train/accuracy": R()}, 0.001)
import numpy
figures["numpy"] = times(3000, lambda _: {"train/loss": numpy.float32(R()), "train/accuracy": numpy.float64(R())})
figures["hundred"] = times(1000, wide(100))
figures["thousand"] = times(60, wide(1000))
figures["more"] = times(60, wide(1100))
figures["new"] = times(2000, lambda number: {f"once/{number}": R()})
"""


def again(peer: Peer) -> str:
    """Return the work of ending a run and starting another one in the same process."""
    return f'finish()\nbegin = now()\n{peer.start}\nfigures["again"] = (now() - begin) * 1e3\nfinish()'


def measure(peer: Peer, work: str, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run *work* with *peer* in its own process and folder; return the figures, or none if it cannot run."""
    source = _BEFORE + _START.format(load=peer.load, start=peer.start) + work + _END
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        own = {
            "PYTHONDONTWRITEBYTECODE": "",
            "WANDB_MODE": "offline",
            "WANDB_SILENT": "true",
            "HOME": folder,
            "TRACKIO_DIR": f"{folder}/trackio",
        }
        environment = {**os.environ, "WANDB_NB_DATA_DIR": folder, **own, **(environ or {})}
        try:
            done = subprocess.run(
                [peer.python, "-c", source], cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:  # the peers' environment could not be made
            return {}
    if done.returncode:
        print(done.stderr[-500:], file=sys.stderr)
        return {}
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
