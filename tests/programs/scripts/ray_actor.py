"""Ray: its wandb integration is imported, and an actor in a process of its own logs a run."""

import ray
from ray.air.integrations.wandb import WandbLoggerCallback, setup_wandb


@ray.remote
class Worker:
    """Logs a run in an actor's process."""

    def train(self) -> str:
        """Log ten rows and return the run's name."""
        import wandb

        run = wandb.init(project="programs", name="actor", config={"lr": 0.1})
        for step in range(10):
            run.log({"loss": 1 / (step + 1)})
        run.finish()
        return run.name


assert callable(setup_wandb)
assert WandbLoggerCallback
ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
assert ray.get(Worker.remote().train.remote()) == "actor"
ray.shutdown()
