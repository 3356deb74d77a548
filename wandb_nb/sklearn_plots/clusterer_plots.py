"""Charts of clusterers: how many clusters there should be, and how well samples fit theirs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from wandb_nb.sklearn_plots.chart_log import log_chart, require, require_fitted, sklearn

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = 10  # between two clusters in a silhouette plot
_SILHOUETTE = ("x", "y", "colors", "centerx", "centery", "y_sil", "x1", "x2", "color_sil", "silhouette_avg")


def plot_elbow_curve(
    clusterer: Any = None,
    X: Any = None,  # noqa: N803 -- the documented signature
    cluster_ranges: Sequence[int] | None = None,
    n_jobs: int = 1,  # noqa: ARG001 -- as above; the numbers of clusters are tried one after another
    show_cluster_time: bool = True,  # noqa: ARG001 -- as above; the table always has the times
) -> None:
    """Log the error of copies of *clusterer* with each number of clusters, and the seconds that fitting took.

    Raises:
        MediaError: An argument is missing, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    require("plot_elbow_curve", clusterer=clusterer, X=X)
    require_fitted("plot_elbow_curve", clusterer)
    rows = []
    for count in range(1, 10, 2) if cluster_ranges is None else sorted(cluster_ranges):
        model = sklearn("base").clone(clusterer).set_params(n_clusters=count)
        started = time.perf_counter()
        model.fit(X)
        rows.append((count, abs(float(model.score(X))), time.perf_counter() - started))
    log_chart("elbow_curve", "elbow", ("cluster_ranges", "errors", "clustering_time"), rows)


def plot_silhouette(  # noqa: PLR0917 -- the documented signature
    clusterer: Any = None,
    X: Any = None,  # noqa: N803 -- as above
    cluster_labels: Any = None,
    labels: Sequence[str] | None = None,  # noqa: ARG001 -- as above; the chart numbers the clusters
    metric: str = "euclidean",
    kmeans: bool = True,
) -> None:
    """Log the silhouette of each sample, how much closer it is to its own cluster than to the next one.

    The table also has the first two columns of *X*, and with *kmeans* the centre of each sample's cluster.

    Raises:
        MediaError: An argument is missing, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    import numpy as np  # charts are not on the way of plain rows

    require("plot_silhouette", clusterer=clusterer, X=X)
    require_fitted("plot_silhouette", clusterer)
    inputs = np.asarray(X, float)
    clusters = np.asarray(clusterer.labels_ if cluster_labels is None else cluster_labels)
    metrics = sklearn("metrics")
    average = float(metrics.silhouette_score(inputs, clusters, metric=metric))
    values = metrics.silhouette_samples(inputs, clusters, metric=metric)
    centres = _centres(clusterer, clusters, kmeans=kmeans)
    samples = zip(_points(inputs), clusters.tolist(), centres, _heights(clusters, values), strict=True)
    rows = [
        (*point, cluster, *centre, height, 0, value, number, average)
        for point, cluster, centre, (height, value, number) in samples
    ]
    log_chart("silhouette_plot", "silhouette_", _SILHOUETTE, rows)


def _points(inputs: Any) -> list[tuple[float, float]]:
    """Return the first two columns; 0 in the place of a missing one."""
    second = inputs[:, 1] if inputs.shape[1] > 1 else inputs[:, 0] * 0
    return list(zip(inputs[:, 0].tolist(), second.tolist(), strict=True))


def _centres(clusterer: Any, clusters: Any, *, kmeans: bool) -> list[tuple[float, float]]:
    """Return the centre of each sample's cluster; 0 where there are no centres."""
    centres = getattr(clusterer, "cluster_centers_", None) if kmeans else None
    if centres is None:
        return [(0.0, 0.0)] * len(clusters)
    points = _points(centres)
    return [points[cluster] for cluster in clusters.tolist()]


def _heights(clusters: Any, values: Any) -> list[tuple[int, float, int]]:
    """Return height, silhouette and cluster of each bar: from below, by cluster, and within one by silhouette."""
    import numpy as np  # as above

    bars: list[tuple[int, float, int]] = []
    height = _GAP
    for number in np.unique(clusters).tolist():
        members = np.sort(values[clusters == number]).tolist()
        bars += [(height + at, value, number) for at, value in enumerate(members)]
        height += len(members) + _GAP
    return bars


def plot_clusterer(
    model: Any,
    X_train: Any,  # noqa: N803 -- the documented signature
    cluster_labels: Any,
    labels: Sequence[str] | None = None,
    model_name: str = "Clusterer",  # noqa: ARG001 -- as above
) -> None:
    """Log the charts of a fitted clusterer; the elbow curve only of one whose number of clusters can be chosen.

    Raises:
        MediaError: An argument does not fit, or scikit-learn is not installed.
        NoRunError: No run is active.

    """
    is_kmeans = hasattr(model, "cluster_centers_")
    if is_kmeans and "n_clusters" in model.get_params():
        plot_elbow_curve(model, X_train)
    plot_silhouette(model, X_train, cluster_labels, labels, kmeans=is_kmeans)
