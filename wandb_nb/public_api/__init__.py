"""`wandb.Api()`: runs, projects and files read and changed, on this machine or on a server, with one surface.

`api_entry` has `Api`; `api_run`, `api_runs`, `api_project` and `api_files` are what it returns. They read through the
interface in `run_storage`: `local` has the runs of this machine, `remote` asks a server. The package is not
called `api`, because `wandb_nb.api` is the account, as in W&B's own package. May import `wandb_nb.sync` and what
is below it.
"""
