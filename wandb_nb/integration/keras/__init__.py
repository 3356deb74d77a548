"""`wandb.integration.keras` and `wandb.keras`: callbacks for `fit()` of Keras, on each of its backends.

The modules can be imported without Keras; making a callback then reports what to install.
"""

from wandb_nb.integration.keras.evaluation import WandbEvalCallback
from wandb_nb.integration.keras.metrics_logger import WandbMetricsLogger
from wandb_nb.integration.keras.model_checkpoint import WandbModelCheckpoint
from wandb_nb.integration.keras.older_callback import WandbCallback

__all__ = ["WandbCallback", "WandbEvalCallback", "WandbMetricsLogger", "WandbModelCheckpoint"]
