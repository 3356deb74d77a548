"""A run written record by record, with the expected server data known in advance."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format import records
from wandb_nb.store.writing.owner_lock import OwnerLock
from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.store.writing.writer import RunWriter

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from restarted_server import StoredData

BEGAN = 1767225600.0
BAR = 4


@dataclass
class ScriptedRun:
    """The content of a run: `scenes` of records to append together, and the expected result."""

    name: str
    project: str = "p"
    scenes: list[list[bytes]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    code: int | None = 0
    """None if the run never ends."""

    def compare(self, stored: StoredData) -> None:
        """Compare with a server's data; a difference is an AssertionError."""
        assert [without_times(row) for row in stored.rows] == self.rows
        assert [_event(line) for line in stored.events] == self.events
        assert [line.removeprefix("ERROR ").partition(" ")[2] for line in stored.output] == self.output
        assert {key: stored.summary.get(key) for key in self.summary} == self.summary
        assert stored.config == self.config
        text = "".join(f"{line}\n" for line in self.output).encode()
        expected_files = {**self.files, **({"output.log": text} if text else {})}
        assert {name: stored.files.get(name) for name in expected_files} == expected_files
        assert json.loads(stored.files["wandb-summary.json"]) == stored.summary
        ends = {None: (1, "crashed"), 0: (0, "finished"), 3: (3, "failed")}
        assert (stored.facts["exitCode"], stored.facts["state"]) == ends[self.code]
        assert (stored.facts["tags"], stored.facts["notes"]) == (["x"], "n\n2")


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* without clock values."""
    return {key: value for key, value in row.items() if key not in ("_timestamp", "_runtime")}


def _event(line: str) -> dict[str, Any]:
    return {key: value for key, value in json.loads(line).items() if key.startswith("system.")}


def make_run(name: str, dice: random.Random, rows: int) -> ScriptedRun:
    """Return a run of *rows* rows, some of them in parts, with terminal output, system metrics, config and files."""
    run = ScriptedRun(name, config={"lr": 0.1, "net": {"w": dice.randrange(9)}})
    texts = {key: json.dumps(value) for key, value in run.config.items()}
    facts = {"project": run.project, "config": texts, "tags": ["x"], "notes": "n\n2", "start_time": BEGAN}
    run.files = {"saved.txt": dice.randbytes(dice.randrange(300_000)), "empty": b"", "sub/ü b.bin": b"\0\1"}
    announced = [(path, dice.choice(("now", "end", "live")), "other") for path in run.files]
    run.scenes.append([records.run(name, **facts), records.files(announced)])
    encoder, width = RowEncoder(), dice.choice((0, 0, 30, 900))
    for step in range(rows):
        run.scenes.extend([part] for part in _row(run, encoder, dice, step, width))
        if dice.random() < 0.05:
            run.scenes.append([_sample(run, step)])
        if dice.random() < 0.1:
            run.scenes.extend(_printed(run, dice, step))
        if dice.random() < 0.02:
            run.config["late"] = step
            run.scenes.append([records.config({"late": str(step)})])
    run.code = dice.choice((0, 3, None))
    run.summary["best"] = 0.5
    run.scenes.append([records.summary({"best": "0.5"})])
    if run.code is not None:
        run.scenes.append([records.exit(run.code, rows)])
    return run


def _row(run: ScriptedRun, encoder: RowEncoder, dice: random.Random, step: int, width: int) -> list[bytes]:
    """Return one row in one to three parts."""
    values = {"loss": dice.random(), "deep": {"n": step}, "text": "é" * width, "all": [1, None, "\n"]}
    keys = list(values)
    cuts = sorted(dice.sample(range(1, 4), dice.choice((0, 0, 1, 2))))
    parts = [keys[low:high] for low, high in zip([0, *cuts], [*cuts, 4], strict=True)]
    run.rows.append({**values, "_step": step})
    run.summary |= values
    return [encoder.encode({k: values[k] for k in part}, step, step / 7, BEGAN + step / 7) for part in parts]


def _sample(run: ScriptedRun, step: int) -> bytes:
    run.events.append({"system.cpu": step, "system.proc.memory": step / 3})
    return records.stats({"cpu": str(step), "proc.memory": json.dumps(step / 3)}, BEGAN + step)


def _printed(run: ScriptedRun, dice: random.Random, step: int) -> list[list[bytes]]:
    """Return a line of output, or a progress bar that ends as one."""
    stream = dice.choice(("stdout", "stderr"))
    if dice.random() < 0.5:
        run.output.append(f"line {step} ü")
        return [[records.output_raw(f"line {step} ü\n", stream, BEGAN + step)]]
    run.output.append(f"{BAR}/{BAR} of {step}")
    bars = [f"\r{n}/{BAR} of {step}" for n in range(BAR + 1)] + ["\n"]
    return [[records.output_raw(text, stream, BEGAN + step)] for text in bars]


class ScriptedRunWriter:
    """Writes a run into *folder*, whole or scene by scene, as its live owner."""

    def __init__(self, run: ScriptedRun, folder: Path) -> None:
        self.run = run
        self.file = folder / f"run-20260101_000000-{run.name}" / f"run-{run.name}.wandb"
        for name, content in run.files.items():
            path = self.file.parent / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self._lock = OwnerLock(self.file.parent)
        self._lock.acquire()
        self._writer = RunWriter(self.file)
        self._written = 0

    def write(self, scenes: int | None = None) -> bool:
        """Write the next *scenes*, or all that are left; return whether there are more."""
        end = len(self.run.scenes) if scenes is None else self._written + scenes
        for bodies in self.run.scenes[self._written : end]:
            self._writer.append(*bodies)
        self._written = end
        if end < len(self.run.scenes):
            return True
        self._writer.close()
        self._lock.release()
        return False
