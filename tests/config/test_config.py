"""`Config` as a user sees it."""

from __future__ import annotations

import copy
import datetime as dt
import enum
import json
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.errors import ConfigError
from wandb_nb.tracking.config.config import REMOVED, Config


@dataclass
class Optimizer:
    """A part of a user's config."""

    name: str = "sgd"
    betas: tuple[float, float] = (0.9, 0.99)


class Colour(enum.Enum):
    """A user's enum."""

    RED = 1


def recording(**options):
    """Return a config, and the list of the changes it reports."""
    changes = []
    config = Config(
        {"lr": 0.1}, on_change=lambda changed, removed: changes.append((dict(changed), list(removed))), **options
    )
    return config, changes


def test_keys_are_read_by_attribute_and_by_item():
    """A config reads as a dictionary and as an object."""
    config = Config({"lr": 0.1, "model": {"depth": 2}})

    assert config.lr == config["lr"] == config.get("lr") == 0.1
    assert config.model.depth == config["model"]["depth"] == 2
    assert config.get("absent") is None
    assert config.get("absent", 5) == 5
    assert "lr" in config
    assert "absent" not in config
    assert list(config) == list(config.keys()) == ["lr", "model"]
    assert dict(config.items()) == {**config} == config.as_dict() == {"lr": 0.1, "model": {"depth": 2}}
    assert len(config) == 2


def test_an_absent_key_is_named():
    """Reading an absent key raises what a dictionary and an object raise, and lists the keys that exist."""
    config = Config({"lr": 0.1})

    with pytest.raises(KeyError, match="momentum"):
        config["momentum"]
    with pytest.raises(AttributeError, match=r"no config key 'momentum' \(available: lr\)"):
        _ = config.momentum
    with pytest.raises(AttributeError, match="momentum"):
        del config.momentum


def test_new_keys_are_reported_and_equal_ones_are_not():
    """Each way of adding keys reports exactly what changed, once per call."""
    config, changes = recording()
    config.epochs = 3
    config["batch"] = 32
    config.update({"lr": 0.1, "seed": 1}, None, depth=2)
    config.setdefaults({"lr": 0.5, "width": 8})
    config.update({"lr": 0.1})

    assert changes == [
        ({"epochs": 3}, []),
        ({"batch": 32}, []),
        ({"seed": 1, "depth": 2}, []),
        ({"width": 8}, []),
    ]


def test_a_change_in_a_script_is_refused_with_remedies():
    """The error names key, old and new value and run, and how to allow the change; the call changes nothing."""
    config, changes = recording(run_id="abc12345")

    with pytest.raises(ConfigError) as caught:
        config.update({"lr": 0.2, "new": 1})
    message = str(caught.value)
    for part in (
        "'lr'",
        "0.1",
        "0.2",
        "abc12345",
        "update({...}, allow_val_change=True)",
        "init(allow_val_change=True)",
    ):
        assert part in message
    assert config.as_dict() == {"lr": 0.1}
    assert changes == []


def test_a_change_is_allowed_by_the_call_or_the_run():
    """The argument of the call overrides the run's setting, which overrides the environment's default."""
    config, changes = recording()
    config.update({"lr": 0.2}, allow_val_change=True)
    assert changes == [({"lr": 0.2}, [])]

    free, _ = recording(allow_val_change=True)
    free.lr = 0.3
    assert free.lr == 0.3
    with pytest.raises(ConfigError):
        free.update({"lr": 0.4}, allow_val_change=False)


