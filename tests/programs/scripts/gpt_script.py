"""A script in the manner of nanoGPT: wandb behind a switch, one row for each evaluation, a config of globals."""

import math

import torch

wandb_log = True
wandb_project = "programs"
wandb_run_name = "char-gpt"
max_iters, eval_interval, learning_rate, n_embd = 20, 5, 1e-2, 16
config_keys = [k for k, v in globals().items() if not k.startswith("_") and isinstance(v, (int, float, bool, str))]
config = {k: globals()[k] for k in config_keys}

torch.manual_seed(0)
text = torch.randint(0, 32, (2000,))
model = torch.nn.Sequential(torch.nn.Embedding(32, n_embd), torch.nn.Linear(n_embd, 32))
optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)


def loss_of(seed: int) -> torch.Tensor:
    """Return the loss on a batch of pairs."""
    at = torch.randint(0, len(text) - 1, (64,), generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.cross_entropy(model(text[at]), text[at + 1])


if wandb_log:
    import wandb

    wandb.init(project=wandb_project, name=wandb_run_name, config=config)
for iter_num in range(max_iters + 1):
    lr = learning_rate * 0.5 * (1 + math.cos(math.pi * iter_num / max_iters))
    for group in optimizer.param_groups:
        group["lr"] = lr
    loss = loss_of(iter_num)
    if iter_num % eval_interval == 0 and wandb_log:
        wandb.log(
            {"iter": iter_num, "train/loss": loss_of(1000), "val/loss": loss_of(2000).item(), "lr": lr, "mfu": 0.0}
        )
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
