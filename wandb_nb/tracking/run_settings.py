"""`run.settings`: the settings in force, and the places and addresses of the run that wandb's settings have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.settings import Resolved

if TYPE_CHECKING:
    from wandb_nb.tracking.run_view import RunView


class RunSettings(Resolved):
    """The settings of *run*. Addresses are None while no server has the run, places are "/" for a disabled run."""

    __slots__ = ("_run",)

    def __init__(self, settings: Resolved, run: RunView) -> None:
        super().__init__(settings.layer(), settings.ignored)
        self._run = run

    @property
    def run_url(self) -> str | None:
        """The address of the run's page (LangChain)."""
        return self._run.url

    @property
    def project_url(self) -> str | None:
        """The address of the project's page."""
        return self._run.project_url

    @property
    def sweep_url(self) -> str | None:
        """The address of the sweep's page."""
        return self._run.sweep_url

    @property
    def files_dir(self) -> str:
        """The folder of the run's files."""
        return self._run.dir

    @property
    def sync_dir(self) -> str:
        """The run directory."""
        return self._run.sync_dir

    @property
    def sync_file(self) -> str:
        """The run file."""
        return str(self._run.file or "/")

    @property
    def is_local(self) -> bool:
        """Whether the server is another one than W&B's own."""
        return self.base_url != "https://api.wandb.ai"