@pytest.mark.parametrize(
    ("place", "default"),
    [
        ("", False),
        ("from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.instance()", False),
        ("from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.instance().kernel = 1", True),
        ("sys.modules['marimo'] = types.SimpleNamespace(running_in_notebook=lambda: True)", True),
        ("sys.modules['marimo'] = types.SimpleNamespace(running_in_notebook=lambda: False)", False),
    ],
    ids=["script", "terminal", "kernel", "marimo", "marimo-script"],
)
def test_the_environment_decides_unless_the_user_does(place, default, tmp_path):
    """Notebooks may change config by default, scripts and terminals not; True and False apply everywhere."""
    code = (
        f"import sys, types\n{place}\n"
        "from wandb_nb.errors import ConfigError\nfrom wandb_nb.tracking.config.config import Config\n"
        "for word in (None, True, False):\n"
        "    config = Config({'lr': 1}, allow_val_change=word)\n"
        "    try:\n        config.lr = 2\n    except ConfigError:\n        pass\n"
        "    print(config.lr == 2)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )  # fmt: skip

    assert done.stdout.split() == [str(default), "True", "False"]


@pytest.mark.kernel
def test_a_notebook_run_by_nbclient_may_change_config(tmp_path):
    """In a real kernel run the way papermill does it, a change is accepted and an explicit False still refuses it."""
    import nbclient
    import nbformat

    code = (
        "from wandb_nb.errors import ConfigError\nfrom wandb_nb.tracking.config.config import Config\n"
        "config = Config({'lr': 1})\nconfig.lr = 2\nstrict = Config({'lr': 1}, allow_val_change=False)\n"
        "try:\n    strict.lr = 2\nexcept ConfigError:\n    pass\n(config.lr, strict.lr)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=60).execute(env={**os.environ, "IPYTHONDIR": str(tmp_path)})

    assert notebook.cells[0].outputs[-1]["data"]["text/plain"] == "(2, 1)"


def test_a_change_is_remembered_with_its_time():
    """`history` has each value a key took, with times that do not go back."""
    config = Config({"lr": 0.1}, allow_val_change=True)
    config.lr = 0.2
    config.lr = 0.2
    del config.lr
    changes = config.history("lr")

    assert [change.value for change in changes] == [0.1, 0.2, REMOVED]
    assert [change.time for change in changes] == sorted(change.time for change in changes)
    with pytest.raises(KeyError):
        config.history("absent")


def test_removing_a_key_is_a_change():
    """A key is removed only if changes are allowed, and the removal is reported."""
    config, changes = recording()
    with pytest.raises(ConfigError, match="removed"):
        del config["lr"]
    free, free_seen = recording(allow_val_change=True)
    assert free.pop("lr") == 0.1

    assert config.lr == 0.1
    assert changes == []
    assert free_seen == [({}, ["lr"])]


def test_a_nested_dict_is_live():
    """Setting a key inside a nested dict changes the config and its record under the same rules."""
    config, changes = recording()
    config.model = {"name": "mlp", "head": {"width": 8}}
    config.model.head["depth"] = 2
    config.model.head.update(bias=True)
    config["model"].setdefault("act", "relu")

    expected = {"name": "mlp", "head": {"width": 8, "depth": 2, "bias": True}, "act": "relu"}
    assert config.as_dict()["model"] == expected
    assert changes[-1] == ({"model": expected}, [])
    with pytest.raises(ConfigError, match=r"'model.head.width'.*8.*16"):
        config.model.head.width = 16
    with pytest.raises(ConfigError, match=r"model\.name"):
        config.model.pop("name")
    assert config.as_dict()["model"] == expected


def test_a_nested_dict_follows_when_changes_are_allowed():
    """If changes are allowed, items inside change and disappear; a removed section reports that it is gone."""
    config, changes = recording(allow_val_change=True)
    config.model = {"name": "mlp", "head": {"width": 8}}
    head = config.model.head
    head.width = 16
    head |= {"depth": 2}
    del head["width"]
    assert head == {"depth": 2}
    assert config.model.head == {"depth": 2}
    assert changes[-1] == ({"model": {"name": "mlp", "head": {"depth": 2}}}, [])

    config.model = "none"
    with pytest.raises(ConfigError, match="no longer exists"):
        head.width = 1


def test_lists_are_copies():
    """Changing a list that was read does not change the config."""
    config = Config({"layers": [1, {"a": 2}]})
    config.layers.append(3)
    config.layers[1]["a"] = 3
    config.as_dict()["layers"].append(4)

    assert config.layers == [1, {"a": 2}]


def test_given_objects_are_not_aliased():
    """Changing the object given afterwards does not change the config."""
    source = {"layers": [1], "model": {"a": 1}}
    config = Config(source)
    source["layers"].append(2)
    source["model"]["a"] = 2

    assert config.as_dict() == {"layers": [1], "model": {"a": 1}}


def test_keys_with_dots_are_refused_at_the_top_only():
    """A dotted top-level key is refused as documented; real models' nested keys are not."""
    config = Config({"model": {"encoder.layer.0": 1}})

    assert config.as_dict() == {"model": {"encoder.layer.0": 1}}
    for wrong in ({"a.b": 1}, {"": 1}, {"_wandb": 1}, {0.5: 1}):
        with pytest.raises(ConfigError):
            config.update(wrong)


def test_keys_become_text():
    """Numbers, booleans, None, numpy's scalars and other objects are written out as keys."""
    config = Config({1: "a", np.int64(2): "b", np.str_("c"): {np.float32(0.5): 1, None: 2, True: 3}})

    assert config.as_dict() == {"1": "a", "2": "b", "c": {"0.5": 1, "None": 2, "True": 3}}
    assert all(type(key) is str for key in config)
    config.update({"a": {(1, 2): 3}})
    assert config["a"] == {"(1, 2)": 3}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int32(5), 5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(3), 3),
        (np.arange(40), list(range(40))),
        (np.array([[1.5, 2], [3, 4]]), [[1.5, 2.0], [3.0, 4.0]]),
        ((1, "a"), [1, "a"]),
        ({3, 1, 2}, [1, 2, 3]),
        (deque([1]), [1]),
        (range(3), [0, 1, 2]),
        (Colour.RED, "RED"),
        (dt.date(2024, 1, 2), "2024-01-02"),
        (dt.datetime(2024, 1, 2, 3, tzinfo=dt.timezone.utc), "2024-01-02T03:00:00+00:00"),
        (Path("a") / "b", str(Path("a") / "b")),
        (b"ab\xff", "ab\\xff"),
        (len, "builtins.len"),
        (Optimizer, f"{__name__}.Optimizer"),
        (Optimizer(), {"name": "sgd", "betas": [0.9, 0.99]}),
        (None, None),
        (float("inf"), float("inf")),
        ("text", "text"),
    ],
)
def test_values_are_plain(value, expected):
    """Scalars and containers of any library are stored as a reader of the file gets them."""
    stored = Config({"key": value}).as_dict()["key"]

    assert stored == expected
    assert type(stored) is type(expected)
    assert json.loads(json.dumps(stored)) == stored


