"""A Hydra application: the composed OmegaConf config becomes the run's config."""

from pathlib import Path

import hydra
import wandb
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

ConfigStore.instance().store(
    "app",
    {
        "model": {"name": "mlp", "layers": [16, 8]},
        "optim": {"lr": 0.1, "steps": "${eval_every}"},
        "eval_every": 5,
        "hydra": {"run": {"dir": "."}, "output_subdir": None},
    },
)


@hydra.main(version_base=None, config_name="app")
def main(cfg: DictConfig) -> None:
    """Train for a few steps."""
    with wandb.init(
        project="programs", name="hydra", config=OmegaConf.to_container(cfg, resolve=True), settings=wandb.Settings()
    ) as run:
        run.config.update({"nested": OmegaConf.to_container(cfg.optim, resolve=True)})
        run.pin_config_keys(["model", "eval_every"])
        run.log_code(Path(__file__).parent, name="app", include_fn=lambda path: path.endswith("hydra_app.py"))
        run.define_metric("epoch")
        run.define_metric("val/*", step_metric="epoch", summary="min")
        for epoch in range(cfg.optim.steps):
            run.log({"epoch": epoch, "val/loss": 1 / (epoch + 1)})
        assert OmegaConf.create(dict(run.config))["model"]["name"] == "mlp"
        run.summary["done"] = True


main()
