"""`wandb.Artifact` and `run.log_artifact()`: what is stored is what the official package stores."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from logged_run import LoggedRun, read_run

import wandb_nb as wandb
from wandb_nb.artifacts.manifest import manifest_digest, object_name
from wandb_nb.artifacts.store.file_copies import file_digest
from wandb_nb.errors import ArtifactError, ArtifactStateError

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = (
    "import os\n"
    "for path in ('f.txt', 'd/a.txt', 'd/sub/b.txt'):\n"
    "    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)\n"
    "    open(path, 'w').write(path)\n"
)
# Programs whose artifacts are those of the official package: names, types, digests, aliases, tags, manifests.
PROGRAMS = {
    "files": "a = wandb.Artifact('data', 'dataset', 'a text', {'n': np.float32(1.5), 'b': [1, 2]})\n"
    "a.add_file('f.txt')\na.add_file('f.txt', name='x//y.txt')\na.add_dir('d')\na.add_dir('d', name='e')\n"
    "a.add_file('f.txt', name='z.txt', is_tmp=True)\na.remove('e/sub')\n"
    "with a.new_file('new.txt', 'w+') as file:\n    file.write('new')\n"
    "a.add_file('d/a.txt', name='new.txt', overwrite=True)\n"
    "run.log_artifact(a, aliases=['best', 'v'], tags=['t1', 't 2'])",
    "references": "a = wandb.Artifact('refs', 'dataset', incremental=True)\n"
    "a.add_reference('http://127.0.0.1:1/x.bin?v=1', checksum=False)\n"
    "a.add_reference('https://127.0.0.1:1/x.bin', name='q', checksum=False)\na.add_reference('zzz://b/x', name='zz')\n"
    "here = 'file://' + np.__file__\n"
    "a.add_reference(here)\n"
    "a.add_reference(here, name='unread', checksum=False)\nrun.log_artifact(a)",
    "media": "a = wandb.Artifact('media', 'dataset')\na.add(wandb.Table(columns=['a'], data=[[1]]), 'tab')\n"
    "a.add(wandb.Html('<b>x</b>'), 'page')\na.add(wandb.Classes([{'id': 0, 'name': 'c'}]), 'names')\n"
    "run.log_artifact(a)",
    "paths": "run.log_artifact('f.txt')\nrun.log_artifact('d', name='folder', type='dataset', aliases='one')\n"
    "import datetime\nrun.log_artifact(wandb.Artifact('took', 't', metadata={'a': datetime.timedelta(seconds=1.5)}))\n"
    "run.log_model('f.txt')\nrun.log_model('d', name='m', aliases=['z'])\nwandb.log_artifact('d/a.txt')",
}


def described(run: LoggedRun) -> list[tuple[Any, ...]]:
    """Return what the artifacts of *run* are, without ids and places."""
    return [
        (
            *(each.run_id, each.name, each.type, each.digest, each.description, each.metadata, each.incremental),
            *(each.is_used, sorted(each.aliases), sorted(each.tags)),
            {path: (entry.digest, entry.size, entry.ref) for path, entry in each.entries.items()},
        )
        for each in run.artifacts
    ]


@pytest.mark.official
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_artifacts_are_the_official_ones(both: Callable[[str], tuple[LoggedRun, LoggedRun]], name: str) -> None:
    """Digest, manifest and record of every artifact are those that the official package writes offline."""
    ours, official = both(FILES + PROGRAMS[name])
    assert described(ours) == described(official)


def test_contents_are_stored_by_their_digest(start: Callable[..., wandb.Run], tmp_path: Path) -> None:
    """Each content is in the run once, as it was when it was added; the manifest and the record describe it."""
    file, folder = tmp_path / "f.txt", tmp_path / "folder"
    file.write_text("before")
    folder.mkdir()
    (folder / "same.txt").write_text("before")
    artifact = wandb.Artifact("data", type="dataset")
    artifact.add_file(file)
    artifact.add_dir(folder)
    file.write_text("after")
    shutil.rmtree(folder)
    run = start()
    assert wandb.log_artifact(artifact).wait() is artifact
    run.finish()
    logged = read_run(Path(run.file).parent)
    (record,) = logged.artifacts
    assert record.digest == artifact.digest == manifest_digest(record.entries)
    assert {Path(entry.local_path).read_text() for entry in record.entries.values()} == {"before"}
    names = [path.name for path in (logged.directory / "artifacts/objects").iterdir()]
    assert names == [object_name(artifact.get_entry("f.txt").digest)]
    manifest = json.loads((logged.directory / f"artifacts/manifests/{record.client_id}.json").read_text())
    assert sorted(manifest["contents"]) == ["f.txt", "same.txt"]
    assert [(entry.path, entry.size) for entry in artifact.files()] == [("f.txt", 6), ("same.txt", 6)]
    assert (artifact.size, artifact.file_count, artifact.aliases) == (12, 2, ["latest"])


def test_a_used_draft_is_logged_as_an_input(start: Callable[..., wandb.Run]) -> None:
    """`use_artifact()` of a new artifact logs it and marks it as used."""
    run = start()
    artifact = wandb.Artifact("data", type="dataset")
    with artifact.new_file("a.bin", "wb") as file:
        file.write(b"\0")
    assert run.use_artifact(artifact, aliases="raw") is artifact
    run.finish()
    (record,) = read_run(Path(run.file).parent).artifacts
    assert (record.is_used, record.aliases) == (True, ("latest", "raw"))


def test_pictures_bring_their_file(start: Callable[..., wandb.Run]) -> None:
    """An image becomes a JSON file and the picture that it names."""
    artifact = wandb.Artifact("data", type="dataset")
    artifact.add(wandb.Image(np.zeros((4, 5, 3), np.uint8), caption="c"), "pic")
    run = start()
    run.log_artifact(artifact)
    run.finish()
    (record,) = read_run(Path(run.file).parent).artifacts
    value = json.loads(Path(record.entries["pic.image-file.json"].local_path).read_text())
    assert (value["_type"], value["width"], value["caption"]) == ("image-file", 5, "c")
    assert Path(record.entries[value["path"]].local_path).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda _: wandb.Artifact("a b", "t"), "name 'a b' is not possible: use letters"),
        (lambda _: wandb.Artifact("x" * 129, "t"), "at most 128 characters, not 129"),
        (lambda _: wandb.Artifact("n", "job"), "type 'job' is reserved"),
        (lambda _: wandb.Artifact("n", "wandb-x"), "type 'wandb-x' is reserved"),
        (lambda _: wandb.Artifact("n", "t", metadata=[1]), "must be a dict, got list"),  # type: ignore[arg-type]
        (lambda _: wandb.Artifact("n", "t", metadata={"x": object()}), "'metadata.x': unsupported type object"),
        (lambda _: wandb.Artifact("n", "t", digest_algorithm="SHA256"), "leave it at 'MD5'"),
        (lambda a: a.add_file("nowhere"), r"add_file\('nowhere'\) finds no file"),
        (lambda a: a.add_dir("nowhere"), r"add_dir\('nowhere'\) finds no folder"),
        (lambda a: a.add_file(__file__, name="there"), "has a file 'there' already"),
        (lambda a: a.add_file(__file__, name="../up"), "give a relative path without"),
        (lambda a: a.add_file(__file__, policy="x"), "give 'mutable' or 'immutable'"),
        (lambda a: a.add(3, "x"), "takes images, tables and other media, got int"),
        (lambda a: a.add_reference("nowhere"), "needs an address"),
        (lambda a: a.add_reference("zzz://b/x"), "needs a name"),
        (lambda a: a.add_reference("file:///nowhere"), "finds no file or folder"),
        (lambda a: a.remove("nothing"), "has no file 'nothing'"),
        (lambda a: a.get_entry("nothing"), "has no file 'nothing'"),
        (lambda a: a.new_file("n", "r").__enter__(), "give 'w', 'x', 'wb' or 'xb'"),
        (lambda a: a.add_reference(Path(__file__).parent.as_uri(), max_objects=1), "more than 1 files"),
        (lambda a: setattr(a, "aliases", ["a/b"]), "leave out '/' and ':'"),
        (lambda a: setattr(a, "tags", ["a/b"]), "tag 'a/b' is not possible"),
    ],
)
def test_misuse_is_a_clear_error(call: Callable[[Any], object], message: str) -> None:
    """A call that is not possible raises one error, which is a ValueError, and says what to do."""
    artifact = wandb.Artifact("n", "t")
    artifact.add_reference("http://h/x", name="there", checksum=False)
    with pytest.raises(ArtifactError, match=message) as caught:
        call(artifact)
    assert isinstance(caught.value, ValueError)
    assert [entry.path for entry in artifact.files()] == ["there"]


def test_a_logged_artifact_cannot_be_changed(start: Callable[..., wandb.Run]) -> None:
    """Changes of the files after logging are errors, and so are waiting and asking for the version before it."""
    artifact = wandb.Artifact("n", "t")
    with pytest.raises(ArtifactStateError, match=r"Artifact\.version of n is not known"):
        _ = artifact.version
    with pytest.raises(ArtifactStateError, match="was not logged"):
        artifact.wait()
    start().log_artifact(artifact)
    for change in (
        lambda: artifact.add_file(__file__),
        lambda: artifact.remove("x"),
        lambda: artifact.add_reference("http://h/x", checksum=False),
        lambda: artifact.new_file("x").__enter__(),
    ):
        with pytest.raises(ArtifactStateError, match="was logged and"):
            change()


def test_a_failing_block_adds_nothing() -> None:
    """A file whose block raises is not in the artifact."""
    artifact = wandb.Artifact("n", "t")
    with pytest.raises(KeyError), artifact.new_file("x") as file:
        raise KeyError(file.write("half"))
    assert artifact.files() == []


def test_what_cannot_be_stored_is_reported_once(
    start: Callable[..., wandb.Run], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the files cannot be stored the training continues; one line per artifact names it."""
    run = start(settings={"silent": False})
    (Path(run.file).parent / "artifacts").write_text("in the way")  # the folder cannot be made: ENOTDIR or EEXIST
    for _ in range(3):
        artifact = wandb.Artifact("weights", "model")
        artifact.add_file(__file__)
        assert run.log_artifact(artifact).wait() is artifact
    run.log({"loss": 1})
    run.finish()
    error = capsys.readouterr().err
    assert error.count("the artifact weights cannot be stored") == 1
    assert len(wandb.read(run.file)) == 1


