"""Callbacks of XGBoost, LightGBM and CatBoost, called as the libraries do; `make programs` has these."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import wandb_nb as wandb
from wandb_nb.errors import NoRunError, UsageError
from wandb_nb.integration import catboost, lightgbm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., wandb.Run]

XGBOOST = "wandb_nb.integration.xgboost"


@pytest.fixture
def xgboost(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the module for XGBoost, whose base class is one of this test."""
    library = ModuleType("xgboost.callback")
    library.TrainingCallback = type("TrainingCallback", (), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "xgboost", ModuleType("xgboost"))
    monkeypatch.setitem(sys.modules, "xgboost.callback", library)
    yield import_module(XGBOOST)
    sys.modules.pop(XGBOOST)


class Booster:
    """A booster with the methods that callbacks of XGBoost call."""

    best_iteration = 1

    def __init__(self, kind: str = "gbtree") -> None:
        self.config = {"learner": {"gradient_booster": {"name": kind}}, "version": [3, 2, 0]}

    def save_config(self) -> str:
        """Return the config as XGBoost does."""
        return json.dumps(self.config)

    def attr(self, name: str) -> str | None:
        """Return the best score, as a text."""
        return {"best_score": "0.75"}.get(name)

    def get_score(self, importance_type: str) -> dict[str, Any]:
        """Return importances; those of a linear booster of two classes are lists."""
        return {"weight": {"f0": [0.5, 2.0]}, "gain": {"a": 12.5, "b": 2.25}}[importance_type]

    def save_model(self, path: Path) -> None:
        """Write a model."""
        path.write_text("{}")


def rows(run: wandb.Run) -> list[dict[str, Any]]:
    """Return the rows of *run* without what every row has, and without empty cells."""
    frame = run.history()
    return [
        {key: value for key, value in row.items() if not key.startswith("_") and not pd.isna(value)}
        for row in frame.drop(columns=[key for key in frame if "able" in str(key)]).to_dict("records")
    ]


def importances(run: wandb.Run) -> list[list[Any]]:
    """Return the rows of the table "Feature Importance"."""
    (path,) = Path(run.dir).glob("media/table/Feature Importance_table_*.json")
    table = json.loads(path.read_text())
    assert table["columns"] == ["Feature", "Importance"]
    return list(table["data"])


def test_xgboost_training(start: Start, xgboost: Any) -> None:
    """A training gives config, a row per round with min or max in the summary, best round, importances and model."""
    run = start(config={"learner": "before"})
    callback = xgboost.WandbCallback(log_model=True)
    model = Booster()
    assert callback.before_training(model) is model
    log: dict[str, dict[str, list[float]]] = {"val": {"auc": [], "rmse": [], "own": []}}
    for epoch, value in enumerate((0.75, 0.5)):
        for values in log["val"].values():
            values.append(value)
        assert callback.before_iteration(model, epoch, log) is False
        assert callback.after_iteration(model, epoch, log) is False
    assert callback.after_training(model) is model
    assert run.config["learner"] == model.config["learner"]
    assert [row for row in rows(run) if row] == [
        {"val-auc": 0.75, "val-rmse": 0.75, "val-own": 0.75, "epoch": 0},
        {"val-auc": 0.5, "val-rmse": 0.5, "val-own": 0.5, "epoch": 1},
        {"best_score": 0.75, "best_iteration": 1},
    ]
    summary = dict(run.summary)
    assert (summary["val-auc"], summary["val-rmse"], summary["val-own"]) == ({"max": 0.75}, {"min": 0.5}, 0.5)
    assert importances(run) == [["a", 12.5], ["b", 2.25]]
    assert (Path(run.dir) / f"{run.id}_model.json").is_file()
    assert set(artifacts(run)) == {"model"}


def test_xgboost_folds_and_linear_boosters(start: Start, xgboost: Any) -> None:
    """`xgboost.cv` gives means and deviations; a linear booster of several classes has a bar for each class."""
    run = start()
    callback = xgboost.WandbCallback(log_model=True)
    folds = SimpleNamespace()
    callback.before_training(folds)
    callback.after_iteration(folds, 0, {"test": {"auc": [(0.5, 0.25)]}})
    callback.after_training(folds)
    assert rows(run) == [{"test-auc-mean": 0.5, "test-auc-std": 0.25, "epoch": 0}]
    xgboost.wandb_callback().after_training(SimpleNamespace())
    xgboost.WandbCallback().after_training(Booster("gblinear"))
    assert importances(run) == [["f0 of class 0", 0.5], ["f0 of class 1", 2.0]]


