"""`wandb.plot`: the table in the row, the chart in the config, and the curves."""

from __future__ import annotations

import builtins
import json

import pytest

import wandb_nb as wandb
from wandb_nb.errors import MediaError

TABLE = "t = wandb.Table(['x', 'y', 's'], [[1, 2, 'a'], [3, 4, 'b']])\n"
CURVES = "y = [0, 1, 1, 0, 1, 0]\np = [[.9, .1], [.2, .8], [.4, .6], [.6, .4], [.7, .3], [.1, .9]]\n"
PROGRAMS = {
    "line": TABLE + "run.log({'a/b': wandb.plot.line(t, 'x', 'y', stroke='s', title='T')})",
    "split": TABLE + "run.log({'c': wandb.plot.line(t, 'x', 'y', split_table=True), 'loss': 1})",
    "nested": TABLE + "run.log({'n': {'d': wandb.plot.scatter(t, 'x', 'y', 'T'), 'l': 1}})",
    "bar": TABLE + "run.log({'b': wandb.plot.bar(t, 's', 'x', title='B')})",
    "histogram": TABLE + "run.log({'h': wandb.plot.histogram(t, 'x')})",
    "series": "run.log({'l': wandb.plot.line_series([1, 2, 3], [[1, 2, 3], [4, 5, 6]], keys=['a', 'b'], xname='q')})\n"
    "run.log({'m': wandb.plot.line_series([[1, 2], [3, 4]], [[1, 2], [4, 5]])})",
    "matrix": "run.log({'p': wandb.plot.confusion_matrix(preds=[0, 1, 1, 2], y_true=[0, 1, 2, 2], "
    "class_names=['a', 'b', 'c'])})\n"
    "run.log({'q': wandb.plot.confusion_matrix(probs=[[.9, .1], [.2, .8]], y_true=[0, 0], title='X')})\n"
    "run.log({'r': wandb.plot.confusion_matrix(preds=['u', 'v', 'v'], y_true=['u', 'u', 'v'])})\n"
    "run.log({'s': wandb.plot.confusion_matrix(preds=[0, 5, 5, 5], y_true=[0, 5, 0, 0])})",
    "roc": CURVES + "run.log({'r': wandb.plot.roc_curve(y, p, labels=['n', 'p'])})\n"
    "run.log({'s': wandb.plot.roc_curve(y, p, classes_to_plot=[1], title='R')})",
    "pr": CURVES + "run.log({'r': wandb.plot.pr_curve(y, p, labels=['n', 'p'], interp_size=5)})\n"
    "run.log({'s': wandb.plot.pr_curve(y, p)})\n"
    "y = rng.integers(0, 3, 500)\np = rng.random((500, 3))\nrun.log({'t': wandb.plot.pr_curve(y, p)})\n"
    "run.log({'u': wandb.plot.roc_curve(y, p)})",
    "plot_table": TABLE + "run.log({'c': wandb.plot_table('me/spec', t, {'x': 'x'}, {'title': 'q'})})",
    "visualize": TABLE + "run.log({'v': wandb.visualize('me/viz', t)})",
}


@pytest.mark.official
@pytest.mark.parametrize("name", PROGRAMS)
def test_charts_are_the_official_ones(both, name):
    """The key and the file of the table, and the chart in the config, are those of 0.31."""
    ours, official = both(PROGRAMS[name])
    assert ours.files == official.files
    assert [row.keys() for row in ours.rows] == [row.keys() for row in official.rows]
    for kind in ("visualize", "viz"):
        assert ours.config.get(kind) == official.config.get(kind)


def test_a_chart_is_also_in_the_config_file(start):
    """`config.yaml` has the chart, so that a server that gets only the files knows it."""
    run = start()
    run.log({"c": wandb.plot.line(wandb.Table(["x", "y"], [[1, 2]]), "x", "y")})
    run.finish()
    from pathlib import Path

    assert "wandb/line/v0" in Path(run.dir, "config.yaml").read_text("utf-8")


def test_secrets_in_titles_are_removed(logged, monkeypatch):
    """A key in the title of a chart is not stored."""
    secret = "c0ffee" + "9f8e7d6c5b4a39281706f5e4d3c2b1a0" + "de"
    monkeypatch.setenv("SERVICE_API_KEY", secret)
    run = logged({"c": wandb.plot.line(wandb.Table(["x", "y"], [[1, 2]]), "x", "y", title=secret)})
    assert secret not in json.dumps(run.config)
    assert run.config["visualize"]["c"]["panel_config"]["stringSettings"]["title"] == "[redacted]"


def test_a_spec_of_its_own_is_in_the_config(logged):
    """A chart with a spec in the place of a name has it in the config, for our views."""
    spec = {"mark": "point", "data": {"name": "wandb"}}
    run = logged({"c": wandb.plot_table(spec, wandb.Table(["x"], [[1]]), {"x": "x"})})
    panel = run.config["visualize"]["c"]["panel_config"]
    assert (panel["panelDefId"], json.loads(panel["vegaSpec"])) == ("own-spec", spec)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: wandb.plot_table({"a": {1}}, wandb.Table(["x"], [[1]]), {}), "the spec of the chart is not JSON"),
        (lambda: wandb.plot_table({"a": "x" * 60_000}, wandb.Table(["x"], [[1]]), {}), "put its data into the table"),
        (lambda: wandb.plot.line([[1]], "x", "y"), "a chart is made of a Table, got list"),
        (lambda: wandb.plot.line_series([1], [[1], [2]], keys=["a"]), "has 2 lines and 1 keys"),
        (lambda: wandb.plot.line_series([[1]], [[1], [2]]), "has 2 lines and 1 lists of x"),
        (lambda: wandb.plot.confusion_matrix(preds=[0, 1], y_true=[0]), "got 2 predictions and 1 labels"),
        (
            lambda: wandb.plot.confusion_matrix(preds=[0, 1], y_true=[0, 1], class_names=["a"]),
            "2 classes and 1 class_names",
        ),
        (lambda: wandb.plot.confusion_matrix(y_true=[0]), "needs y_true, and either preds or probs"),
        (lambda: wandb.plot.roc_curve([0, 1], [[1, 0]]), r"y_probas has the shape \(1, 2\): give one row for each"),
        (lambda: wandb.plot.pr_curve([0, 1]), "give y_true and y_probas"),
    ],
)
def test_impossible_charts_are_refused(make, message):
    """The error names what was given and what fits."""
    with pytest.raises(MediaError, match=message):
        make()


def test_a_missing_library_is_one_clear_line(monkeypatch):
    """Without scikit-learn the error says what to install."""
    real = builtins.__import__

    def without_sklearn(name, *arguments, **options):
        if name.partition(".")[0] == "sklearn":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_sklearn)
    with pytest.raises(MediaError, match=r"roc_curve\(\) needs scikit-learn: pip install scikit-learn"):
        wandb.plot.roc_curve([0, 1], [[1, 0], [0, 1]])


def test_a_confusion_matrix_is_made_of_arrays_too(logged):
    """Arrays of labels and predictions give the same chart as lists."""
    import numpy as np

    labels, guesses = [0, 1, 1, 2], [0, 1, 2, 2]
    arrays = wandb.plot.confusion_matrix(y_true=np.array(labels), preds=np.array(guesses))
    run = logged({"a": arrays, "b": wandb.plot.confusion_matrix(y_true=labels, preds=guesses)})
    assert run.rows[0]["a_table"]["path"] == run.rows[0]["b_table"]["path"], "equal bytes are one file"
