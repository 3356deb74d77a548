"""Programs with Hydra: the config goes in from OmegaConf and comes out again."""

import copy
import json
import pickle

import wandb
import yaml
from omegaconf import OmegaConf

cfg = OmegaConf.create({"optimizer": {"lr": 0.1, "betas": [0.9, 0.99]}, "seed": 1})
run = wandb.init(
    project="hydra", config=OmegaConf.to_container(cfg, resolve=True), settings=wandb.Settings(start_method="thread")
)
plain = dict(run.config)
assert OmegaConf.create(plain) == cfg
assert yaml.safe_load(yaml.safe_dump(plain)) == json.loads(json.dumps(plain)) == plain
assert copy.deepcopy(plain) == pickle.loads(pickle.dumps(plain)) == plain
for step in range(3):
    run.log({"val": {"loss": step}})
assert yaml.safe_dump(dict(run.summary))
run.finish()
