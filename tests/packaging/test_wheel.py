"""The content of the distributions, built from this tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import hatch_build
from wandb_nb._version import __version__

ROOT = Path(__file__).resolve().parents[2]
LABEXTENSION = "data/share/jupyter/labextensions/wandb-nb/"
LARGEST_WHEEL = 2_400_000  # 550 kB of it is Vega, once for JupyterLab and once for pages of the server

needs_javascript = pytest.mark.skipif(
    not hatch_build.is_built(ROOT), reason="the JavaScript is not built from the present sources: pip install -e ."
)


def build(target: str, folder: Path, **environment: str) -> Path:
    """Build a distribution of this tree with the current environment's tools, and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, check=True, timeout=120)
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel with its JavaScript."""
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@needs_javascript
def test_wheel_carries_everything_jupyter_needs(wheel: Path) -> None:
    """The wheel has the widget, the prebuilt extension, the server's configuration and the marker for types."""
    names = zipfile.ZipFile(wheel).namelist()
    ends = {name.split(".data/")[-1] if ".data/" in name else name for name in names}
    assert {
        "wandb_nb/static/widget.js",
        "wandb_nb/static/vega.js",
        "wandb_nb/static/server.js",
        "wandb_nb/server/protocol/schema.graphql",
    } <= set(ends)
    assert "wandb_nb/py.typed" in ends
    assert LABEXTENSION + "install.json" in ends
    assert LABEXTENSION + "package.json" in ends
    assert "data/etc/jupyter/jupyter_server_config.d/wandb_nb.json" in ends
    assert any(name.startswith(LABEXTENSION + "static/remoteEntry") for name in ends)


@needs_javascript
def test_wheel_has_one_copy_of_the_extension_and_is_small(wheel: Path) -> None:
    """The wheel has no second copy of the extension, no sources and no tests, and stays under 2.4 MB."""
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.startswith(("wandb_nb/labextension", "labextension", "tests"))]
    assert wheel.stat().st_size < LARGEST_WHEEL


@needs_javascript
def test_prebuilt_extension_names_a_script_that_is_there(wheel: Path) -> None:
    """The entry script in the extension's package.json, which JupyterLab loads, is in the wheel."""
    archive = zipfile.ZipFile(wheel)
    (manifest,) = [name for name in archive.namelist() if name.endswith(LABEXTENSION + "package.json")]
    script = json.loads(archive.read(manifest))["jupyterlab"]["_build"]["load"]
    assert manifest.replace("package.json", script) in archive.namelist()


@needs_javascript
def test_sdist_carries_the_built_javascript(tmp_path: Path) -> None:
    """The sdist has built JavaScript with its stamp, so that a wheel made from it needs no Node."""
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert {"wandb_nb/static/widget.js", "wandb_nb/labextension/package.json", "hatch_build.py"} <= names
    assert not [name for name in names if "node_modules" in name]
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert hatch_build.is_built(unpacked)


def test_wheel_without_javascript(tmp_path: Path) -> None:
    """`WANDB_NB_SKIP_JS=1` builds a wheel of only the Python side, without the extension."""
    names = zipfile.ZipFile(build("wheel", tmp_path, WANDB_NB_SKIP_JS="1")).namelist()
    assert "wandb_nb/__init__.py" in names
    assert not [name for name in names if LABEXTENSION in name]


def test_wheel_switches_import_wandb(tmp_path: Path) -> None:
    """The wheel has the startup files beside the packages, and the command `wandb` as an executable file."""
    archive = zipfile.ZipFile(build("wheel", tmp_path, WANDB_NB_SKIP_JS="1"))
    for name, source in (("wandb_nb_as_wandb.pth", "as_wandb.pth"), ("_wandb_nb_startup.py", "startup.py")):
        assert archive.read(name) == (ROOT / "wandb_nb/compat" / source).read_bytes()
    mode = archive.getinfo("wandb_nb/compat/command/wandb").external_attr >> 16
    assert mode & 0o111 == 0o111


def test_one_version() -> None:
    """The npm package has the version of the Python package."""
    manifest = json.loads((ROOT / "labextension/package.json").read_text(encoding="utf-8"))
    assert manifest["version"] == __version__


def test_lock_names_no_host() -> None:
    """The JavaScript lock file has versions and checksums, and no address to load from."""
    text = (ROOT / "labextension/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert '"integrity"' in text


def test_lock_serves_all_platforms() -> None:
    """The bundler's bindings for Linux, macOS and Windows are in the lock file."""
    packages = json.loads((ROOT / "labextension/package-lock.json").read_text(encoding="utf-8"))["packages"]
    bindings = [name for name in packages if "@rspack/binding-" in name]
    for platform in ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"):
        assert any(platform in name for name in bindings), platform
