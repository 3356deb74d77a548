"""Tables that runs of this machine logged, as versions: they are put into the artifact store when one is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.artifacts.object_files import object_path, open_object
from wandb_nb.artifacts.run_artifacts import new_version
from wandb_nb.artifacts.store.lineage_files import LOGGED
from wandb_nb.artifacts.store.stored_version import LineageRun
from wandb_nb.store.format.artifact_record import ARTIFACT, read_artifact
from wandb_nb.store.format.layout import RunDir
from wandb_nb.store.format.wire import fields
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.runs.find import run_at
from wandb_nb.store.runs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.artifacts.store.artifact_store import ArtifactStore
    from wandb_nb.artifacts.version_name import VersionName
    from wandb_nb.store.format.artifact_record import ArtifactRecord

_PREFIX, _TYPE = "run-", "run_table"


def add_run_tables(store: ArtifactStore, name: VersionName) -> None:
    """Put the versions of the table *name* (`run-<id>-<key>`) into *store*, if a run of this machine logged it.

    Raises:
        OSError: A file of the run cannot be read, or the store cannot be written (StoreError).
        ArtifactError: A file of the run has another content than it had.

    """
    for run_file in _run_files(name.name):
        records = [record for record in _records(run_file, name.name) if _is_asked_for(record, name)]
        with store.adding():
            for record in records:
                stored = store.collection(record.entity, record.project, record.name).indexes().values()
                if record.digest not in stored or record is records[-1]:  # the last one has the aliases
                    _add(store, run_file.parent, record)


def _run_files(name: str) -> Iterator[Path]:
    """Yield the files of the runs whose table may have this *name*: ids and keys may have dashes."""
    words = name.removeprefix(_PREFIX).split("-") if name.startswith(_PREFIX) else []
    for count in range(1, len(words)):
        for entry in Registry().find("-".join(words[:count])):
            if (directory := run_at(entry.path)) is not None:
                yield RunDir.open(directory).run_file


def _records(file: Path, name: str) -> Iterator[ArtifactRecord]:
    tail, mark = Tail(file), name.encode()
    while payloads := tail.read():
        for payload in payloads:
            if mark in payload:  # most are rows: parsing each would take as long as reading the run
                yield from (
                    read_artifact(data)
                    for number, _, data in fields(payload)
                    if number == ARTIFACT and isinstance(data, bytes)
                )


def _is_asked_for(record: ArtifactRecord, name: VersionName) -> bool:
    is_place = name.project in (None, record.project) and (not record.entity or name.entity in (None, record.entity))
    return is_place and (record.name, record.type) == (name.name, _TYPE)


def _add(store: ArtifactStore, directory: Path, record: ArtifactRecord) -> None:
    run = LineageRun(record.run_id, record.project, record.entity, directory=str(directory.absolute()))
    for entry in record.entries.values():
        if not (entry.ref or Path(store.contents.path(entry.digest)).exists()):
            open_object(directory, entry.digest).close()  # a regular file of the run
            store.contents.copy_in(str(object_path(directory, entry.digest)), entry.digest)
    collection = store.collection(record.entity, record.project, record.name)
    version, _ = collection.add(new_version(record, run), record.entries, record.aliases)
    store.lineage.add(run, version, LOGGED)
