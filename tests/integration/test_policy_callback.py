"""The callback of Stable-Baselines3, called as the library does; `make programs` has the library."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from wandb_nb.errors import NoRunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import wandb_nb as wandb

    Start = Callable[..., wandb.Run]

MODULE = "wandb_nb.integration.sb3"
LIBRARY = "stable_baselines3.common.callbacks"


class BaseCallback:
    """The library's class: it has the model, counts steps, and calls the methods of a callback."""

    def __init__(self, verbose: int = 0) -> None:
        self.verbose, self.n_calls = verbose, 0

    def train(self, model: Any, steps: int) -> None:
        """Call what a training calls."""
        self.model = model
        self._init_callback()
        for _ in range(steps):
            self.n_calls += 1
            assert self._on_step() is True
        self._on_training_end()


class Algorithm:
    """An algorithm that can save itself."""

    def __init__(self) -> None:
        self.gamma, self.use_sde, self.seed, self.policy, self._updates = 0.5, False, 3, "net", 0

    def save(self, path: str) -> None:
        """Write a model whose content is the number of times that it was saved."""
        self._updates += 1
        Path(path).write_text(str(self._updates))


@pytest.fixture
def sb3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the module, whose base class is the one of this test."""
    library = ModuleType(LIBRARY)
    library.BaseCallback = BaseCallback  # type: ignore[attr-defined]
    for name in ("stable_baselines3", "stable_baselines3.common"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, LIBRARY, library)
    sys.modules.pop(MODULE, None)
    yield import_module(MODULE)
    sys.modules.pop(MODULE)


def test_training(start: Start, sb3: Any, tmp_path: Path) -> None:
    """The config gets what the algorithm is made of and keeps what is there; the newest model is a file of the run."""
    run = start(config={"gamma": 0.25})
    callback = sb3.WandbCallback(model_save_path=tmp_path / "models", model_save_freq=2, verbose=2)
    assert isinstance(callback, BaseCallback)
    assert callback.verbose == 2
    callback.train(Algorithm(), steps=5)
    assert dict(run.config) == {
        "gamma": 0.25,
        "algo": "Algorithm",
        "use_sde": "False",
        "seed": 3,
        "policy": "net",
        "_updates": 0,
    }
    assert (tmp_path / "models" / "model.zip").read_text() == "3"
    run.finish()
    assert (Path(run.dir) / "model.zip").read_text() == "3"


def test_failures_do_not_stop_a_training(start: Start, sb3: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be watched is reported once, and so is an unknown `log`; the training continues."""
    run = start(settings={"silent": False})
    callback = sb3.WandbCallback(gradient_save_freq=2, log="nothing")
    assert callback.log == "all"
    callback.train(Algorithm(), steps=2)
    run.finish()
    text = "".join(capsys.readouterr())
    assert text.count("log='nothing'") == 1
    assert text.count("init_callback() of a callback failed (RowTypeError: watch()") == 1
    assert run.config["algo"] == "Algorithm"


def test_misuse(start: Start, sb3: Any) -> None:
    """A callback without a run, or with a frequency and no folder, is a clear error when it is made."""
    with pytest.raises(NoRunError, match="call init"):
        sb3.WandbCallback()
    start()
    with pytest.raises(UsageError, match="give model_save_path"):
        sb3.WandbCallback(model_save_freq=2)


def test_disabled_runs(start: Start, sb3: Any, tmp_path: Path) -> None:
    """With a disabled run the models are saved in their folder, and nothing fails."""
    start(mode="disabled")
    sb3.WandbCallback(model_save_path=tmp_path / "models").train(Algorithm(), steps=1)
    assert (tmp_path / "models" / "model.zip").is_file()


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback without its library is an error with the command that installs it."""
    monkeypatch.setitem(sys.modules, LIBRARY, None)
    sys.modules.pop(MODULE, None)
    module = import_module(MODULE)
    with pytest.raises(ImportError, match="pip install stable-baselines3"):
        module.WandbCallback  # noqa: B018
