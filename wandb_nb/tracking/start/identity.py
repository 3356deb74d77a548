"""The identity of a run: the fields of its RunRecord, some of which may change while it is active."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.store.format import records
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.capture.code.git import GitState
    from wandb_nb.capture.secrets.redact import Redactor


@dataclass
class RunIdentity:
    """The identity of one run. `project` and `entity` are as given; None leaves the choice to the server."""

    id: str
    name: str
    project: str | None
    entity: str | None
    group: str | None
    job_type: str | None
    notes: str | None
    tags: tuple[str, ...]
    start_time: float
    host: str
    git: GitState | None
    starting_step: int = 0
    resumed: bool = False
    runtime: float = 0.0
    """Seconds that earlier parts of the run took."""
    sweep_id: str | None = None
    cell: str = ""
    """The key of the notebook cell that began the run, for the registry of this machine."""
    rerun_note: str = ""
    """A phrase on how the run continues earlier ones of that cell."""
    branch: tuple[str, int] | None = None
    """The run and its step that this run was rewound to or forked from."""

    @property
    def project_name(self) -> str:
        """The project, or the default one where none was given."""
        return self.project or DEFAULT_PROJECT

    def redact(self, redact: Redactor) -> None:
        """Remove secrets from the texts that a user may have written."""
        self.name = redact(self.name)
        self.group, self.job_type, self.notes = map(redact.value, (self.group, self.job_type, self.notes))
        self.tags = tuple(map(redact, self.tags))

    def record(self, config: Mapping[str, Any]) -> bytes:
        """Return the RunRecord, with *config* as the config the run has at this moment."""
        return records.run(
            run_id=self.id,
            entity=self.entity or "",
            project=self.project or "",
            config={key: to_json(value, key) for key, value in config.items()},
            group=self.group or "",
            job_type=self.job_type or "",
            name=self.name,
            notes=self.notes or "",
            tags=self.tags,
            start_time=self.start_time,
            starting_step=self.starting_step,
            resumed=self.resumed,
            runtime=int(self.runtime),
            host=self.host,
            git_remote=(self.git and self.git.remote) or "",
            git_commit=(self.git and self.git.commit) or "",
            sweep_id=self.sweep_id or "",
            forked=bool(self.branch) and not self.resumed,
            branch_point=(self.branch[0], "_step", self.branch[1]) if self.branch else None,
        )
