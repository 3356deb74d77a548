"""Settings: what a user writes down (`Settings`), and what holds for a run (`resolve()` → `Resolved`)."""

from wandb_nb.settings.model import Resolved, SettingRow, Settings
from wandb_nb.settings.precedence import resolve
from wandb_nb.settings.settings_files import save, user_file, workspace_file
from wandb_nb.settings.value_types import Moment

__all__ = ["Moment", "Resolved", "SettingRow", "Settings", "resolve", "save", "user_file", "workspace_file"]
