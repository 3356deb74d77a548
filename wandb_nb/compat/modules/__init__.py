"""The modules that stand behind names below `wandb`: functions and classes where programs written for wandb look.

`alias_table` maps the names to them. They re-export what other packages have; what wandb alone has is written here.
Next: `compat.alias_finder`, which answers imports with them.
"""
