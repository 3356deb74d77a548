"""What a name reveals about its value: `password` is always a secret, `key` and `token` only sometimes."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

from wandb_nb.capture.secrets.lazy_pattern import lazy_pattern


class Likelihood(IntEnum):
    """How likely the value of a name is a secret."""

    NONE = 0
    LOW = 1
    """As with `key`: only a value that looks generated is a secret."""
    HIGH = 2
    """As with `pw` or `MY_TOKEN`: every value but words, numbers of words, paths and addresses."""
    CERTAIN = 3
    """As with `password`: every value."""


_VARIABLE = lazy_pattern(
    r"(?i)(?:^|[_\-.])(?:(?:api|access|secret|private|auth|account|encryption|signing)_?key(?:_id)?|key|token|secret|"
    r"password|passwd|passphrase|passw?|pwd|credentials?|pat)$|apikey$"
)
_OWNER = (
    r"(?:api|app|access|secret|private|auth|account|encryption|signing|shared|master|storage|service|subscription|"
    r"license|ssh|aws|wandb|openai|anthropic|hf)"
)
_BEARER = (
    r"(?:api|access|auth|oauth|refresh|bearer|secret|session|security|personal|bot|hf|hub|huggingface|github|gitlab|"
    r"slack|wandb|deploy|registry|npm|pypi|vault|databricks|private)"
)
_CERTAIN = lazy_pattern(
    r"(?i)(?:passw(?:or)?d|passwort|passphrase|passcode|secret|(?<![a-z])pwd|credentials?|"
    rf"{_OWNER}[_\-. ]?(?:access[_\-]?)?key(?:[_\-]?id|_base)?|{_BEARER}[_\-. ]?token|"
    r"(?:github|gitlab|azure|devops)[_\-]?pat)$"
)
_HIGH = lazy_pattern(r"(?i)(?:^|[_\-. ])(?:pw|pass|passkey)$|(?:^|[_\-.])(?:secrets?|passwords?|credentials?)\.")
_CONSTANT = lazy_pattern(r"[A-Z0-9_]+_(?:KEY|TOKEN|AUTH)$")
_LOW = lazy_pattern(
    r"(?i)(?:^|[_\-. /])(?:x?auth(?:orization)?|key|cookies?|headers?|jwt|session(?:_?id)?|sig(?:nature)?|sas|dsn|"
    r"conn(?:ection)?_?str(?:ing)?|webhook|credentials?|pat|tokens?|keys)(?:$|\.)|token$|(?-i:[a-z]Key)$"
)
# What any name of a secret ends with, or a part of it before a dot.
_ENDS = (
    *(
        "key",
        "keys",
        "keyid",
        "key_id",
        "key-id",
        "key_base",
        "token",
        "tokens",
        "pat",
        "auth",
        "authorization",
        "pw",
        "pwd",
    ),
    *(
        "password",
        "passwords",
        "passwd",
        "passwort",
        "pass",
        "passphrase",
        "passcode",
        "secret",
        "secrets",
        "sig",
        "sas",
    ),
    *("signature", "credential", "credentials", "cookie", "cookies", "header", "headers", "jwt", "dsn", "webhook"),
    *("session", "sessionid", "session_id", "connstr", "conn_str", "connectionstr", "connection_str", "string"),
)
_HARMLESS = lazy_pattern(
    r"(?i)(?:public|cache|hash|dedup|idempotency|partition|primary|foreign|sort|object|group|state|image|etag)[_\-]?key$"
)
_HASH = lazy_pattern(
    r"(?i)commit|sha(?:1|256)?(?:$|[^a-z])|revision|(?:^|[^a-z])(?:rev|git|ref|oid)(?:$|[^a-z])|hash|digest|checksum|"
    r"fingerprint|etag|version|branch"
)


@lru_cache(maxsize=4096)
def is_secret_variable(name: str) -> bool:
    """Return whether an environment variable of that name usually holds a secret."""
    return _VARIABLE.search(name) is not None


@lru_cache(maxsize=4096)
def names_a_hash(name: str) -> bool:
    """Return whether values of that name are commits or checksums, which have the form of a W&B key."""
    return _HASH.search(name) is not None


@lru_cache(maxsize=4096)
def likelihood(name: str) -> Likelihood:
    """Return how likely the value of *name* is a secret; of nested values *name* is the path, joined by dots."""
    if not any(part.rstrip("\n").endswith(_ENDS) for part in name.casefold().split(".")):
        return Likelihood.NONE
    if _HARMLESS.search(name):
        return Likelihood.NONE
    if _CERTAIN.search(name):
        return Likelihood.CERTAIN
    if _HIGH.search(name) or _CONSTANT.search(name):
        return Likelihood.HIGH
    return Likelihood.LOW if _LOW.search(name) else Likelihood.NONE
