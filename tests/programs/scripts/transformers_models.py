"""Transformers' Trainer with WANDB_LOG_MODEL: checkpoints as artifacts, and the model at the end of training."""

import os

import torch
import wandb
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

tokens = torch.arange(512).reshape(32, 16) % 64
samples = [{"input_ids": row, "labels": row} for row in tokens]
for when in ("checkpoint", "end"):
    os.environ.update(WANDB_LOG_MODEL=when, WANDB_WATCH="false", WANDB_PROJECT="programs")
    set_seed(0)
    arguments = TrainingArguments(
        output_dir=f"out-{when}",
        run_name=f"model-at-{when}",
        report_to="wandb",
        num_train_epochs=2,
        per_device_train_batch_size=8,
        logging_steps=2,
        save_strategy="epoch",
        use_cpu=True,
    )
    model = GPT2LMHeadModel(GPT2Config(vocab_size=64, n_positions=16, n_embd=16, n_layer=1, n_head=2))
    Trainer(model, arguments, train_dataset=samples).train()
    wandb.finish()
