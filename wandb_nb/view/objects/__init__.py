"""What a run logged besides numbers, as far as views show it: histograms and lists as heat maps, and texts.

May import the store. `wandb_nb.view.message` sends it, `wandb_nb.view.picture` draws it.
"""
