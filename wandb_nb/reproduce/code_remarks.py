"""Remarks on the code of a run: what was not saved of it, the order of its cells, its seeds."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from wandb_nb.capture.secrets.known_keys import MARK
from wandb_nb.reproduce.remark import Remark, listed
from wandb_nb.untrusted_file import read_file
from wandb_nb.values import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.reproduce.captured_run import CapturedRun
    from wandb_nb.store.reading.executed_cells import Cell

_MAX_SCRIPT_BYTES = 1 << 20
_RANDOM = re.compile(r"\b(?:random|numpy|np|torch|tensorflow|keras|jax|sklearn|lightning|xgboost|lightgbm)\b")
_SEEDING = re.compile(
    r"seed|random_state\s*=|RandomState\(\s*\w|default_rng\(\s*\w|PRNGKey\(|random\.key\(|np\.random\.Generator\(",
    re.IGNORECASE,
)
_SEED_KEY = re.compile(r"seed|random_state", re.IGNORECASE)


def code_remarks(captured: CapturedRun) -> Iterator[Remark]:
    """Yield what the run did not save of its code, and what else makes the code behave differently."""
    yield from _program_remarks(captured)
    yield from _work_tree_remarks(captured)
    if MARK.encode() in captured.patch or any(MARK in text for text in (*captured.arguments, *_texts(captured))):
        yield Remark("code", "secrets were removed from the saved code or arguments", f"put them in where {MARK} is")
    if captured.continues:
        yield Remark("code", "the run continues an earlier one", "repeat the earlier part first, then resume from it")
    yield from _order_remarks(captured.cells, captured.document)
    if remark := _seed_remark(captured):
        yield remark


def is_untracked(captured: CapturedRun, path: PurePosixPath) -> bool:
    """Return whether *path* was not in the repository when the run was made."""
    return any(str(path) == name or (name.endswith("/") and str(path).startswith(name)) for name in captured.untracked)


def _program_remarks(captured: CapturedRun) -> Iterator[Remark]:
    script = captured.script
    if captured.cells or (script is not None and _is_saved(captured, script)):
        return
    if captured.is_notebook:
        yield Remark("code", "the cells of the notebook were not saved", "do not switch off saving code in init()")
    elif script is not None:
        yield Remark("code", f"the script {listed([script])} was not saved", "commit it, or give init(save_code=True)")
    elif not captured.program.startswith("-m "):
        yield Remark("code", "the program is unknown", "run it as a script or in a notebook")
    elif not captured.commit and not captured.sources:
        yield Remark("code", "the code was not saved", "commit it to a Git repository, or call run.log_code()")


def _is_saved(captured: CapturedRun, script: PurePosixPath) -> bool:
    return script in captured.sources or bool(captured.commit and not is_untracked(captured, script))


def _work_tree_remarks(captured: CapturedRun) -> Iterator[Remark]:
    if captured.patch_error:
        yield Remark("code", f"uncommitted changes were not saved ({captured.patch_error})", "commit them")
    saved = {path.name for path in captured.sources}
    script = captured.script
    missing = [name for name in captured.untracked if name not in (*saved, str(script)) and not _is_ours(name)]
    if missing:
        yield Remark(
            "code",
            f"{len(missing)} uncommitted file{'s' * (len(missing) > 1)} not saved with the run ({listed(missing)})",
            "commit them, call run.log_code() for code, or log data as an artifact",
        )


def _is_ours(name: str) -> bool:
    """Return whether an untracked name is a by-product of running code."""
    return name.rstrip("/").rpartition("/")[2] in ("__pycache__", ".ipynb_checkpoints")


def _order_remarks(cells: list[Cell], document: list[str] | None) -> Iterator[Remark]:
    """Compare the executed *cells* with the notebook's *document* by their sources."""
    if document is None:
        return
    sources = [source.strip() for source in document]
    position, again, changed = -1, list[str](), list[str]()
    for cell in cells:
        source = cell.source.strip()
        if not source or MARK in source:
            continue
        if source not in sources:
            changed.append(f"[{cell.number}]")
        elif source in sources[position + 1 :]:
            position = sources.index(source, position + 1)
        else:
            position = sources.index(source)
            again.append(f"[{cell.number}]")
    if again:
        text = f"cells were executed out of order or more than once ({listed(again)})"
        yield Remark("cells", text, "restart the kernel and run all cells from top to bottom")
    if changed:
        text = f"cells were edited or deleted since they were executed ({listed(changed)})"
        yield Remark("cells", text, "save the notebook, restart the kernel and run all cells")


def _seed_remark(captured: CapturedRun) -> Remark | None:
    code = "\n".join([*_texts(captured), _script_text(captured)])
    if not _RANDOM.search(code) or _SEEDING.search(code):
        return None
    if any(_SEED_KEY.search(key) for key, _ in dotted(captured.config)):
        return None
    text = "no seed is set: neither a key of the config nor a call in the saved code is one"
    return Remark("seed", text, "seed the random numbers of random, numpy or torch, and put the seed into the config")


def _texts(captured: CapturedRun) -> Iterator[str]:
    """Yield the code that the run saved."""
    yield from (cell.source for cell in captured.cells)
    yield from (content.decode("utf-8", "replace") for path, content in captured.sources.items())


def _script_text(captured: CapturedRun) -> str:
    """Return the script as it is on this machine now, where the run has no copy and it is still there."""
    if captured.script is None or captured.script in captured.sources:
        return ""
    try:
        path = captured.working_directory / Path(captured.program)
        return read_file(path, _MAX_SCRIPT_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
