"""TensorBoard: what programs write for it becomes rows of a run, read from its event files.

`event_file` reads the files while they grow, `event_messages` decodes what is in them, `event_values` makes the values
that a run logs. `writer_hooks` learns the folders that writers use, `log_folders` names what is in them, and `follower`
does the work in a thread. Nothing here needs TensorBoard itself. May import `wandb_nb.data` and what is below it.
"""

from wandb_nb.tensorboard.writer_hooks import patch, unpatch

__all__ = ["patch", "unpatch"]
