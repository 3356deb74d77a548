"""`wandb.plot`: charts made of tables, which W&B's pages and our views draw.

What a chart is, is in `custom_chart`; a function here returns one, and `log()` stores it.
"""

from wandb_nb.data.plots.basic_charts import bar, histogram, line, line_series, scatter
from wandb_nb.data.plots.classifier_charts import confusion_matrix, pr_curve, roc_curve
from wandb_nb.data.plots.custom_chart import CustomChart, Visualize, plot_table, visualize

__all__ = [
    "CustomChart",
    "Visualize",
    "bar",
    "confusion_matrix",
    "histogram",
    "line",
    "line_series",
    "plot_table",
    "pr_curve",
    "roc_curve",
    "scatter",
    "visualize",
]