def test_a_container_that_holds_itself_ends():
    """A cycle is cut off, and the rest of the container is there."""
    loop: dict = {"a": 1}
    loop["self"] = loop

    assert Config({"loop": loop}).as_dict() == {"loop": {"a": 1, "self": "..."}}


def test_large_values_are_refused():
    """A value of 10 MB or more is refused with its size; a large one below is accepted."""
    config = Config({"text": "a" * 9_000_000})

    with pytest.raises(ConfigError, match=r"'more' takes 10\.0 MB"):
        config.more = "a" * 10_000_000
    with pytest.raises(ConfigError, match="'model'"):
        config.model = {"weights": list(range(2_000_000))}
    with pytest.raises(ConfigError, match="1000000000000 elements"):
        config.mask = np.broadcast_to(np.float32(1), 10**12)


def test_a_nan_is_equal_to_itself():
    """Setting the same NaN again is not a change."""
    config, changes = recording()
    config.update({"x": float("nan"), "y": [float("nan")]})
    config.update({"x": float("nan"), "y": [float("nan")]})

    assert len(changes) == 1


def test_keys_named_like_methods_live_as_items():
    """A key such as "update" is set and read as an item; as an attribute it is refused, not lost."""
    config = Config({"update": 1, "keys": 2})

    assert (config["update"], config["keys"]) == (1, 2)
    with pytest.raises(ConfigError, match=r"config\['update'\]"):
        config.update = 5


def test_the_repr_is_a_readable_dict():
    """The repr is the dict as Python writes it, in the order of the keys."""
    assert repr(Config({"b": 1, "a": "x"})) == "{'b': 1, 'a': 'x'}"


def test_copies_are_configs_of_their_own():
    """Copies and pickles are equal and report nothing; their sections are plain."""
    config, changes = recording()
    config.model = {"a": {"b": 1}}
    changes.clear()
    for other in (copy.copy(config), copy.deepcopy(config), pickle.loads(pickle.dumps(config))):  # noqa: S301 - ours
        assert other.as_dict() == config.as_dict()
        other.more = 1
    assert type(copy.deepcopy(config.model)) is dict
    assert type(pickle.loads(pickle.dumps(config.model))["a"]) is dict  # noqa: S301 - ours
    assert json.dumps(config.model) == '{"a": {"b": 1}}'

    assert changes == []


def test_an_argument_parser_updates_it():
    """`config.update(args)` takes a namespace, as scripts do."""
    import argparse

    config = Config()
    config.update(argparse.Namespace(lr=0.1, name="a"))

    assert config.as_dict() == {"lr": 0.1, "name": "a"}


def test_an_error_in_the_report_reaches_the_caller():
    """If recording fails, the caller gets the error."""

    def fail(_changed, _removed):
        raise OSError("full")

    config = Config(on_change=fail)
    with pytest.raises(OSError, match="full"):
        config.lr = 1


def test_threads_may_change_it_together():
    """Keys set by many threads are all there, and replaying the reports gives the same config."""
    replayed: dict = {}
    config = Config(on_change=lambda changed, _removed: replayed.update(changed), allow_val_change=True)

    def work(number):
        for turn in range(100):
            config[f"own_{number}_{turn}"] = turn
            config.shared = (number, turn)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(config) == 801
    assert replayed == config.as_dict()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_forked_in_the_middle_of_a_change_can_change_it():
    """A lock that another thread owned during the fork does not block the child."""
    code = (
        "import os, threading\nfrom wandb_nb.tracking.config.config import Config\n"
        "inside, leave = threading.Event(), threading.Event()\n"
        "def hold(changed, removed):\n    inside.set()\n    leave.wait(60)\n"
        "config = Config(on_change=hold)\n"
        "threading.Thread(target=config.update, args=({'a': 1},)).start()\n"
        "inside.wait(60)\n"
        "pid = os.fork()\n"
        "leave.set()\n"
        "if pid == 0:\n    config.b = 2\n    os._exit(0)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)

    assert done.stdout.strip() == "0"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
keys = st.text(min_size=1).filter(lambda key: "." not in key and key != "_wandb")


@given(st.dictionaries(keys, json_values, max_size=6))
def test_json_values_come_back_unchanged(values):
    """All JSON values are read back unchanged, and setting them again is not a change."""
    changes = []
    config = Config(values, on_change=lambda changed, _removed: changes.append(changed))
    config.update(copy.deepcopy(values))

    assert config.as_dict() == values
    assert changes == []
