"""API keys: their form, the sources they come from, and the netrc file in which they are stored.

May import `errors`, `settings` and `host`. Next: `tracking.login`, which asks for a key, and `sync.http`.
"""

from wandb_nb.credentials.key import SECRET_NAME, Key, check_key, find_key, machine

__all__ = ["SECRET_NAME", "Key", "check_key", "find_key", "machine"]
