"""A run written record by record, with what a server must hold of it in the end, known beforehand."""

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

    from restarted_server import Held

BEGAN = 1767225600.0
BAR = 4


@dataclass
class Story:
    """What happens in a run: `scenes` of records to append together, and what comes of them."""

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
    """None where nobody ends the run."""

    def compare(self, held: Held) -> None:
        """Compare with what a server holds; a difference is an AssertionError."""
        assert [without_times(row) for row in held.rows] == self.rows
        assert [_event(line) for line in held.events] == self.events
        assert [line.removeprefix("ERROR ").partition(" ")[2] for line in held.output] == self.output
        assert {key: held.summary.get(key) for key in self.summary} == self.summary
        assert held.config == self.config
        text = "".join(f"{line}\n" for line in self.output).encode()
        wanted = {**self.files, **({"output.log": text} if text else {})}
        assert {name: held.files.get(name) for name in wanted} == wanted
        assert json.loads(held.files["wandb-summary.json"]) == held.summary
        ends = {None: (1, "crashed"), 0: (0, "finished"), 3: (3, "failed")}
        assert (held.facts["exitCode"], held.facts["state"]) == ends[self.code]
        assert (held.facts["tags"], held.facts["notes"]) == (["x"], "n\n2")


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* without what the clock put in."""
    return {key: value for key, value in row.items() if key not in ("_timestamp", "_runtime")}


def _event(line: str) -> dict[str, Any]:
    return {key: value for key, value in json.loads(line).items() if key.startswith("system.")}


def made(name: str, dice: random.Random, rows: int) -> Story:
    """Return a story of *rows* rows, some of them in parts, with terminal output, system metrics, config and files."""
    story = Story(name, config={"lr": 0.1, "net": {"w": dice.randrange(9)}})
    texts = {key: json.dumps(value) for key, value in story.config.items()}
    facts = {"project": story.project, "config": texts, "tags": ["x"], "notes": "n\n2", "start_time": BEGAN}
    story.files = {"kept.txt": dice.randbytes(dice.randrange(300_000)), "empty": b"", "sub/ü b.bin": b"\0\1"}
    announced = [(path, dice.choice(("now", "end", "live")), "other") for path in story.files]
    story.scenes.append([records.run(name, **facts), records.files(announced)])
    encoder, width = RowEncoder(), dice.choice((0, 0, 30, 900))
    for step in range(rows):
        story.scenes.extend([part] for part in _row(story, encoder, dice, step, width))
        if dice.random() < 0.05:
            story.scenes.append([_sample(story, step)])
        if dice.random() < 0.1:
            story.scenes.extend(_printed(story, dice, step))
        if dice.random() < 0.02:
            story.config["late"] = step
            story.scenes.append([records.config({"late": str(step)})])
    story.code = dice.choice((0, 3, None))
    story.summary["best"] = 0.5
    story.scenes.append([records.summary({"best": "0.5"})])
    if story.code is not None:
        story.scenes.append([records.exit(story.code, rows)])
    return story


def _row(story: Story, encoder: RowEncoder, dice: random.Random, step: int, width: int) -> list[bytes]:
    """Return one row in one to three parts."""
    values = {"loss": dice.random(), "deep": {"n": step}, "text": "é" * width, "all": [1, None, "\n"]}
    keys = list(values)
    cuts = sorted(dice.sample(range(1, 4), dice.choice((0, 0, 1, 2))))
    parts = [keys[low:high] for low, high in zip([0, *cuts], [*cuts, 4], strict=True)]
    story.rows.append({**values, "_step": step})
    story.summary |= values
    return [encoder.encode({k: values[k] for k in part}, step, step / 7, BEGAN + step / 7) for part in parts]


def _sample(story: Story, step: int) -> bytes:
    story.events.append({"system.cpu": step, "system.proc.memory": step / 3})
    return records.stats({"cpu": str(step), "proc.memory": json.dumps(step / 3)}, BEGAN + step)


def _printed(story: Story, dice: random.Random, step: int) -> list[list[bytes]]:
    """Return a line of output, or a progress bar that ends as one."""
    stream = dice.choice(("stdout", "stderr"))
    if dice.random() < 0.5:
        story.output.append(f"line {step} ü")
        return [[records.output_raw(f"line {step} ü\n", stream, BEGAN + step)]]
    story.output.append(f"{BAR}/{BAR} of {step}")
    bars = [f"\r{n}/{BAR} of {step}" for n in range(BAR + 1)] + ["\n"]
    return [[records.output_raw(text, stream, BEGAN + step)] for text in bars]


class Telling:
    """Writes a story into *folder*, at once or scene by scene, as its living owner."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.file = folder / f"run-20260101_000000-{story.name}" / f"run-{story.name}.wandb"
        for name, content in story.files.items():
            path = self.file.parent / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self._lock = OwnerLock(self.file.parent)
        self._lock.acquire()
        self._writer = RunWriter(self.file)
        self._told = 0

    def tell(self, scenes: int | None = None) -> bool:
        """Write the next *scenes*, or all that are left; return whether there are more."""
        end = len(self.story.scenes) if scenes is None else self._told + scenes
        for bodies in self.story.scenes[self._told : end]:
            self._writer.append(*bodies)
        self._told = end
        if end < len(self.story.scenes):
            return True
        self._writer.close()
        self._lock.release()
        return False
