"""`wandb.api`, `ensure_configured` and `sagemaker_auth`: the key of the account, where programs ask for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wandb_nb.credentials import SECRET_NAME, find_key
from wandb_nb.errors import UsageError
from wandb_nb.settings import resolve
from wandb_nb.tracking import setup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.settings import Resolved

_SECRETS_FILE = "secrets.env"

__all__ = ["api", "ensure_configured", "sagemaker_auth"]


class InternalApi:
    """The account that runs started now would use (OpenRLHF, PaddleNLP, Ray)."""

    @property
    def api_key(self) -> str | None:
        """The key for the server; None while there is none."""
        key = find_key(self._settings)
        return None if key is None else key.text

    @property
    def is_authenticated(self) -> bool:
        """Whether there is a key."""
        return self.api_key is not None

    def viewer(self) -> dict[str, Any]:
        """Return the account as the server reports it; empty without a key.

        Raises:
            AuthenticationError: The server does not accept the key.
            CommError: It does not answer.

        """
        from wandb_nb.tracking.online.sync_handle import account_name  # brings the sync package

        key = self.api_key
        if key is None:
            return {}
        name = account_name(self._settings.replace("api.viewer()", api_key=key))
        return {"username": name, "entity": name}

    def settings(self, key: str | None = None, section: str | None = None) -> Any:
        """Return the setting *key*, or base_url, entity and project as a dict."""
        values = {name: getattr(self._settings, name) for name in ("base_url", "entity", "project")}
        return values.get(key) if key else values

    @property
    def _settings(self) -> Resolved:
        return resolve({}, setup=setup.current())


api: Final = InternalApi()


def ensure_configured() -> None:
    """Do nothing (Ray calls it): the environment and the files are read at each call that needs them."""


def sagemaker_auth(
    overrides: Mapping[str, str] | None = None, path: str | os.PathLike[str] = ".", api_key: str | None = None
) -> None:
    """Write the key, and *overrides*, to `secrets.env` in *path*, readable by this user alone.

    SageMaker copies that folder to the machines that train.

    Raises:
        UsageError: There is no key.

    """
    key = (overrides or {}).get(SECRET_NAME) or api_key or api.api_key
    if key is None:
        raise UsageError("sagemaker_auth() needs a key: give api_key=, or call login() first")
    lines = {**(overrides or {}), SECRET_NAME: key}
    descriptor = os.open(Path(path) / _SECRETS_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in lines.items())
