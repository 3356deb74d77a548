"""Magic with Keras: a training once with magic and once with the older callback; then a table of predictions."""

import keras
import numpy as np
import wandb
from wandb.integration.keras import WandbCallback, WandbEvalCallback

random = np.random.default_rng(0)
x = random.normal(size=(32, 16)).astype("float32")
y = random.integers(0, 3, 32)


def fit(callbacks=None):
    """Train a new model with equal weights."""
    keras.utils.set_random_seed(1)
    scores = keras.layers.Dense(3, activation="softmax", name="scores")
    model = keras.Sequential([keras.layers.Input((16,)), scores])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=8, epochs=3, verbose=0, validation_data=(x[:8], y[:8]), callbacks=callbacks)


class Predictions(WandbEvalCallback):
    """Logs the labels of four samples, and the predictions for them."""

    def add_ground_truth(self, logs=None):
        for number in range(4):
            self.data_table.add_data(number, int(y[number]))

    def add_model_predictions(self, epoch, logs=None):
        for number, scores in enumerate(self.model.predict(x[:4], verbose=0)):
            label = self.data_table_ref.data[number][1]
            self.pred_table.add_data(epoch, number, label, int(scores.argmax()))


with wandb.init(project="programs", name="keras 1", magic={"keras.fit.callbacks.wandb.log_weights": True}):
    fit()
with wandb.init(project="programs", name="keras 2"):
    fit([WandbCallback(save_model=False, log_weights=True)])
with wandb.init(project="programs", name="predictions"):
    fit([Predictions(["number", "label"], ["epoch", "number", "label", "prediction"])])
