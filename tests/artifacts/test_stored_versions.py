"""Versions of artifacts in the store of this machine: logged, found by name, downloaded, changed and deleted."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import wandb_nb as wandb
from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.artifacts.store.store_cleaning import clean_store
from wandb_nb.errors import ArtifactError, ArtifactNotFoundError, ArtifactStateError

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., wandb.Run]


def log_text(run: wandb.Run, text: str, name: str = "data", **options: Any) -> wandb.Artifact:
    """Log an artifact whose file a.txt has *text*."""
    artifact = wandb.Artifact(name, type="dataset")
    with artifact.new_file("a.txt") as file:
        file.write(text)
    return run.log_artifact(artifact, **options)


def tree(folder: str | Path) -> dict[str, str]:
    """Return the texts of all files below *folder*."""
    top = Path(folder)
    return {path.relative_to(top).as_posix(): path.read_text() for path in top.rglob("*") if path.is_file()}


def test_versions_rise_only_when_the_content_changes(start: Start) -> None:
    """A version gets its number at once; equal contents are the same version, in another run too."""
    run = start(project="p", entity="e")
    assert [log_text(run, text).wait().version for text in ("one", "one", "two", "one")] == ["v0", "v0", "v1", "v0"]
    run.finish()
    run = start(project="p", entity="e")
    assert log_text(run, "two").qualified_name == "e/p/data:v1"
    assert log_text(run, "three").name == "data:v2"
    assert log_text(run, "one", name="other").version == "v0"


def test_aliases_move_with_the_newest_version(start: Start) -> None:
    """`latest` and own aliases name the version that was logged last with them, and `vN` its number."""
    run = start(project="p")
    log_text(run, "one", aliases=["best"])
    second = log_text(run, "two", aliases=["v7", "new"])
    assert second.aliases == ["latest", "new"]
    names = {name: run.use_artifact(f"data:{name}").version for name in ("best", "latest", "new", "v0", "v1")}
    assert names == {"best": "v0", "latest": "v1", "new": "v1", "v0": "v0", "v1": "v1"}
    log_text(run, "one")
    assert (run.use_artifact("data").version, run.use_artifact("data:best").aliases) == ("v0", ["latest", "best"])


@pytest.mark.parametrize(
    "name", ["data:latest", "p/data:v0", "e/p/data:latest", "wandb-artifact://e/p/data:v0", "data"]
)
def test_a_later_run_uses_a_version_by_name(start: Start, tmp_path: Path, name: str) -> None:
    """All forms of a name find the version, and its download has the files as they were when they were added."""
    run = start(project="p", entity="e")
    log_text(run, "one")
    run.finish()
    artifact = start(project="p", entity="e").use_artifact(name, type="dataset")
    assert (artifact.qualified_name, artifact.state, artifact.is_draft()) == ("e/p/data:v0", "COMMITTED", False)
    assert artifact.download(tmp_path / "here") == str(tmp_path / "here")
    assert tree(tmp_path / "here") == {"a.txt": "one"}


def test_what_is_not_there_is_named_with_the_nearest(start: Start) -> None:
    """The error for a missing version names those that exist, that for a missing name the nearest ones."""
    run = start(project="p")
    log_text(run, "one", aliases=["best"])
    for name, message in (
        ("data:bst", r"p/data has no version 'bst' on this machine: it has best"),
        ("data:v3", r"it has best, latest, v0"),
        ("dato:v0", r"there is no artifact p/dato:v0 on this machine: there is p/data"),
        ("q/data:v0", r"there is no artifact q/data:v0 on this machine: there is p/data"),
    ):
        with pytest.raises(ArtifactNotFoundError, match=message) as caught:
            run.use_artifact(name)
        assert isinstance(caught.value, (ValueError, LookupError))
        assert isinstance(caught.value, wandb.CommError)
    with pytest.raises(ArtifactError, match="has the type 'dataset', not 'model'"):
        run.use_artifact("data:v0", type="model")
    for name in ("a/b/c/d:v0", "data:", "x//y:v0", "../data:v0", "data:a/b"):
        with pytest.raises(ArtifactError, match="is not possible"):
            run.use_artifact(name)


def test_a_download_is_the_users_own(start: Start, tmp_path: Path) -> None:
    """A downloaded file can be written; the stored version stays as it was, and so does the file of the run."""
    run = start(project="p")
    source = tmp_path / "a.txt"
    source.write_text("one")
    artifact = wandb.Artifact("data", "dataset")
    artifact.add_file(source)
    run.log_artifact(artifact)
    folder = Path(artifact.download(tmp_path / "first"))
    (folder / "a.txt").write_text("changed")
    source.write_text("changed")
    assert tree(run.use_artifact("data:v0").download(tmp_path / "second")) == {"a.txt": "one"}
    assert os.access(folder / "a.txt", os.W_OK)
    with pytest.raises(ArtifactError, match=r"is not the artifact data:v0: a\.txt differs"):
        artifact.verify(folder)
    artifact.download(folder)
    artifact.verify(folder)


def test_each_byte_is_stored_once(start: Start, tmp_path: Path) -> None:
    """On one file system the run's file and the store's are one read-only file, and equal contents are one."""
    run = start(project="p")
    artifact = wandb.Artifact("data", "dataset")
    (tmp_path / "a.txt").write_text("same")
    for name in ("a.txt", "b.txt"):
        artifact.add_file(tmp_path / "a.txt", name)
    run.log_artifact(artifact)
    run.log_artifact(artifact.new_draft())
    stored = [path for path in (ArtifactStore().folder / "contents").rglob("*") if path.is_file()]
    assert len(stored) == 1
    (in_run,) = (run.directory / "artifacts" / "objects").iterdir()
    assert in_run.samefile(stored[0])
    assert stat.S_IMODE(stored[0].stat().st_mode) == 0o444
    assert not list((ArtifactStore().folder / "staging").rglob("[0-9]*"))


def test_default_folders_of_downloads(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder: that of WANDB_ARTIFACT_DIR, else below the `dir` of the run, else `./artifacts`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "given").mkdir()
    run = start(project="p", dir=tmp_path / "given")
    artifact = log_text(run, "one")
    assert Path(artifact.download()) == tmp_path / "given/artifacts/data:v0"
    run.finish()
    assert Path(artifact.download()) == tmp_path / "artifacts/data:v0"
    monkeypatch.setenv("WANDB_ARTIFACT_DIR", str(tmp_path / "chosen"))
    assert Path(artifact.file()) == tmp_path / "chosen/data:v0/a.txt"


def test_parts_of_a_version(start: Start, tmp_path: Path) -> None:
    """A prefix, one entry or one file can be downloaded; `checkout` deletes what is not in the version."""
    run = start(project="p")
    artifact = wandb.Artifact("data", "dataset")
    for name in ("train/a.txt", "train/b.txt", "test/a.txt"):
        with artifact.new_file(name) as file:
            file.write(name)
    run.log_artifact(artifact)
    used = run.use_artifact("data:latest")
    assert sorted(tree(used.download(tmp_path / "part", path_prefix="train"))) == ["train/a.txt", "train/b.txt"]
    assert Path(used.get_entry("test/a.txt").download(tmp_path / "one")).read_text() == "test/a.txt"
    (tmp_path / "part" / "other.txt").write_text("x")
    assert sorted(tree(used.checkout(tmp_path / "part"))) == ["test/a.txt", "train/a.txt", "train/b.txt"]
    used.verify(tmp_path / "part")
    assert sorted(used.manifest.entries) == ["test/a.txt", "train/a.txt", "train/b.txt"]
    with pytest.raises(ArtifactError, match="has 3 files, so which one is meant"):
        used.file()
    with pytest.raises(ArtifactError, match=r"has no file 'train/c.txt': did you mean 'train/b.txt'\?"):
        used.get_path("train/c.txt")


def test_media_are_read_back(start: Start) -> None:
    """`get()` returns the table with its pictures and arrays, the picture and the classes that were added."""
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    artifact = wandb.Artifact("media", "dataset")
    rows = [[1, wandb.Image(pixels, caption="c"), np.ones(3)]]
    artifact.add(wandb.Table(["n", "picture", "array"], rows), "tab")
    artifact.add(wandb.Image(pixels), "pic")
    artifact.add(wandb.Html("<b>x</b>"), "page")
    artifact.add(wandb.Classes([{"id": 3, "name": "cat"}]), "names")
    start(project="p").log_artifact(artifact)
    table = artifact.get("tab")
    assert (table.columns, table.data[0][0], table.data[0][2].tolist()) == (["n", "picture", "array"], 1, [1, 1, 1])
    assert isinstance(table.data[0][1], wandb.Image)
    assert isinstance(artifact.get("pic"), wandb.Image)
    assert isinstance(artifact.get("page"), wandb.Html)
    assert artifact.get("names.classes.json").labels == {3: "cat"}
    assert artifact.get("nothing") is None


def test_changes_are_stored_by_save(start: Start) -> None:
    """Description, metadata, aliases, tags and ttl of a stored version change with `save()`, for everyone."""
    run = start(project="p")
    log_text(run, "one", aliases=["old"], tags=["t"])
    artifact = run.use_artifact("data:v0")
    artifact.description, artifact.ttl = "text", timedelta(days=2)
    artifact.metadata["accuracy"] = np.float32(0.5)
    artifact.aliases.append("best")
    artifact.aliases.remove("old")
    artifact.tags = ["u"]
    assert run.use_artifact("data:v0").description is None
    artifact.save()
    again = run.use_artifact("data:best")
    assert (again.description, again.metadata, again.tags) == ("text", {"accuracy": 0.5}, ["u"])
    assert (again.aliases, again.ttl) == (["latest", "best"], timedelta(days=2))
    with pytest.raises(ArtifactNotFoundError):
        run.use_artifact("data:old")


def test_a_new_draft_begins_with_the_files(start: Start, tmp_path: Path) -> None:
    """A draft of a version can be changed and logged; unchanged files are not copied."""
    run = start(project="p")
    log_text(run, "one")
    draft = run.use_artifact("data:latest").new_draft()
    (tmp_path / "b.txt").write_text("two")
    draft.add_file(tmp_path / "b.txt")
    run.log_artifact(draft)
    assert (draft.version, tree(draft.download(tmp_path / "d"))) == ("v1", {"a.txt": "one", "b.txt": "two"})


def test_deleted_versions_are_gone(start: Start) -> None:
    """A deleted version cannot be used, by anyone who has it either, and its number is not used again."""
    run = start(project="p")
    log_text(run, "one")
    log_text(run, "two", aliases=["keep"])
    held = run.use_artifact("data:v1")
    with pytest.raises(ArtifactStateError, match=r"has the aliases keep: give delete_aliases=True"):
        run.use_artifact("data:v1").delete()
    deleted = run.use_artifact("data:v1")
    deleted.delete(delete_aliases=True)
    assert deleted.state == "DELETED"
    with pytest.raises(ArtifactStateError, match="was deleted"):
        deleted.download()
    with pytest.raises(ArtifactNotFoundError, match="was deleted"):
        held.download()
    with pytest.raises(ArtifactNotFoundError, match="it has v0"):
        run.use_artifact("data:latest")
    assert log_text(run, "two").version == "v2"


def test_links_are_versions_of_another_collection(start: Start, tmp_path: Path) -> None:
    """A linked version has its own number and aliases; it survives its source, and unlinking leaves the source."""
    run = start(project="p", entity="e")
    artifact = log_text(run, "one")
    linked = run.link_artifact(artifact, "registry/models", aliases=["prod"])
    assert (linked.qualified_name, linked.is_link, linked.source_qualified_name) == (
        "registry/models:v0",
        True,
        "e/p/data:v0",
    )
    assert (linked.aliases, artifact.is_link) == (["latest", "prod"], False)
    assert run.link_artifact(artifact, "registry/models").version == "v0"
    artifact.delete()
    used = run.use_artifact("registry/models:prod")
    assert tree(used.download(tmp_path / "d")) == {"a.txt": "one"}
    used.unlink()
    with pytest.raises(ArtifactNotFoundError):
        run.use_artifact("registry/models:prod")
    model = wandb.link_model(__file__, "team/registry/net", name="net")
    assert (model.qualified_name, model.type) == ("team/registry/net:v0", "model")
    with pytest.raises(ArtifactError, match="has versions of type 'model'"):
        log_text(run, "two").link("team/registry/net")


def test_models_are_used_by_path(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`use_model` returns the file of a model, or its folder if it has several files; a dataset is refused."""
    monkeypatch.chdir(tmp_path)
    run = start(project="p")
    (tmp_path / "net").mkdir()
    for name in ("w.bin", "x.bin"):
        (tmp_path / "net" / name).write_text(name)
    run.log_model(tmp_path / "net" / "w.bin", name="one")
    run.log_model(tmp_path / "net", name="two")
    assert Path(wandb.use_model("one:latest")).read_text() == "w.bin"
    assert tree(run.use_model("two:v0")) == {"w.bin": "w.bin", "x.bin": "x.bin"}
    log_text(run, "one")
    with pytest.raises(ArtifactError, match=r"has the type 'dataset': use_model\(\) needs a model"):
        run.use_model("data:v0")


