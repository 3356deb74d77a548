"""`%wandb artifact`: the artifacts of this machine, and one of them with its lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.artifacts.lineage.artifact_summary import summary_html, summary_lines
from wandb_nb.artifacts.local_versions import LocalVersions
from wandb_nb.artifacts.store.version_list import list_versions
from wandb_nb.artifacts.version_name import parse_version_name
from wandb_nb.formatting import align, size
from wandb_nb.tracking.process import active_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LISTED = 50


def listed() -> Iterable[str]:
    """Return the newest versions of this machine's artifacts as lines."""
    rows = [
        (version.qualified_name, version.type, ", ".join(aliases), size(version.size))
        for version, aliases in list_versions(limit=MAX_LISTED)
    ]
    return align([("ARTIFACT", "TYPE", "ALIASES", "SIZE"), *rows]) if rows else ["no artifacts yet"]


def show_artifact(shell: Any, name: str) -> None:
    """Display the version *name* under the running cell; in a terminal, print it.

    Raises:
        ArtifactNotFoundError: There is none.

    """
    source, run = LocalVersions(), active_runs.current()
    place = (run.entity, run.project) if run is not None else (None, None)
    version = source.find(parse_version_name(name).within(*place))
    text = "\n".join(summary_lines(version, source))
    if host.in_notebook():
        shell.display_pub.publish(data={"text/html": summary_html(version, source), "text/plain": text}, metadata={})
    else:
        print(text)  # noqa: T201 -- the user asked for it
