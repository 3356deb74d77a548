"""The description of a run's machine, and reading it back from the run file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.capture.machine import environment
from wandb_nb.store.format import records
from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.record_types import EnvironmentRecord

if TYPE_CHECKING:
    import pytest

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
sizes = st.integers(1, 2**60).map(str)
facts = st.fixed_dictionaries(
    {"writerId": texts},
    optional={
        "os": texts,
        "program": texts,
        "args": st.lists(texts, min_size=1),
        "cpu_count": st.integers(1, 1000),
        "git": st.fixed_dictionaries({"commit": texts}, optional={"remote": texts, "branch": texts}),
        "disk": st.dictionaries(texts, st.fixed_dictionaries({"total": sizes, "used": sizes}), min_size=1),
        "memory": st.fixed_dictionaries({"total": sizes}),
        "cpu": st.fixed_dictionaries({"count": st.integers(1, 1000)}, optional={"model": texts}),
        "gpu": texts,
        "gpu_nvidia": st.lists(st.fixed_dictionaries({"name": texts, "memoryTotal": sizes}), min_size=1),
        "cudaVersion": texts,
        "slurm": st.dictionaries(texts, texts, min_size=1),
    },
)


@given(facts)
def test_facts_come_back(facts: dict[str, object]) -> None:
    """The content of an environment record is read back in the same form."""
    record = decode(records.environment(facts))
    assert isinstance(record, EnvironmentRecord)
    assert record.facts == facts


def test_a_job_of_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job description from Slurm's environment variables is stored."""
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    assert environment.basic("here")["slurm"]["job_id"] == "17"
