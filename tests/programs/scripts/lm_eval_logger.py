"""lm-eval's WandbLogger: an evaluation of its dummy model as config, rows, tables and artifacts."""

import lm_eval
from datasets import Dataset, DatasetDict
from lm_eval.loggers import WandbLogger
from lm_eval.tasks import TaskManager

sums = [{"question": f"{a} + {b} =", "answer": str(a + b)} for a in range(4) for b in range(3)]
choices = [{"question": f"{a} is", "choices": ["even", "odd"], "label": a % 2} for a in range(8)]


def offline_data(rows):
    """Return what a task loads in place of a data set of a hub."""
    return lambda **_: DatasetDict({"test": Dataset.from_list(rows)})


TASKS = [
    {
        "task": "sums",
        "custom_dataset": offline_data(sums),
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{question}}",
        "doc_to_target": "{{answer}}",
        "metric_list": [{"metric": "exact_match"}],
        "generation_kwargs": {"until": ["\n"]},
    },
    {
        "task": "parity",
        "custom_dataset": offline_data(choices),
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "label",
        "metric_list": [{"metric": "acc"}],
    },
]
logger = WandbLogger(
    init_args={"project": "programs", "name": "eval", "job_type": "eval", "group": "dummy"},
    config_args={"note": "no network"},
)
results = lm_eval.simple_evaluate(
    model="dummy", tasks=TASKS, task_manager=TaskManager(include_defaults=False), random_seed=0, bootstrap_iters=0
)
logger.post_init(results)
logger.log_eval_result()
logger.log_eval_samples(results["samples"])
