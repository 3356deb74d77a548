"""`wandb.integration`: callbacks that log what a library trains, one module or package per library.

A library is imported when its callback is first used, never at load time. `callback_log` has what they share. May
import `wandb_nb.tracking` and what is below it. Next: `wandb_nb.sklearn_plots`, which is `wandb.integration.sklearn`.
"""
