"""`Run.log_code`: the source files of a folder, copied into the run and logged as an artifact."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.artifacts.artifact_names import MAX_NAME
from wandb_nb.capture.code.source_files import FOLDER, save_tree
from wandb_nb.errors import UsageError
from wandb_nb.store.format import records
from wandb_nb.surroundings import working_directory

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from wandb_nb.artifacts.artifact import Artifact
    from wandb_nb.capture.code.source_files import Choice
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.session.run_session import RunSession

    PathFilter = Callable[[str], bool] | Callable[[str, str], bool]


_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]")


def log_code(
    session: RunSession,
    root: str | os.PathLike[str] | None,
    name: str | None,
    filters: tuple[PathFilter | None, PathFilter | None],
    choices: tuple[Choice, Choice],
) -> Artifact | None:
    """Carry out `Run.log_code`. *filters* are functions that include and exclude paths, *choices* what counts without.

    Raises:
        UsageError: *root* is not a folder.
        RunFinishedError: The run has finished.

    """
    session.expect_running("log_code()")
    directory, settings = session.directory, session.settings
    if directory is None or settings.disable_code:
        return None
    folder = working_directory() / (Path(root) if root is not None else settings.code_dir or Path())
    include, exclude = (
        _on_relative_path(choose, folder) or choice for choose, choice in zip(filters, choices, strict=True)
    )
    try:
        paths = save_tree(directory.files, folder, directory.redact, include, exclude)
    except NotADirectoryError as error:
        raise UsageError(f"log_code(): {error}; give the folder that holds the code") from error
    directory.writer.append(records.files([(path, "now", "other") for path in paths]))
    return _logged(session, directory, name, paths) if paths else None


def _logged(session: RunSession, directory: RunDirectory, name: str | None, paths: list[str]) -> Artifact:
    """Log the copies *paths* as an artifact and return it."""
    from wandb_nb.artifacts.artifact import Artifact  # few runs log their code
    from wandb_nb.tracking.files.logged_artifacts import log_artifact  # as above

    artifact = Artifact(_artifact_name(name or _source_name(session, directory)), "code")
    for path in paths:
        artifact.add_file(directory.files / path, name=path.removeprefix(f"{FOLDER}/"))
    return log_artifact(session, artifact)


def _source_name(session: RunSession, directory: RunDirectory) -> str:
    facts = directory.metadata.environment
    return f"source-{session.identity.project_name}-{facts.get('codePath') or facts.get('program') or 'code'}"


def _artifact_name(text: str) -> str:
    return _FORBIDDEN.sub("_", text)[:MAX_NAME]


def _on_relative_path(choose: PathFilter | None, folder: Path) -> Callable[[str], bool] | None:
    """Return *choose*, which takes an absolute path and perhaps the folder, as a function of the relative path."""
    if choose is None:
        return None
    from inspect import signature  # only for programs that give such a function

    extra = (str(folder),) if len(signature(choose).parameters) > 1 else ()
    return lambda relative: bool(choose(str(folder / relative), *extra))
