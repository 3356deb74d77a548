"""nanoGPT, nanochat, open_clip, CORL: nothing unusual, and no call of `finish()`."""

import wandb

wandb.init(project="owt", name="gpt2", config={"batch_size": 12}, id=str("abc-1"))
wandb.run.save()
wandb.mark_preempting()
for iteration in range(3):
    wandb.log({"iter": iteration, "train/loss": 3.2, "lr": 6e-4})
