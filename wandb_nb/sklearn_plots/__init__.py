"""`wandb.sklearn`: charts of scikit-learn models, each made of a table and logged to the active run.

scikit-learn is the user's library: it is imported inside functions. May import `wandb_nb.tracking` and what is
below it.
"""

from wandb_nb.sklearn_plots.classifier_plots import (
    plot_calibration_curve,
    plot_class_proportions,
    plot_classifier,
    plot_confusion_matrix,
    plot_precision_recall,
    plot_roc,
)
from wandb_nb.sklearn_plots.clusterer_plots import plot_clusterer, plot_elbow_curve, plot_silhouette
from wandb_nb.sklearn_plots.estimator_plots import plot_feature_importances, plot_learning_curve, plot_summary_metrics
from wandb_nb.sklearn_plots.regressor_plots import plot_outlier_candidates, plot_regressor, plot_residuals

__all__ = [
    "plot_calibration_curve",
    "plot_class_proportions",
    "plot_classifier",
    "plot_clusterer",
    "plot_confusion_matrix",
    "plot_elbow_curve",
    "plot_feature_importances",
    "plot_learning_curve",
    "plot_outlier_candidates",
    "plot_precision_recall",
    "plot_regressor",
    "plot_residuals",
    "plot_roc",
    "plot_silhouette",
    "plot_summary_metrics",
]
