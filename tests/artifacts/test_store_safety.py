"""The artifact store under kills, concurrent processes, damage and clean-ups."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from forked import in_child
from waiting import scaled, until

import wandb_nb as wandb
from wandb_nb.artifacts.artifact import Artifact, find_artifact
from wandb_nb.artifacts.draft.staging import abandoned_folders, staging_parent
from wandb_nb.artifacts.local_versions import LocalVersions
from wandb_nb.artifacts.run_artifacts import RunArtifacts
from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.artifacts.store.file_copies import file_digest
from wandb_nb.artifacts.store.store_check import check_store
from wandb_nb.artifacts.store.store_cleaning import clean_store, store_size
from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion
from wandb_nb.errors import ArtifactError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., wandb.Run]

ROUNDS = 30


def log_files(directory: Path, name: str, files: dict[str, bytes], aliases: tuple[str, ...] = ()) -> StoredVersion:
    """Log *files* as a version of *name*, by a run in *directory*."""
    draft = Artifact(name, "dataset")
    for path, data in files.items():
        with draft.new_file(path, "wb") as file:
            file.write(data)
    run = RunArtifacts(directory, lambda _: None, LineageRun("r", "p", directory=str(directory)))
    version = run.log_version(draft.contents_to_log(aliases, ())).version
    assert version is not None
    return version


def in_process(work: Callable[[], object]) -> int:
    """Start *work* in a forked process, and return its id."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


@pytest.mark.crash
def test_a_killed_process_leaves_whole_versions_only(tmp_path: Path) -> None:
    """Processes that log are killed at random moments: every visible version is whole, and old ones stay."""
    chance = random.Random(7)  # noqa: S311 -- moments

    def work(number: int) -> None:
        for count in range(10_000):
            files = {f"{index}.bin": os.urandom(2_000) for index in range(3)}
            version = log_files(tmp_path / "run", "data", {"same.bin": b"same", **files}, (f"a{number}",))
            if count % 5 == 4:
                ArtifactStore().collection_of(version).delete(version.index)

    seen: dict[int, str] = {}
    for number in range(ROUNDS):
        pid = in_process(lambda number=number: work(number))  # type: ignore[misc]  # bound now
        time.sleep(scaled(chance.uniform(0.005, 0.06)))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        store = ArtifactStore()
        assert check_store(store).problems == []
        collection = store.collection("", "p", "data")
        indexes = collection.indexes()
        assert indexes | seen == indexes  # what was whole before is still there
        assert set(collection.aliases().values()) <= set(indexes)
        seen.update(indexes)
    assert len(seen) > ROUNDS / 10
    clean_store(store, abandoned=abandoned_folders())
    assert check_store(store).problems == []
    assert list(staging_parent().glob("*")) == []
    assert not [path for path in store.folder.rglob(".*") if path.is_file()]
    after = log_files(tmp_path / "run", "data", {"new.bin": b"new"})
    assert after.index > max(seen)


@pytest.mark.parametrize("same", [True, False])
def test_two_processes_log_one_name(tmp_path: Path, same: bool) -> None:
    """At the same moment: two versions with different numbers, or one if the contents are equal."""
    gate = tmp_path / "gate"

    def work(number: int) -> None:
        while not gate.exists():
            time.sleep(0.001)
        for count in range(10):
            log_files(tmp_path / f"run{number}", "data", {"a.bin": b"%d" % (count if same else 10 * count + number)})

    children = [in_process(lambda number=number: work(number)) for number in range(3)]  # type: ignore[misc]  # bound now
    gate.touch()
    for pid in children:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert list(ArtifactStore().collection("", "p", "data").indexes()) == list(range(10 if same else 30))
    assert check_store(ArtifactStore()).problems == []


def test_clean_up_removes_what_no_version_needs(tmp_path: Path) -> None:
    """Contents of deleted versions go, least recently used first and only until the limit; needed ones stay."""
    store = ArtifactStore()
    for number in range(4):
        version = log_files(tmp_path / "run", "data", {"own.bin": bytes([number]) * 1000, "same.bin": b"same"})
        os.utime(store.contents.path(store.collection_of(version).manifest(number)["own.bin"].digest), (number, number))
    for number in (0, 1, 2):
        store.collection("", "p", "data").delete(number)
    result = clean_store(store, limit=2500)
    assert (result.files, result.freed, result.size, result.versions) == (2, 2000, 2004, [])
    assert clean_store(store).freed == 1000
    assert check_store(store).problems == []
    assert store_size(store) == 1004


def test_a_run_keeps_the_store_below_its_limit(start: Start) -> None:
    """At the end of a run with a limit what no version needs is deleted, but not while others add contents."""
    store = ArtifactStore()

    def log(number: int) -> None:
        run = start(project="limit", settings={"silent": True, "artifact_store_limit": "1.5kB"})
        draft = Artifact("data", "dataset")
        with draft.new_file("a.bin", "wb") as file:
            file.write(bytes([number]) * 1000)
        waiting = Artifact("waiting", "dataset")
        with waiting.new_file("b.bin", "wb") as file:
            file.write(b"a draft's file")
        run.log_artifact(draft)
        if number:
            store.collection("", "limit", "data").delete(number - 1)
        run.finish()
        with start(project="limit") as later:
            later.log_artifact(waiting)

    log(0)
    with store.adding():
        log(1)
        assert store_size(store) == 2014
    log(2)
    assert store_size(store) == 1014
    assert check_store(store).problems == []
    assert [each.index for each in store.collection("", "limit", "data").versions()] == [2]


