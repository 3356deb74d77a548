"""`wandb.sdk.lib.runid`: random ids in the form of run ids."""

from __future__ import annotations

from wandb_nb.run_names import new_id as generate_id

__all__ = ["generate_id"]
