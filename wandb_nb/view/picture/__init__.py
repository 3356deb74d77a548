"""A message's charts as primitives, and these as SVG and PNG.

May import `wandb_nb.view.message` and `wandb_nb.view.run_text`. `wandb_nb.view.run_bundle` puts picture, text and
message into one notebook output.
"""
