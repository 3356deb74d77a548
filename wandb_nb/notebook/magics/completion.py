"""Tab completion for `%wandb` and `%%wandb`: commands, options, and the projects and runs of this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult


@context_matcher()  # type: ignore[untyped-decorator]  # IPython left it untyped
def wandb_matcher(context: CompletionContext) -> SimpleMatcherResult:
    """Complete the line of a `%wandb` or `%%wandb` magic; other lines are left to the other matchers."""
    words = re.split(r"\s+", context.text_until_cursor.lstrip())
    if len(words) == 1 or words[0] not in ("%wandb", "%%wandb"):
        return _matcher_result([], context)
    from wandb_nb.notebook.magics.completion_words import (
        next_words,
    )  # only for such a line

    *preceding, token = words[1:]
    matches = [(word, kind) for word, kind in next_words(words[0], preceding) if word.startswith(token)]
    # The editor replaces its own token, which begins after an "=".
    return _matcher_result([(word[len(token) - len(context.token) :], kind) for word, kind in matches], context)


def _matcher_result(words: list[tuple[str, str]], context: CompletionContext) -> SimpleMatcherResult:
    completions: list[Any] = [SimpleCompletion(text=word, type=kind) for word, kind in words]
    return {
        "completions": completions,
        "suppress": bool(words),
        "matched_fragment": context.token,
        "do_not_suppress": set(),
        "ordered": False,
    }
