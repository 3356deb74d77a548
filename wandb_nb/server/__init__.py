"""The embedded server: W&B's protocol, its data in one folder, and pages, in one process.

Needs the extra `server` (`pip install "wandb-nb[server]"`). Nothing else of the package imports this part.
"""
