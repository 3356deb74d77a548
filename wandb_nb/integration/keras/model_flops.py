"""How many floating-point operations a model needs for one sample, as the backend of Keras counts them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_GIGA = 1e9


def model_gflops(model: Any) -> float:
    """Return the operations for one sample in GFLOPs.

    Raises:
        UsageError: *model* is neither sequential nor functional, or the backend counts none.

    """
    keras = import_module("keras")
    if not (inputs := getattr(model, "inputs", None)):
        raise UsageError("compute_flops needs a sequential or functional model with an Input")
    if (count := _BACKENDS.get(keras.config.backend())) is None:
        raise UsageError(f"the backend {keras.config.backend()} of Keras counts no operations")
    form = inputs[0] if len(inputs) == 1 else model.input
    sample = keras.tree.map_structure(
        lambda each: keras.ops.zeros([1, *(size or 1 for size in each.shape[1:])], each.dtype), form
    )
    return count(model, sample) / _GIGA


def _with_jax(model: Any, sample: Any) -> float:
    compiled = import_module("jax").jit(lambda inputs: model(inputs, training=False)).lower(sample).compile()
    return float(compiled.cost_analysis()["flops"])


def _with_tensorflow(model: Any, sample: Any) -> float:
    tensorflow = import_module("tensorflow")
    graph = tensorflow.function(lambda inputs: model(inputs, training=False)).get_concrete_function(sample).graph
    profiler = tensorflow.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    counted = profiler.profile(graph, options=options.with_empty_output().build())
    return float(counted.total_float_ops)


def _with_torch(model: Any, sample: Any) -> float:
    with import_module("torch.utils.flop_counter").FlopCounterMode(display=False) as counter:
        model(sample, training=False)
    return float(counter.get_total_flops())


_BACKENDS: dict[str, Callable[[Any, Any], float]] = {
    "jax": _with_jax,
    "tensorflow": _with_tensorflow,
    "torch": _with_torch,
}
