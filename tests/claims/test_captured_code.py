"""Code: whether it is saved, which setting decides, and where it is stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from claimed import run
from embedded_server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The order is WANDB_DISABLE_CODE, save_code=, WANDB_SAVE_CODE, the account, off.
PRECEDENCE = [
    pytest.param("", {}, False, id="off by default"),
    pytest.param("save_code=True", {}, True, id="argument"),
    pytest.param("", {"WANDB_SAVE_CODE": "true"}, True, id="variable"),
    pytest.param("save_code=False", {"WANDB_SAVE_CODE": "true"}, False, id="the argument wins over the variable"),
    pytest.param("save_code=True", {"WANDB_SAVE_CODE": "false"}, True, id="in both directions"),
    pytest.param("save_code=True", {"WANDB_DISABLE_CODE": "true"}, False, id="disabled wins over the argument"),
    pytest.param("", {"WANDB_SAVE_CODE": "true", "WANDB_DISABLE_CODE": "true"}, False, id="and over the variable"),
]


@pytest.mark.parametrize(("arguments", "variables", "saved"), PRECEDENCE)
def test_the_precedence_of_the_sources(
    tmp_path: Path, arguments: str, variables: dict[str, str], *, saved: bool
) -> None:
    """[I1] Whether the script is saved follows the source with the highest precedence."""
    done = run(tmp_path, f"wandb.init({arguments})", **variables)
    assert done.returncode == 0, done.stderr
    files = tmp_path / "wandb/latest-run/files"
    assert (files / "code/train.py").is_file() is saved
    assert (files / "code").exists() is saved


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Return a server whose accounts want code saved."""
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.mark.crash
@pytest.mark.parametrize(
    ("arguments", "variables", "saved"),
    [
        ("", {}, True),
        ("mode='online'", {}, True),
        ("save_code=False", {}, False),
        ("", {"WANDB_SAVE_CODE": "false"}, False),
        ("mode='online'", {"WANDB_DISABLE_CODE": "true"}, False),
    ],
)
def test_the_account_decides(
    tmp_path: Path, server: EmbeddedServer, arguments: str, variables: dict[str, str], *, saved: bool
) -> None:
    """[I1] Without local settings the account's flag counts, however short the run is; False overrides it."""
    source = f"r = wandb.init({arguments or 'project=None'})\nr.log({{'a': 1}})\nprint(r.id)"
    done = run(tmp_path, source, **server.environ, **variables)
    assert done.returncode == 0, done.stderr
    name = done.stdout.split()[0]
    names = server.files(name, "uncategorized")
    assert [path for path in names if path.startswith("code/")] == ["code/train.py"] * saved
    own = json.loads(server.run(name, "config", "uncategorized")["config"])["_wandb"]["value"]
    assert own.get("code_path") == ("code/train.py" if saved else None)
    if saved:
        assert names["code/train.py"].decode() == (tmp_path / "train.py").read_text()


def test_the_script_as_it_was(tmp_path: Path) -> None:
    """A script edited while it runs is saved as it was at the start of the run."""
    source = """
        run = wandb.init(save_code=True)
        import pathlib, time
        copy = pathlib.Path(run.dir, "code/train.py")
        while not copy.is_file(): time.sleep(0.01)
        pathlib.Path(__file__).write_text("edited")
    """
    assert run(tmp_path, source).returncode == 0
    assert "edited" in (tmp_path / "wandb/latest-run/files/code/train.py").read_text()
    assert (tmp_path / "train.py").read_text() == "edited"


def test_log_code(tmp_path: Path) -> None:
    """`run.log_code(root, include, exclude)` saves the requested files, and nothing if code is disabled."""
    (tmp_path / "src/deep").mkdir(parents=True)
    for name in ("src/a.py", "src/b_test.py", "src/deep/c.py", "src/data.csv", "src/d.ipynb"):
        (tmp_path / name).write_text(f"# {name}", "utf-8")
    source = """
        r = wandb.init()
        paths = lambda artifact: [file.path for file in artifact.files()]
        print(*paths(r.log_code("src", exclude=["*_test.py"])))
        print(*paths(r.log_code("src", include=lambda path: path.endswith(".csv"))))
        print(*paths(r.log_code(root="src/deep", include=("*.py",), exclude=())))
        try: r.log_code("nowhere")
        except wandb.UsageError as error: print("nowhere" in str(error))
    """
    done = run(tmp_path, source)
    assert done.stdout.splitlines() == [
        "a.py d.ipynb deep/c.py",
        "data.csv",
        "c.py",
        "True",
    ], done.stderr
    files = tmp_path / "wandb/latest-run/files"
    assert (files / "code/deep/c.py").read_text() == "# src/deep/c.py"
    assert run(tmp_path, "print(wandb.init().log_code())", WANDB_DISABLE_CODE="true").stdout == "None\n"
