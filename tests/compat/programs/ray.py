"""Ray 2.60, `WandbLoggerCallback`: one missing name means "not installed"; the run is in another process."""

import multiprocessing

import wandb
from wandb.sdk.data_types.base_types.wb_value import WBValue
from wandb.sdk.data_types.image import Image
from wandb.sdk.data_types.video import Video
from wandb.sdk.wandb_run import Run
from wandb.util import json_dumps_safer


def actor(rows):
    """Log the rows that the driver sends."""
    run = wandb.init(project="ray", group="tune", name="trial_1", config={"lr": 0.1}, reinit=True)
    assert isinstance(run, Run)
    run.config.trial_log_path = "somewhere"
    while (row := rows.get()) is not None:
        clean = {key: value for key, value in row.items() if isinstance(value, (int, Image, Video, WBValue))}
        wandb.log(clean)
    wandb.finish()


if __name__ == "__main__":
    wandb.ensure_configured()
    assert wandb.api.api_key is None
    assert json_dumps_safer({"a": {1}}) == '{"a": [1]}'
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=actor, args=(queue,))
    process.start()
    for number in range(3):
        queue.put({"loss": number, "path": "text"})
    queue.put(None)
    process.join()
    raise SystemExit(process.exitcode)
