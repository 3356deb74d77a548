"""LightGBM with wandb's callback and `log_summary`: parameters, a row for each round, importances, the model."""

import lightgbm
import numpy as np
import wandb
from wandb.integration.lightgbm import log_summary, wandb_callback

generator = np.random.default_rng(0)
x = generator.normal(size=(300, 4))
y = (x[:, 0] + 0.5 * generator.normal(size=300) > 0).astype(int)
train = lightgbm.Dataset(x[:200], y[:200], feature_name=["a", "b", "c", "d"])
val = lightgbm.Dataset(x[200:], y[200:], reference=train)
parameters = {"objective": "binary", "metric": ["binary_logloss", "auc"], "num_leaves": 4, "seed": 0, "verbosity": -1}
parameters |= {"num_threads": 1, "deterministic": True}

with wandb.init(project="programs", name="stopped early"):
    callbacks = [wandb_callback(), lightgbm.early_stopping(3, verbose=False)]
    names = {"valid_sets": [train, val], "valid_names": ["train", "val"]}
    model = lightgbm.train(parameters, train, 30, **names, callbacks=callbacks)
    log_summary(model, save_model_checkpoint=True)
with wandb.init(project="programs", name="bare"):
    callbacks = [wandb_callback(log_params=False, define_metric=False)]
    model = lightgbm.train(parameters, train, 4, valid_sets=[val], callbacks=callbacks)
    log_summary(model, feature_importance=False)
with wandb.init(project="programs", name="estimator"):
    model = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=4, random_state=0, n_jobs=1, verbosity=-1)
    model.fit(x[:200], y[:200], eval_set=[(x[200:], y[200:])], callbacks=[wandb_callback()])
    log_summary(model.booster_)
