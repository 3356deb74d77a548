"""The embedded server: W&B's protocol, its data in one folder, and pages, in one process.

Needs the extra `server` (`pip install "wandb-nb[server]"`). Only
`background`, which starts it and needs nothing of that, is imported from outside.
"""