def test_failures_are_reported_once(start: Start, xgboost: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What a callback cannot log is reported once with its reason, and the training continues."""
    run = start(settings={"silent": False})
    callback = xgboost.WandbCallback(importance_type="nothing")
    for epoch in range(3):
        assert callback.after_iteration(Booster(), epoch, {"val": {"auc": []}}) is False
    callback.after_training(Booster())
    assert catboost.WandbCallback().after_iteration(SimpleNamespace()) is True
    assert lightgbm.wandb_callback()(SimpleNamespace()) is None
    run.finish()
    text = "".join(capsys.readouterr())
    assert text.count("after_iteration() of a callback failed (IndexError") == 1
    assert "log_importances() of a callback failed (KeyError: 'nothing'); the training continues without it" in text
    assert "call() of a callback failed (AttributeError" in text


def artifacts(run: wandb.Run) -> dict[str, list[str]]:
    """Finish *run* and return the aliases of the artifacts that it logged, by their type."""
    run.finish()
    logged = wandb.Api().run(f"{run.project}/{run.id}").logged_artifacts()
    return {artifact.type: sorted(artifact.aliases) for artifact in logged}


def lightgbm_round(iteration: int, results: list[tuple[Any, ...]]) -> SimpleNamespace:
    """Return what LightGBM gives a callback after a round."""
    return SimpleNamespace(params={"num_leaves": 4}, iteration=iteration, evaluation_result_list=results)


def test_lightgbm_training(start: Start) -> None:
    """A training gives the parameters, a row per round, and its summary: best round, importances, model."""
    run = start()
    callback = lightgbm.wandb_callback()
    assert (callback.order, callback.before_iteration) == (20, False)
    for iteration, value in enumerate((0.75, 0.5)):
        callback(lightgbm_round(iteration, [("val", "auc", value, True), ("val", "l2", value, False)]))
    assert dict(run.config) == {"num_leaves": 4}
    assert rows(run) == [
        {"val_auc": 0.75, "val_l2": 0.75, "iteration": 0},
        {"val_auc": 0.5, "val_l2": 0.5, "iteration": 1},
    ]
    model = SimpleNamespace(
        best_iteration=2,
        best_score={"val": {"auc": 0.75}},
        feature_importance=lambda: pd.Series([3, 0]),
        feature_name=lambda: ["a", "b"],
        save_model=lambda path, num_iteration: Path(path).write_text(str(num_iteration)),
    )
    lightgbm.log_summary(model, save_model_checkpoint=True)
    assert (run.summary["val_auc"], run.summary["val_l2"]) == ({"max": 0.75}, {"min": 0.5})
    assert (run.summary["best_iteration"], run.summary["best_score"]) == (2, {"val": {"auc": 0.75}})
    assert importances(run) == [["a", 3], ["b", 0]]
    assert (Path(run.dir) / "model_ckpt_2.txt").read_text() == "2"
    assert {"best", "latest"} <= set(artifacts(run)["model"])


@pytest.mark.parametrize(
    "result", [("valid", "l2", 0.5, False, 0.25), ("cv_agg", "valid l2", 0.5, False, 0.25)], ids=["4", "3"]
)
def test_lightgbm_folds(start: Start, result: tuple[Any, ...]) -> None:
    """`lightgbm.cv` gives means and deviations, in the forms of LightGBM 3 and 4."""
    run = start()
    lightgbm.wandb_callback(log_params=False)(lightgbm_round(0, [result]))
    assert rows(run) == [{"valid_l2-mean": 0.5, "valid_l2-stdv": 0.25, "iteration": 0}]
    assert dict(run.config) == {}


def test_catboost_training(start: Start) -> None:
    """An iteration with new metrics is a row; the summary has best round, parameters, importances and model."""
    run = start()
    callback = catboost.WandbCallback(metric_period=2)
    for iteration, values in enumerate(([0.75], [0.75], [0.75, 0.5]), start=1):
        info = SimpleNamespace(iteration=iteration, metrics={"learn": {"RMSE": values}})
        assert callback.after_iteration(info) is True
    assert rows(run) == [
        {"learn-RMSE": 0.75, "iteration@metric-period-2": 1},
        {"learn-RMSE": 0.5, "iteration@metric-period-2": 3},
    ]
    model = SimpleNamespace(
        get_all_params=lambda: {"depth": 2},
        get_best_iteration=lambda: 1,
        get_best_score=lambda: {"learn": {"RMSE": 0.5}},
        save_model=lambda path: Path(path).write_text("model"),
        get_feature_importance=lambda prettified: pd.DataFrame({"Feature Id": ["a"], "Importances": [100.0]}),  # noqa: ARG005
    )
    catboost.log_summary(model, save_model_checkpoint=True)
    assert dict(run.config) == {"depth": 2}
    assert (run.summary["best_iteration"], run.summary["best_score"]) == (1, {"learn": {"RMSE": 0.5}})
    assert importances(run) == [["a", 100.0]]
    assert set(artifacts(run)) == {"model"}


def test_misuse(start: Start, xgboost: Any) -> None:
    """Callbacks without a run, and summaries of what is no model, are clear errors at the call."""
    for call in (xgboost.WandbCallback, lightgbm.wandb_callback, catboost.WandbCallback):
        with pytest.raises(NoRunError, match="call init"):
            call()
    start()
    for module in (lightgbm, catboost):
        with pytest.raises(UsageError, match="log_summary"):
            module.log_summary(1)


def test_disabled_runs(start: Start, xgboost: Any) -> None:
    """With a disabled run callbacks do nothing, and nothing fails."""
    start(mode="disabled")
    callback = xgboost.WandbCallback(log_model=True)
    callback.before_training(Booster())
    callback.after_iteration(Booster(), 0, {"val": {"auc": [0.5]}})
    callback.after_training(Booster())
    lightgbm.wandb_callback()(lightgbm_round(0, [("val", "l2", 0.5, False)]))


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback without its library is an error with the command that installs it; its module can be imported."""
    monkeypatch.setitem(sys.modules, "xgboost.callback", None)
    sys.modules.pop(XGBOOST, None)
    module = import_module(XGBOOST)
    with pytest.raises(ImportError, match="pip install xgboost"):
        module.WandbCallback  # noqa: B018
    with pytest.raises(AttributeError, match="nothing"):
        module.nothing  # noqa: B018
