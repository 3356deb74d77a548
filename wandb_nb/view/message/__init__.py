"""The message that a view reads, and the run streams that answer with it.

May import the store and the lowest layer. Pictures of a message are made in `wandb_nb.view.picture`; the panel,
`jupyter` and `server` send messages to browsers.
"""
