"""The runs of a server for the public API, read and changed over W&B's protocol.

`server_catalog` finds them, `server_run` reads and changes one, over the connection of `sync.reading`. May import
`wandb_nb.sync`. Next: `wandb_nb.public_api.local`, the same for this machine.
"""
