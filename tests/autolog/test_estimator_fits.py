"""Fits of scikit-learn's estimators, recorded by `init(magic=True)`."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import base, cluster, datasets, ensemble, linear_model, model_selection, neural_network, pipeline
from sklearn.preprocessing import StandardScaler

import wandb_nb as wandb
from wandb_nb.autolog import estimator_fit, recorded_runs
from wandb_nb.values import evenly_sampled

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., wandb.Run]

X, Y = datasets.make_classification(120, random_state=0)
CLASSIFIER_SCORES = {"training_accuracy", "training_precision", "training_recall", "training_f1"}
REGRESSOR_SCORES = {"training_r2", "training_mae", "training_rmse"}


def rows(run: wandb.Run) -> list[dict[str, Any]]:
    """Finish *run* and return its rows, without empty cells and what every row has."""
    run.finish()
    return [
        {key: value for key, value in row.items() if not key.startswith("_") and not _is_empty(value)}
        for row in wandb.read(run.id).to_dict("records")
    ]


def _is_empty(value: Any) -> bool:
    return value is None or (not isinstance(value, dict) and bool(pd.isna(value)))


def test_a_fit_is_a_row(start: Start) -> None:
    """[I5] A classifier and a regressor have a row of scores and seconds each; the config has their parameters."""
    run = start(magic=True)
    model = linear_model.LogisticRegression(C=2.0)
    assert model.fit(X, Y) is model
    linear_model.Ridge().fit(X=X, y=X[:, 0])
    assert run.config["magic"]["LogisticRegression"]["C"] == 2.0
    assert run.config["magic"]["Ridge"]["solver"] == "auto"
    classified, fitted = rows(run)
    assert set(classified) == {f"LogisticRegression/{key}" for key in {"fit_seconds", *CLASSIFIER_SCORES}}
    assert classified["LogisticRegression/training_accuracy"] == pytest.approx(model.score(X, Y))
    assert set(fitted) == {f"Ridge/{key}" for key in {"fit_seconds", *REGRESSOR_SCORES}}


def test_a_fit_inside_a_fit_is_not_recorded(start: Start) -> None:
    """Of pipelines, ensembles and searches only the whole is recorded, also where threads fit the parts."""
    run = start(magic=True)
    pipeline.make_pipeline(StandardScaler(), linear_model.LogisticRegression()).fit(X, Y)
    ensemble.VotingClassifier([("a", linear_model.LogisticRegression())]).fit(X, Y)
    with joblib.parallel_config(backend="threading"):
        model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [0.5, 1.0]}, cv=2, n_jobs=2).fit(X, Y)
    assert [next(iter(row)).partition("/")[0] for row in rows(run)] == ["Pipeline", "VotingClassifier", "GridSearchCV"]


def test_fits_of_two_threads_are_both_recorded(start: Start) -> None:
    """A thread that the program starts during a fit makes a fit of its own."""
    run = start(magic=True)
    started, proceed = threading.Event(), threading.Event()

    class Waiting(base.BaseEstimator):
        def fit(self, _x: Any, _y: Any = None) -> None:
            started.set()
            assert proceed.wait(60)

        def score(self, _x: Any, _y: Any = None) -> float:
            return 0.25

    thread = threading.Thread(target=lambda: Waiting().fit(X))
    thread.start()
    assert started.wait(60)
    linear_model.Ridge().fit(X, Y)
    proceed.set()
    thread.join()
    first, second = rows(run)
    assert "Ridge/training_r2" in first
    assert second["Waiting/training_score"] == 0.25


def test_a_search_has_a_table(start: Start) -> None:
    """A search has its best parameters in the summary, its best score in the row, and a table of its candidates."""
    run = start(magic=True)
    search = model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [0.5, 1.0, 2.0]}, cv=2)
    search.fit(X, Y)
    assert dict(run.summary["GridSearchCV/best_params"]) == search.best_params_
    (row,) = rows(run)
    assert row["GridSearchCV/best_score"] == search.best_score_
    table = wandb.read(run.id)["GridSearchCV/cv_results"].iloc[-1].load()
    assert sorted(table["param_alpha"]) == [0.5, 1.0, 2.0]
    assert list(table["mean_test_score"]) == pytest.approx(search.cv_results_["mean_test_score"].tolist())


def test_loss_curves_are_rows(start: Start) -> None:
    """Values per iteration are rows on an axis of iterations; long curves are thinned."""
    run = start(magic=True)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        network = neural_network.MLPClassifier((4,), solver="sgd", max_iter=3).fit(X, Y)
    losses = [row["MLPClassifier/loss"] for row in rows(run)[:-1]]
    assert losses == pytest.approx(network.loss_curve_)
    assert len(losses) == network.n_iter_
    assert evenly_sampled(range(5), estimator_fit.MAX_CURVE_POINTS) == [0, 1, 2, 3, 4]
    thinned = evenly_sampled(range(5000), estimator_fit.MAX_CURVE_POINTS)
    assert (len(thinned), thinned[0], thinned[-1]) == (1000, 0, 4999)


def test_what_has_no_score_has_no_row(start: Start) -> None:
    """Transformers are not recorded; a clustering has its own score."""
    run = start(magic=True)
    StandardScaler().fit(X)
    model = cluster.KMeans(2, n_init=1, random_state=0).fit(X)
    (row,) = rows(run)
    assert row["KMeans/training_score"] == pytest.approx(model.score(X))


def test_steps_of_the_program_are_not_disturbed(start: Start) -> None:
    """A step that the program has begun is complete, and its next row is a step of its own."""
    run = start(magic=True)
    run.log({"a": 1}, commit=False)
    linear_model.Ridge().fit(X, Y)
    run.log({"b": 2})
    first, fit, last = rows(run)
    assert (first, last) == ({"a": 1}, {"b": 2})
    assert "Ridge/fit_seconds" in fit


def test_a_fit_stays_as_it_is(start: Start) -> None:
    """Errors, random numbers and pickles are those of the library, and a failing record is reported once."""
    start(magic=True)
    with pytest.raises(ValueError, match="alpha"):
        linear_model.Ridge(alpha=-1.0).fit(X, Y)
    np.random.seed(0)  # noqa: NPY002 -- the global state that estimators use
    expected = np.random.random()  # noqa: NPY002 -- the same
    np.random.seed(0)  # noqa: NPY002 -- the same
    model = linear_model.Ridge().fit(X, Y)
    assert np.random.random() == expected  # noqa: NPY002 -- the same
    restored = pickle.loads(pickle.dumps(model))  # noqa: S301 -- of this test
    assert list(restored.predict(X[:3])) == list(model.predict(X[:3]))
    assert base.clone(model).get_params() == model.get_params()


def test_a_failing_record_is_reported_once(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    """An estimator whose predictions fail is fitted as ever; its row has no scores, and one line gives the reason."""

    class Broken(base.ClassifierMixin, base.BaseEstimator):  # type: ignore[misc]  # of scikit-learn
        def fit(self, _x: Any, _y: Any) -> Broken:
            return self

        def predict(self, _x: Any) -> None:
            raise OSError("no predictions here")

    run = start(magic=True, settings={"silent": False, "console": "off"})
    for _ in range(3):
        assert isinstance(Broken().fit(X, Y), Broken)
    assert [set(row) for row in rows(run)] == 3 * [{"Broken/fit_seconds"}]
    assert capfd.readouterr().err.count("no predictions here") == 1


def test_everything_is_given_back(start: Start) -> None:
    """When the run has finished, classes have their own methods, and later ones stay as they are."""
    before = {owner: vars(owner)["fit"] for owner in (linear_model.Ridge, linear_model.LogisticRegression)}
    subclass_hook = vars(base.BaseEstimator).get("__init_subclass__")
    start(magic=True).finish()
    assert {owner: vars(owner)["fit"] for owner in before} == before
    assert vars(base.BaseEstimator).get("__init_subclass__") is subclass_hook
    assert not [finder for finder in sys.meta_path if type(finder).__module__ == "wandb_nb.function_hooks"]


def test_only_the_active_run_records(start: Start) -> None:
    """A run without magic records nothing, and options switch a library off."""
    recording = start(magic=True)
    silent = start(reinit="create_new")
    linear_model.Ridge().fit(X, Y)
    silent.finish()
    assert len(rows(recording)) == 1
    off = start(magic={"sklearn": False})
    linear_model.Ridge().fit(X, Y)
    assert rows(off) == []
    start(mode="disabled", magic=True)
    linear_model.Ridge().fit(X, Y)
    assert "fit_seconds" not in str(wandb.summary)


def test_the_record_ends(start: Start, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """After many fits of one run no more are recorded, which is reported."""
    monkeypatch.setattr(recorded_runs, "MAX_FITS", 2)
    run = start(magic=True, settings={"silent": False, "console": "off"})
    for _ in range(4):
        linear_model.Ridge().fit(X, Y)
    assert len(rows(run)) == 2
    assert capfd.readouterr().err.count("magic has recorded 2 fits") == 1


def test_long_scoring_is_left_out(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many rows a sample is scored, and nothing where that would take longer than the fit."""
    scored: list[int] = []

    class Counting(base.RegressorMixin, base.BaseEstimator):  # type: ignore[misc]  # of scikit-learn
        def fit(self, _x: Any, _y: Any) -> None:
            pass

        def predict(self, x: Any) -> Any:
            scored.append(len(x))
            time.sleep(0.05)
            return np.zeros(len(x))

    run = start(magic=True)
    monkeypatch.setattr(estimator_fit, "MIN_SCORING_SECONDS", 1e9)
    many = np.zeros((20_000, 1))
    Counting().fit(many, many[:, 0])
    assert scored == [100, 10_000]
    monkeypatch.setattr(estimator_fit, "MIN_SCORING_SECONDS", 0)
    Counting().fit(many, many[:, 0])
    assert scored[2:] == [100, 100]
    assert "Counting/training_r2" not in rows(run)[1]


