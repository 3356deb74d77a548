"""Optuna's callback with a run for each trial, and rows logged inside the objective by its decorator."""

import optuna
import wandb
from optuna.samplers import RandomSampler
from optuna_integration import WeightsAndBiasesCallback

callback = WeightsAndBiasesCallback(
    metric_name="value", wandb_kwargs={"project": "programs", "group": "trials"}, as_multirun=True
)


@callback.track_in_wandb()
def objective(trial: optuna.Trial) -> float:
    """Return the value of a parabola, and log its parts."""
    x = trial.suggest_float("x", -4, 4)
    for step in range(3):
        wandb.log({"part": x * step})
    return (x - 1) ** 2


optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(sampler=RandomSampler(seed=0))
study.optimize(objective, n_trials=3, callbacks=[callback])
