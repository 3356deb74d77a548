"""Keys of accounts: where they are found, and the file in which they are kept."""

from wandb_nb.credentials.key import SECRET_NAME, Key, check_key, find_key, machine

__all__ = ["SECRET_NAME", "Key", "check_key", "find_key", "machine"]
