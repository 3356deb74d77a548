"""`wandb.apis` and `wandb.apis.public`: the classes of the public API under W&B's names."""

from __future__ import annotations

from typing import Any

from wandb_nb.compat.alias_table import submodule
from wandb_nb.compat.modules.account import InternalApi
from wandb_nb.public_api.api_artifacts import ApiArtifactCollection as ArtifactCollection
from wandb_nb.public_api.api_artifacts import ApiArtifactType as ArtifactType
from wandb_nb.public_api.api_entry import Api
from wandb_nb.public_api.api_files import ApiFile as File
from wandb_nb.public_api.api_files import Files
from wandb_nb.public_api.api_project import ApiProject as Project
from wandb_nb.public_api.api_project import Projects
from wandb_nb.public_api.api_run import ApiRun as Run
from wandb_nb.public_api.api_runs import Runs
from wandb_nb.public_api.api_team import ApiMember as Member
from wandb_nb.public_api.api_team import ApiTeam as Team

PublicApi = Api

__all__ = [
    "Api", "ArtifactCollection", "ArtifactType", "File", "Files", "InternalApi", "Member", "Project", "Projects",
    "PublicApi", "Run", "Runs", "Team",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Return the module below `wandb.apis`.

    Raises:
        AttributeError: There is none of this name.

    """
    return submodule("wandb.apis", name)
