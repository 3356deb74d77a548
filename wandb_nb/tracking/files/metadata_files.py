"""Files beside the data of a run: config.yaml, wandb-summary.json, wandb-metadata.json, requirements.txt, code.

Short-lived threads gather slow facts after `init()`, each its own; `finish()` waits for them a moment.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.atomic_file import write_text
from wandb_nb.capture.cells.notebook_path import configured_paths
from wandb_nb.capture.code import requirements, work_tree_diff
from wandb_nb.capture.code.source_files import code_facts
from wandb_nb.capture.machine import environment
from wandb_nb.capture.secrets.lazy_pattern import compile_patterns
from wandb_nb.store.format import records
from wandb_nb.store.format.yaml_text import to_yaml
from wandb_nb.tracking.files.background_tasks import BackgroundTasks, NoThreadError
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
_COMPILE_DELAY_SECONDS = 0.2
_CODE = "the program's code"
MAX_WAIT_SECONDS = 0.75
"""How long the end of a run waits for what is still being gathered."""


class MetadataFiles:
    """Writes the files of one run into *folder*; a file is complete or absent.

    *notice* reports files that cannot be written; they never end the run.
    """

    def __init__(self, folder: Path, append: Callable[[bytes], None], notice: Notice, redact: Redactor) -> None:
        self._folder, self._append, self._notice = folder, append, notice
        self.environment: environment.Facts = {}
        """The facts about machine and program so far; the threads replace it by a fuller dict."""
        self.code = CodeFiles(folder, append, notice, redact)
        self._redact = redact
        self._failed = False
        self._closed = False
        self._lock = threading.Lock()
        self._tasks = BackgroundTasks(self._task_failed)
        self._pending_facts: set[str] = set()

    def gather(self, identity: RunIdentity, settings: Resolved, writer_id: str) -> bytes:
        """Return the record of the quick facts about machine and program; threads gather the rest."""
        facts = {} if settings.x_disable_meta else _quick_facts(identity, settings)
        if "args" in facts:
            facts["args"] = self._redact.arguments(facts["args"])
        facts = self._redact.value(facts)
        started = datetime.fromtimestamp(identity.start_time, timezone.utc).isoformat()
        self.environment = {**facts, "writerId": writer_id, "startedAt": started.replace("+00:00", "Z")}
        record = records.environment(self.environment)
        self._start_tasks(settings, identity.git)
        return record

    def save_code(self, settings: Resolved) -> None:
        """Save the script or the notebook's file as well, in a thread."""

        def save() -> None:
            self._tasks.wait(None, _CODE)
            self.code.save(settings)

        self._tasks.start("saved code", save)

    def await_facts(self) -> None:
        """Wait a moment for what is being gathered."""
        self._tasks.wait(MAX_WAIT_SECONDS)

    def join(self) -> None:
        """Wait a moment for what is being gathered, and take nothing more after that."""
        late = self._tasks.wait(MAX_WAIT_SECONDS)
        if late:
            self._notice(f"{' and '.join(late)} could not be read in time and are missing from {self._folder.parent}")
        if self._pending_facts:
            self._guarded(self._write_metadata)
        with self._lock:
            self._closed = True

    def write_results(self, config: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
        """Write config.yaml and wandb-summary.json; *config* with its `_wandb` entry."""
        self._guarded(self._write_config, config)
        self._guarded(self._write, SUMMARY, json.dumps(summary) + "\n")

    def _start_tasks(self, settings: Resolved, repository: GitState | None) -> None:
        start = self._tasks.start
        self.code.locate(settings, repository)
        start(_CODE, self.code.read, settings)
        if not settings.x_disable_meta:
            self._start_facts(settings)
        if settings.x_save_requirements:
            start("the list of packages", self._save_requirements)
        if repository is not None and repository.commit:
            start("the changes of the work tree", self._save_changes, repository.root)
        # So that the first text that the program logs does not wait for it; the end of the run need not. It holds
        # the interpreter's lock, so it begins when `init()` has returned.
        BackgroundTasks(self._task_failed).start("the patterns of secrets", compile_patterns, _COMPILE_DELAY_SECONDS)

    def _start_facts(self, settings: Resolved) -> None:
        """Gather the facts about the machine; the last of these tasks writes them to the file."""
        sources: dict[str, Callable[[], environment.Facts]] = {
            "the facts about this machine": lambda: environment.machine(self._fact_failed),
            "the use of the disks": lambda: environment.disks(settings.x_stats_disk_paths),
            "the graphics cards": environment.graphics_cards,
        }
        if settings.x_disable_machine_info:
            self._tasks.start("the facts about the program", self._write_metadata)
            return
        self._pending_facts = set(sources)
        for name, read in sources.items():
            self._tasks.start(name, self._add_facts, name, read)

    def _add_facts(self, name: str, read: Callable[[], environment.Facts]) -> None:
        try:
            self._store_facts(read())
        finally:
            if self._is_last(name):
                self._write_metadata()

    def _store_facts(self, facts: environment.Facts) -> None:
        with self._lock:
            new = {key: value for key, value in facts.items() if key not in self.environment}  # the user's settings win
            if new and not self._closed:
                self.environment = {**self.environment, **new}
                self._append(records.environment({"writerId": self.environment["writerId"], **new}))

    def _is_last(self, name: str) -> bool:
        with self._lock:
            self._pending_facts.discard(name)
            return not self._pending_facts and not self._closed

    def _write_metadata(self) -> None:
        self._write(METADATA, json.dumps(self.environment, indent=2) + "\n")
        self._record_file(METADATA)

    def _save_requirements(self) -> None:
        self._write(REQUIREMENTS, "".join(line + "\n" for line in requirements.installed()))
        self._record_file(REQUIREMENTS)
        if addresses := requirements.local_packages():
            self._write_local(requirements.LOCAL_PACKAGES, addresses)

    def _record_file(self, name: str) -> None:
        with self._lock:
            if not self._closed:
                self._append(records.files([(name, "now", "wandb")]))

    def _fact_failed(self, name: str, error: Exception) -> None:
        self._notice(f"{name} cannot be recorded ({type(error).__name__}: {error}); the run continues without it")

    def _task_failed(self, name: str, error: Exception) -> None:
        if self._closed:
            return
        if isinstance(error, NoThreadError):
            self._notice(f"nothing is gathered in the background ({error}); the run continues without it", "threads")
        elif isinstance(error, OSError):
            self._file_failed(error)
        else:
            self._fact_failed(name, error)

    def _save_changes(self, root: Path) -> None:
        """Write the changes of the work tree; if git cannot read the repository, only the patches are missing."""
        patches: dict[str, str] = {}
        not_saved: dict[str, Any] = {}
        try:
            patches[CHANGES] = work_tree_diff.against_commit(root)
            not_saved["untracked"] = work_tree_diff.untracked(root)
            if upstream := work_tree_diff.against_upstream(root):
                patches[f"upstream_diff_{upstream[0]}.patch"] = upstream[1]
        except work_tree_diff.DiffError as error:
            not_saved["error"] = str(error)
            if not self._closed:
                self._notice(f"the changes in {root} are not saved with the run: {error}")
        for name, patch in patches.items():
            if patch:
                # The bytes of files in other encodings stay as they are, so that the patch applies.
                self._write(name, self._redact(patch), "surrogateescape")
                self._record_file(name)
        if any(not_saved.values()):
            self._write_local(work_tree_diff.NOT_SAVED, not_saved)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._write(CONFIG, to_yaml({key: {"value": value} for key, value in config.items()}))

    def _write(self, name: str, content: str, errors: str = "backslashreplace") -> None:
        write_text(self._folder / name, content, errors)

    def _write_local(self, name: str, facts: Mapping[str, Any]) -> None:
        """Write *facts* to the file *name* of the run directory, which is not sent."""
        write_text(self._folder.parent / name, json.dumps(self._redact.value(facts)))

    def _guarded(self, act: Callable[..., None], *arguments: Any) -> None:
        try:
            act(*arguments)
        except Exception as error:  # noqa: BLE001 -- a side file must never cost the run
            self._file_failed(error)

    def _file_failed(self, error: Exception) -> None:
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
        facts["program"] = next(configured_paths(settings.notebook_name), None)
    facts |= {key: value for key, value in own.items() if value is not None}
    return {key: value for key, value in facts.items() if value is not None}
