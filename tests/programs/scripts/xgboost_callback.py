"""XGBoost with wandb's callback: parameters, a row for each round, the best round, importances, the model."""

import numpy as np
import wandb
import xgboost
from wandb.integration.xgboost import WandbCallback

generator = np.random.default_rng(0)
x = generator.normal(size=(300, 4))
y = (x[:, 0] + 0.5 * generator.normal(size=300) > 0).astype(int)
train = xgboost.DMatrix(x[:200], y[:200], feature_names=["a", "b", "c", "d"])
val = xgboost.DMatrix(x[200:], y[200:], feature_names=["a", "b", "c", "d"])
parameters = {
    "objective": "binary:logistic",
    "eval_metric": ["logloss", "auc"],
    "max_depth": 2,
    "seed": 0,
    "nthread": 1,
}
evals = [(train, "train"), (val, "val")]

with wandb.init(project="programs", name="stopped early", config=parameters):
    callback = WandbCallback(log_model=True)
    xgboost.train(parameters, train, 30, evals=evals, early_stopping_rounds=3, verbose_eval=False, callbacks=[callback])
with wandb.init(project="programs", name="linear, weights"):
    linear = {"booster": "gblinear", "objective": "binary:logistic", "nthread": 1, "updater": "coord_descent"}
    callback = WandbCallback(importance_type="weight", define_metric=False)
    xgboost.train(linear, train, 4, evals=evals, verbose_eval=False, callbacks=[callback])
with wandb.init(project="programs", name="estimator"):
    model = xgboost.XGBClassifier(
        n_estimators=5, max_depth=2, random_state=0, n_jobs=1, callbacks=[WandbCallback(log_feature_importance=False)]
    )
    model.fit(x[:200], y[:200], eval_set=[(x[200:], y[200:])], verbose=False)
