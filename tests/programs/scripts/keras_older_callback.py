"""Keras's older callback: gradients, operations, the graph, pictures of a generator, masks, tables."""

import keras
import numpy as np
import wandb
from wandb.integration.keras import WandbCallback

random = np.random.default_rng(0)
X = random.normal(size=(40, 1)).astype("float32")
Y = 3 * X + 1
PICTURES = random.random((8, 6, 6, 3)).astype("float32")
CLASSES = np.eye(2, dtype="float32")[np.arange(8) % 2]


def line():
    """Return a model of one weight, 2, that a training does not change."""
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False, name="slope")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.set_weights([np.full((1, 1), 2.0)])
    return model


def classifier():
    """Return a model of pictures of two classes."""
    scores = keras.layers.Dense(2, activation="softmax")
    model = keras.Sequential([keras.layers.Input((6, 6, 3)), keras.layers.Flatten(), scores])
    model.compile("sgd", "categorical_crossentropy")
    return model


with wandb.init(project="keras", name="gradients") as run:
    callback = WandbCallback(save_model=False, log_gradients=True, training_data=(X, Y), compute_flops=True)
    line().fit(X, Y, epochs=1, verbose=0, callbacks=[callback])
    bins = run.summary["gradients/slope/kernel.gradient"]["bins"]
    assert bins[0] <= float(np.mean(2 * X * (2 * X - Y))) <= bins[-1], bins
    assert bins[-1] - bins[0] < 1.1
    assert 1e-9 <= run.summary["GFLOPs"] <= 4e-9
    assert run.summary["graph"]["_type"] == "graph-file"

with wandb.init(project="keras", name="tables") as run:
    options = {"log_evaluation": True, "log_evaluation_frequency": 2, "labels": ["no", "yes"]}
    callback = WandbCallback(save_model=False, validation_data=(PICTURES, CLASSES), **options)
    classifier().fit(PICTURES, CLASSES, epochs=4, verbose=0, callbacks=[callback])
    samples = run.use_artifact("wb_validation_data:latest").get("wb_validation_data")
    assert samples.get_column("target:max_class") == ["no", "yes"] * 4
    assert "input:image" in samples.columns
    assert run.summary["validation_predictions"]["nrows"] == len(PICTURES)

with wandb.init(project="keras", name="pictures") as run:
    batches = ((PICTURES[n : n + 2], CLASSES[n : n + 2]) for n in (0, 2, 4, 6))
    callback = WandbCallback(save_model=False, generator=batches, validation_steps=2, input_type="auto")
    classifier().fit(PICTURES, CLASSES, epochs=3, verbose=0, callbacks=[callback])
    assert run.summary["examples"]["count"] == 4

with wandb.init(project="keras", name="masks") as run:
    model = keras.Sequential([keras.layers.Input((6, 6, 3)), keras.layers.Conv2D(2, 1, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    masks = (PICTURES[..., 0] > 0.5).astype(int)
    kinds = {"input_type": "image", "output_type": "segmentation_mask", "class_colors": [[1, 0, 0], [0, 0, 1]]}
    callback = WandbCallback(save_model=False, validation_data=(PICTURES, masks), predictions=3, **kinds)
    model.fit(PICTURES, masks, epochs=1, verbose=0, callbacks=[callback])
    assert run.summary["examples"]["count"] == 9