def test_versions_are_deleted_on_request_only(tmp_path: Path) -> None:
    """With `versions`, those without an alias are deleted by least use and named; the newest keeps its alias."""
    store = ArtifactStore()
    for number in range(4):
        log_files(tmp_path / "run", "data", {"own.bin": bytes([number]) * 1000}, ("best",) if number == 2 else ())
        manifest = store.collection("", "p", "data").folder / f"v{number}.manifest.json"
        os.utime(manifest, (9 - number, 9 - number))
    assert clean_store(store).versions == []
    assert clean_store(store, limit=3500, versions=True).versions == ["p/data:v1"]
    assert clean_store(store, versions=True).versions == ["p/data:v0"]
    assert list(store.collection("", "p", "data").indexes()) == [2, 3]
    assert store_size(store) == 2000


def test_a_clean_up_waits_for_those_that_add(tmp_path: Path) -> None:
    """While a process adds contents a clean-up deletes nothing; a damaged manifest stops it, too, and is named."""
    store = ArtifactStore()
    log_files(tmp_path / "run", "data", {"a.bin": b"a"})
    store.collection("", "p", "data").delete(0)
    ready, done = tmp_path / "ready", tmp_path / "done"

    def work() -> None:
        with store.adding():
            ready.touch()
            until(done.exists)

    pid = in_process(work)
    until(ready.exists)
    with pytest.raises(StoreError, match="another process is using the artifact store"):
        clean_store(store, wait_seconds=0.05)
    done.touch()
    os.waitpid(pid, 0)
    log_files(tmp_path / "run", "data", {"b.bin": b"b"})
    (store.collection("", "p", "data").folder / "v1.manifest.json").write_text("{")
    with pytest.raises(ArtifactError, match="the manifest of p/data:v1 is damaged"):
        clean_store(store)
    assert store_size(store) == 2


def damage(store: ArtifactStore, version: StoredVersion, what: str) -> None:
    """Damage the stored *version* in one of the ways that a disk has."""
    collection = store.collection_of(version)
    content = Path(store.contents.path(collection.manifest(version.index)["a.bin"].digest))
    target = {"manifest": collection.folder / "v0.manifest.json", "entry": next(collection.folder.glob("v0.*.json"))}
    path = target.get(what, content)
    data = path.read_bytes()
    path.unlink()
    if what != "missing":
        path.write_bytes(data[:-1] if what == "cut" else b"x" + data[1:])


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("content", "p/data:v0: the content of a.bin is damaged"),
        ("missing", "p/data:v0: the content of a.bin is missing"),
        ("cut", "p/data:v0: the content of a.bin is damaged"),
        ("manifest", "p/data:v0 has no usable manifest"),
    ],
)
def test_damage_is_named(tmp_path: Path, what: str, message: str) -> None:
    """The check names each version and file that is not whole any more, and a download refuses them."""
    version = log_files(tmp_path / "run", "data", {"a.bin": b"content", "b.bin": b"other"})
    damage(ArtifactStore(), version, what)
    (problem,) = check_store(ArtifactStore()).problems
    assert problem.startswith(message)
    with pytest.raises((ArtifactError, StoreError)):
        find_artifact("p/data:v0", None, None, LocalVersions()).download(tmp_path / "d")
    assert not (tmp_path / "d" / "a.bin").exists()


def test_a_forked_child_leaves_the_drafts_of_its_parent(start: Start, tmp_path: Path) -> None:
    """A child that ends does not delete what the parent's draft waits for, and can log an artifact itself."""
    run = start(project="p")
    artifact = wandb.Artifact("data", "dataset")
    (tmp_path / "a.txt").write_text("one")
    artifact.add_file(tmp_path / "a.txt")

    def work() -> None:
        own = wandb.Artifact("own", "dataset")
        own.add_file(tmp_path / "a.txt")
        assert run.log_artifact(own).version == "v0"
        del own

    in_child(work)
    assert run.log_artifact(artifact).version == "v0"
    assert Path(run.use_artifact("own:v0").file(tmp_path / "d")).read_text() == "one"


def test_no_room_stops_no_training(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where drafts cannot be copied the file is read and copied when it is logged, into the run at least."""
    run = start(project="p")
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "file" / "below"))
    (tmp_path / "file").write_text("not a folder")
    artifact = wandb.Artifact("data", "dataset")
    artifact.add_file(tmp_path / "file", "a.txt")
    monkeypatch.delenv("WANDB_DATA_DIR")
    assert run.log_artifact(artifact).version == "v0"
    assert Path(artifact.file(tmp_path / "d")).read_text() == "not a folder"


def test_a_large_file_is_copied_in_parts(start: Start, tmp_path: Path) -> None:
    """A file of several parts has the digest of its content, in the entry, the store and the download."""
    source = tmp_path / "large.bin"
    with source.open("wb") as file:
        for number in range(9):
            file.write(bytes([number]) * (8 << 20))
    artifact = wandb.Artifact("data", "dataset")
    entry = artifact.add_file(source)
    assert (entry.digest, entry.size) == (file_digest(source), 72 << 20)
    start(project="p").log_artifact(artifact)
    assert file_digest(artifact.file(tmp_path / "d")) == entry.digest
    assert check_store(ArtifactStore()).problems == []


def test_a_name_that_is_not_text_is_refused(tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is refused by name; nothing is half added."""
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff.txt")).write_text("x")
    artifact = wandb.Artifact("data", "dataset")
    with pytest.raises(ArtifactError, match=r"'\\udcff.txt' is not possible in an artifact, since it is not text"):
        artifact.add_dir(tmp_path)
    assert artifact.files() == []
