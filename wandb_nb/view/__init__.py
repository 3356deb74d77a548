"""How a run is shown: as the message of a live view, as a picture, as text, and as one output of these.

May import the store and the lowest layer. `wandb_nb.compare` shows several runs, `notebook` displays outputs.
"""
