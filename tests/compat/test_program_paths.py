"""Every path that a published program imports from wandb is there, and gives the object that the package itself has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

# Paths and their names, by the program that uses them.
PATHS = {
    "transformers": "wandb:init,run,log,finish,termwarn,sweep,agent,Artifact wandb.sdk.lib.config_util:ConfigError "
    "wandb.env:set_project,set_entity,PROJECT",
    "trl": "wandb:run,log,Table",
    "accelerate": "wandb:init,config,Image,Table",
    "lightning": "wandb:require,run,_attach,init,define_metric,Table,Image,Audio,Video,Artifact,Api "
    "wandb.wandb_run:Run wandb.sdk.lib:RunDisabled",
    "ultralytics": "wandb:__version__,run,init,Image,Table,plot_table,Artifact,finish wandb.sdk.lib:telemetry",
    "yolov5": "wandb:log_artifact,log_model,Html,login wandb.errors:UsageError",
    "stable-baselines3": "wandb.integration.sb3:WandbCallback wandb.sb3:WandbCallback",
    "keras": "wandb.integration.keras:WandbMetricsLogger,WandbModelCheckpoint,WandbEvalCallback "
    "wandb.keras:WandbCallback",
    "xgboost": "wandb.integration.xgboost:WandbCallback wandb.xgboost:WandbCallback",
    "lightgbm": "wandb.integration.lightgbm:wandb_callback,log_summary wandb.lightgbm:wandb_callback",
    "catboost": "wandb.integration.catboost:WandbCallback,log_summary wandb.catboost:WandbCallback",
    "fastai": "wandb:Artifact,Table,Image,watch wandb.fastai:WandbCallback",
    "ray": "wandb:ensure_configured,api,Artifact wandb.sdk.data_types.base_types.wb_value:WBValue "
    "wandb.sdk.data_types.image:Image wandb.sdk.data_types.video:Video wandb.util:json_dumps_safer "
    "wandb.sdk.wandb_run:Run",
    "optuna": "wandb.sdk.wandb_run:Run",
    "mmengine": "wandb:init,define_metric,watch,Image,log,join",
    "composer": "wandb:Table,Image,Artifact,Api,finish wandb.errors:CommError",
    "torchtune, torchtitan, axolotl": "wandb:define_metric,save,Html,Table",
    "verl": "wandb:Settings,Table",
    "openrlhf, paddlenlp": "wandb:api,login",
    "Megatron-LM": "wandb:Api,wandb_run",
    "lm-eval": "wandb:require,Artifact,Table wandb.sdk.lib.printer:new_printer",
    "langchain": "wandb:Html,termlog,termerror wandb.sdk.data_types.trace_tree:Trace "
    "wandb.integration.langchain:WandbTracer",
    "lerobot": "wandb:Video,Artifact",
    "nanoGPT": "wandb:mark_preempting,watch",
    "cleanrl": "wandb:Api wandb.util:generate_id",
    "dreamerv3": "wandb:Histogram,Image,Video",
    "sample-factory": "wandb:Settings,login",
    "diffusion_policy": "wandb.sdk.data_types.video:Video,util",
    "dalle-mini": "wandb.wandb_sdk.wandb_artifacts:get_artifacts_cache wandb.sdk.wandb_artifacts:Artifact "
    "wandb.util:from_human_size",
    "gpt-neox": "wandb.sdk.lib.runid:generate_id",
    "simpletransformers": "wandb.plot:roc_curve,pr_curve wandb.sklearn:plot_confusion_matrix wandb:setup",
    "super-gradients": "wandb:Object3D,Audio,restore",
    "flair": "wandb:alert,AlertLevel",
    "textattack": "wandb:join",
    "DeepSpeed": "wandb.wandb_run:Run wandb.env:MODE",
    "swanlab": "wandb.sdk.wandb_run:Run wandb.sdk.wandb_config:Config",
    "weave": "wandb.integration.weave:active_run_path wandb.sdk.lib.paths:LogicalPath,StrPath "
    "wandb.sdk.lib.ipython:in_jupyter wandb.sdk.lib.telemetry:context",
    "annotations": "wandb.sdk.artifacts.artifact:Artifact wandb.apis.public:Api wandb.sdk.wandb_settings:Settings "
    "wandb.sdk.wandb_init:init,_WandbInit wandb.sdk.wandb_summary:Summary wandb.data_types:Table,Image,WBTraceTree "
    "wandb.errors.term:termwarn wandb.sdk.lib.disabled:RunDisabled wandb.sdk:init,login",
}
IMPORTS = sorted(
    {
        f"{path}:{name}"
        for text in PATHS.values()
        for path, _, names in (entry.partition(":") for entry in text.split())
        for name in names.split(",")
    }
)
CHILD = """
import importlib, json, sys
import wandb_nb
wandb_nb.install_as_wandb()
results, elsewhere = {}, {}
for entry in json.load(sys.stdin):
    path, name = entry.split(":")
    try:
        try:
            module = importlib.import_module(path)
        except ModuleNotFoundError:  # an attribute that is no module, such as wandb.wandb_sdk
            top, *parts = path.split(".")
            module = importlib.import_module(top)
            for part in parts:
                module = getattr(module, part)
        found = getattr(module, name)
        of_library = path.rpartition(".")[2] if name in ("WandbCallback", "log_summary") else ""  # of several
        ours = getattr(wandb_nb, name) if name in wandb_nb.__all__ else elsewhere.setdefault((of_library, name), found)
        results[entry] = "" if found is ours or name == "config" else f"{found!r} is not {ours!r}"
    except ImportError as error:
        results[entry] = "" if "pip install" in str(error) else str(error)
    except Exception as error:
        results[entry] = f"{type(error).__name__}: {error}"
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def results() -> Mapping[str, str]:
    """Return what is wrong with each import, in one new interpreter in which `import wandb` gives wandb_nb."""
    command = [sys.executable, "-c", CHILD]
    environment = os.environ | {"WANDB_MODE": "offline"}
    done = subprocess.run(
        command, input=json.dumps(IMPORTS), env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("path", IMPORTS)
def test_path(path: str, results: Mapping[str, str]) -> None:
    """The import gives the object that the package, or another of these paths, has, or names the missing library."""
    assert results[path] == ""
