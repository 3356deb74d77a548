"""Runs with media, online and by a later `sync`: the embedded server has every file and the JSON of the rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

import wandb_nb as wandb
from wandb_nb.cli import group

if TYPE_CHECKING:
    from embedded_server import EmbeddedServer

pytestmark = pytest.mark.crash

PICTURE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)


@pytest.mark.usefixtures("embedded_user")
@pytest.mark.parametrize("mode", ["online", "offline"])
def test_media_arrive(embedded: EmbeddedServer, mode: str) -> None:
    """Each file of the run's media, those with `*` and `[` in their names too, is on the server with its bytes."""
    settings = {"silent": True, "x_disable_stats": True, "console": "off"}
    run = wandb.init(project="p", id=f"media-{mode}", mode=mode, settings=settings)
    run.log({"i": wandb.Image(PICTURE), "sp ace*[x]": wandb.Image(PICTURE[:9]), "l": [wandb.Image(PICTURE[:8])]})
    run.log({"t": wandb.Table(["a"], [[1]]), "n": {"d": wandb.Html("<b>x</b>")}})
    run.finish()
    if mode == "offline":
        done = CliRunner().invoke(group, ["sync"])
        assert done.exit_code == 0, done.output
    folder = Path(run.dir)
    stored = {path.relative_to(folder).as_posix(): path for path in (folder / "media").rglob("*.*")}
    assert len(stored) == 5
    files = embedded.files(run.id)
    assert {name: files.get(name) for name in stored} == {name: path.read_bytes() for name, path in stored.items()}
    rows = embedded.rows(run.id)
    assert (rows[0]["i"]["width"], rows[0]["l"]["count"], rows[1]["n"]["d"]["_type"]) == (30, 1, "html-file")
