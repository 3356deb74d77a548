"""Trainings of XGBoost, LightGBM and Keras, recorded by `init(magic=True)`; `make programs` has the libraries.

Here packages of this test stand for them, with the modules, signatures and calls of callbacks that they have.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

XGBOOST = {
    "xgboost/callback.py": "class TrainingCallback:\n    pass\n",
    "xgboost/training.py": """
class Booster:
    best_iteration = 1
    def attr(self, name):
        return None
    def save_model(self, path):
        raise AssertionError(path)
    def save_config(self):
        return '{"learner": {"gradient_booster": {"name": "gbtree"}}}'
    def get_score(self, importance_type):
        return {"a": 1.0}

def train(params, dtrain, num_boost_round=10, *, evals=None, callbacks=None):
    callbacks = list(callbacks or ())
    model, log = Booster(), {"train": {"rmse": []}} if evals else {}
    for callback in callbacks:
        callback.before_training(model)
    for epoch in range(num_boost_round):
        if evals:
            log["train"]["rmse"].append(1.0 / (epoch + 1))
        for callback in callbacks:
            callback.before_iteration(model, epoch, log)
            callback.after_iteration(model, epoch, log)
    for callback in callbacks:
        callback.after_training(model)
    return model
""",
    "xgboost/sklearn.py": """
from sklearn.base import BaseEstimator, ClassifierMixin
from .training import train

class XGBClassifier(ClassifierMixin, BaseEstimator):
    def __init__(self, depth=2):
        self.depth = depth
    def fit(self, X, y):
        self.booster_ = train({"depth": self.depth}, X, 2, evals=[(X, "train")])
        return self
    def predict(self, X):
        return [1] * len(X)
""",
    "xgboost/__init__.py": "from .training import train\nfrom .sklearn import XGBClassifier\n",
}
LIGHTGBM = {
    "lightgbm/engine.py": """
class Env:
    def __init__(self, params, iteration, results):
        self.params, self.iteration, self.evaluation_result_list = params, iteration, results

class Importance(list):
    def tolist(self):
        return list(self)

class Booster:
    best_iteration, best_score = 2, {"v": {"l2": 0.5}}
    def feature_name(self):
        return ["a"]
    def feature_importance(self):
        return Importance([3])

def train(params, train_set, num_boost_round=100, valid_sets=None, callbacks=None):
    for iteration in range(num_boost_round):
        for callback in callbacks or ():
            callback(Env(params, iteration, [("v", "l2", 1.0 / (iteration + 1), False)] if valid_sets else []))
    return Booster()
""",
    "lightgbm/__init__.py": "from .engine import train\n",
}
KERAS = {
    "keras/callbacks.py": """
class Callback:
    model = None
    def on_train_begin(self, logs=None):
        pass
    def on_train_batch_end(self, batch, logs=None):
        pass
    def on_epoch_end(self, epoch, logs=None):
        pass

class ModelCheckpoint(Callback):
    pass

class TensorBoard(Callback):
    def __init__(self, log_dir):
        open(log_dir + "/tensorboard", "w").close()
""",
    "keras/models.py": """
class Optimizer:
    learning_rate = 0.5
    def get_config(self):
        return {"name": "sgd", "learning_rate": 0.5}

class Trainer:
    name, built, loss, layers = "model", True, "mse", ()
    def __init__(self):
        self.optimizer = Optimizer()
    def count_params(self):
        return 42
    def fit(self, x=None, y=None, batch_size=None, epochs=1, callbacks=None):
        for callback in callbacks or ():
            callback.model = self
            callback.on_train_begin({})
        for epoch in range(epochs):
            for callback in callbacks or ():
                callback.on_epoch_end(epoch, {"loss": 1.0 / (epoch + 1), "batch": batch_size})
        return "history"

class Model(Trainer):
    pass
""",
    "keras/__init__.py": "from . import callbacks\nfrom .models import Model\n",
}
PROLOGUE = "import json, sys\nimport wandb_nb as wandb\n"
EPILOGUE = """
run.finish()
rows = [{key: value for key, value in row.items() if value == value and value is not None and key[0] != "_"}
        for row in wandb.read(run.id).to_dict("records")]
rows = [row for row in ({key: value for key, value in row.items() if "seconds" not in key and "able" not in key}
        for row in rows) if row]