def test_lineage_is_known(start: Start) -> None:
    """A version knows the run that made it and those that used it, by name or as an object."""
    maker = start(project="p", name="maker")
    artifact = log_text(maker, "one")
    maker.finish()
    users = []
    for number in range(2):
        user = start(project="p", name=f"user-{number}")
        user.use_artifact("data:v0" if number else artifact)
        user.use_artifact("data:v0")
        user.finish()
        users.append(user.id)
    logged_by = artifact.logged_by()
    assert logged_by is not None
    assert (logged_by.id, logged_by.name, logged_by.path) == (maker.id, "maker", f"p/{maker.id}")
    assert [run.id for run in artifact.used_by()] == users


def test_saving_a_draft_logs_it(start: Start) -> None:
    """`save()` of a draft logs it in the active run, or in one that is started for it."""
    artifact = wandb.Artifact("data", "dataset")
    artifact.save(project="p", settings={"mode": "offline", "silent": True})
    assert (artifact.qualified_name, wandb.run) == ("p/data:v0", None)
    run = start(project="q")
    other = wandb.Artifact("data", "dataset")
    other.save()
    assert other.qualified_name == "q/data:v0"
    assert other.logged_by() is not None
    assert run.id == other.logged_by().id  # type: ignore[union-attr]  # checked above


