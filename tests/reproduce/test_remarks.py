"""What is said of a run that may not be the same when it is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wandb_nb.reproduce.captured_run import CapturedRun, RunNames, load_run
from wandb_nb.reproduce.environment_remarks import machine_remarks
from wandb_nb.reproduce.input_artifacts import InputArtifacts
from wandb_nb.reproduce.remark import Reproducibility
from wandb_nb.reproduce.reproducibility import reproducibility
from wandb_nb.reproduce.run_layout import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb import Run


def captured(folder: Path, source: str, config: dict[str, Any] | None = None, **facts: Any) -> CapturedRun:
    """Return a run whose script has this *source*, and packages."""
    (folder / "files/code").mkdir(parents=True, exist_ok=True)
    (folder / "files/code/train.py").write_text(source)
    (folder / "files/requirements.txt").write_text("numpy==2.0.0\n")
    facts = {"codePath": "train.py", "program": "train.py", "root": str(folder), **facts}
    return CapturedRun(folder, RunNames("id", "p"), facts, config or {})


@pytest.mark.parametrize(
    ("source", "config", "kinds"),
    [
        ("import numpy as np\nnp.random.rand()", {}, ["seed"]),
        ("import numpy as np\nnp.random.rand()", {"data": {"seed": 1}}, []),
        ("import torch\ntorch.manual_seed(0)", {}, []),
        ("import numpy as np\nnp.random.default_rng(0)", {}, []),
        ("import numpy as np\nnp.random.default_rng()", {}, ["seed"]),
        ("model = sklearn.svm.SVC(random_state=0)", {}, []),
        ("print(1)", {}, []),
    ],
)
def test_seeds(source: str, config: dict[str, Any], kinds: list[str], tmp_path: Path) -> None:
    """A missing seed is remarked only where the code has random numbers, and neither code nor config sets one."""
    assert [remark.kind for remark in reproducibility(captured(tmp_path, source, config)).remarks] == kinds


def test_the_summary_counts_the_remarks(tmp_path: Path) -> None:
    """One line says how many remarks there are; the text has one line for each."""
    two = reproducibility(captured(tmp_path, "import random\npassword = '[redacted]'"))
    assert Reproducibility().summary == "reproducible: no remarks"
    assert Reproducibility(two.remarks[:1]).summary == "reproducible: 1 remark"
    assert str(two).splitlines()[0] == two.summary == "reproducible: 2 remarks"
    assert str(two).splitlines()[1].startswith("  - secrets were removed")


def test_another_machine(tmp_path: Path) -> None:
    """Another Python, system or card is remarked with both names; the version of the kernel does not matter."""
    other = captured(tmp_path, "", python="CPython 3.9.1", os="Plan9-4-mips", gpu="Card X", gpu_count=2)
    remarks = [str(remark) for remark in machine_remarks(other)]
    assert len(remarks) == 3
    assert remarks[0].startswith("the run used CPython 3.9.1, this is CPython 3.")
    assert "Plan9 mips" in remarks[1]
    assert "2 x Card X" in remarks[2]


def test_the_same_machine(start: Callable[..., Run]) -> None:
    """A run that is laid out where it was made has no remark on the machine."""
    run = start()
    run.finish()
    assert not list(machine_remarks(load_run(run.id)))


def test_input_artifacts(start: Callable[..., Run], tmp_path: Path) -> None:
    """References are remarked, those that moved by name, and versions that were deleted; laying out goes on without."""
    import wandb_nb as wandb

    (tmp_path / "rows.csv").write_text("1,2")
    with start() as run:
        for name, add in (("far", "add_reference"), ("near", "add_file")):
            artifact = wandb.Artifact(name, "dataset")
            getattr(artifact, add)((tmp_path / "rows.csv").as_uri() if name == "far" else tmp_path / "rows.csv")
            run.log_artifact(artifact)
            run.use_artifact(f"{name}:latest")
        near = run.use_artifact("near:latest")
    stored = load_run(run.id)
    assert [remark.text for remark in InputArtifacts(stored).remarks()] == [
        "uncategorized/far:v0 refers to 1 file elsewhere"
    ]
    (tmp_path / "rows.csv").unlink()
    near.delete(delete_aliases=True)
    texts = [remark.text for remark in lay_out(stored, tmp_path / "again").reproducibility.remarks]
    assert any(text.startswith("input artifacts are not on this machine (uncategorized/near:v0") for text in texts)
    assert any(text.startswith("references of uncategorized/far:v0 moved or changed (file://") for text in texts)
    assert any(text.startswith("uncategorized/far:v0 is not complete") for text in texts)
    assert (tmp_path / "again/README.md").is_file()
