"""Accelerate's wandb tracker: config, rows with steps, names from `init_kwargs`."""

from accelerate import Accelerator

accelerator = Accelerator(log_with="wandb", cpu=True)
accelerator.init_trackers(
    "programs",
    config={"lr": 0.1, "layers": [8, 8], "optimizer": "sgd"},
    init_kwargs={"wandb": {"name": "accelerated", "tags": ["cpu", "small"], "notes": "one process"}},
)
for step in range(10):
    accelerator.log({"loss": 1 / (step + 1), "lr": 0.1 * 0.9**step}, step=step)
accelerator.log({"eval/accuracy": 0.5}, step=20)
accelerator.end_training()
