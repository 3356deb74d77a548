"""`import wandb` gives wandb_nb: the finder, the table of module names, and small modules that re-export ours.

May import everything else. Opt-in: `install_as_wandb()`, `wandb-nb run`, or a magic switch it on. Next: `cli`, whose
`run` command starts programs that import wandb.
"""
