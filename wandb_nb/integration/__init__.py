"""`wandb.integration`: callbacks that log what a library trains, one module or package per library.

A module here imports its library, so nothing else in `wandb_nb` may import it at load time. May import
`wandb_nb.tracking` and what is below it. Next: `wandb_nb.sklearn_plots`, which is `wandb.integration.sklearn`.
"""
