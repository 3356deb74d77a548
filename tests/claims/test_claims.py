"""The documented promises, one row each: a script as the documents have it, only the import changed, and what it prints.

The marks in brackets are those of the list of claims: starting and ending, where a run goes, config, modes, resume,
instrumentation, errors.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# ruff: noqa: E501 - a row stays on its line, however long its script
HEAD = "import os, sys\nimport wandb_nb as wandb\n"
NEEDS_SERVER = "the claim is about a server; the tests of online mode show it"

TABLE = [
    (
        "S1 each part of a pipeline",
        "for part in 'ab':\n    with wandb.init(job_type=part) as r: print(r.job_type)",
        "a b",
    ),
    ("S2 wandb.run is what init returns", "print(wandb.init() is wandb.run)", "True"),
    ("S4 a script finishes by itself", "wandb.init(id='self')\nwandb.log({'a': 1})", ""),
    (
        "S5 loop with reinit",
        "for i in range(3):\n    run = wandb.init(reinit=True)\n    wandb.log({'i': i})\n    run.finish()\nprint(len({*os.listdir('wandb')} - {'latest-run'}))",
        "3",
    ),
    ("S5 loop without finish", "ids = {wandb.init(reinit=True).id for i in range(3)}\nprint(len(ids))", "3"),
    (
        "S5 with in loops",
        "for i in range(2):\n    with wandb.init(project='p') as run: run.log({'i': i})\nprint(wandb.run)",
        "None",
    ),
    (
        "S5 a second call returns the run",
        "a = wandb.init()\nprint(wandb.init() is a, wandb.init(reinit=False) is a)",
        "True True",
    ),
    ("S6 the readable name", "wandb.init()\nprint(len(wandb.run.name.split('-')))", "3"),
    (
        "S6 name from id",
        "wandb.init()\nwandb.run.name = wandb.run.id\nwandb.run.save()\nprint(wandb.run.name == wandb.run.id)",
        "True",
    ),
    (
        "S7 the working calls",
        "run = wandb.init()\nwandb.config.update({'lr': 1})\nwandb.log({'a': 1})\nrun.log({'a': 2})\nprint(wandb.config.lr, wandb.summary['a'])\nwandb.finish()",
        "1 2",
    ),
    (
        "reinit create_new",
        "a = wandb.init()\nb = wandb.init(reinit='create_new')\nb.log({'x': 1}); a.log({'x': 2})\nprint(wandb.run is a, a is b)",
        "True False",
    ),
    (
        "reinit finish_previous",
        "a = wandb.init()\nb = wandb.init(reinit='finish_previous')\nprint(a.state, wandb.run is b)",
        "finished True",
    ),
    ("reinit return_previous", "a = wandb.init()\nprint(wandb.init(reinit='return_previous') is a)", "True"),
    ("W1 the default project", "print(wandb.init().project)", "uncategorized"),
    (
        "W2 tags, group, job type",
        "r = wandb.init(tags=['a', 'b'], group='g', job_type='eval')\nprint(*r.tags, r.group, r.job_type)",
        "a b g eval",
    ),
    ("W2 a bare tag", "print(*wandb.init(tags='abc').tags)", "abc"),
    *(
        (
            f"W3 no {mark!r} in ids",
            f"try: wandb.init(id='a' + {mark!r})\nexcept wandb.UsageError: print('refused')",
            "refused",
        )
        for mark in "/\\#?%:"
    ),
    (
        "W4 dir",
        "import pathlib\nprint(pathlib.Path(wandb.init(dir=pathlib.Path('d').absolute()).dir).parents[1].parent.name)",
        "d",
    ),
    (
        "W5 variables",
        "os.environ.update(WANDB_PROJECT='p', WANDB_NAME='n', WANDB_TAGS='x,y')\nr = wandb.init()\nprint(r.project, r.name, *r.tags)",
        "p n x y",
    ),
    ("C1 config is set", "wandb.init(config={'lr': 0.1})\nprint(wandb.config['lr'], wandb.config.lr)", "0.1 0.1"),
    ("C2 argparse", "import argparse\nwandb.init(config=argparse.Namespace(lr=2))\nprint(wandb.config.lr)", "2"),
    (
        "C2 a YAML file, plain",
        "open('c.yaml', 'w').write('lr: 3')\nwandb.init(config='c.yaml')\nprint(wandb.config.lr)",
        "3",
    ),
    (
        "C2 a YAML file, with value",
        "open('c.yaml', 'w').write('lr: {value: 3, desc: rate}')\nwandb.init(config='c.yaml')\nprint(wandb.config.lr)",
        "3",
    ),
    (
        "C3 no dots in keys",
        "try: wandb.init(config={'a.b': 1})\nexcept wandb.ConfigError as e: print('a.b' in str(e))",
        "True",
    ),
    (
        "C3 values under 10 MB",
        "try: wandb.init(config={'a': 'x' * 10_500_000})\nexcept wandb.ConfigError: print('refused')",
        "refused",
    ),
    ("C4 exclude", "print(*wandb.init(config={'a': 1, 'b': 2}, config_exclude_keys=['a']).config.keys())", "b"),
    ("C4 include", "print(*wandb.init(config={'a': 1, 'b': 2}, config_include_keys=['a']).config.keys())", "a"),
    (
        "C4 both",
        "try: wandb.init(config={}, config_include_keys=['a'], config_exclude_keys=['b'])\nexcept wandb.UsageError: print('refused')",
        "refused",
    ),
    (
        "C5 a change raises in scripts",
        "r = wandb.init(config={'a': 1})\ntry: r.config.a = 2\nexcept wandb.ConfigError: print(r.config.a)",
        "1",
    ),
    (
        "C5 allow_val_change on init",
        "r = wandb.init(config={'a': 1}, allow_val_change=True)\nr.config.a = 2\nprint(r.config.a)",
        "2",
    ),
    (
        "C5 allow_val_change per call",
        "r = wandb.init(config={'a': 1})\nr.config.update({'a': 2}, allow_val_change=True)\nprint(r.config.a)",
        "2",
    ),
    (
        "M1 disabled",
        "r = wandb.init(mode='disabled')\nr.log({'a': 1})\nprint(r.disabled, os.path.exists('wandb'))",
        "True False",
    ),
    (
        "M2 dryrun after the import",
        "os.environ['WANDB_API_KEY'] = '0' * 40\nos.environ['WANDB_MODE'] = 'dryrun'\nprint(wandb.init().mode)",
        "offline",
    ),
    ("M3 force", "try: wandb.init(force=True)\nexcept wandb.UsageError: print('refused')", "refused"),
    ("M3 no force", "print(wandb.init().mode)", "offline"),
    *(
        (f"M4 anonymous={word}", f"print(wandb.init(anonymous={word!r}).mode)", "offline")
        for word in ("never", "allow", "must")
    ),
    (
        "M4 anonymous is checked",
        "try: wandb.init(anonymous='yes please')\nexcept wandb.UsageError: print('refused')",
        "refused",
    ),
    (
        "R1 None overwrites",
        "for i in range(2):\n    with wandb.init(id='x') as r: r.log({'i': i})\nprint(*wandb.read('x')['i'])",
        "1.0",
    ),
    (
        "R1 allow",
        "for i in range(2):\n    with wandb.init(id='x', resume='allow') as r: r.log({'i': i})\nprint(*wandb.read('x')['i'])",
        "0.0 1.0",
    ),
    (
        "R1 never",
        "wandb.init(id='x').finish()\ntry: wandb.init(id='x', resume='never')\nexcept wandb.UsageError: print('refused')",
        "refused",
    ),
    ("R1 must", "try: wandb.init(id='x', resume='must')\nexcept wandb.UsageError: print('refused')", "refused"),
    (
        "R1 auto after a good end",
        "a = wandb.init(resume=True)\na.finish()\nprint(wandb.init(resume='auto').id == a.id)",
        "False",
    ),
    (
        "R1 auto after a failure",
        "a = wandb.init(resume=True)\na.finish(1)\nprint(wandb.init(resume='auto').id == a.id)",
        "True",
    ),
    ("R2 an id as resume", "wandb.init(id='x').finish()\nprint(wandb.init(resume='x').resumed)", "True"),
    *(
        (f"I {name}", f"print(wandb.init({name}=True).state)", "running")
        for name in ("sync_tensorboard", "tensorboard", "monitor_gym", "magic")
    ),
    *(
        (
            f"I6 start_method={word}",
            f"print(wandb.init(settings=wandb.Settings(start_method={word!r})).settings.start_method)",
            word,
        )
        for word in ("thread", "fork", "spawn")
    ),
    (
        "I6 settings as a dict",
        "print(wandb.init(settings={'start_method': 'fork'}).settings.source('start_method'))",
        "init(settings=)",
    ),
    (
        "E errors",
        "print(*(issubclass(getattr(wandb, n), wandb.Error) for n in ('UsageError', 'ConfigError', 'CommError', 'AuthenticationError', 'LaunchError', 'InitStartError')))",
        "True True True True True True",
    ),
    (
        "E3 a run in each process",
        "import multiprocessing\ndef work(i):\n    with wandb.init(group='g') as r: r.log({'i': i})\nif __name__ == '__main__':\n    ps = [multiprocessing.Process(target=work, args=(i,)) for i in range(2)]\n    [p.start() for p in ps]; [p.join() for p in ps]\n    print(*(p.exitcode for p in ps))",
        "0 0",
    ),
    (
        "signature",
        "import inspect\nprint(*list(inspect.signature(wandb.init).parameters)[:24], sep=',')",
        (
            "job_type,dir,config,project,entity,reinit,tags,group,name,notes,magic,config_exclude_keys,config_include_keys,"
            "anonymous,mode,allow_val_change,resume,force,tensorboard,sync_tensorboard,monitor_gym,save_code,id,settings"
        ),
    ),
]
SERVER = [
    "S3 a background process sends",
    "W1 an unknown entity",
    "W6 a private cloud",
    "E1 InitStartError",
    "E2 LaunchError",
]


@pytest.mark.parametrize(("source", "printed"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_script_does_what_the_documents_say(tmp_path: Path, source: str, printed: str) -> None:
    """The script runs to its end as a process of its own, without a word of error, and prints what the claim means."""
    path = tmp_path / "train.py"
    path.write_text(HEAD + source + "\n", "utf-8")
    done = subprocess.run(
        [sys.executable, str(path)],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "NETRC": str(tmp_path / "netrc")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, printed.split()), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("claim", SERVER)
def test_claims_about_a_server(claim: str) -> None:
    """Listed so that the table is whole."""
    pytest.skip(f"{claim}: {NEEDS_SERVER}")
