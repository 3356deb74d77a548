"""langchain-community 0.4, `WandbTracer` and `WandbCallbackHandler`."""

import wandb
from wandb.sdk.data_types import trace_tree

assert trace_tree.WBTraceTree
run = wandb.init(job_type=None, project="langchain", name="n", tags=["t"])
assert run.settings.run_url is None
run._label(repo="langchain")
wandb.termlog(f"streaming to {run.settings.run_url}")
for step in range(3):
    records = wandb.Table(columns=["action"], data=[["on_llm_start"]])
    run.log({"total_tokens": step, "action_records": records, "dependency": wandb.Html("<svg></svg>")})
run.log_artifact(wandb.Artifact("model", type="model", metadata={"name": "chain"}))
run.finish()
