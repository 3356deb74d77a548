"""Online runs use artifact versions of their server: found, downloaded once, and recorded as used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wandb_nb as wandb
from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.artifacts.store.store_cleaning import clean_store
from wandb_nb.errors import ArtifactError, ArtifactNotFoundError, CommError

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_server import EmbeddedServer


@pytest.fixture
def online(
    embedded_user: Path,  # noqa: ARG001 -- the server's address and key are in the environment
    start: Callable[..., wandb.Run],
) -> Callable[..., wandb.Run]:
    """Return a function that starts silent online runs of the project "used"."""

    def begin(**arguments: Any) -> wandb.Run:
        return start(**{"project": "used", "mode": "online", **arguments})

    return begin


def log(run: wandb.Run, name: str, text: str, kind: str = "dataset", aliases: tuple[str, ...] = ()) -> wandb.Artifact:
    """Log an artifact with the file "a.txt" and return it."""
    artifact = wandb.Artifact(name, kind)
    with artifact.new_file("a.txt") as file:
        file.write(text)
    return run.log_artifact(artifact, aliases=aliases)


def other_machine(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let what follows have a data directory of its own, as on another machine."""
    monkeypatch.setenv("WANDB_NB_DATA_DIR", str(folder))


def used_by(name: str) -> list[str]:
    """Return the ids of the runs that used a version, as the server has them."""
    return [run.id for run in wandb.Api().artifact(name).used_by()]


