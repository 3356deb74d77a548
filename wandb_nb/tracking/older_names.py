"""Names of a run that wandb had in earlier versions, or that programs use although they are private there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wandb_nb.tracking.run_view import RunView

if TYPE_CHECKING:
    from collections.abc import Mapping

_LABEL: Final = re.compile(r"[a-zA-Z0-9_-]*")


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
        self, code: str | None = None, repo: str | None = None, code_version: str | None = None, **_more: Any
    ) -> None:
        """Record which program logs (Transformers, torchtune, LangChain); other names are ignored, as in wandb.

        A label of other characters than letters, digits, "-" and "_" is reported and not recorded.
        """
        session = self._session
        session.expect_running("_label()")
        labels = self._valid_labels({"code": code, "repo": repo, "code_version": code_version})
        session.features.add_labels(session.without_secrets(labels))
        session.logger.append(session.features.record())

    def _valid_labels(self, labels: Mapping[str, Any]) -> dict[str, str]:
        texts = {name: str(label) for name, label in labels.items() if label is not None}
        for name, text in texts.items():
            if not _LABEL.fullmatch(text):
                self._session.notice(
                    f"run {self.name}: the label {name}={text!r} is not recorded: use letters, digits, - and _"
                )
        return {name: text for name, text in texts.items() if _LABEL.fullmatch(text)}
