"""The embedded server: W&B's protocol and pages, with its data in a folder or a PostgreSQL database.

Its packages import in one direction: `storage` <- `query` <- `live` <- `http` <- `protocol`, `web` <- `app`, `worker`,
`serve`. It needs the extra `server` (`pip install "wandb-nb[server]"`); `process`, which starts it for other parts of
the package, needs nothing more.
"""
