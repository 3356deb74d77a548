"""The project's metadata: dependencies, and addresses that must not be there."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# tornado and the Jupyter server are there where that server loads our extension, the others wherever a kernel runs;
# bokeh, plotly and scikit-learn are used where the user has them, with a clear line where not;
# typing_extensions is for type checkers alone; urllib3 is what requests stands on; `google.colab` exists on Colab
# only, and elsewhere `google` is somebody else's.
FROM_HOSTS = {"wandb-nb", "marimo", "tornado", "jupyter-server", "traitlets", "ipykernel", "comm"}
FROM_HOSTS |= {"typing-extensions", "protobuf", "googleapis-common-protos", "urllib3"}
FROM_HOSTS |= {"bokeh", "plotly", "scikit-learn"}
# anywidget's classes are widgets of ipywidgets; fsspec loads what knows a kind of bucket, SQLAlchemy its drivers,
# uvicorn its parser and its event loop.
LOADED_BY_OTHERS = {"ipywidgets", "s3fs", "gcsfs", "psycopg", "httptools", "uvloop"}


def dependencies() -> set[str]:
    """Return the names of the run-time dependencies in pyproject.toml, those of the extras for use included."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = "dependencies|gpu|media|postgresql|references|s3|server"
    blocks = re.findall(rf"^(?:{lists}) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == len(lists.split("|"))
    return set(re.findall(r'"([\w.-]+)', "".join(blocks)))


def test_every_dependency_has_its_reason() -> None:
    """The table in docs/design.md names exactly the run-time dependencies."""
    design = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    table = design.split("## Dependencies", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"^\| ([a-z][\w.-]*) \|", table, re.MULTILINE)) - {"package"}
    assert named == dependencies()


def test_every_dependency_is_imported() -> None:
    """Every dependency in pyproject.toml is imported, and no imported one is missing."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "wandb_nb").rglob("*.py"))
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", code, re.MULTILINE))
    owners = packages_distributions()
    distributions = {owner.lower().replace("_", "-") for module in imported for owner in owners.get(module, ())}
    assert dependencies() - distributions <= LOADED_BY_OTHERS
    assert distributions - dependencies() <= FROM_HOSTS


def test_no_registry_and_no_machine_in_the_tree() -> None:
    """No file in git contains a package registry's host or a path of somebody's machine."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git clone")
    hosts = (
        "registry." + "npmjs.org",
        "registry." + "yarnpkg.com",
        "pypi" + ".org",
        "/" + "work/main",
        "/" + "opt/nbvenv",
    )
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if name and path.is_file() and b"\0" not in (data := path.read_bytes())[:1000]:
            matches = [host for host in hosts if host.encode() in data]
            assert not matches, (name, matches)


def test_installed_command() -> None:
    """The distribution's command `wandb-nb` starts."""
    try:
        requires("wandb-nb")
    except ModuleNotFoundError:
        pytest.skip("the package is importable but not installed")
    done = subprocess.run([str(Path(sys.executable).with_name("wandb-nb")), "--help"], capture_output=True, check=False)
    assert done.returncode == 0
