"""The lines that a terminal shows of a run: one at the start; at the end curves, summary and outcome."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wandb_nb.formatting import clean
from wandb_nb.host import command
from wandb_nb.tracking.live_header import live_header
from wandb_nb.tracking.run_view import session_of
from wandb_nb.tracking.terminal.stderr import prefixed
from wandb_nb.values import dotted
from wandb_nb.view import run_text

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.tracking.run_view import RunView

SPARKLINE_CELLS = 24


def start_line(run: RunView) -> str:
    """Return the line that names a run that began, and the path of its files."""
    parts = [f"run {clean(run.name)}", f"project {clean(run.project)}", _mode(run)]
    if rerun_note := session_of(run).identity.rerun_note:
        parts.append(rerun_note)
    if run.resumed:
        parts.append(f"resumed at step {run.starting_step}")
    return prefixed(_join(parts) + _path(run))


def end_lines(run: RunView, *, quiet: bool) -> str:
    """Return curves and summary (not when *quiet*), then the line with the outcome."""
    outcome = [
        f"run {clean(run.name)} {run_text.state(live_header(run))}",
        _count(run.lost, "row lost", "rows lost"),
    ]
    exists = run.file is not None and run.file.exists()
    if exists:
        outcome.append(f"'{command(f'show {run.id}')}' shows it")
    if exists and run.mode == "offline":
        outcome.append(f"'{command(f'sync {run.id}')}' uploads it")
    outcome.append(clean(run.outcome, 500))
    last = prefixed(_join([part for part in outcome if part]))
    return last if quiet else "\n".join([*_body(run), last])


def status_lines(run: RunView) -> str:
    """Return the header line, and the curves and values so far."""
    return "\n".join([prefixed(run_text.headline(live_header(run), _ascii_only())), *_body(run)])


def _body(run: RunView) -> list[str]:
    ascii_only = _ascii_only()
    curves = _curves(run, ascii_only)
    summary = dict(dotted(run.summary.as_dict()))
    values = run_text.summary_lines(summary, run.settings.max_end_of_run_summary_metrics, ascii_only)
    lines = [*(("Run history:", *curves) if curves else ()), *(("Run summary:", *values) if values else ())]
    return [prefixed("  " * (not each.startswith("Run ")) + each) for each in lines]


def _curves(run: RunView, ascii_only: bool) -> list[str]:
    if run.file is None:
        return []
    from wandb_nb.tracking.terminal.sparkline import sample  # the readers are not needed before the end of a run

    session = session_of(run)
    points, whole = sample(_files(run, run.file))
    curves = [
        run_text.MetricTrend(name, each.steps, each.values, session.goal_of(name)) for name, each in points.items()
    ]
    max_curves = run.settings.max_end_of_run_history_metrics
    if whole:
        return run_text.finish_lines(curves, max_curves, ascii_only)
    width = max((len(clean(curve.key, 32)) for curve in curves[:max_curves]), default=0)
    lines = [
        f"{clean(curve.key, 32):<{width}}  {run_text.sparkline(curve.values, SPARKLINE_CELLS, ascii_only)}"
        for curve in curves[:max_curves]
    ]
    return [*lines, f"+{len(curves) - max_curves} more metrics"] if len(curves) > max_curves else lines


def _files(run: RunView, own: Path) -> list[tuple[Path, int | None]]:
    """Return the files of the run with the last step that counts; those of earlier parts come first."""
    if run.directory is None or not (run.resumed or session_of(run).identity.branch):
        return [(own, None)]
    from wandb_nb.store.format.layout import data_files
    from wandb_nb.store.runs.run_chain import parts  # brings numpy, which the resumed run has loaded already

    return [(file, part.upto) for part in parts(run.directory) for file in data_files(part.folder)]


def _mode(run: RunView) -> str:
    """Return the mode, with the reason where it is not the requested one."""
    if run.mode in (run.settings.mode, "online"):
        return run.mode
    anonymous = run.settings.anonymous == "must"
    return f"{run.mode} ({'anonymous: not sent to any account' if anonymous else 'no key: login() stores one'})"


def _path(run: RunView) -> str:
    return "" if run.directory is None else f" -> {clean(str(run.directory), 500)}"


def _join(parts: list[str]) -> str:
    return (" - " if _ascii_only() else " · ").join(parts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}" if number else ""


def _ascii_only() -> bool:
    return not run_text.encodable(getattr(sys.stderr, "encoding", None))