def test_a_version_of_the_server_is_used(
    online: Callable[..., wandb.Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run on another machine uses a version by alias or number; the content stays in its store for the next time."""
    with online() as run:
        log(run, "data", "one")
        log(run, "model", "weights", "model", ("best",))
    other_machine(monkeypatch, tmp_path / "other")
    with online() as user:
        data = user.use_artifact("used/data:v0")
        assert Path(data.download(tmp_path / "out"), "a.txt").read_text() == "one"
        assert Path(user.use_model("model:best")).read_text() == "weights"
        with pytest.raises(ArtifactError, match="'dataset', not 'model'"):
            user.use_artifact("data:latest", type="model")
    assert used_by("used/data:v0") == used_by("used/model:best") == [user.id]


def test_a_content_is_downloaded_once(
    online: Callable[..., wandb.Run], embedded: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store has what was downloaded: the next download needs no server, unless the stored content is damaged."""
    with online() as run:
        log(run, "once", "downloaded once")
    other_machine(monkeypatch, tmp_path / "other")
    artifact = wandb.Api().artifact("used/once:v0")
    artifact.download(tmp_path / "first")
    (stored,) = (Path(entry.path) for entry in ArtifactStore().contents.files())
    stored.chmod(0o600)
    stored.write_text("damaged")
    assert Path(artifact.download(tmp_path / "second"), "a.txt").read_text() == "downloaded once"

    for path in embedded.folder.rglob("*"):
        if path.is_file() and path.read_bytes() == b"downloaded once":
            path.unlink()
    assert Path(artifact.download(tmp_path / "third"), "a.txt").read_text() == "downloaded once"
    stored.unlink()
    with pytest.raises(CommError):
        artifact.download(tmp_path / "fourth")


def test_a_downloaded_version_is_found_offline(
    online: Callable[..., wandb.Run],
    start: Callable[..., wandb.Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After one download the Api and runs find a version without its server, until its contents are cleaned up."""
    with online() as maker:
        log(maker, "plain", "one", aliases=("best",))
    other_machine(monkeypatch, tmp_path / "other")
    name, offline = "local/used/plain:best", wandb.Api(overrides={"mode": "offline"})
    with pytest.raises(ArtifactNotFoundError, match="no artifact"):
        offline.artifact(name)
    with pytest.raises(CommError, match=r"log in \(`wandb-nb login`\).*download it once"):
        offline.artifact("team/used/plain:v0")
    wandb.Api().artifact(name).download(tmp_path / "first")

    found = offline.artifact(name)
    assert (found.name, sorted(found.aliases)) == ("plain:v0", ["best", "latest"])
    assert Path(found.download(tmp_path / "second"), "a.txt").read_text() == "one"
    assert found.logged_by().id == maker.id
    assert offline.artifact_exists("local/used/plain:v0")
    assert not offline.artifact_exists("local/used/plain:v1")
    found.description = "changed"
    for change in (found.save, lambda: found.delete(delete_aliases=True), lambda: found.link("registry")):
        with pytest.raises(ArtifactError, match="a version of a server"):
            change()
    with start(project="used") as user:
        user.use_artifact(name)
    assert sync().returncode == 0
    assert used_by("used/plain:v0") == [user.id]
    clean_store(ArtifactStore())
    assert not offline.artifact_exists(name)


def test_own_and_unsent_versions_are_of_this_machine(
    online: Callable[..., wandb.Run], start: Callable[..., wandb.Run]
) -> None:
    """What the run logged itself is used before the server has it, and what only this machine has, too."""
    with start(project="used") as offline:
        log(offline, "unsent", "local only")
    with online() as run:
        log(run, "own", "first")
        log(run, "own", "second")
        assert run.use_artifact("own:latest").version == "v1"
        assert run.use_artifact("unsent:v0").logged_by().id == offline.id
        with pytest.raises(ArtifactNotFoundError, match="nothing"):
            run.use_artifact("nothing:v3")
    assert used_by("used/own:v1") == [run.id]


def test_links_are_sent(online: Callable[..., wandb.Run], start: Callable[..., wandb.Run]) -> None:
    """Links of an online run, and of an offline one that is sent later, are on the server with their aliases."""
    with online(project="links") as run:
        model = log(run, "net", "weights", "model")
        run.link_artifact(model, "registry", aliases=["stable"])
    with start(project="links") as offline:
        offline.link_artifact(log(offline, "net2", "other weights", "model"), "links/registry", aliases=["canary"])
    done = sync()
    assert (done.returncode, done.stdout.count("not sent")) == (0, 0), done.stdout + done.stderr

    api = wandb.Api()
    assert {alias: api.artifact(f"links/registry:{alias}").source_name for alias in ("stable", "canary")} == {
        "stable": "net:v0",
        "canary": "net2:v0",
    }


def test_other_numbers_on_the_server_are_reported(
    online: Callable[..., wandb.Run],
    start: Callable[..., wandb.Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A version that the server numbers otherwise is named in one line, and stores its number there."""
    with online(project="numbers") as run:
        log(run, "data", "first")
    other_machine(monkeypatch, tmp_path / "other")
    with start(project="numbers") as offline:
        log(offline, "data", "second")
    done = sync()
    assert (done.stdout + done.stderr).count("data:v0 is v1 on the server") == 1, done.stdout + done.stderr
    shown = wandb_nb("artifact", "show", "numbers/data:v0").stdout
    assert f"on {wandb.Api().settings['base_url']}: v1" in shown


def sync(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Send runs by the command line."""
    return wandb_nb("sync", *arguments)


def wandb_nb(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what the command line did."""
    command = [sys.executable, "-m", "wandb_nb", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_server_has_the_step_of_a_version(online: Callable[..., wandb.Run]) -> None:
    """The step of the newest row before a version is sent, and read by its name; without rows it is unknown."""
    with online() as run:
        log(run, "before", "one")
        run.log({"loss": 1}, step=7)
        log(run, "after", "two")
    assert [wandb.Api().artifact(f"used/{name}:v0").history_step for name in ("before", "after")] == [None, 7]


def test_a_draft_of_a_version_of_the_server(
    online: Callable[..., wandb.Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft of a version that is on the server only has its files when it is logged; removed ones stay there."""
    with online() as run:
        draft = wandb.Artifact("grown", "dataset")
        for name in ("stays.txt", "goes.txt"):
            with draft.new_file(name) as file:
                file.write(name)
        run.log_artifact(draft)
    other_machine(monkeypatch, tmp_path / "other")
    with online() as user:
        draft = user.use_artifact("used/grown:v0").new_draft()
        draft.remove("goes.txt")
        with draft.new_file("new.txt") as file:
            file.write("new")
        user.log_artifact(draft)
    other_machine(monkeypatch, tmp_path / "third")
    folder = Path(wandb.Api().artifact("used/grown:v1").download(tmp_path / "out"))
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"stays.txt": "stays.txt", "new.txt": "new"}
    contents = {path.read_bytes() for path in (tmp_path / "other").rglob("*") if path.is_file()}
    assert {b"stays.txt", b"goes.txt"} & contents == {b"stays.txt"}