def test_a_file_that_changes_is_not_stored_under_its_old_digest(
    start: Callable[..., wandb.Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file added without a copy that changes before it is logged is reported; no wrong content is stored."""
    file = tmp_path / "f.txt"
    file.write_text("before")
    artifact = wandb.Artifact("weights", "model")
    artifact.add_file(file, policy="immutable")
    file.write_text("after")
    run = start(settings={"silent": False})
    run.log_artifact(artifact)
    run.finish()
    assert "has changed since it was added" in capsys.readouterr().err
    assert list(Path(run.file).parent.glob("artifacts/objects/*")) == []
    assert read_run(Path(run.file).parent).artifacts == []


def test_a_large_file_that_stays_as_it_is(
    start: Callable[..., wandb.Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A large file added without a copy is stored whole; one that was written meanwhile is found by its time."""
    file = tmp_path / "large.bin"
    file.write_bytes(b"first")
    os.truncate(file, 64 << 20)  # without blocks on disk
    os.utime(file, (1e9, 1e9))
    run = start(settings={"silent": False})
    drafts = [wandb.Artifact(name, "model") for name in ("same", "changed")]
    for draft in drafts:
        draft.add_file(file, policy="immutable")
    run.log_artifact(drafts[0])
    with file.open("r+b") as writable:
        writable.write(b"later")
    run.log_artifact(drafts[1])
    run.finish()
    assert capsys.readouterr().err.count("has changed since it was added") == 1
    (stored,) = read_run(Path(run.file).parent).artifacts
    (entry,) = stored.entries.values()
    assert (stored.name, file_digest(entry.local_path)) == ("same", entry.digest)


def test_secrets_are_not_stored(start: Callable[..., wandb.Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the description, the metadata, addresses and cells of an artifact are removed."""
    key = "q7Zp" * 10
    monkeypatch.setenv("SERVICE_API_KEY", key)
    artifact = wandb.Artifact("n", "t", description=f"with {key}", metadata={"a": {"b": key}})
    artifact.add_reference(f"https://user:hunter22@host/x?token={key}", name="x", checksum=False)
    artifact.add(wandb.Table(["a"], [[key]]), "table")
    run = start()
    run.log_artifact(artifact)
    run.finish()
    directory = Path(run.file).parent
    stored = b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())
    assert key.encode() not in stored
    assert b"hunter22" not in stored
