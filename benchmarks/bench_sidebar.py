"""The cost of the sidebar's list for the Jupyter server: 2,000 runs read, listed, and listed again without changes.

python benchmarks/bench_sidebar.py

Times are processor times of this process. The list is made in a worker thread; the sidebar has a second to open.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.jupyter.catalogue import RunCatalogue
from wandb_nb.jupyter.run_previews import RunPreviews
from wandb_nb.store.format.framing import FILE_HEADER, frame
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.view.message.run_message import strict_json

if TYPE_CHECKING:
    from wandb_nb.store.runs.registry import RunEntry

RUNS, ROWS, SHOWN = 2_000, 1_000, 20


def make(root: Path) -> None:
    """Write run directories of a thousand rows each, and register them."""
    encoder, registry = RowEncoder(), Registry()
    rows = [encoder.encode({"loss": 1 / (step + 1), "acc": step}, step, step, step) for step in range(ROWS)]
    content = FILE_HEADER + frame(rows, len(FILE_HEADER))
    for number in range(RUNS):
        folder = root / "wandb" / f"run-20260101_000000-r{number}"
        folder.mkdir(parents=True)
        (folder / f"run-r{number}.wandb").write_bytes(content)
        entry = registry.register(run_id=f"r{number}", path=folder, project="p", name=f"run-{number}")
        registry.update(entry, state="finished")


async def all_previews(looks: RunPreviews, entries: list[RunEntry]) -> None:
    """Request until every run has a preview, as the page does."""
    while len(await looks.get(entries)) < len(entries):
        pass


async def measure(root: Path) -> dict[str, float]:
    """Return the figures: milliseconds, and the length of the answer."""
    clock = iter(range(0, 10_000, 10))
    catalogue, looks = RunCatalogue(root, clock=lambda: next(clock)), RunPreviews()
    catalogue._start_scan = lambda: None  # type: ignore[method-assign]  # noqa: SLF001 -- folders are not measured here
    figures: dict[str, float] = {}

    async def timed(name: str, work: object) -> object:
        start = time.process_time()
        answer = await work  # type: ignore[misc]
        figures[name] = round((time.process_time() - start) * 1e3, 1)
        return answer

    first = await timed("first list, ms", catalogue.changes(""))
    start = time.process_time()
    figures["answer, kB"] = round(len(strict_json(first)) / 1e3)
    figures["answer as JSON, ms"] = round((time.process_time() - start) * 1e3, 1)
    await timed("list again, nothing new, ms", catalogue.changes(first["version"]))  # type: ignore[index]
    entries = catalogue.entries([row["key"] for row in first["rows"][:SHOWN]])  # type: ignore[index]
    await timed(f"curves of {SHOWN} runs of {ROWS} rows, ms", all_previews(looks, entries))
    await timed("the same again, ms", looks.get(entries))
    return figures


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WANDB_NB_DATA_DIR"] = str(Path(folder) / "data")
        make(Path(folder) / "root")
        print(json.dumps(asyncio.run(measure(Path(folder) / "root")), indent=1))


if __name__ == "__main__":
    main()
