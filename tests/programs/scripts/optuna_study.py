"""Optuna's callback: one run for a study, then one run for each trial."""

import optuna
from optuna.samplers import RandomSampler
from optuna_integration import WeightsAndBiasesCallback


def objective(trial: optuna.Trial) -> float:
    """Return the value of a parabola."""
    x = trial.suggest_float("x", -4, 4)
    return (x - 1) ** 2


optuna.logging.set_verbosity(optuna.logging.ERROR)
callback = WeightsAndBiasesCallback(metric_name="value", wandb_kwargs={"project": "programs", "name": "study"})
study = optuna.create_study(sampler=RandomSampler(seed=0))
study.optimize(objective, n_trials=6, callbacks=[callback])
