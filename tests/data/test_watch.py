"""`watch()`: histograms of gradients and parameters of torch models. Skipped where torch is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from logged_run import read_run

import wandb_nb as wandb
from wandb_nb.data.watching.model_watch import tensor_histogram
from wandb_nb.errors import MediaError, RowTypeError

torch = pytest.importorskip("torch", reason="torch is not installed: pip install torch tests watch() on real models")


def model():
    """Return a small model."""
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))


def train(net, run, batches: int) -> None:
    """Train *net* and log the loss of each batch."""
    for _ in range(batches):
        net.zero_grad()
        loss = net(torch.ones(5, 4)).sum()
        loss.backward()
        run.log({"loss": loss})


def rows_of(run) -> list[set[str]]:
    """Return the keys of each row."""
    run.finish()
    return [set(row) for row in read_run(Path(run.file).parent).rows]


WEIGHTS = {f"{number}.{kind}" for number in (0, 2) for kind in ("weight", "bias")}


@pytest.mark.parametrize("log_freq", [1, 2, 3, 5])
def test_every_nth_batch_is_logged(start, log_freq):
    """The gradients of batch n, 2n … are part of the row of that batch, the others have the loss only."""
    run, net = start(), model()
    run.watch(net, log_freq=log_freq)
    train(net, run, 10)
    expected = {f"gradients/{name}" for name in WEIGHTS}
    for number, keys in enumerate(rows_of(run), 1):
        assert keys == {"loss"} | (expected if number % log_freq == 0 else set()), number


def test_gradients_and_parameters_are_histograms(start):
    """Each is a histogram of 64 bins that counts every value; a second model has a prefix."""
    run, one, two = start(), model(), model()
    run.watch((one, two), log="all", log_freq=1)
    train(one, run, 1)
    train(two, run, 1)
    run.finish()
    first, second = read_run(Path(run.file).parent).rows
    assert set(first) == {"loss"} | {f"{kind}/{name}" for kind in ("gradients", "parameters") for name in WEIGHTS}
    histogram = first["parameters/0.weight"]
    assert (histogram["_type"], len(histogram["values"]), len(histogram["bins"])) == ("histogram", 64, 65)
    assert sum(histogram["values"]) == 12
    assert "gradients/graph_1/0.weight" in second


def test_the_graph_is_in_the_summary(start):
    """With `log_graph` the layers of the model, connected in their order, are in the summary after one batch."""
    run, net = start(), model()
    run.watch(net, log=None, log_graph=True)
    train(net, run, 1)
    stored = run.summary["graph_0"]
    assert stored["_type"] == "graph-file"
    assert b'"edges":[["0","1"],["1","2"]]' in Path(run.dir, stored["path"]).read_bytes()


def test_unwatch_removes_every_hook(start):
    """After `unwatch()`, and after the run, training logs nothing more and the model has no hooks."""
    run, net = start(), model()
    run.watch(net, log="all", log_freq=1)
    run.unwatch(net)
    train(net, run, 2)
    assert rows_of(run) == [{"loss"}, {"loss"}]
    assert all(not each._backward_hooks for each in net.parameters())


def test_a_finished_run_lets_the_training_continue(start):
    """A model that is trained after the end of the run raises nothing."""
    run, net = start(), model()
    run.watch(net, log_freq=1)
    run.finish()
    net(torch.ones(5, 4)).sum().backward()


def test_values_that_are_not_finite_are_left_out():
    """NaN and infinities are not counted, and a tensor of them alone has no histogram; equal values have bins."""
    assert sum(tensor_histogram(torch.tensor([1.0, float("nan"), 2.0, float("inf")])).histogram) == 2
    assert tensor_histogram(torch.tensor([float("nan")])) is None
    assert sum(tensor_histogram(torch.zeros(7)).histogram) == 7
    assert sum(tensor_histogram(torch.eye(3).to_sparse()).histogram) == 3
    assert sum(tensor_histogram(torch.ones(3, dtype=torch.bfloat16)).histogram) == 3


def test_impossible_arguments_are_refused(start):
    """Something that is not a module, an unknown choice and a second watch are reported."""
    run, net = start(), model()
    with pytest.raises(RowTypeError, match=r"watch\(\) takes a torch.nn.Module, or a list of them, got int"):
        run.watch(5)
    with pytest.raises(MediaError, match=r"watch\(log='some'\) is not possible"):
        run.watch(net, log="some")
    run.watch(net)
    with pytest.raises(MediaError, match="Sequential is watched already: call unwatch"):
        wandb.watch(net)