def test_a_library_may_be_imported_before_and_after(tmp_path: Path) -> None:
    """Classes that come after `init()`, the library's and the program's, are recorded; no library is imported."""
    source = """
import sys
import wandb_nb as wandb
run = wandb.init(mode="offline", magic=True, settings={"silent": True})
print("sklearn" in sys.modules, "xgboost" in sys.modules)
from sklearn.base import BaseEstimator
class Own(BaseEstimator):
    def fit(self, x, y=None):
        return self
    def score(self, x, y=None):
        return 0.5
Own().fit([[1]])
from sklearn.linear_model import Ridge
Ridge().fit([[1.0], [2.0]], [1.0, 2.0])
run.finish()
print(*(key for key in run.summary if key.endswith(("score", "r2"))))
"""
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["False", "False", "Own/training_score", "Ridge/training_r2"]


def test_the_documented_program(tmp_path: Path) -> None:
    """The program in `docs/integrations.md` records its fit."""
    page = (Path(__file__).parents[2] / "docs" / "integrations.md").read_text("utf-8")
    source = page.split("## Magic")[1].split("```python\n")[1].split("```")[0]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"{source}\nprint(*run.summary)"],
        cwd=tmp_path,
        env=os.environ | {"WANDB_MODE": "offline"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "LogisticRegression/training_accuracy" in done.stdout.split()
