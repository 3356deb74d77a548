"""`%wandb show`, `diff` and `compare`: runs and comparisons as outputs that need no kernel later.

The modules that compare load numpy and the readers, so they are imported only when somebody asks.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from wandb_nb import host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.view.message.run_message import Access

MIN_RUNS = 2


def diff(arguments: Sequence[str]) -> Comparison:
    """Return the comparison of the two runs that *arguments* begin with, limited to the metrics that follow, if any."""
    from wandb_nb.compare import run_choice

    if len(arguments) < MIN_RUNS:
        raise UsageError("%wandb diff: two runs are needed, as in %wandb diff latest~1 latest")
    return run_choice.compare_pair(arguments[0], arguments[1], arguments[MIN_RUNS:])


def show_run(shell: Any, reference: str) -> None:
    """Display the run that *reference* names under the running cell; in a terminal, print it."""
    from wandb_nb.store.runs.find import find_run
    from wandb_nb.store.runs.registry import Registry
    from wandb_nb.view import run_bundle
    from wandb_nb.view.message.run_stream import RunStream
    from wandb_nb.view.previews.saved_media import SavedMedia

    stream = RunStream(find_run(reference))
    while stream.advance():
        pass
    if not host.in_notebook():
        print(run_bundle.plain_text(stream.snapshot()))  # noqa: T201 -- the user asked for it
        return
    folder = stream.directory.resolve()
    entry = next((entry for entry in Registry().all() if Path(entry.path).resolve() == folder), None)
    access: Access | None = None if entry is None else {"id": entry.id, "token": entry.token, "kernel": None}
    media = SavedMedia.of(stream.open_media)
    shell.display_pub.publish(data=run_bundle.bundle(stream, access, media=media), metadata={})


def compare(last: int, group: str | None, project: str | None, keys: Sequence[str]) -> Comparison:
    """Return the comparison of the newest runs."""
    from wandb_nb.compare import run_choice

    if last < MIN_RUNS:
        raise UsageError("%wandb compare: --last must be 2 or more")
    return run_choice.compare_entries(run_choice.newest_runs(last, group=group, project=project), keys)


def show(shell: Any, comparison: Comparison) -> None:
    """Display *comparison* under the running cell; in a terminal, print it."""
    if host.in_notebook():
        from wandb_nb.compare.comparison_bundle import bundle

        shell.display_pub.publish(data=bundle(comparison), metadata={})
        return
    from wandb_nb.compare import comparison_text

    print("\n".join(comparison_text.lines(comparison)))  # noqa: T201 -- the user asked for it
