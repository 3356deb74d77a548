"""Hosts as a kernel sees them: their environment, their objects in the kernel, and their pages' messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from page import Page

if TYPE_CHECKING:
    from pathlib import Path

COLAB_WIDGETS = "https://colab.invalid/widgets.js"
_COLAB = f"""
import sys, types
google, colab, output, widgets = (
    types.ModuleType(name) for name in
    ("google", "google.colab", "google.colab.output", "google.colab.output._widgets")
)
widgets._installed_url = None
def enable_custom_widget_manager():
    widgets._installed_url = {COLAB_WIDGETS!r}
output.enable_custom_widget_manager, output._widgets = enable_custom_widget_manager, widgets
google.colab, colab.output = colab, output
sys.modules |= {{module.__name__: module for module in (google, colab, output, widgets)}}
"""


@dataclass(frozen=True)
class Host:
    """One host; *before* is the code it runs before the first cell, *facts* says whether its cells carry metadata."""

    before: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    facts: bool = False

    def page(self, folder: Path) -> Page:
        """Open a notebook of this host in *folder*."""
        page = Page(folder, subshell=False, facts=self.facts, variables=self.variables)
        page.prepare(self.before or "pass")
        return page


HOSTS = {
    "vscode": Host(
        before="__vsc_ipynb_file__ = 'book.ipynb'",
        variables={"VSCODE_PID": "1", "VSCODE_CWD": ".", "VSCODE_IPC_HOOK": "x.sock"},
        facts=True,
    ),
    "colab": Host(before=_COLAB, variables={"COLAB_RELEASE_TAG": "release-colab", "COLAB_GPU": ""}),
    "kaggle": Host(variables={"KAGGLE_KERNEL_RUN_TYPE": "Interactive", "KAGGLE_URL_BASE": "https://kaggle.invalid"}),
    "databricks": Host(before="dbutils = object()", variables={"DATABRICKS_RUNTIME_VERSION": "15.4"}),
}
