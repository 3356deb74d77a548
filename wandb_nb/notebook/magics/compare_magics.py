"""`%wandb diff` and `%wandb compare`: comparisons as outputs that need no kernel later.

The modules that compare load numpy and the readers: they are imported when somebody asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from wandb_nb import host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.compare.comparison import Comparison

PAIR = 2


def diff(words: Sequence[str]) -> Comparison:
    """Return the comparison of the two runs that *words* begin with, of the metrics named behind them if any."""
    from wandb_nb.compare import run_choice

    if len(words) < PAIR:
        raise UsageError("%wandb diff: two runs are needed, as in %wandb diff latest~1 latest")
    return run_choice.diff(words[0], words[1], words[PAIR:])


def compare(last: int, group: str | None, project: str | None, keys: Sequence[str]) -> Comparison:
    """Return the comparison of the newest runs."""
    from wandb_nb.compare import run_choice

    if last < PAIR:
        raise UsageError("%wandb compare: --last must be 2 or more")
    return run_choice.several(run_choice.newest(last, group=group, project=project), keys)


def show(shell: Any, comparison: Comparison) -> None:
    """Put *comparison* under the running cell; in a terminal, print it."""
    if host.in_notebook():
        from wandb_nb.compare.comparison_bundle import bundle

        shell.display_pub.publish(data=bundle(comparison), metadata={})
        return
    from wandb_nb.compare import comparison_text

    print("\n".join(comparison_text.lines(comparison)))  # noqa: T201  it was asked for
