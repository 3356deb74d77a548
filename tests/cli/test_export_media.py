"""`wandb-nb export --media`: the files that rows name, beside the exported rows."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
from click.testing import CliRunner

import wandb_nb as wandb
from wandb_nb.cli.data_commands import export

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)


def test_media_are_copied_under_the_paths_of_rows(tmp_path: Path) -> None:
    """Each path in an exported row is a file in the folder, masks included; missing files are counted."""
    run = wandb.init(dir=tmp_path, mode="offline", settings={"silent": True})
    mask = {"mask_data": PICTURE[..., 0] % 2}
    run.log({"image": wandb.Image(PICTURE, masks={"m": mask}), "page": wandb.Html("<b>x</b>", inject=False)})
    run.log({"image": wandb.Image(PICTURE[:3]), "loss": 1.0})
    run.finish()
    assert run.directory is not None
    (lost,) = (run.directory / "files" / "media" / "html").iterdir()
    lost.unlink()
    rows, media = tmp_path / "rows.csv", tmp_path / "media-copy"
    command = [str(run.directory), "-o", str(rows), "--media", str(media)]
    done = CliRunner().invoke(export, command)

    assert done.exit_code == 0, done.output
    assert "3 media files copied to" in done.stderr
    assert "1 are not in the run's directory, such as media/html/page_0_" in done.stderr
    with rows.open(encoding="utf-8", newline="") as file:
        images = [json.loads(row["image"]) for row in csv.DictReader(file)]
    for path in [*(image["path"] for image in images), images[0]["masks"]["m"]["path"]]:
        assert (media / path).read_bytes() == (run.directory / "files" / path).read_bytes()
    assert sorted(path.name for path in media.iterdir()) == ["media"]
