"""Transformers' Trainer on a tiny language model, reporting to wandb."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

set_seed(0)
tokens = torch.randint(0, 64, (32, 16))
samples = [{"input_ids": row, "labels": row} for row in tokens]
model = GPT2LMHeadModel(GPT2Config(vocab_size=64, n_positions=16, n_embd=16, n_layer=1, n_head=2))
arguments = TrainingArguments(
    output_dir="out",
    run_name="tiny-gpt2",
    report_to="wandb",
    num_train_epochs=2,
    per_device_train_batch_size=8,
    logging_steps=2,
    eval_strategy="epoch",
    save_strategy="no",
    use_cpu=True,
)
trainer = Trainer(model, arguments, train_dataset=samples, eval_dataset=samples[:8])
trainer.train()
