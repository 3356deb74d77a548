"""[C1]…[C5]: the forms, sources and changes of config, each in its own process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from claimed import check, claim, run, show_json

if TYPE_CHECKING:
    from pathlib import Path

# ruff: noqa: E501 - a row's short script may stand on one line

SOURCES = [
    claim("C1 config is set", "wandb.init(config={'lr': 0.1})\nprint(wandb.config['lr'], wandb.config.lr)", "0.1 0.1"),
    claim("C2 a dict", "print(wandb.init(config={'a': 1, 'deep': {'b': [2]}}).config)", "{'a': 1, 'deep': {'b': [2]}}"),
    claim(
        "C2 argparse",
        """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--lr", type=float, default=0.5)
        wandb.init(config=parser.parse_args([]))
        print(wandb.config.lr)
        """,
        "0.5",
    ),
    claim(
        "C2 absl flags",
        """
        class FlagValues:  # as absl has it, which need not be installed
            def flag_values_dict(self): return {"lr": 0.5, "name": "x"}
        print(wandb.init(config=FlagValues()).config)
        """,
        "{'lr': 0.5, 'name': 'x'}",
    ),
    claim("C2 a dataclass", "from dataclasses import dataclass\n@dataclass\nclass C:\n    lr: float = 0.1\n    deep: tuple = (1, 2)\nprint(wandb.init(config=C()).config)", "{'lr': 0.1, 'deep': [1, 2]}"),
    claim("C2 an object", "class C:\n    def __init__(self): self.lr, self._own = 1, 2\nprint(wandb.init(config=C()).config)", "{'lr': 1}"),
    claim("C2 a class", "class C:\n    lr = 1\n    def method(self): ...\nprint(wandb.init(config=C).config)", "{'lr': 1}"),
    claim("C2 another config", "a = wandb.init(config={'lr': 1})\nprint(wandb.init(reinit=True, config=a.config).config)", "{'lr': 1}"),
    claim("C2 YAML, plain", "open('c.yaml', 'w').write('lr: 0.1\\nname: x')\nprint(wandb.init(config='c.yaml').config)", "{'lr': 0.1, 'name': 'x'}"),
    claim("C2 YAML, described", "open('c.yaml', 'w').write('lr: {value: 3, desc: rate}\\nb: {value: 4}')\nprint(wandb.init(config='c.yaml').config)", "{'lr': 3, 'b': 4}"),
    claim("C2 YAML as the original writes it", "open('c.yaml', 'w').write('wandb_version: 1\\n_wandb: {desc: null, value: {}}\\nlr: {desc: null, value: 3}')\nprint(wandb.init(config='c.yaml').config)", "{'lr': 3}"),
    claim("C2 JSON, plain", "open('c.json', 'w').write('{\"lr\": 0.1}')\nprint(wandb.init(config='c.json').config)", "{'lr': 0.1}"),
    claim("C2 JSON, described", "open('c.json', 'w').write('{\"lr\": {\"value\": 2, \"desc\": \"\"}}')\nprint(wandb.init(config='c.json').config)", "{'lr': 2}"),
    claim("C2 a missing file", "print_error(lambda: wandb.init(config='none.yaml'))", "config file ... none.yaml does not exist; pass a dict to give config itself"),
    claim("C2 a broken file", "open('c.yaml', 'w').write('a: [')\nprint_error(lambda: wandb.init(config='c.yaml'))", "... c.yaml is not valid YAML ..."),
    claim("C2 an empty file", "open('c.yaml', 'w').close()\nprint(wandb.init(config='c.yaml').config)", "{}"),
    *(claim(f"C2 not a {kind}", f"print_error(lambda: wandb.init(config={value}))", f"cannot read config from {kind}; pass a dict ...") for kind, value in (("int", "3"), ("list", "[1]"))),
    claim("C2 the defaults file", "open('config-defaults.yaml', 'w').write('lr: 1\\nb: {value: 2, desc: x}')\nprint(wandb.init().config)", "{'lr': 1, 'b': 2}"),
    claim("C2 config paths", "open('c.yaml', 'w').write('lr: 1')\nos.environ['WANDB_CONFIG_PATHS'] = 'c.yaml'\nprint(wandb.init().config)", "{'lr': 1}"),
    claim(
        "C2 low to high",
        """
        open("config-defaults.yaml", "w").write("a: defaults\\nb: defaults\\nc: defaults\\nd: defaults")
        open("one.yaml", "w").write("b: one\\nc: one\\nd: one")
        open("two.json", "w").write('{"c": "two", "d": "two"}')
        os.environ["WANDB_CONFIG_PATHS"] = "one.yaml,two.json"
        run = wandb.init(config={"d": "init", "e": "init"}, allow_val_change=True)
        run.config.e = "later"
        print(*run.config.values())
        """,
        "defaults one two init later",
    ),
]  # fmt: skip
RULES = [
    claim("C3 no dots in keys", "print_error(lambda: wandb.init(config={'a.b': 1}))", "config key 'a.b' contains a dot, which top-level keys must not ..."),
    claim("C3 nested dots are fine", "print(wandb.init(config={'net': {'a.b': 1}}).config.net['a.b'])", "1"),
    claim("C3 values under 10 MB", "print_error(lambda: wandb.init(config={'big': 'x' * 10_500_000}))\nprint(len(wandb.init(config={'big': 'x' * 9_000_000}).config.big))", "... 'big' ... 10 MB ... 9000000"),
    claim("not JSON: text", "r = wandb.init()\nr.config.update({'net': object(), 'z': [1j]})\nprint(r.config)", "{'net': '<object object>', 'z': ['1j']}"),
    claim("numpy scalars and keys", "import numpy as np\nprint(wandb.init(config={'a': np.float32(0.5), np.int64(3): np.bool_(True), 'v': np.arange(3)}).config)", "{'a': 0.5, '3': True, 'v': [0, 1, 2]}"),
    claim("C4 exclude", "print(*wandb.init(config={'a': 1, 'b': 2}, config_exclude_keys=['a']).config)", "b"),
    claim("C4 include", "print(*wandb.init(config={'a': 1, 'b': 2}, config_include_keys=['a']).config)", "a"),
    claim("C4 both", "print_error(lambda: wandb.init(config={}, config_include_keys=['a'], config_exclude_keys=['b']), wandb.UsageError)", "config_include_keys and config_exclude_keys exclude each other; give one of them"),
    claim(
        "C5 a change raises in scripts",
        "r = wandb.init(id='theid', config={'lr': 1})\nprint_error(lambda: r.config.update({'lr': 2, 'b': 3}), wandb.ConfigError)\nprint(r.config)",
        "config key 'lr' of run theid is 1 and would become 2. ... log() ... config.update({...}, allow_val_change=True), or init(allow_val_change=True) for the whole run {'lr': 1}",
    ),
    claim("C5 an equal value is not a change", "r = wandb.init(config={'a': 1, 'b': [1, {'c': 2}]})\nr.config.a = 1\nr.config.update({'b': [1, {'c': 2}]})\nprint('fine')", "fine"),
    claim("C5 allow_val_change on init", "r = wandb.init(config={'a': 1}, allow_val_change=True)\nr.config.a = 2\nprint(r.config.a)", "2"),
    claim("C5 an explicit False", "r = wandb.init(config={'a': 1}, allow_val_change=False)\nprint_error(lambda: setattr(r.config, 'a', 2))", "... is 1 and would become 2 ..."),
    claim("C5 allow_val_change per call", "r = wandb.init(config={'a': 1})\nr.config.update({'a': 2}, allow_val_change=True)\nprint(r.config.a)", "2"),
    claim("C5 a False per call", "r = wandb.init(config={'a': 1}, allow_val_change=True)\nprint_error(lambda: r.config.update({'a': 2}, allow_val_change=False))", "... is 1 and would become 2 ..."),
    claim("C5 new keys", "r = wandb.init(config={'a': 1})\nr.config.b = 2\nr.config['c'] = 3\nr.config.setdefaults({'a': 9, 'd': 4})\nprint(r.config)", "{'a': 1, 'b': 2, 'c': 3, 'd': 4}"),
    claim(
        "a change is recorded with its time",
        """
        import time
        before = time.time()
        r = wandb.init(config={"lr": 1}, allow_val_change=True)
        r.config.lr = 2
        del r.config["lr"]
        changes = r.config.history("lr")
        times = [change.time for change in changes]
        print(*(change.value for change in changes), before <= times[0] <= times[1] <= times[2] <= time.time())
        """,
        "1 2 REMOVED True",
    ),
    claim(
        "the ways to use it",
        """
        c = wandb.init(config={"lr": 0.1, "net": {"width": 8}}).config
        c.net.depth = 3
        c["net"]["kind"] = "mlp"
        print(c.lr, c["lr"], c.net.width, c.get("lr"), c.get("no", 7), "lr" in c, "no" in c, list(c), list(c.keys()), len(c))
        print(c.as_dict() == dict(c.items()), c.as_dict()["net"], repr(c))
        """,
        "0.1 0.1 8 0.1 7 True False ['lr', 'net'] ['lr', 'net'] 2 True {'width': 8, 'depth': 3, 'kind': 'mlp'} {'lr': 0.1, 'net': {'width': 8, 'depth': 3, 'kind': 'mlp'}}",
    ),
    claim("wandb.config before init", "print_error(lambda: wandb.config.update({'a': 1}))", "config needs an active run; call init() first"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "printed"), [*SOURCES, *RULES])
def test_config(tmp_path: Path, source: str, printed: str) -> None:
    """A script prints what the claim means."""
    check(tmp_path, source, printed)


def test_a_pydantic_model(tmp_path: Path) -> None:
    """[C2] The fields of a pydantic model are loaded, nested models as dicts."""
    pytest.importorskip("pydantic")
    source = """
        from pydantic import BaseModel
        class Net(BaseModel):
            width: int = 8
        class C(BaseModel):
            lr: float = 0.1
            net: Net = Net()
        print(wandb.init(config=C()).config)
        """
    check(tmp_path, source, "{'lr': 0.1, 'net': {'width': 8}}")


def test_real_absl_flags(tmp_path: Path) -> None:
    """[C2] The flags of an absl program are loaded."""
    pytest.importorskip("absl", reason="absl-py is not installed; test_config has its interface")
    source = """
        from absl import app, flags
        flags.DEFINE_float("lr", 0.5, "rate")
        app.run(lambda _: print(wandb.init(config=flags.FLAGS).config.lr))
        """
    check(tmp_path, source, "0.5")


def test_config_can_be_read_by_others(tmp_path: Path) -> None:
    """[C1] The run's files, `config.yaml` too, have the values that the program sees at its end."""
    source = """
        run = wandb.init(config={"lr": 0.1, "net": {"width": 8}, "gone": 1}, allow_val_change=True)
        run.config.lr = 0.2
        run.config.net.width = 9
        del run.config["gone"]
        """
    assert run(tmp_path, source).returncode == 0
    config = show_json(tmp_path)["config"]
    assert config == {"lr": 0.2, "net": {"width": 9}}
    read = "config = wandb.init(config='wandb/latest-run/files/config.yaml').config\nprint(config)"
    assert run(tmp_path, read.replace("wandb/latest-run", "wandb/latest-run")).stdout.strip() == str(config)
