"""The gradients of a model's weights on data of the user, on each backend of Keras."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.data.histogram import Histogram
from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BATCH = 32


def gradient_histograms(model: Any, inputs: Any, targets: Any) -> dict[str, Histogram]:
    """Return a histogram of the mean gradient over all samples, of each array of weights.

    The names are `gradients/<path>.gradient`. The model runs as for predictions: neither weights nor statistics change.

    Raises:
        UsageError: The backend computes none.

    """
    keras = import_module("keras")
    if (gradients_of := _BACKENDS.get(keras.config.backend())) is None:
        raise UsageError(f"the backend {keras.config.backend()} of Keras computes no gradients")
    count = len(keras.tree.flatten(inputs)[0])
    sums: list[Any] = [0.0] * len(model.trainable_variables)
    for start in range(0, count, _BATCH):
        batch = slice(start, start + _BATCH)
        x, y = (keras.tree.map_structure(partial(_tensor, keras, batch), part) for part in (inputs, targets))
        size = min(_BATCH, count - start)
        for number, gradient in enumerate(gradients_of(keras, model, x, y)):
            if gradient is not None:
                sums[number] = sums[number] + keras.ops.convert_to_numpy(gradient) * (size / count)
    return {
        f"gradients/{variable.path.removeprefix(model.name + '/')}.gradient": Histogram(np.ravel(total))
        for variable, total in zip(model.trainable_variables, sums, strict=True)
    }


def _tensor(keras: Any, batch: slice, array: Any) -> Any:
    return keras.ops.convert_to_tensor(array[batch])


def _loss(model: Any, x: Any, y: Any) -> Any:
    return model.compute_loss(x=x, y=y, y_pred=model(x, training=False), training=False)


def _with_jax(keras: Any, model: Any, x: Any, y: Any) -> Sequence[Any]:
    variables = model.trainable_variables

    def loss(values: list[Any]) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return _loss(model, x, y)

    gradients: list[Any] = import_module("jax").grad(loss)([variable.value for variable in variables])
    return gradients


def _with_tensorflow(_keras: Any, model: Any, x: Any, y: Any) -> Sequence[Any]:
    tensorflow = import_module("tensorflow")
    with tensorflow.GradientTape() as tape:
        loss = _loss(model, x, y)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return [None if each is None else tensorflow.convert_to_tensor(each) for each in gradients]


def _with_torch(_keras: Any, model: Any, x: Any, y: Any) -> Sequence[Any]:
    torch = import_module("torch")
    values = [variable.value for variable in model.trainable_variables]
    with torch.enable_grad():
        gradients: Sequence[Any] = torch.autograd.grad(_loss(model, x, y), values, allow_unused=True)
    return gradients


_BACKENDS: dict[str, Callable[[Any, Any, Any, Any], Sequence[Any]]] = {
    "jax": _with_jax,
    "tensorflow": _with_tensorflow,
    "torch": _with_torch,
}
