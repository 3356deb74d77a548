"""The host of this process: script, IPython at a terminal, or a notebook and its kind.

One predicate, `in_notebook()`, decides everywhere what counts as a notebook: whether config may change, what a second
`init()` does, what is displayed, which hooks are set. It checks for a kernel behind the IPython shell, which is the
same in Jupyter, nbclient, papermill, VS Code, Colab and Kaggle. The path of the connection file is not evidence, since
nbclient stores it elsewhere.

Nothing is imported for the check: a notebook host that is not loaded is not the host. No answer is cached, since
`import wandb_nb` may run before the shell exists.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

_JUPYTER_KERNEL = re.compile(r"(?:^|[\\/])kernel-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$", re.IGNORECASE)


def shell() -> Any | None:
    """Return the running IPython shell, or None."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython() if get_ipython is not None else None


def in_notebook() -> bool:
    """Return whether a notebook runs this code: an IPython shell with a kernel behind it, or marimo."""
    return _kernel() is not None or _in_marimo()


def in_ipython_terminal() -> bool:
    """Return whether this is IPython at a terminal, without a kernel."""
    return shell() is not None and _kernel() is None


def kind() -> str:
    """Return the name of the host.

    "colab", "kaggle", "databricks", "sagemaker", "vscode", "jupyter" (any other kernel) and "marimo" are notebooks;
    "ipython" is IPython at a terminal, "script" everything else. A script started from a notebook host is a "script".
    """
    if _in_marimo():
        return "marimo"
    running = shell()
    if running is None:
        return "script"
    if _kernel() is None:
        return "ipython"
    return _notebook_kind(running)


def page_waits_for_cells() -> bool:
    """Return whether requests of the page to the kernel wait until the running cell ends.

    Jupyter's own pages open a subshell for requests; marimo has none, and other hosts are not known to have one.
    """
    return kind() in ("colab", "databricks", "kaggle", "marimo", "vscode")


def command(words: str) -> str:
    """Return how a command of this package is called here: `%wandb …` with the magic, else `wandb-nb …`."""
    magics = getattr(getattr(shell(), "magics_manager", None), "magics", {})
    return f"{'%wandb' if 'wandb' in magics.get('line', {}) else 'wandb-nb'} {words}"


def kernel_id() -> str | None:
    """Return the id of this kernel on a Jupyter server, or None if no server started it.

    The id is in the name of the connection file; kernels started by other means have names of another form.
    """
    application = getattr(_kernel(), "parent", None)
    match = _JUPYTER_KERNEL.search(str(getattr(application, "connection_file", "")))
    return match[1] if match else None


def cell_id() -> str | None:
    """Return the page's id of the running cell; None under nbclient."""
    get_parent = getattr(shell(), "get_parent", None)
    parent = get_parent() if get_parent is not None else None
    cell = parent.get("metadata", {}).get("cellId") if isinstance(parent, dict) else None
    return str(cell) if cell else None


def interactive_input_possible() -> bool:
    """Return whether the user can answer a prompt now, so that a prompt cannot block for ever.

    False under nbclient and papermill (they allow no input), in marimo and Databricks (no hidden input), in CI, with
    redirected streams, and for a background job, which would stop when it reads from its terminal.
    """
    kernel = _kernel()
    if kernel is not None:
        return "DATABRICKS_RUNTIME_VERSION" not in os.environ and bool(getattr(kernel, "_allow_stdin", False))
    return not _in_marimo() and "CI" not in os.environ and _at_terminal()


def _kernel() -> Any | None:
    return getattr(shell(), "kernel", None)


def _in_marimo() -> bool:
    running_in_notebook = getattr(sys.modules.get("marimo"), "running_in_notebook", None)
    return bool(running_in_notebook()) if running_in_notebook is not None else False


def _notebook_kind(running: Any) -> str:
    if "google.colab" in sys.modules or type(running).__module__.startswith("google.colab"):
        return "colab"
    if "__vsc_ipynb_file__" in getattr(running, "user_ns", ()):
        return "vscode"
    for variable, name in _KINDS_BY_VARIABLE:
        if variable in os.environ:
            return name
    return "jupyter"


_KINDS_BY_VARIABLE = (
    ("KAGGLE_KERNEL_RUN_TYPE", "kaggle"),
    ("DATABRICKS_RUNTIME_VERSION", "databricks"),
    ("SAGEMAKER_INTERNAL_IMAGE_URI", "sagemaker"),
)


def _at_terminal() -> bool:
    try:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        return not hasattr(os, "tcgetpgrp") or os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (AttributeError, OSError, ValueError):  # no stream (None), no descriptor, or a closed one
        return False
