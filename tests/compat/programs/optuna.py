"""optuna-integration 5.0, `WeightsAndBiasesCallback`."""

import wandb

for trial in range(3):
    run = wandb.init(project="study", group="g", reinit=True, config={"direction": ["minimize"]})
    if not isinstance(run, wandb.sdk.wandb_run.Run):
        raise RuntimeError("no run was started")
    wandb.run.tags = (*wandb.run.tags, "tag")
    wandb.run.name = f"trial/{trial}"
    wandb.config.update({"x": trial})
    run.log({"value": trial, "trial_number": trial}, step=trial)
    run.finish()
