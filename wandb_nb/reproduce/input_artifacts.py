"""The artifacts that a run used: their versions, remarks on them, and their files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wandb_nb.artifacts.artifact_names import folder_name
from wandb_nb.artifacts.local_versions import LocalVersions
from wandb_nb.artifacts.reading.downloads import Downloads
from wandb_nb.artifacts.references.file_uris import is_file_uri, uri_path
from wandb_nb.artifacts.store.lineage_files import USED
from wandb_nb.artifacts.store.stored_version import LineageRun
from wandb_nb.artifacts.version_name import parse_version_name
from wandb_nb.errors import ArtifactError, Error
from wandb_nb.reproduce.remark import Remark, listed
from wandb_nb.reproduce.tree_files import make_folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wandb_nb.artifacts.store.stored_version import StoredVersion
    from wandb_nb.reproduce.captured_run import CapturedRun
    from wandb_nb.store.format.artifact_record import ManifestEntry

FOLDER = "artifacts"


class InputArtifacts:
    """The versions that the run used, of this machine's store: *versions* with their files, and what is *missing*."""

    def __init__(self, captured: CapturedRun) -> None:
        self._source = LocalVersions()
        self.versions: list[tuple[StoredVersion, dict[str, ManifestEntry]]] = []
        self.missing: list[str] = []
        run = LineageRun(captured.run.id, captured.run.project, captured.run.entity)
        for edge in self._source.run_edges(run, USED):
            try:
                version = self._source.find(parse_version_name(edge.qualified_name))
                self.versions.append((version, self._source.manifest(version)))
            except (Error, OSError):  # noqa: PERF203 -- one that is gone must not cost the others
                self.missing.append(edge.qualified_name)

    def remarks(self) -> Iterator[Remark]:
        """Yield what of the inputs is gone, or is only referred to and may change."""
        if self.missing:
            text = f"input artifacts are not on this machine ({listed(self.missing)})"
            yield Remark("artifacts", text, "download them from their server, or log them again")
        for version, entries in self.versions:
            references = [entry for entry in entries.values() if entry.ref]
            changed = [entry.ref for entry in references if _has_changed(entry)]
            if changed:
                text = f"references of {version.qualified_name} moved or changed ({listed(changed)})"
                yield Remark("artifacts", text, "put the files back, or log the artifact again")
            elif references:
                text = (
                    f"{version.qualified_name} refers to {len(references)} file{'s' * (len(references) > 1)} elsewhere"
                )
                yield Remark("artifacts", text, "add the files to the artifact, since what is there may change")

    def download(self, folder: Path) -> Iterator[Remark]:
        """Put the files of each version below *folder*`/artifacts/NAME:vN`; yield a remark if they are not whole."""
        names: set[str] = set()
        for version, entries in self.versions:
            name = folder_name(f"{version.name}:{version.version}")
            if name in names:  # of another project
                name = f"{name}-{len(names)}"
            names.add(name)
            try:
                target = make_folders(folder, PurePosixPath(FOLDER, name))
                Downloads(version.qualified_name, self._source, target).get(entries)
            except (ArtifactError, OSError) as error:  # StoreError is one
                text = f"{version.qualified_name} is not complete ({error})"
                yield Remark("artifacts", text, "download it by hand, or log it again")


def _has_changed(entry: ManifestEntry) -> bool:
    """Return whether the file that *entry* refers to is gone or has another size; other addresses are not requested."""
    if not is_file_uri(entry.ref):
        return False
    try:
        return uri_path(entry.ref).stat().st_size != entry.size
    except (OSError, ValueError):
        return True
