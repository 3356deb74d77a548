"""The files of artifacts as a view gets them: all rows of tables and the pictures in their cells, and nothing else."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

import wandb_nb as wandb
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.objects.table_artifacts import artifact_file, artifact_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
else:
    np = pytest.importorskip("numpy")


@pytest.fixture
def stream(start: Callable[..., wandb.Run]) -> RunStream:
    """Return the stream of a run that logged a table with pictures, and a joined one."""
    run = start()
    pictures = [wandb.Image(np.full((4, 4, 3), 60 * n, np.uint8), caption=f"number {n}") for n in range(3)]
    table = wandb.Table(["id", "picture"], [[n, picture] for n, picture in enumerate(pictures)])
    run.log({"samples": table, "joined": wandb.JoinedTable(table, table, "id")})
    run.finish()
    stream = RunStream(run.file)
    stream.advance()
    return stream


def files(stream: RunStream) -> dict[str, Any]:
    """Return the newest file of each metric."""
    media = stream.message().header["media"] or []
    return {one["key"]: one["rows"][-1]["files"][0] for one in media}


def read(stream: RunStream, path: str) -> bytes | None:
    """Return what the stream serves under *path*."""
    file = stream.open_media(path)
    if file is None:
        return None
    with file:
        return file.read()


def test_tables_have_their_pictures(stream: RunStream) -> None:
    """The artifact's table names a picture for each row, which is served under its path in the artifact."""
    file = files(stream)["samples"]
    table = json.loads(read(stream, file["artifact"]) or b"")
    cells = [row[1] for row in table["data"]]
    root = artifact_folder(file["artifact"])

    assert [cell["caption"] for cell in cells] == ["number 0", "number 1", "number 2"]
    assert all((read(stream, f"{root}/{cell['path']}") or b"").startswith(b"\x89PNG") for cell in cells)


def test_a_joined_table_is_named_by_its_artifact(stream: RunStream) -> None:
    """A joined table has no file in the run: its path is that in the artifact, as are those of its two parts."""
    file = files(stream)["joined"]
    joined = json.loads(read(stream, file["path"]) or b"")
    root = artifact_folder(file["path"])

    assert (file["kind"], joined["join_key"]) == ("joined-table", "id")
    assert json.loads(read(stream, f"{root}/{joined['table1']}") or b"")["nrows"] == 3


def test_nothing_else_is_served(stream: RunStream, tmp_path: Path) -> None:
    """Paths of other artifacts, of files that a manifest lacks or that are links, and broken manifests give nothing."""
    path = files(stream)["samples"]["artifact"]
    root = artifact_folder(path)
    folder = stream.directory / "artifacts"
    manifest = folder / "manifests" / f"{root.partition('/')[2]}.json"
    contents = json.loads(manifest.read_text("utf-8"))["contents"]
    secret = tmp_path / "secret"
    secret.write_text("secret", "utf-8")

    for wrong in (f"{root}/other", f"{root}/../../files/config.yaml", "artifacts/other/x", "artifacts/../x", root):
        assert read(stream, wrong) is None
    for entry in contents.values():
        name = b64decode(entry["digest"]).hex()
        (folder / "objects" / name).unlink()
        (folder / "objects" / name).symlink_to(secret)
    assert read(stream, path) is None
    manifest.write_text('{"contents": {"x": {"digest": "../../secret"}}}', "utf-8")
    fresh = RunStream(stream.file)
    fresh.advance()
    assert read(fresh, f"{root}/x") is None


@pytest.mark.parametrize(
    "address", [None, 5, "wandb-client-artifact://a", "wandb-artifact://a/b", "wandb-client-artifact://../b/c", "x"]
)
def test_other_addresses_are_none(address: Any) -> None:
    """What is not the address of a file in an artifact of a client has no path."""
    assert artifact_file(address) == ""
