"""The keys and tokens of well-known services, by their form.

A text is searched once for long words, and only those are compared with how keys begin. This takes the same time for
any number of services, and time in proportion to the text whatever it holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wandb_nb.capture.secrets.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "[redacted]"

_WORD = r"[A-Za-z0-9_\-]"
_ALNUM = "[A-Za-z0-9]"
_HEX = "[0-9a-f]"
_DIGITS = rf"(?=(?:{_WORD}{{0,60}}?[0-9]){{3}})"  # `sk-learn-1` is a package
_MIXED = r"(?=[A-Za-z_\-]{0,60}[0-9])(?=[a-z0-9_\-]{0,60}[A-Z])"

# How a key begins, and how it continues.
_FORMS = {
    # trackers, models
    "wandb_v1_": rf"{_WORD}{{8,}}",
    "local-": rf"{_DIGITS}{_WORD}{{40,}}",
    "sk-": rf"(?<!-sk-)(?:{_DIGITS}{_WORD}{{8,}}|{_MIXED}{_WORD}{{20,}})",
    "gsk_": rf"{_ALNUM}{{20,}}",
    "xai-": rf"{_ALNUM}{{40,}}",
    "pplx-": rf"{_ALNUM}{{32,}}",
    "r8_": rf"{_ALNUM}{{30,}}",
    "nvapi-": rf"{_WORD}{{40,}}",
    "tgp_v1_": rf"{_WORD}{{20,}}",
    "lsv2_": rf"{_WORD}{{20,}}",
    "pcsk_": rf"{_WORD}{{20,}}",
    "hf_": rf"(?:{_ALNUM}{{30,}}|(?=(?:[A-Za-z]{{0,30}}[0-9]){{2}}){_ALNUM}{{11,}})",
    "api_org_": rf"{_ALNUM}{{20,}}",
    "KGAT_": rf"{_HEX}{{20,}}",
    # code and packages
    **{f"gh{kind}_": rf"{_ALNUM}{{8,}}" for kind in "pousr"},
    "github_pat_": r"\w{8,}",
    "glpat-": r"[\w\-.]{8,}",
    **{f"gl{kind}-": r"[\w\-.]{20,}" for kind in ("dt", "rt", "ptt", "cbt", "soat", "imt", "agent", "ft", "oas")},
    "npm_": rf"{_ALNUM}{{20,}}",
    "pypi-": rf"{_DIGITS}{_WORD}{{40,}}",
    "rubygems_": rf"{_HEX}{{40,}}",
    "dckr_pat_": rf"{_WORD}{{20,}}",
    "dckr_oat_": rf"{_WORD}{{20,}}",
    "PMAK-": rf"{_HEX}{{20,}}{_WORD}*",
    "ATATT3": rf"{_WORD}{{40,}}=*",
    "ATBB": rf"{_ALNUM}{{28,}}",
    "lin_api_": rf"{_ALNUM}{{32,}}",
    "ntn_": rf"{_ALNUM}{{40,}}",
    "figd_": rf"{_WORD}{{32,}}",
    "sntrys_": rf"{_WORD}{{32,}}",
    "sntryu_": rf"{_HEX}{{40,}}",
    "glsa_": rf"{_WORD}{{32,}}",
    "glc_": rf"{_WORD}{{32,}}",
    # clouds
    "AKIA": r"[0-9A-Z]{8,}",
    "ASIA": r"[0-9A-Z]{12,}",
    "ABIA": r"[0-9A-Z]{16}(?![0-9A-Za-z])",
    "ACCA": r"[0-9A-Z]{16}(?![0-9A-Za-z])",
    "ABSK": rf"{_ALNUM}{{100,}}",
    "LTAI": rf"{_ALNUM}{{16,}}",
    "AIza": rf"{_WORD}{{8,}}",
    "ya29.": rf"{_WORD}{{8,}}",
    "GOCSPX-": rf"{_WORD}{{20,}}",
    "dapi": rf"{_HEX}{{32}}(?:-[0-9])?(?!\w)",
    "dkea": rf"{_HEX}{{32}}(?:-[0-9])?(?!\w)",
    **{f"do{kind}_v1_": rf"{_HEX}{{32,}}" for kind in "por"},
    "hvs.": rf"{_WORD}{{20,}}",
    "hvb.": rf"{_WORD}{{20,}}",
    "pul-": rf"{_HEX}{{40}}(?!\w)",
    "dp.pt.": rf"{_ALNUM}{{40,}}",
    "dp.st.": r"[\w\-.]{40,}",
    "HRKU-": rf"{_WORD}{{20,}}",
    "rnd_": rf"{_ALNUM}{{28,}}",
    "nfp_": rf"{_ALNUM}{{30,}}",
    "sbp_": rf"{_HEX}{{32,}}",
    "sb_secret_": rf"{_WORD}{{20,}}",
    "pscale_tkn_": r"[\w\-.=]{20,}",
    "pscale_pw_": r"[\w\-.=]{20,}",
    "NRAK-": r"[0-9A-Z]{20,}",
    "dt0c01.": r"[A-Z0-9]{20,}\.[A-Z0-9]{40,}",
    "phx_": rf"{_WORD}{{32,}}",
    "AGE-SECRET-KEY-1": r"[0-9A-Z]{40,}",
    # messages, shops, payments
    **{f"xox{kind}-": rf"{_WORD}{{8,}}" for kind in "abcdeoprs"},
    "xoxe.xox": rf"[bp]-{_WORD}{{20,}}",
    "xapp-": rf"[0-9]-{_WORD}{{16,}}",
    "SG.": rf"{_WORD}{{16,}}\.{_WORD}{{16,}}",
    "SK": rf"{_HEX}{{32}}(?!\w)",
    "key-": rf"{_HEX}{{32}}(?!\w)",
    "shpat_": rf"{_HEX}{{32}}",
    "shpss_": rf"{_HEX}{{32}}",
    "shpca_": rf"{_HEX}{{32}}",
    "shppa_": rf"{_HEX}{{32}}",
    "sq0atp-": rf"{_WORD}{{20,}}",
    "sq0csp-": rf"{_WORD}{{40,}}",
    **{f"{kind}k_{use}_": rf"{_WORD}{{8,}}" for kind in "sr" for use in ("live", "test")},
    "whsec_": r"[A-Za-z0-9+/]{24,}=*",
    "eyJ": rf"(?<!-eyJ){_WORD}{{8,}}\.{_WORD}{{8,}}\.{_WORD}*",
}


def _alternatives(forms: dict[str, str]) -> str:
    """Return a pattern of all *forms*, grouped by first character: `re` then tries only one group at a position."""
    groups: dict[str, list[str]] = {}
    for begin, rest in forms.items():
        groups.setdefault(begin[0], []).append(re.escape(begin[1:]) + rest)
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in groups.items())


_BEGIN_SIZE = 3
_MIN_LETTERS = 20  # no shorter key consists of letters alone, unless they are capitals
_LONG_WORD = lazy_pattern(r"[A-Za-z0-9_\-.]{11,}")
# What all keys begin with: compiled in a tenth of the time, and found in few words.
_BEGIN = lazy_pattern(rf"(?<![A-Za-z0-9_])(?:{'|'.join(sorted({re.escape(begin[:_BEGIN_SIZE]) for begin in _FORMS}))})")
_KEY = lazy_pattern(rf"(?<![A-Za-z0-9_])(?:{_alternatives(_FORMS)})")
# Of a source's escapes, a terminal's colours, an encoded address: what may stand before a key in the same word.
_PRECEDES = {"\\": lazy_pattern("[abfnrtv0]"), "[": lazy_pattern("[0-9]*m"), ";": lazy_pattern("[0-9]*m")}
_PRECEDES["%"] = lazy_pattern("[0-9A-F]{2}")
_HEX_FORM = r"(?=[0-9]{0,39}[a-f])[0-9a-f]{40}(?=[.\-]*\Z)"
_HEX_KEY = lazy_pattern(_HEX_FORM)
_OTHERS = lazy_pattern(
    rf"{_HEX_FORM}|"
    r"[MNO][A-Za-z0-9]{23,25}\.[\w\-]{6}\.[\w\-]{27,}\Z"  # Discord
    r"|[A-Za-z0-9]{14}\.atlasv1\.[\w\-]{60,}"  # Terraform
    r"|[0-9a-f]{32}-us[0-9]{1,2}\Z"  # Mailchimp
    r"|[\w.~\-]{3}[0-9]Q~[\w.~\-]{31,34}\Z"  # Azure
    r"|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}\Z"  # Airtable
    r"|AA[\w\-]{33}\Z"  # Telegram, behind a number and a colon
)
_MIN_OTHERS = 35
_VERY_LONG = 500
_AZURE_SECRET = lazy_pattern(r"(?<![\w~])[\w.\-]{3}[0-9]Q~[\w.~\-]{31,34}")
_HASH_NAMES = (
    *("commit", "commit_id", "commit id", "sha", "sha1", "rev", "revision", "hash", "checkout", "checked out", "tree"),
    *(
        "parent",
        "blob",
        "object",
        "merge",
        "head",
        "head is now at",
        "head detached at",
        "digest",
        "git",
        "ref",
        "refs",
    ),
    *("tag", "snapshot", "snapshots", "etag", "fingerprint", "checksum", "sha1sum", "version", "branch", "oid"),
)
_BEFORE_VALUE = " \t:=>\\'\"()[]"
_HASH_AFTER = lazy_pattern(r"(?:\t|  | \*)[^\s]|[ \t]refs/|[ \t]HEAD| \((?:HEAD|tag|origin)|\.\.|[/^~]")
_BEFORE_HASH = 40


def without_known_keys(text: str, keep: Callable[[str], bool]) -> str:
    """Return *text* with the keys of well-known services replaced by `[redacted]`.

    A word of 40 hexadecimal digits is a W&B key, unless *keep* returns true for it or the text names it a commit.
    """

    def clean(match: re.Match[str]) -> str:
        word = match[0]
        if (len(word) < _MIN_LETTERS and word.isalpha() and not word.isupper()) or not word.strip("-"):
            return word
        start = match.start()
        skipped = _skipped(text, start, word) if start and text[start - 1] in _PRECEDES else 0
        key = word[skipped:] if skipped else word
        if len(key) >= _MIN_OTHERS and _OTHERS.match(key):
            if _HEX_KEY.match(key):
                stays = keep(key[:40]) or _is_hash(text, start + skipped, start + skipped + 40)
                return word if stays else f"{word[:skipped]}{MARK}{key[40:]}"
            is_id = key.startswith("AA") and text[max(0, start - 2) : start].strip("0123456789") != ":"
            return word if is_id else word[:skipped] + MARK
        return word[:skipped] + _KEY.sub(MARK, key) if _may_hold_key(key) else word

    text = _LONG_WORD.sub(clean, text)
    return _AZURE_SECRET.sub(MARK, text) if "Q~" in text else text


def _may_hold_key(word: str) -> bool:
    """Return whether a key of a known form may begin in *word*."""
    # Where many places could begin a key, the search for literals takes half the time of the pattern.
    if len(word) > _VERY_LONG and not word.isalnum() and not any(begin in word for begin in _FORMS):
        return False
    return _BEGIN.search(word) is not None


def _skipped(text: str, start: int, word: str) -> int:
    """Return how many characters of *word*, which is at *start*, belong to what precedes."""
    match = _PRECEDES[text[start - 1]].match(word)
    return match.end() if match else 0


def _is_hash(text: str, start: int, end: int) -> bool:
    """Return whether the text around a hexadecimal number names it a commit or a checksum."""
    if start and text[start - 1] in "/@":
        return True
    before = text[max(0, start - _BEFORE_HASH) : start].lower().rstrip(_BEFORE_VALUE)
    return before.endswith(_HASH_NAMES) or _HASH_AFTER.match(text, end) is not None
