"""Keras: metrics by epoch, by batch and by count of batches, schedules and checkpoints."""

import keras
import numpy as np
import wandb
from wandb.integration.keras import WandbMetricsLogger, WandbModelCheckpoint


def model(rate=0.1):
    """Return a new model with equal weights."""
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Input((16,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3)]
    made = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile(keras.optimizers.SGD(rate), loss=loss, metrics=["accuracy"])
    return made


random = np.random.default_rng(0)
SAMPLES = random.normal(size=(32, 16)).astype("float32")
LABELS = random.integers(0, 3, 32)
data = {"x": SAMPLES, "y": LABELS, "batch_size": 8, "verbose": 0, "shuffle": False}
held_out = (SAMPLES[:8], LABELS[:8])
schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 4, 0.9)

with wandb.init(project="keras", name="epochs") as run:
    model(schedule).fit(**data, epochs=3, validation_data=held_out, callbacks=[WandbMetricsLogger()])
with wandb.init(project="keras", name="batches") as run:
    model(schedule).fit(**data, epochs=2, validation_data=held_out, callbacks=[WandbMetricsLogger("batch")])
with wandb.init(project="keras", name="every-third") as run:
    model().fit(**data, epochs=3, callbacks=[WandbMetricsLogger(log_freq=3)])
with wandb.init(project="keras", name="continued") as run:
    logger = WandbMetricsLogger("batch", initial_global_step=8)
    model(schedule).fit(**data, epochs=4, initial_epoch=2, callbacks=[logger])
with wandb.init(project="keras", name="checkpoints", id="ckpt1") as run:
    checkpoint = WandbModelCheckpoint("models/{epoch:02d}.keras", monitor="val_loss")
    model().fit(**data, epochs=2, validation_data=held_out, callbacks=[WandbMetricsLogger(), checkpoint])
with wandb.init(project="keras", name="weights", id="ckpt2") as run:
    checkpoint = WandbModelCheckpoint("best.weights.h5", save_best_only=True, save_weights_only=True, monitor="loss")
    model().fit(**data, epochs=2, callbacks=[checkpoint])
with wandb.init(project="keras", name="by-count", id="ckpt3") as run:
    checkpoint = WandbModelCheckpoint("count-{epoch}-{batch}.keras", save_freq=3)
    model().fit(**data, epochs=2, callbacks=[checkpoint])
