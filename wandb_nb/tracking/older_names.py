"""Names of a run that wandb had in earlier versions, or that programs use although they are private there."""

from __future__ import annotations

from typing import Any

from wandb_nb.tracking.run_view import RunView


class OlderNames(RunView):
    """Older spellings of a run's properties. Programs written for wandb 0.12 to 0.28 use them."""

    def get_url(self) -> str | None:
        """Return `url` (Composer, LeRobot)."""
        return self.url

    def get_project_url(self) -> str | None:
        """Return `project_url`."""
        return self.project_url

    def get_sweep_url(self) -> str | None:
        """Return `sweep_url`."""
        return self.sweep_url

    def project_name(self) -> str:
        """Return `project` (TextAttack)."""
        return self.project

    @property
    def _attach_id(self) -> str:
        """What `attach()` takes in another process (Lightning)."""
        return self.id

    def _label(
        self, code: str | None = None, repo: str | None = None, code_version: str | None = None, **labels: Any
    ) -> None:
        """Accept labels of the program that logs (Transformers, torchtune, LangChain). They are not recorded."""
