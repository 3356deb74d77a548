"""Settings: what the user gives (`Settings`), and what applies to a run (`resolve()` → `Resolved`).

Imports the lowest layer only. `fields` declares every setting, `precedence` combines the sources; the API key is found
in `wandb_nb.credentials`.
"""

from wandb_nb.settings.model import Resolved, SettingRow, Settings
from wandb_nb.settings.precedence import resolve
from wandb_nb.settings.settings_files import save, user_file, workspace_file
from wandb_nb.settings.value_types import Moment

__all__ = ["Moment", "Resolved", "SettingRow", "Settings", "resolve", "save", "user_file", "workspace_file"]
