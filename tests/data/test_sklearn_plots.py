"""Charts of scikit-learn models: keys, columns and numbers of the official package, and what cannot be drawn."""

from __future__ import annotations

import json

import pytest

import wandb_nb as wandb
from wandb_nb.errors import MediaError, NoRunError

pytest.importorskip("sklearn")
MODELS = """
import warnings
warnings.filterwarnings("ignore")
from sklearn import cluster, datasets, ensemble, linear_model
from sklearn.model_selection import train_test_split
import importlib
sk = importlib.import_module(wandb.__name__ + ".sklearn") if wandb.__name__ == "wandb" else wandb.sklearn
iris = datasets.load_iris()
X, y, names = iris.data, iris.target, [str(name) for name in iris.target_names]
binary = (y == 1).astype(int)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
forest = ensemble.RandomForestClassifier(5, random_state=0).fit(X_train, y_train)
logistic = linear_model.LogisticRegression(max_iter=300).fit(X, binary)
diabetes = datasets.load_diabetes()
RX, RY = diabetes.data[:100], diabetes.target[:100]
ridge = linear_model.Ridge().fit(RX, RY)
class KMeans(cluster.KMeans):
    _estimator_type = "clusterer"  # the official package asks for it
kmeans = KMeans(3, random_state=0, n_init=3).fit(X)
np.random.seed(0)
"""
CHARTS = """
sk.plot_roc(y_test, forest.predict_proba(X_test), names)
sk.plot_precision_recall(y_test, forest.predict_proba(X_test), names)
sk.plot_feature_importances(forest, iris.feature_names)
sk.plot_feature_importances(logistic)
sk.plot_learning_curve(logistic, X, binary, cv=3, shuffle=True, random_state=1)
sk.plot_calibration_curve(logistic, X, binary, "LR")
sk.plot_class_proportions(y, y[:60], names)
sk.plot_residuals(ridge, RX, RY)
sk.plot_outlier_candidates(ridge, RX, RY)
sk.plot_summary_metrics(forest, X_train, y_train, X_test, y_test)
sk.plot_summary_metrics(ridge, RX, RY, RX, RY)
sk.plot_elbow_curve(kmeans, X, cluster_ranges=[1, 2, 3])
sk.plot_silhouette(kmeans, X, kmeans.labels_, names)
sk.plot_confusion_matrix(y_test, forest.predict(X_test), names)
"""
ALL = """
probabilities = forest.predict_proba(X_test)
sk.plot_classifier(forest, X_train, X_test, y_train, y_test, forest.predict(X_test), probabilities, names)
sk.plot_regressor(ridge, RX[:60], RX[60:], RY[:60], RY[60:], "Ridge")
sk.plot_clusterer(kmeans, X, kmeans.labels_, names, "KMeans")
"""


def tables(run):
    """Return the tables of each row by key, in the order of logging."""
    return [(key, json.loads(run.files[value["path"]])) for row in run.rows for key, value in row.items()]


@pytest.mark.official
def test_charts_are_the_official_ones(both):
    """Keys, charts in the config, columns and numbers are those of 0.31; except for what these tests name."""
    ours, official = both(MODELS + CHARTS)
    for kind in ("visualize", "viz"):
        assert ours.config.get(kind) == official.config.get(kind)
    for (key, table), (official_key, expected) in zip(tables(ours), tables(official), strict=True):
        assert (key, table["columns"]) == (official_key, expected["columns"])
        if key == "confusion_matrix":  # the official package has the true class under "Predicted"
            assert sorted(table["data"]) == sorted([true, guess, count] for guess, true, count in expected["data"])
            continue
        if key == "elbow_curve":  # with seconds
            table["data"], expected["data"] = ([row[:2] for row in one["data"]] for one in (table, expected))
        assert len(table["data"]) == len(expected["data"])
        for row, other in zip(table["data"], expected["data"], strict=True):
            assert row == [pytest.approx(value, nan_ok=True) if isinstance(value, float) else value for value in other]


@pytest.mark.official
def test_whole_reports_have_the_official_keys(both):
    """The reports on a classifier, a regressor and a clusterer log the same charts in the same order."""
    ours, official = both(MODELS + ALL)
    keys = [key for row in official.rows for key in row]
    assert [key for row in ours.rows for key in row] == keys
    assert len(keys) > 10


def test_what_cannot_be_drawn_is_one_clear_error(start):
    """Missing arguments, models that are not fitted or have no importances, and too many classes are named."""
    from sklearn import cluster, linear_model, naive_bayes

    values, classes = [[0.0, 1.0], [1.0, 0.0], [0.5, 0.2], [0.9, 0.8]], [0, 1, 2, 1]
    with pytest.raises(NoRunError, match="call init"):
        wandb.sklearn.plot_class_proportions(classes, classes)
    start()
    with pytest.raises(MediaError, match=r"plot_roc\(\) lacks y_true, y_probas: give them"):
        wandb.sklearn.plot_roc()
    with pytest.raises(MediaError, match="needs a fitted model"):
        wandb.sklearn.plot_elbow_curve(cluster.KMeans(), values)
    with pytest.raises(MediaError, match="GaussianNB has no feature importances"):
        wandb.sklearn.plot_feature_importances(naive_bayes.GaussianNB().fit(values, classes))
    with pytest.raises(MediaError, match="needs two classes"):
        wandb.sklearn.plot_calibration_curve(linear_model.LogisticRegression().fit(values, classes), values, classes)


def test_a_normalized_matrix_has_shares_of_the_true_classes(start):
    """Shares add up to 1 over the predictions of a true class; chosen labels limit what is shown."""
    run = start()
    true, predicted = [0, 1, 1, 2, 2, 0, 0], [0, 0, 1, 1, 2, 2, 0]
    wandb.sklearn.plot_confusion_matrix(true, predicted, ["a", "b", "c"], normalize=True)
    wandb.sklearn.plot_confusion_matrix(true, predicted, true_labels=[0], pred_labels=[0, 2])
    run.finish()
    normalized, chosen = (value.load() for value in wandb.read(run.file)["confusion_matrix"])
    shares = {(row.Actual, row.Predicted): row.Count for row in normalized.itertuples()}
    assert (shares["a", "a"], shares["a", "c"], shares["b", "a"]) == (0.67, 0.33, 0.5)
    assert chosen.to_numpy().tolist() == [[0, 0, 2], [2, 0, 1]]
