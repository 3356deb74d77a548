"""Programs written for wandb, unmodified: with `wandb-nb run` they record what they record with the official client.

`make test` runs the light ones. `make programs` names an environment with the libraries that the others need.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from embedded_server import EmbeddedServer
from recorded_run import RecordedRun, comparable, recorded_runs, without_generated
from waiting import scaled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = pytest.mark.official

SCRIPTS = Path(__file__).parent / "scripts"
LIGHT = ("failing", "hydra_app", "optuna_study", "optuna_trials", "recipe_logger")
MAIN = (
    "accelerate_media",
    "accelerate_tracker",
    "gpt_script",
    "lightning_checkpoints",
    "lightning_logger",
    "lm_eval_logger",
    "ray_actor",
    "torchrun_gloo",
    "transformers_models",
    "transformers_trainer",
    "trl_grpo",
    "weave_ops",
)
VISION = ("composer_trainer", "ultralytics_train")
CALLBACKS = ("catboost_callback", "lightgbm_callback", "sb3_callback", "xgboost_callback")
"""Programs with the callbacks that wandb itself brings."""
KERAS = ("keras_callbacks",)
"""Apart from the others: the official callbacks need TensorFlow."""
GYM = ("gym_videos",)
GYMNASIUM = ("gymnasium_videos", "sb3_videos")
"""gym 0.26 and gymnasium 0.29 need an older NumPy than the others."""
ALONE = {"callbacks": ("gymnasium_videos",)}
"""Programs that end with an error of the official client's, by the group whose environment they need."""
MAGIC = {"callbacks": ("magic_boosters",), "keras": ("magic_keras",)}
"""Programs of ours alone, since wandb has no magic any more: pairs of runs with magic and with callbacks."""
OLDER = {"keras": ("keras_older_callback",)}
"""Programs with callbacks that wandb no longer has, which check their runs themselves, on each of these backends."""
BACKENDS = ("jax", "tensorflow")
FASTAI = ("fastai_callback",)
"""Apart from the others: the last fastai whose callback works needs an older fastcore."""
OURS = os.environ.get("PROGRAMS_PYTHON", sys.executable)
OFFICIAL = os.environ.get("OFFICIAL_PYTHON", sys.executable)
GROUPS = {
    "light": LIGHT,
    "main": LIGHT + MAIN,
    "vision": VISION,
    "callbacks": CALLBACKS,
    "keras": KERAS,
    "gym": GYM,
    "gymnasium": GYMNASIUM,
    "fastai": FASTAI,
}
GROUP = os.environ.get("PROGRAMS", "light")
PROGRAMS = GROUPS[GROUP]
FAILING = {"failing": 1}
LATE_ROWS = ("optuna_trials",)
"""Programs that log a row at a step that has passed: the official client drops it, wandb_nb keeps it."""
LAUNCHER = ("-m", "wandb_nb", "run")
STORED = """displayName groupName jobType notes tags config summaryMetrics state historyLineCount
    outputArtifacts(first: 1000) { edges { node { digest artifactType { name } } } }"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment with a home of its own, without colours, progress bars and downloads."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "NETRC", "PYTEST"))}
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache")}
    quiet = {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    return own | home | quiet | more


def execute(folder: Path, name: str, python: str, launcher: Sequence[str], **more: str) -> list[RecordedRun]:
    """Run a program in *folder* and return what it recorded."""
    folder.mkdir()
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    program = (*(torchrun if name.startswith("torchrun") else ()), str(SCRIPTS / f"{name}.py"))
    done = subprocess.run(
        [python, *launcher, *program],
        cwd=folder,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=scaled(300),
        check=False,
    )
    assert done.returncode == FAILING.get(name, 0), done.stdout + done.stderr
    return recorded_runs(folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Return a running server."""
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


def test_the_document_lists_the_scripts() -> None:
    """docs/programs.md has a line for each script, and marks those of `make test` as light."""
    lines = (SCRIPTS.parents[2] / "docs" / "programs.md").read_text(encoding="utf-8").splitlines()
    listed = [re.match(r"\| `(\w+)`( \(light\))? \|", line) for line in lines]
    named = {match[1]: bool(match[2]) for match in listed if match}
    assert named == {path.stem: path.stem in LIGHT for path in SCRIPTS.glob("*.py")}
    assert sorted(named) == sorted(
        {name for names in (*GROUPS.values(), *ALONE.values(), *MAGIC.values(), *OLDER.values()) for name in names}
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path, server: EmbeddedServer) -> None:
    """A program records the same runs as with the official client, offline and online, and the server has them."""
    official = execute(tmp_path / "official", name, OFFICIAL, (), WANDB_MODE="offline")
    offline = execute(tmp_path / "offline", name, OURS, LAUNCHER, WANDB_MODE="offline")
    assert official
    assert [without_late_rows(run) if name in LATE_ROWS else run for run in offline] == official
    check_online(name, tmp_path, server, offline)