def test_without_a_store_the_run_has_the_artifact(
    start: Start, clean_environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the store cannot be written the artifact is in the run, and one line says what is missing."""
    run = start(settings={"silent": False})
    (clean_environment / "artifacts").write_text("in the way")
    for text in ("one", "two"):
        artifact = log_text(run, text)
    assert artifact.wait() is artifact
    with pytest.raises(ArtifactStateError, match="is not in the artifact store of this machine"):
        _ = artifact.version
    run.finish()
    assert capsys.readouterr().err.count("is in the run, but not in the artifact store") == 1
    assert len(list((run.directory / "artifacts" / "objects").iterdir())) == 2


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "", "a\0b", "./a"])
def test_a_hostile_manifest_is_refused(start: Start, tmp_path: Path, path: str) -> None:
    """A manifest with a path that leads out of the artifact is refused by name, and nothing is written."""
    run = start(project="p")
    log_text(run, "one")
    (file,) = ArtifactStore().folder.rglob("v0.manifest.json")
    content = json.loads(file.read_text())
    content["contents"][path] = content["contents"].pop("a.txt")
    file.unlink()
    file.write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match="is not possible"):
        run.use_artifact("data:v0").download(tmp_path / "d")
    assert not (tmp_path / "x").exists()


def test_downloads_follow_no_links(start: Start, tmp_path: Path) -> None:
    """A link in the place of a folder is refused by name, one in the place of a file is replaced, not followed."""
    run = start(project="p")
    artifact = wandb.Artifact("data", "dataset")
    for name in ("in/a.txt", "b.txt"):
        with artifact.new_file(name) as file:
            file.write(name)
    run.log_artifact(artifact)
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (root / "in").symlink_to(outside)
    (outside / "victim").write_text("whole")
    (root / "b.txt").symlink_to(outside / "victim")
    with pytest.raises(ArtifactError, match=r"root/in is a link"):
        artifact.download(root)
    (root / "in").unlink()
    artifact.download(root)
    assert (tree(outside), (root / "b.txt").is_symlink()) == ({"victim": "whole"}, False)


def test_devices_and_loops_are_refused(tmp_path: Path) -> None:
    """A folder with a FIFO, a broken link or a loop is refused by name; links to files and folders are followed."""
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    (top / "sub" / "a.txt").write_text("a")
    (top / "linked").symlink_to(top / "sub")
    artifact = wandb.Artifact("data", "dataset")
    artifact.add_dir(top)
    assert [entry.path for entry in artifact.files()] == ["linked/a.txt", "sub/a.txt"]
    for name, make, message in (
        ("loop", lambda path: path.symlink_to(top), "loop is a link to a folder that it is in"),
        ("gone", lambda path: path.symlink_to("nowhere"), "gone is a broken link"),
        ("fifo", os.mkfifo, "fifo is not a regular file"),
    ):
        make(top / name)
        with pytest.raises(ArtifactError, match=message):
            wandb.Artifact("data", "dataset").add_dir(top)
        (top / name).unlink()
    with pytest.raises(ArtifactError, match="finds no file"):
        artifact.add_file("/dev/zero")


def test_several_runs_write_one_version(start: Start, tmp_path: Path) -> None:
    """Parts of runs of one group become a version with the last one; a clean-up before it harms nothing."""

    def part(name: str) -> wandb.Artifact:
        artifact = wandb.Artifact("data", "dataset")
        with artifact.new_file(name) as file:
            file.write(name)
        return artifact

    with start(project="p", group="g") as run:
        first = run.upsert_artifact(part("a.txt"), aliases=["early"])
    with pytest.raises(ArtifactStateError, match=r"call run\.finish_artifact\(\)"):
        _ = first.version
    clean_store(ArtifactStore())
    with start(project="p", group="other") as run:
        assert run.finish_artifact(part("x.txt")).version == "v0"
    with start(project="p", group="g") as run:
        whole = run.finish_artifact(part("b.txt"), aliases=["late"])
        assert (whole.version, whole.file_count, whole.aliases) == ("v1", 2, ["latest", "early", "late"])
        assert tree(run.use_artifact("data:late").download(tmp_path / "d")) == {"a.txt": "a.txt", "b.txt": "b.txt"}
        assert run.finish_artifact(part("b.txt")).version == "v2"
    with start(project="p") as run, pytest.raises(ArtifactError, match=r"give init\(group=\.\.\.\) or distributed_id"):
        run.upsert_artifact(part("c.txt"))
