"""The time and size of logged media, beside the official client: pictures, tables, histograms; and of PNG encoders.

Prints milliseconds per `log()` call, of CPU time and of wall-clock time (the median of the calls), the bytes of the
run's files, and how much the calls added to the process's peak memory. Each client runs in a process of its own, in
turns. `python benchmarks/bench_media.py`.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from wandb_nb.data.images.png_encoder import encode_png

CALLS = 12
TURNS = 3
CASES = ("photograph", "chart", "noise", "table of 10,000 rows", "histogram of 100,000")
PROGRAM = """
import json, resource, sys, time
import numpy as np
import {package} as wandb
sys.path.insert(0, {folder!r})
from bench_media import values
run = wandb.init(mode="offline", project="p", dir=sys.argv[1], settings={settings})
times, made = [], values(sys.argv[2], wandb)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for value in made:
    start, cpu = time.perf_counter(), time.process_time()
    run.log({{"x": value()}})
    times.append((time.perf_counter() - start, time.process_time() - cpu))
run.finish()
added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print("TIMES", json.dumps([times[2:], added]))
"""


def pictures() -> dict[str, np.ndarray]:
    """Return a photograph, a chart and noise of 1024 x 1024 pixels."""
    from sklearn.datasets import load_sample_image

    photograph = np.asarray(Image.fromarray(load_sample_image("china.jpg")).resize((1024, 1024)))
    chart = np.full((1024, 1024, 3), 255, np.uint8)
    x = np.arange(1024)
    for phase in range(5):
        y = (512 + 300 * np.sin(x / 90 + phase) + np.random.default_rng(phase).normal(0, 9, 1024)).astype(int)
        chart[np.clip(y, 0, 1023), x] = (30 * phase, 60, 200)
    noise = np.random.default_rng(0).integers(0, 255, (1024, 1024, 3), dtype=np.uint8)
    return {"photograph": photograph, "chart": chart, "noise": noise}


def values(case: str, wandb):
    """Return functions that make the values of *case*, each of them another one."""
    rng = np.random.default_rng(1)
    if case.startswith("table"):
        rows = [[number, float(number) / 3, f"text {number}"] for number in range(10_000)]
        return [partial(wandb.Table, ["i", "f", f"s{n}"], rows) for n in range(CALLS)]
    if case.startswith("histogram"):
        return [partial(wandb.Histogram, rng.normal(size=100_000)) for _ in range(CALLS)]
    picture = pictures()[case]
    return [partial(wandb.Image, np.roll(picture, n, axis=0)) for n in range(CALLS)]


def measure(package: str, case: str) -> tuple[list[float], list[float], int, float]:
    """Return wall-clock and CPU times of the calls in milliseconds, bytes of the run's files, and MB of memory."""
    official = "wandb.Settings(console='off', x_disable_stats=True)"
    settings = "{'silent': True}" if package == "wandb_nb" else official
    with tempfile.TemporaryDirectory() as folder:
        source = PROGRAM.format(package=package, folder=str(Path(__file__).parent), settings=settings)
        environment = {**os.environ, "WANDB_SILENT": "true", "WANDB_DATA_DIR": folder, "WANDB_NB_DATA_DIR": folder}
        command = [sys.executable, "-c", source, folder, case]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        times, added = json.loads(done.stdout.partition("TIMES ")[2])
        size = sum(path.stat().st_size for path in Path(folder, "wandb").rglob("*") if path.is_file())
    return [wall * 1e3 for wall, _ in times], [cpu * 1e3 for _, cpu in times], size, added / 1e3


def side_by_side() -> None:
    """Print each case for both clients."""
    print(f"{'case':24}{'client':10}{'wall ms':>10}{'CPU ms':>10}{'run, kB':>10}{'memory, MB':>12}")
    for case in CASES:
        walls, cpus, sizes, memory = {}, {}, {}, {}
        for _ in range(TURNS):
            for package in ("wandb_nb", "wandb"):
                wall, cpu, sizes[package], memory[package] = measure(package, case)
                walls.setdefault(package, []).extend(wall)
                cpus.setdefault(package, []).extend(cpu)
        for package in ("wandb_nb", "wandb"):
            wall, cpu = statistics.median(walls[package]), statistics.median(cpus[package])
            print(f"{case:24}{package:10}{wall:10.1f}{cpu:10.1f}{sizes[package] / 1e3:10.0f}{memory[package]:12.1f}")


def encoders() -> None:
    """Print time and size of a picture for this project's encoder and for Pillow's options."""
    pillow = {
        "Pillow, level 6": {},
        "Pillow, level 1": {"compress_level": 1},
        "Pillow, level 1, runs": {"compress_level": 1, "compress_type": zlib.Z_RLE},
    }
    print(f"\n{'picture':12}{'encoder':24}{'ms':>8}{'kB':>8}")
    for name, picture in pictures().items():
        for encoder in ("ours", *pillow):
            times, data = [], b""
            for _ in range(5):
                start = time.process_time()
                data = encode_png(picture, "RGB") if encoder == "ours" else with_pillow(picture, pillow[encoder])
                times.append(time.process_time() - start)
            print(f"{name:12}{encoder:24}{min(times) * 1e3:8.1f}{len(data) / 1e3:8.0f}")


def with_pillow(picture: np.ndarray, options: dict[str, int]) -> bytes:
    """Return the picture as a PNG of Pillow's."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", **options)
    return file.getvalue()


if __name__ == "__main__":
    side_by_side()
    encoders()
