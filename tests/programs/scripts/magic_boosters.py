"""Magic with XGBoost and LightGBM: each training once with magic, and once with the callback; then estimators."""

import lightgbm
import numpy as np
import wandb
import xgboost
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from wandb.integration.lightgbm import log_summary, wandb_callback
from wandb.integration.xgboost import WandbCallback

random = np.random.default_rng(0)
x = random.normal(size=(300, 4))
y = (x[:, 0] + 0.5 * random.normal(size=300) > 0).astype(int)


def train_xgboost(callbacks=None):
    """Train until the score of the held-out samples gets worse."""
    train, val = xgboost.DMatrix(x[:200], y[:200]), xgboost.DMatrix(x[200:], y[200:])
    options = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1}
    evals = [(train, "train"), (val, "val")]
    xgboost.train(options, train, 20, evals=evals, early_stopping_rounds=3, verbose_eval=False, callbacks=callbacks)


def train_lightgbm(callbacks=None):
    """Train five rounds and return the booster."""
    options = {"objective": "binary", "num_leaves": 4, "verbose": -1, "num_threads": 1}
    train = lightgbm.Dataset(x[:200], y[:200])
    val = lightgbm.Dataset(x[200:], y[200:], reference=train)
    return lightgbm.train(options, train, 5, valid_sets=[val], valid_names=["val"], callbacks=callbacks)


with wandb.init(project="programs", name="xgboost 1", magic=True):
    train_xgboost()
with wandb.init(project="programs", name="xgboost 2"):
    train_xgboost([WandbCallback()])
with wandb.init(project="programs", name="lightgbm 1", magic=True):
    train_lightgbm()
with wandb.init(project="programs", name="lightgbm 2"):
    log_summary(train_lightgbm([wandb_callback()]))
with wandb.init(project="programs", name="estimators", magic=True):
    xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(x, y, eval_set=[(x, y)], verbose=False)
    lightgbm.LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1).fit(x, y, eval_set=[(x, y)])
    GridSearchCV(LogisticRegression(), {"C": [0.5, 1.0]}, cv=2).fit(x, y)