def check_online(name: str, folder: Path, server: EmbeddedServer, offline: Sequence[RecordedRun]) -> None:
    """Check that a program records with *server* what it records *offline*, and that the server has it."""
    online = execute(folder / "online", name, OURS, LAUNCHER, **server.environ)
    assert online == offline
    for run in online:
        check_stored(run, server)


if GROUP in ALONE:

    @pytest.mark.parametrize("name", ALONE[GROUP])
    def test_program_of_ours_alone(name: str, tmp_path: Path, server: EmbeddedServer) -> None:
        """With gymnasium 1 each clip is a row, offline and online; the official client's hook ends the program."""
        with pytest.raises(AssertionError, match="AttributeError"):
            execute(tmp_path / "official", name, OFFICIAL, (), WANDB_MODE="offline")
        offline = execute(tmp_path / "offline", name, OURS, LAUNCHER, WANDB_MODE="offline")
        assert [[*row] for run in offline for _, row in run.rows] == [["episode", "return"], ["videos"]] * 2
        check_online(name, tmp_path, server, offline)


if GROUP in MAGIC:

    @pytest.mark.parametrize("name", MAGIC[GROUP])
    def test_magic(name: str, tmp_path: Path) -> None:
        """With magic a training has the rows that it has with the library's callback; what follows has its own."""
        runs = {run.name: run for run in execute(tmp_path / "ours", name, OURS, LAUNCHER, WANDB_MODE="offline")}
        pairs = [(runs.pop(title), runs.pop(f"{title[:-1]}2")) for title in list(runs) if title.endswith("1")]
        assert pairs
        for magic, callbacks in pairs:
            measured = [row for _, row in magic.rows if not any(key.endswith("fit_seconds") for key in row)]
            assert measured == [row for _, row in callbacks.rows]
            assert list(magic.config) == ["magic"]
        (other,) = runs.values()
        keys = {key for _, row in other.rows for key in row}
        if name == "magic_boosters":
            assert {"XGBClassifier/training_f1", "LGBMClassifier/training_f1", "GridSearchCV/cv_results"} <= keys
            assert {"validation_0-logloss", "training_binary_logloss"} <= keys
        else:
            assert [artifact.name for artifact in other.artifacts] == ["val", *3 * ["run_ID_pred"]]
            assert other.artifacts[0].is_used


if GROUP in OLDER:

    @pytest.mark.parametrize("backend", BACKENDS)
    @pytest.mark.parametrize("name", OLDER[GROUP])
    def test_an_older_callback(name: str, backend: str, tmp_path: Path) -> None:
        """The program finds what it asked the callback for in its runs, on each backend."""
        runs = execute(tmp_path / "ours", name, OURS, LAUNCHER, WANDB_MODE="offline", KERAS_BACKEND=backend)
        rows = {run.name: len(run.rows) for run in runs}
        assert rows == {"gradients": 1, "masks": 1, "pictures": 3, "tables": 4}


def without_late_rows(run: RecordedRun) -> RecordedRun:
    """Return *run* without the rows at steps that had passed, and without what only they have."""
    rows = [row for at, row in enumerate(run.rows) if row[0] > max((step for step, _ in run.rows[:at]), default=-1)]
    assert len(rows) < len(run.rows)
    keys = {key for _, row in rows for key in row}
    return replace(run, rows=rows, summary={key: value for key, value in run.summary.items() if key in keys})


def check_stored(run: RecordedRun, server: EmbeddedServer) -> None:
    """Check that *server* has what is recorded of *run*."""
    stored = server.run(run.id, STORED, run.project)
    config = {key: entry["value"] for key, entry in json.loads(stored["config"]).items()}
    assert comparable(config) == run.config
    assert stored["state"] == ("failed" if run.exit_code else "finished")
    assert without_generated(stored["tags"]) == run.tags
    texts = (stored["groupName"] or "", stored["jobType"] or "", stored["notes"] or "")
    assert texts == (run.group, run.job_type, run.notes)
    assert comparable(json.loads(stored["summaryMetrics"])) == run.summary
    assert stored["historyLineCount"] == len(run.rows)
    artifacts = [edge["node"] for edge in stored["outputArtifacts"]["edges"]]
    assert {(artifact["artifactType"]["name"], artifact["digest"]) for artifact in artifacts} == {
        (artifact.type, artifact.digest) for artifact in run.artifacts
    }
