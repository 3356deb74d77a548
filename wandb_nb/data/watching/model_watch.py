"""Hooks on models of torch. Between two logged batches a model costs one call per backward pass.

A hook on one parameter counts its gradients, that is, the batches: 1.2 % of a step of 220 µs, where a hook on the
model takes 4 %, since torch calls a module with hooks in a slower way. Only before a batch that is due, every parameter
gets a hook.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from wandb_nb.data.histogram import Histogram
from wandb_nb.data.watching.model_graph import GraphRecorder
from wandb_nb.errors import MediaError, RowTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LOG_CHOICES = ("gradients", "parameters", "all", None)
BINS = 64


class ModelWatch:
    """Watches models for one run. *log* stores a part of the current row, *summarize* sets entries of the summary.

    A failure in a hook never reaches the training: it ends the watching of that model, and *report* gets one line.
    """

    def __init__(
        self,
        log: Callable[[Mapping[str, Any]], None],
        summarize: Callable[[Mapping[str, Any]], None],
        report: Callable[[str], None],
    ) -> None:
        self._log, self._summarize, self._report = log, summarize, report
        self._models: list[tuple[Any, WatchedModel]] = []
        self._count = 0

    def add(
        self, models: Any, log: str | None = "gradients", log_freq: int = 1000, *, log_graph: bool = False
    ) -> list[GraphRecorder]:
        """Watch *models*, one or several; return the graphs that are recorded with the next batch.

        Raises:
            RowTypeError: One of them is not a module of torch.
            MediaError: *log* or *log_freq* is not possible, or a model is watched already.

        """
        if log not in LOG_CHOICES:
            raise MediaError(f"watch(log={log!r}) is not possible: give 'gradients', 'parameters', 'all' or None")
        if log_freq < 1:
            raise MediaError(f"watch(log_freq={log_freq!r}) is not possible: give a number of batches from 1 on")
        chosen = _modules(models)
        for model in chosen:
            if any(watched is model for watched, _ in self._models):
                raise MediaError(f"{type(model).__name__} is watched already: call unwatch() first")
        return [recorder for model in chosen if (recorder := self._watch(model, log, log_freq, log_graph)) is not None]

    def remove(self, models: Any = None) -> None:
        """Remove all hooks from *models*, or from every watched one."""
        chosen = None if models is None else _modules(models)
        remaining: list[tuple[Any, WatchedModel]] = []
        for model, watched in self._models:
            if chosen is None or any(model is each for each in chosen):
                watched.remove()
            else:
                remaining.append((model, watched))
        self._models = remaining

    def _watch(self, model: Any, log: str | None, log_freq: int, log_graph: bool) -> GraphRecorder | None:
        number, self._count = self._count, self._count + 1
        name = f"graph_{number}"
        prefix = f"{name}/" if number else ""
        self._models.append((model, WatchedModel(model, prefix, log, log_freq, self._log, self._report)))
        if not log_graph:
            return None
        return GraphRecorder(model, lambda graph: self._summarize({name: graph}), self._report)


class WatchedModel:
    """The hooks on one model."""

    def __init__(  # noqa: PLR0917 -- one caller
        self,
        model: Any,
        prefix: str,
        log: str | None,
        log_freq: int,
        store: Callable[[Mapping[str, Any]], None],
        report: Callable[[str], None],
    ) -> None:
        self._model, self._prefix, self._store, self._report = model, prefix, store, report
        self._gradients, self._parameters = log in ("gradients", "all"), log in ("parameters", "all")
        self._log_freq, self._batch = log_freq, 0
        self._left = self._waited = 1
        self._gradient_handles: list[Any] = []
        trained = [each for each in model.parameters() if each.requires_grad] if log else []
        self._counter = trained[-1].register_hook(self._count_batch) if trained else None
        if log_freq == 1 and trained:
            self._add_gradient_hooks()

    def remove(self) -> None:
        """Remove every hook."""
        if self._counter is not None:
            self._counter.remove()
            self._counter = None
        self._remove_gradient_hooks()

    def _count_batch(self, _gradient: Any) -> None:
        """Count a backward pass: the one of the last parameter, whose gradient comes early. Called for every batch."""
        self._left -= 1
        if not self._left:
            self._guarded(self._continue)

    def _continue(self) -> None:
        """Do what is due in this batch, and set the number of batches until something else is."""
        self._batch += self._waited
        if self._batch == self._log_freq:
            self._batch, self._waited = 0, 1
            if self._parameters:
                self._log_parameters()
        elif self._batch == self._log_freq - 1:
            self._waited = 1
            # After this pass: a hook that is added during it would be called for the gradients that are still to come.
            torch = sys.modules["torch"]
            engine = torch.autograd.Variable._execution_engine  # noqa: SLF001 -- there is no public name
            engine.queue_callback(lambda: self._guarded(self._add_gradient_hooks))
        else:  # the batch after the one that was logged
            self._waited = self._log_freq - 2
            self._remove_gradient_hooks()
        self._left = self._waited

    def _log_parameters(self) -> None:
        self._store_histograms("parameters", {name: each.data for name, each in self._model.named_parameters()})

    def _add_gradient_hooks(self) -> None:
        """Have every gradient of the next backward pass logged."""
        self._remove_gradient_hooks()
        for name, parameter in self._model.named_parameters() if self._gradients else ():
            if parameter.requires_grad:
                self._gradient_handles.append(parameter.register_hook(self._gradient_hook(name)))

    def _gradient_hook(self, name: str) -> Callable[[Any], None]:
        calls: list[None] = []

        def hook(gradient: Any) -> None:
            if not calls or self._log_freq == 1:  # it may still be there in the pass after the one to be logged
                calls.append(None)
                self._guarded(lambda: self._store_histograms("gradients", {name: gradient.data}))

        return hook

    def _store_histograms(self, kind: str, tensors: Mapping[str, Any]) -> None:
        row = {f"{kind}/{self._prefix}{name}": tensor_histogram(tensor) for name, tensor in tensors.items()}
        self._store({name: each for name, each in row.items() if each is not None})

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 -- a hook runs inside the user's training
            self.remove()
            name = type(self._model).__name__
            self._report(f"{name} is no longer watched ({type(error).__name__}: {error}); the training continues")

    def _remove_gradient_hooks(self) -> None:
        for handle in self._gradient_handles:
            handle.remove()
        self._gradient_handles = []


def tensor_histogram(tensor: Any) -> Histogram | None:
    """Return the histogram of the finite values of *tensor*, counted on its own device; None without any."""
    values = tensor.detach()
    if values.is_sparse:
        values = values.coalesce().values()
    values = values.flatten().float()
    finite = values.isfinite()
    if not finite.all():
        values = values[finite]
    if not values.numel():
        return None
    low, high = values.min().item(), values.max().item()
    if low == high:
        low, high = low - max(abs(low), 1.0) / 2, high + max(abs(high), 1.0) / 2
    counts = values.cpu().histc(bins=BINS, min=low, max=high).tolist()
    step = (high - low) / BINS
    edges = [low + number * step for number in range(BINS)] + [high]
    return Histogram(np_histogram=([int(count) for count in counts], edges))


def _modules(models: Any) -> Sequence[Any]:
    """Return *models* as a list.

    Raises:
        RowTypeError: One of them is not a module of torch.

    """
    chosen = list(models) if isinstance(models, (list, tuple)) else [models]
    torch = sys.modules.get("torch")
    for model in chosen:
        if torch is None or not isinstance(model, torch.nn.Module):
            raise RowTypeError(f"watch() takes a torch.nn.Module, or a list of them, got {type(model).__name__}")
    return chosen
