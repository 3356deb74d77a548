"""Files beside the data of a run: config.yaml, wandb-summary.json, wandb-metadata.json, requirements.txt, code.

A short-lived thread gathers slow facts after `init()`; `finish()` joins it.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.atomic_file import write_text
from wandb_nb.capture.cells import notebook_file
from wandb_nb.capture.code import requirements, work_tree_diff
from wandb_nb.capture.code.source_files import code_facts
from wandb_nb.capture.machine import environment
from wandb_nb.capture.secrets.lazy_pattern import compile_patterns
from wandb_nb.store.format import records
from wandb_nb.tracking.files.code_files import CodeFiles
from wandb_nb.tracking.session.notices import FILES_LOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wandb_nb.capture.code.git import GitState
    from wandb_nb.capture.secrets.redact import Redactor
    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.session.notices import Notice
    from wandb_nb.tracking.start.identity import RunIdentity

CONFIG, SUMMARY, METADATA, REQUIREMENTS = "config.yaml", "wandb-summary.json", "wandb-metadata.json", "requirements.txt"
CHANGES = "diff.patch"
MAX_GATHERING_SECONDS = 10.0


class MetadataFiles:
    """Writes the files of one run into *folder*; a file is complete or absent.

    *notice* reports files that cannot be written; they never end the run.
    """

    def __init__(self, folder: Path, append: Callable[[bytes], None], notice: Notice, redact: Redactor) -> None:
        self._folder, self._append, self._notice = folder, append, notice
        self.environment: environment.Facts = {}
        """The facts about machine and program so far; the thread replaces it by a fuller dict."""
        self.code = CodeFiles(folder, append, notice, redact)
        self._redact = redact
        self._failed = False
        self._thread: threading.Thread | None = None

    def gather(self, identity: RunIdentity, settings: Resolved, writer_id: str) -> bytes:
        """Return the record of the quick facts about machine and program; a thread gathers the rest."""
        facts = {} if settings.x_disable_meta else _quick_facts(identity, settings)
        if "args" in facts:
            facts["args"] = self._redact.arguments(facts["args"])
        facts = self._redact.value(facts)
        started = datetime.fromtimestamp(identity.start_time, timezone.utc).isoformat()
        self.environment = {**facts, "writerId": writer_id, "startedAt": started.replace("+00:00", "Z")}
        record = records.environment(self.environment)
        self._start_thread(self._gather, settings, identity.git)
        return record

    def save_code(self, settings: Resolved) -> None:
        """Save the script or the notebook's file as well, in a thread."""
        gathering = self._thread

        def save() -> None:
            if gathering is not None:
                gathering.join()
            self.code.save(settings)

        self._start_thread(save)

    def join(self) -> None:
        """Wait until everything is gathered; returns immediately in a forked child, which has no such thread."""
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(MAX_GATHERING_SECONDS)

    def write_results(self, config: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
        """Write config.yaml and wandb-summary.json; *config* with its `_wandb` entry."""
        self._guarded(self._write_config, config)
        self._guarded(self._write, SUMMARY, json.dumps(summary) + "\n")

    def _start_thread(self, act: Callable[..., None], *arguments: Any) -> None:
        self._thread = threading.Thread(
            target=self._guarded, args=(act, *arguments), name="wandb_nb-files", daemon=True
        )
        self._thread.start()

    def _gather(self, settings: Resolved, repository: GitState | None) -> None:
        self.code.read(settings, repository)
        paths: list[str] = []
        if not settings.x_disable_meta:
            more = {} if settings.x_disable_machine_info else environment.machine(settings.x_stats_disk_paths)
            new = {key: value for key, value in more.items() if key not in self.environment}  # the user's settings win
            self.environment = {**self.environment, **new}
            self._append(records.environment({"writerId": self.environment["writerId"], **new}))
            self._write(METADATA, json.dumps(self.environment, indent=2) + "\n")
            paths.append(METADATA)
        if settings.x_save_requirements:
            self._write(REQUIREMENTS, "".join(line + "\n" for line in requirements.installed()))
            paths.append(REQUIREMENTS)
        if repository is not None and repository.commit:
            paths += self._save_changes(repository.root)
        self._append(records.files([(path, "now", "wandb") for path in paths]))
        compile_patterns()  # so that the first text that the program logs does not wait for it
        import yaml  # noqa: F401 -- `finish()` writes config.yaml; loading it takes longer than all the rest

    def _save_changes(self, root: Path) -> list[str]:
        """Write the changes of the work tree; if git cannot read the repository, only the patches are missing."""
        patches: dict[str, str] = {}
        try:
            patches[CHANGES] = work_tree_diff.against_commit(root)
            if upstream := work_tree_diff.against_upstream(root):
                patches[f"upstream_diff_{upstream[0]}.patch"] = upstream[1]
        except work_tree_diff.DiffError as error:
            self._notice(f"the changes in {root} are not saved with the run: {error}")
        written = {name: patch for name, patch in patches.items() if patch}
        for name, patch in written.items():
            self._write(name, self._redact(patch))
        return list(written)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        import yaml  # `_gather` has loaded it in its thread

        content = {key: {"value": value} for key, value in config.items()}
        self._write(CONFIG, yaml.safe_dump(content, indent=4, sort_keys=True, allow_unicode=True))

    def _write(self, name: str, content: str) -> None:
        write_text(self._folder / name, content, "backslashreplace")

    def _guarded(self, act: Callable[..., None], *arguments: Any) -> None:
        try:
            act(*arguments)
        except Exception as error:  # noqa: BLE001 -- a side file must never cost the run
            if self._failed:
                return  # one notice is enough for a full disk
            self._failed = True
            self._notice(
                f"a file in {self._folder} could not be written ({type(error).__name__}: {error}); the rows are safe",
                FILES_LOST,
            )


def _quick_facts(identity: RunIdentity, settings: Resolved) -> dict[str, Any]:
    """Return the facts that take no time to find, overridden by those that the user set."""
    own = {
        "program": settings.program,
        "args": settings.program_args,
        "email": settings.email,
        "docker": settings.docker,
        "username": settings.username,
    }
    facts = {**environment.basic(identity.host), **code_facts(identity.git)}
    if host.in_notebook():
        facts["program"] = next(notebook_file.configured_paths(settings.notebook_name), None)
    facts |= {key: value for key, value in own.items() if value is not None}
    return {key: value for key, value in facts.items() if value is not None}
