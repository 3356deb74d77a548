"""CatBoost with wandb's callback and `log_summary`: a row for each iteration, the best one, importances, the model."""

import numpy as np
import wandb
from catboost import CatBoostClassifier, CatBoostRegressor, Pool
from wandb.integration.catboost import WandbCallback, log_summary

generator = np.random.default_rng(0)
x = generator.normal(size=(300, 4))
y = (x[:, 0] + 0.5 * generator.normal(size=300) > 0).astype(int)
train, val = Pool(x[:200], y[:200], feature_names=["a", "b", "c", "d"]), Pool(x[200:], y[200:])
options = {"depth": 2, "random_seed": 0, "thread_count": 1, "verbose": False, "allow_writing_files": False}

with wandb.init(project="programs", name="classifier"):
    model = CatBoostClassifier(iterations=8, eval_metric="AUC", custom_metric=["Logloss"], **options)
    model.fit(train, eval_set=val, callbacks=[WandbCallback()])
    log_summary(model, log_all_params=True, save_model_checkpoint=True, log_feature_importance=True)
with wandb.init(project="programs", name="regressor"):
    model = CatBoostRegressor(iterations=7, **options)
    model.fit(x[:200], x[:200, 0], eval_set=[(x[200:], x[200:, 0])], callbacks=[WandbCallback(metric_period=3)])
    log_summary(model, log_all_params=False, log_feature_importance=False)
with wandb.init(project="programs", name="training only"):
    model = CatBoostRegressor(iterations=3, **options)
    model.fit(x[:200], x[:200, 0], callbacks=[WandbCallback()])
    log_summary(model)
