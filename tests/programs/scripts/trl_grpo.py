"""TRL's GRPO trainer on a tiny model: rewards as rows, and the completions as a table of a data frame."""

from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, set_seed
from trl import GRPOConfig, GRPOTrainer

words = ["<pad>", "<end>", "<unknown>", *["one", "two", "three", "four", "five", "six", "seven", "eight"]]
tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unknown>"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>", unk_token="<unknown>")
set_seed(0)
model = GPT2LMHeadModel(
    GPT2Config(vocab_size=len(words), n_positions=32, n_embd=16, n_layer=1, n_head=2, eos_token_id=1, pad_token_id=0)
)
model.save_pretrained("model")
fast.save_pretrained("model")


def reward(completions, **_):
    """Reward the variety of words."""
    return [float(len(set(text.split()))) for text in completions]


trainer = GRPOTrainer(
    model="model",
    processing_class=fast,
    reward_funcs=reward,
    train_dataset=Dataset.from_dict({"prompt": ["one two", "three four", "five six", "seven eight"]}),
    args=GRPOConfig(
        output_dir="out",
        run_name="variety",
        report_to="wandb",
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=6,
        max_steps=2,
        logging_steps=1,
        save_strategy="no",
        log_completions=True,
        use_cpu=True,
        bf16=False,
        seed=0,
    ),
)
trainer.train()
