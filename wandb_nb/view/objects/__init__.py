"""What a run logged besides numbers, as far as views show it: heat maps, texts, artifact versions and media files.

May import the store. `wandb_nb.view.message` sends it, `wandb_nb.view.picture` draws it.
"""
