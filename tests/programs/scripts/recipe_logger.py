"""What torchtune's recipes do with wandb: a logger class, an own axis, rank zero only, config kept as a file."""

import time
from pathlib import Path

import wandb
from omegaconf import OmegaConf


class WandBLogger:
    """Logs numbers of a recipe."""

    def __init__(self, project, entity=None, group=None, log_dir=None, **kwargs):
        self._wandb = wandb
        self.log_dir = kwargs.pop("dir", log_dir)
        if self._wandb.run is None:
            self._wandb.init(project=project, entity=entity, group=group, dir=self.log_dir, **kwargs)
        if self._wandb.run:
            self._wandb.run._label(repo="recipes")
            self._wandb.define_metric("global_step")
            self._wandb.define_metric("*", step_metric="global_step", step_sync=True)
        self.config_allow_val_change = kwargs.get("allow_val_change", False)

    def log_config(self, config):
        if self._wandb.run:
            resolved = OmegaConf.to_container(config, resolve=True)
            self._wandb.config.update(resolved, allow_val_change=self.config_allow_val_change)
            path = Path(self._wandb.run.dir) / "recipe.yaml"
            OmegaConf.save(config, path)
            self._wandb.save(str(path), base_path=str(path.parent))

    def log(self, name, data, step):
        if self._wandb.run:
            self._wandb.log({name: data, "global_step": step})

    def log_dict(self, payload, step):
        if self._wandb.run:
            self._wandb.log({**payload, "global_step": step})

    def close(self):
        if self._wandb.run:
            self._wandb.finish()


logger = WandBLogger("programs", group="recipes", name="recipe", job_type="finetune")
logger.log_config(OmegaConf.create({"lr": 2e-5, "model": {"rank": 8, "modules": ["q", "v"]}}))
for step in range(1, 11):
    logger.log_dict({"loss": 2 / step, "tokens_per_second_per_gpu": 100 + step}, step=step)
logger.log("peak_memory_active", 1.5, step=10)
time.sleep(0.1)
logger.close()
