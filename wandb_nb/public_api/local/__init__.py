"""The runs of this machine for the public API, found in the registry.

`local_catalog` finds and filters them, `local_run` reads and changes one, by `local_facts` (all but its rows) and
`local_rows`. May import `wandb_nb.store` and `wandb_nb.run_filters`. Next: `wandb_nb.public_api.remote`.
"""
