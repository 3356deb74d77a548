"""Selecting and sorting runs by the filters and orders of the public API.

Both `wandb.Api()` over the runs of this machine and the embedded server use it. `run_values` names the values of a
run, `filters` compares them, `run_order` sorts by them. May import what is at the bottom of the layers only.
"""
