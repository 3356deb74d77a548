"""The cost of redacting a text of 10 kB: ordinary ones, and adversarial ones.

Each has a budget of 1 ms, which a row with a text adds at most to `log()`, and a source to the hook of a cell. Prints
the best of several rounds, so that other work on the machine does not count.

`python benchmarks/bench_redact.py [tree]`; *tree* is another checkout to measure instead, such as an earlier commit.
"""

from __future__ import annotations

import random
import string
import sys
import time
from pathlib import Path

SIZE = 10_000
BUDGET_MS = 1.0
ROUNDS = 15
SHORT = "epoch 12 finished, see the notes"

_RANDOM = random.Random(1)  # noqa: S311 -- texts to measure
_PROSE = "The epoch 12 finished with loss=0.1234 and val/accuracy: 0.98, see checkpoints/model-12.pt for details; "
_CODE = """
def train(model, loader, *, token: str | None = None, key="val/loss"):
    api_key = os.environ["API_KEY"]  # the key of the service
    for step, (tokens, labels) in enumerate(loader):
        loss = model(tokens, labels=labels, pad_token=tokenizer.pad_token)
"""
_JSON = '{"layer_1.weight": 0.123, "name": "bert-base-uncased", "token": "beginning", "tokens": [1, 2, 3]}, '
_LOG = "2026-01-05 10:11:12,123 INFO trainer.py:123 step 100/1000 lr=3.0e-04 key=val/loss password=None https://a.b/c "

ORDINARY = {"prose": _PROSE, "code": _CODE, "JSON": _JSON, "log": _LOG}
UNITS = {
    "blanks": " ",
    "new lines": "\n",
    "letters": "a",
    "short words": "ab ",
    "words of 11 letters": "abcdefghijk ",
    "words with hyphens": "abcdefgh-ijk-lmn ",
    "one word with hyphens": "a-",
    "one word with dots": "a.",
    "dashes": "-",
    "options": "--a ",
    "options without blanks": "--a",
    "options with secret names": "--token aaaaaaaa ",
    "long options": "--api-key-api-key-api-key-api-key ",
    "begins of keys": "sk-",
    "begins of keys in words": "-sk-ab",
    "begins of tokens": "eyJ-",
    "begins of tokens with dots": "eyJaaaaaaaa.",
    "short keys": "sk-abc12345 ",
    "GitHub's begins": "ghp_-",
    "Hugging Face's begins": "hf_a-",
    "SendGrid's begins": "SG.aaaaaaaaaaaaaaaa-",
    "hex numbers": "0123456789abcdef0123456789abcdef01234567 ",
    "commits": "commit 0123456789abcdef0123456789abcdef01234567 ",
    "names": "token",
    "names and colons": "key:",
    "names and values": "key: aaaaaaaa ",
    "names and quotes": 'key="',
    "names and quoted values": 'token="aaaaaaaa",',
    "names and random values": "token=a1b2C3d4E5f6G7h8 ",
    "names and three quotes": 'key="""',
    "names and escaped quotes": 'key=\\"',
    "names and both quotes": "key='key=\"",
    "names and backslashes": 'key="' + "\\" * 20,
    "passwords": "password=",
    "passwords and colons": "password:",
    "passwords and words": "password=abcdefgh ",
    "names and blanks": "key" + " " * 40,
    "annotations": "key: str ",
    "long names": "a" * 45 + "key=",
    "addresses": "://",
    "addresses with colons": "://a:",
    "addresses with slashes": "://a:b/c",
    "one address with slashes": "://a:" + "b/" * 5000,
    "addresses with users": "://a:b@",
    "addresses with at signs": "://a:" + "@" * 5000,
    "addresses with words": "://" + "a" * 200,
    "begins of private keys": "-----BEGIN PRIVATE KEY-----",
    "begins and ends of private keys": "-----BEGIN PRIVATE KEY-----END PRIVATE KEY",
    "begins of blocks": "-----BEGIN ",
    "authorization": "Authorization: ",
    "authorization and values": "Authorization: aaaaaaaa ",
    "Basic": "Basic aaaaaaaa ",
    "Bearer": "Bearer aaaaaaaa ",
    "cookies": "Cookie: a=b; ",
    "cookies and new lines": "Cookie: aaaaaaaa\n",
    "curl": "curl -u a:",
    "auth": "auth=(",
    "auth with quotes": "auth=('",
    "machine": "machine a ",
    "machine login": "machine login login a login ",
    "login": "login a password ",
    "login and new lines": "login a" + "\n" * 8,
    "env": "%env A ",
    "export": "export ",
    "export with names": "export A_KEY = ",
    "set": "set set",
    "escapes": "\\n",
    "placeholders": "key=${KEY} ",
    "webhooks": "hooks.slack.com/services/",
    "PuTTY": "Private-Lines: 1\n",
    "accents": "é",
    "emoji": "\U0001f600 key: ",
    "zeros": "0",
    "base64": "".join(_RANDOM.choices(string.ascii_letters + string.digits + "+/", k=SIZE)),
    "base64url": "".join(_RANDOM.choices(string.ascii_letters + string.digits + "-_", k=SIZE)),
    "hexadecimal": "".join(_RANDOM.choices("0123456789abcdef", k=SIZE)),
    "random characters": "".join(_RANDOM.choices(string.printable, k=SIZE)),
    "random signs": "".join(_RANDOM.choices(" :=@/'\"\\-_.,;(){}[]key", k=SIZE)),
}


def milliseconds(redact, text: str) -> float:
    """Return the time of one call, the least of several."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        redact(text)
        best = min(best, time.perf_counter() - begun)
        if best > 1:
            break
    return best * 1e3


def main() -> None:
    """Print the table."""
    if len(sys.argv) > 1:
        sys.path.insert(0, str(Path(sys.argv[1]).absolute()))
    from wandb_nb.capture.secrets.redact import Redactor

    redact = Redactor({"SOME_API_KEY": "plain-value-1"})
    short = min(milliseconds(redact, SHORT) for _ in range(100)) * 1e3
    print(f"a text of {len(SHORT)} characters: {short:.1f} µs")
    print(f"{'a text of 10 kB':<36}{'budget ms':>10}{'ms':>9}")
    for name, unit in {**ORDINARY, **UNITS}.items():
        taken = milliseconds(redact, (unit * (SIZE // len(unit) + 1))[:SIZE])
        print(f"{name:<36}{BUDGET_MS:>10}{taken:>9.3f}{'  over budget' if taken > BUDGET_MS else ''}")


if __name__ == "__main__":
    main()
