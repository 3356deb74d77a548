"""Time, memory and disk of logged artifacts, beside the official client: many small files, and one large file.

Each client runs in a process of its own, offline: `add_dir`, `log_artifact` and `finish`; ours also downloads the
version, which the official client cannot without a server. Disk is what its folders hold in the end, each block once.
`python benchmarks/bench_artifacts.py [FILES [GIGABYTES]]`, by default 100,000 files of 1 kB and one of 2 GB.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FILES, GIGABYTES = 100_000, 2.0
SMALL_BYTES = 1_000
PER_FOLDER = 1_000
PROGRAM = """
import json, resource, sys, time
import {package} as wandb
run = wandb.init(mode="offline", project="p", dir=sys.argv[2], settings={settings})
start, cpu, times = time.perf_counter(), time.process_time(), {{}}
artifact = wandb.Artifact("data", type="dataset")
artifact.add_dir(sys.argv[1])
times["add"] = time.perf_counter() - start
run.log_artifact(artifact)
times["log"] = time.perf_counter() - start - times["add"]
run.finish()
times["all"] = time.perf_counter() - start
who = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
times["memory"] = sum(resource.getrusage(each).ru_maxrss for each in who) / 1e3
if {package!r} == "wandb_nb":
    start = time.perf_counter()
    artifact.download(sys.argv[2] + "/download")
    times["download"] = time.perf_counter() - start
    times["memory after download"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
print("TIMES", json.dumps(times))
"""
OFFICIAL = "wandb.Settings(console='off', x_disable_stats=True, silent=True)"
OURS = "{'silent': True}"


def write_small(folder: Path, count: int) -> None:
    """Write *count* files of 1 kB, each of them another content."""
    for first in range(0, count, PER_FOLDER):
        part = folder / f"part-{first // PER_FOLDER:04}"
        part.mkdir(parents=True)
        for number in range(first, min(first + PER_FOLDER, count)):
            (part / f"{number:06}.bin").write_bytes(b"%09d " % number * (SMALL_BYTES // 10))


def write_large(folder: Path, gigabytes: float) -> None:
    """Write one file of random blocks."""
    folder.mkdir()
    block = os.urandom(1 << 24)
    with (folder / "large.bin").open("wb") as file:
        for number in range(int(gigabytes * 1e9) >> 24):
            file.write(number.to_bytes(8, "little") + block[8:])


def disk(folder: Path) -> int:
    """Return the bytes that the files below *folder* take, a file with several names once."""
    seen: dict[tuple[int, int], int] = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def measure(package: str, source: Path, folder: Path) -> dict[str, float]:
    """Return the figures of one client for the files in *source*, in seconds and megabytes."""
    folder.mkdir()
    program = PROGRAM.format(package=package, settings=OURS if package == "wandb_nb" else OFFICIAL)
    own = {"WANDB_NB_DATA_DIR": str(folder / "store")}
    theirs = {"WANDB_DATA_DIR": str(folder / "data"), "WANDB_CACHE_DIR": str(folder / "cache")}
    environment = {**os.environ, "WANDB_SILENT": "true", **(own if package == "wandb_nb" else theirs)}
    command = [sys.executable, "-c", program, str(source), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(
        next(line for line in done.stdout.splitlines() if line.startswith("TIMES"))[6:]
    )
    shutil.rmtree(folder / "download", ignore_errors=True)
    figures["disk"] = disk(folder) / 1e6
    shutil.rmtree(folder)
    return figures


def main() -> None:
    """Print the figures of both clients."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    gigabytes = float(sys.argv[2]) if len(sys.argv) > 2 else GIGABYTES
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        for title, write in (
            (f"{count:,} files of 1 kB", lambda folder: write_small(folder, count)),
            (f"one file of {gigabytes:g} GB", lambda folder: write_large(folder, gigabytes)),
        ):
            source = top / "source"
            write(source)
            print(title)
            for package in ("wandb_nb", "wandb"):
                figures = measure(package, source, top / "out")
                print(f"  {package:<9}", ", ".join(f"{key} {value:.1f}" for key, value in figures.items()), flush=True)
            shutil.rmtree(source)


if __name__ == "__main__":
    main()
