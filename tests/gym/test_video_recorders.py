"""Videos of environments: recorders with the methods and file names of gym, gymnasium and Stable-Baselines3."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import wandb_nb as wandb
from wandb_nb.gym.video_recorders import RECORDERS, key_of, unmonitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., wandb.Run]

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
PLACES = [(module, target) for table in RECORDERS for module, target in table.items()]


@pytest.fixture(autouse=True)
def _own_methods() -> Iterator[None]:
    yield
    unmonitor()


def recorder_class(monkeypatch: pytest.MonkeyPatch, module: str, target: str) -> type:
    """Return a new class *target* in the module *module*, whose method writes the next clip of its folder."""
    name, method = target.split(".")

    def write(self: Any) -> str:
        self.clips += 1
        path = Path(self.video_folder) / f"rl-video-episode-{self.clips}.gif"
        path.write_bytes(GIF + bytes(self.clips))
        return "result"

    def make(self: Any, folder: Path) -> None:
        self.video_folder, self.clips = str(folder), 0

    made = ModuleType(module)
    cls = type(name, (), {"__init__": make, method: write})
    setattr(made, name, cls)
    monkeypatch.setitem(sys.modules, module, made)
    return cls


def videos(run: wandb.Run) -> list[str]:
    """Return the keys under which *run* has videos, a key a video."""
    rows = wandb.Api(overrides={"project": run.project}).run(run.id).scan_history()
    return [
        key
        for row in rows
        for key, value in row.items()
        if isinstance(value, dict) and value.get("_type") == "video-file"
    ]


@pytest.mark.parametrize(("module", "target"), PLACES)
def test_clips_of_every_recorder_are_logged(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, target: str
) -> None:
    """[I4] Each clip that a recorder completes is one logged video, and the recorder's call returns what it did."""
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "older.gif").write_bytes(GIF)
    cls = recorder_class(monkeypatch, module, target)
    run = start(monitor_gym=True)
    recorder = cls(tmp_path / "clips")
    complete = getattr(recorder, target.split(".")[1])
    assert [complete(), complete()] == ["result", "result"]
    run.finish()
    assert videos(run) == ["videos", "videos"]


def test_a_recorder_inside_another_one_reports_nothing(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stable-Baselines3's recorder closes one of gymnasium: the clip is logged once."""
    inner = recorder_class(monkeypatch, *PLACES[1])(tmp_path)
    module = ModuleType(PLACES[5][0])

    class VecVideoRecorder:
        video_folder = str(tmp_path)

        def close_video_recorder(self) -> str:
            return str(inner.close())

    module.VecVideoRecorder = VecVideoRecorder  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, PLACES[5][0], module)
    run = start(monitor_gym=True)
    assert [VecVideoRecorder().close_video_recorder() for _ in range(2)] == ["result", "result"]
    run.finish()
    assert videos(run) == ["videos", "videos"]


def test_only_who_asks_gets_videos(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without the setting has no videos, unless the program called `monitor()`; `unmonitor()` ends it."""
    module, target = PLACES[2]
    recorder = recorder_class(monkeypatch, module, target)(tmp_path)
    start(monitor_gym=True).finish()
    silent = start()
    recorder.stop_recording()
    wandb.gym.monitor()
    recorder.stop_recording()
    wandb.gym.unmonitor()
    recorder.stop_recording()
    silent.finish()
    assert videos(silent) == ["videos"]


def test_nothing_stops_an_environment(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a run, after its end, without a folder, or with a folder that is gone, a recorder works as before."""
    module, target = PLACES[2]
    cls = recorder_class(monkeypatch, module, target)
    wandb.gym.monitor()
    recorder = cls(tmp_path)
    assert recorder.stop_recording() == "result"
    run = start()
    run.finish()
    assert recorder.stop_recording() == "result"
    recorder.video_folder = tmp_path / "none"
    with pytest.raises(FileNotFoundError, match="none"):  # its own error
        recorder.stop_recording()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("rl-video-episode-0.mp4", "videos"),
        ("openaigym.video.3.1234.video000002.mp4", "video.3.1234"),
        ("openaigym.video.0.mp4", "video.0"),
    ],
)
def test_keys_follow_the_file_names(name: str, key: str) -> None:
    """Files with gym's own names give `video.N`, all others `videos`."""
    assert key_of(Path("clips") / name) == key
