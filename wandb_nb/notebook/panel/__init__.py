"""The live view of a run under its cell: the presenter, its outputs, the widget and the thread that feeds both.

Imports the tracker and the views, but neither the hooks nor the magics of this package. What is drawn is made in
`wandb_nb.view`; what calls the presenter around each cell is `wandb_nb.notebook.cell_hooks`.
"""
