"""A stored version in a few lines, for the terminal and for the notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from wandb_nb.artifacts.lineage.lineage_graph import lineage_graph
from wandb_nb.artifacts.lineage.lineage_picture import lineage_svg
from wandb_nb.artifacts.lineage.lineage_text import lineage_lines
from wandb_nb.formatting import clean, size

if TYPE_CHECKING:
    from wandb_nb.artifacts.store.stored_version import StoredVersion
    from wandb_nb.artifacts.version_source import VersionSource

_MAX_TEXT = 500
_MAX_FILES = 20


def summary_lines(version: StoredVersion, source: VersionSource) -> list[str]:
    """Return *version* as lines that are safe in a terminal: what it is, files, lineage. Errors of *source*."""
    entries = source.manifest(version)
    lines = [_headline(version, source.aliases(version))]
    if version.description:
        lines.append(clean(version.description, _MAX_TEXT))
    lines += [f"{name}: {clean(value, _MAX_TEXT)}" for name, value in _details(version)]
    lines += [
        "",
        "files",
        *(f"  {clean(path, 200)}  {size(entries[path].size)}" for path in sorted(entries)[:_MAX_FILES]),
    ]
    if len(entries) > _MAX_FILES:
        lines.append(f"  and {len(entries) - _MAX_FILES} more")
    return [*lines, "", "lineage", *(f"  {line}" for line in lineage_lines(lineage_graph(version, source)))]


def summary_html(version: StoredVersion, source: VersionSource) -> str:
    """Return *version* as HTML: one line and its lineage as a picture. Every text is escaped; errors of *source*."""
    headline = escape(_headline(version, source.aliases(version)))
    picture = lineage_svg(lineage_graph(version, source))
    return f'<div class="wandb-nb-artifact"><div>{headline}</div><div style="overflow-x:auto">{picture}</div></div>'


def _headline(version: StoredVersion, aliases: list[str]) -> str:
    files = f"{version.file_count} file{'' if version.file_count == 1 else 's'}"
    parts = [
        version.qualified_name,
        version.type,
        files,
        size(version.size),
        *([", ".join(aliases)] if aliases else []),
    ]
    return " · ".join(clean(part, 200) for part in parts)


def _details(version: StoredVersion) -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = [("digest", version.digest), ("link to", version.source)]
    pairs += [("tags", ", ".join(map(str, version.tags))), ("metadata", version.metadata)]
    pairs += [(f"on {server}", f"v{number}") for server, number in sorted(version.server_numbers.items())]
    return [(name, value) for name, value in pairs if value]
