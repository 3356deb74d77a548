"""Differences between two or more runs, as message, picture, HTML and text.

May import `wandb_nb.view`, `wandb_nb.capture` and what is below. `load_inputs` reads runs from directories; the server
makes its inputs itself, in `wandb_nb.server.web.compare_inputs`.
"""
