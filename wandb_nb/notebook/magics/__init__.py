"""`%wandb` and `%%wandb`: their options, what each subcommand does, and Tab completion.

Imports the tracker, the reader and the comparisons, but neither the hooks of this package nor its panel. The hooks that
end a `%%wandb` run are in `wandb_nb.notebook.cell_hooks`; the charts under a cell are in `wandb_nb.notebook.panel`.
"""