seconds, tables = (sorted(key for key in run.summary if part in key) for part in ("seconds", "able"))
answer = {"rows": rows, "config": dict(run.config), "summary": dict(run.summary), "seconds": seconds, "tables": tables}
print(json.dumps(answer, default=str))
"""


def record(folder: Path, files: dict[str, str], source: str, magic: str = "True", imports: str = "") -> dict[str, Any]:
    """Run a program with *files* as its packages and return what its run has; *imports* comes before `init()`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    start = f'run = wandb.init(mode="offline", magic={magic}, settings={{"silent": True}})\n'
    (folder / "program.py").write_text(PROLOGUE + imports + start + source + EPILOGUE, "utf-8")
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("imports", ["", "import xgboost\n"], ids=["after", "before"])
def test_xgboost(tmp_path: Path, imports: str) -> None:
    """Rounds are rows, the config has the parameters; an estimator's training is its own, once; others stay silent."""
    source = """
import xgboost
from wandb_nb.integration.xgboost import WandbCallback
xgboost.train({"eta": 0.5}, [], 2, evals=[([], "train")])
xgboost.train({"eta": 0.25}, [], 3)
xgboost.XGBClassifier().fit([[0], [1]], [1, 1])
own = WandbCallback(log_feature_importance=False)
xgboost.train({"eta": 0.125}, [], 1, evals=[([], "train")], callbacks=[own])
try:
    xgboost.train()
except TypeError as error:
    assert "dtrain" in str(error)
"""
    answer = record(tmp_path, XGBOOST, source, imports=imports)
    rounds = [{"train-rmse": 1.0, "epoch": 0}, {"train-rmse": 0.5, "epoch": 1}]
    scores = {f"XGBClassifier/training_{name}": 1.0 for name in ("accuracy", "precision", "recall", "f1")}
    assert answer["rows"] == [*rounds, *rounds, scores, rounds[0]]
    assert answer["config"]["magic"] == {"xgboost": {"eta": 0.25, "num_boost_round": 3}, "XGBClassifier": {"depth": 2}}
    assert answer["seconds"] == ["XGBClassifier/fit_seconds", "xgboost/fit_seconds"]
    assert answer["tables"] == ["Feature Importance_table"]


def test_functions_are_given_back(tmp_path: Path) -> None:
    """After the run every module has its own function, and a class that inherits one has none of its own."""
    source = """
import keras, lightgbm, xgboost
assert xgboost.train.__wrapped__ and lightgbm.train.__wrapped__ and keras.Model.fit.__wrapped__
run.finish()
assert xgboost.train is xgboost.training.train is xgboost.sklearn.train
assert not hasattr(xgboost.train, "__wrapped__") and not hasattr(lightgbm.engine.train, "__wrapped__")
assert "fit" not in vars(keras.Model)
"""
    record(tmp_path, {**XGBOOST, **LIGHTGBM, **KERAS}, source)


def test_lightgbm(tmp_path: Path) -> None:
    """Rounds are rows, the config has the parameters, the summary has best round and score, and importances."""
    source = "import lightgbm\nlightgbm.train({'num_leaves': 4}, [], 2, valid_sets=[[]])\nlightgbm.train({}, [], 1)"
    answer = record(tmp_path, LIGHTGBM, source)
    assert answer["rows"] == [{"v_l2": 1.0, "iteration": 0}, {"v_l2": 0.5, "iteration": 1}]
    assert answer["config"]["magic"] == {"lightgbm": {"num_boost_round": 1}}
    assert answer["summary"]["best_iteration"] == 2
    assert answer["tables"] == ["Feature Importance_table"]
    assert record(tmp_path, LIGHTGBM, source, magic="{'lightgbm': False}")["rows"] == []


def test_keras(tmp_path: Path) -> None:
    """[I5] Epochs are rows, the config has model and optimizer; options replace arguments of `fit`."""
    source = """
import keras
from wandb_nb.integration.keras import WandbMetricsLogger
assert keras.Model().fit([], callbacks=keras.callbacks.Callback()) == "history"
keras.Model().fit([], callbacks=[WandbMetricsLogger()])
"""
    options = "{'keras.fit': {'epochs': 2, 'batch_size': 8, 'callbacks': {'tensorboard': True}}}"
    answer = record(tmp_path, KERAS, source + "assert open(run.dir + '/tensorboard')\n", magic=options)
    plain = [{"epoch": epoch, "loss": 1.0 / (epoch + 1), "batch": 8} for epoch in range(2)]
    named = [{f"epoch/{key}": value for key, value in row.items()} for row in plain]
    assert answer["rows"] == [*plain, *({**row, "epoch/learning_rate": 0.5} for row in named)]
    assert answer["config"]["magic"]["Model"] == {
        "name": "model", "loss": "mse", "parameters": 42, "optimizer": {"name": "sgd", "learning_rate": 0.5},
        "epochs": 2, "batch_size": 8,
    }  # fmt: skip
    assert answer["seconds"] == ["Model/fit_seconds"]


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ("{'enable': False, 'overwrite': True}", [["epoch/epoch", "epoch/learning_rate", "epoch/loss"]]),
        ("{'overwrite': True}", [["epoch", "loss"]]),
        ("{'duplicate': True}", [["epoch/epoch", "epoch/learning_rate", "epoch/loss"], ["epoch", "loss"]]),
    ],
)
def test_keras_callbacks_beside_those_of_the_program(tmp_path: Path, options: str, keys: list[list[str]]) -> None:
    """`overwrite` takes the place of the program's callback, `duplicate` stands beside it, `enable` switches off."""
    source = """
import keras
from wandb_nb.integration.keras import WandbMetricsLogger
keras.Model().fit([], callbacks=[WandbMetricsLogger()])
"""
    answer = record(tmp_path, KERAS, source, magic=f"{{'keras': {{'fit': {{'callbacks': {{'wandb': {options}}}}}}}}}")
    assert [sorted(row.keys() - {"batch", "epoch/batch"}) for row in answer["rows"]] == keys


def test_a_sweep_overrides_options(tmp_path: Path) -> None:
    """The config's `wandb_magic` stands above the options of `init()`."""
    source = "import keras\nrun.config.wandb_magic = {'keras.fit.epochs': 3}\nkeras.Model().fit([])"
    assert len(record(tmp_path, KERAS, source, magic="'keras.fit.epochs=2'")["rows"]) == 3
