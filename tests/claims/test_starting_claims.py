"""[S1]…[S7], [W1]…[W5], reinit, ids and names: starting and ending a run, and its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from claimed import check, claim, command, run, runs, show_json

# ruff: noqa: E501 - a row's short script may stand on one line

STARTING = [
    claim("S1 before any log", "print(wandb.init().state, wandb.run.step)", "running 0"),
    claim("S1 each part of a pipeline", "for part in 'ab':\n    with wandb.init(job_type=part) as r: print(r.job_type)", "a b"),
    claim("S2 wandb.run is what init returns", "print(wandb.init() is wandb.run)", "True"),
    claim(
        "S5 a loop with reinit",
        """
        for i in range(3):
            run = wandb.init(reinit=True)
            wandb.log({"i": i})
            run.finish()
        print(len({*os.listdir("wandb")} - {"latest-run"}))
        """,
        "3",
    ),
    claim("S5 a loop without finish", "print(len({wandb.init(reinit=True).id for i in range(3)}))", "3"),
    claim(
        "S5 with in loops",
        """
        for i in range(2):
            with wandb.init(project="p") as run:
                run.log({"i": i})
        print(wandb.run, run.state)
        """,
        "None finished",
    ),
    claim(
        "S5 with ends a run that fails, and hides nothing",
        """
        try:
            with wandb.init() as run:
                raise ValueError("mine")
        except ValueError as error:
            print(error, run.state, run.exit_code)
        """,
        "mine failed 1",
    ),
    claim("S5 a second call returns the run", "a = wandb.init()\nprint(wandb.init() is a, wandb.init(reinit=False) is a)", "True True"),
    claim("S6 the readable name", "wandb.init()\nprint(len(wandb.run.name.split('-')))", "3"),
    claim("S7 after finish", "wandb.init()\nwandb.finish()\nprint(wandb.run)\nprint_error(lambda: wandb.log({'a': 1}))", "None log() needs an active run; call init() first"),
    claim(
        "S7 the working calls",
        """
        run = wandb.init()
        wandb.config.update({"lr": 1})
        wandb.log({"a": 1})
        run.log({"a": 2})
        print(wandb.config.lr, wandb.summary["a"])
        wandb.finish()
        """,
        "1 2",
    ),
    claim("reinit return_previous", "a = wandb.init()\nprint(wandb.init(reinit='return_previous', name='other') is a, a.name == 'other')", "True False"),
    claim("reinit finish_previous", "a = wandb.init()\nb = wandb.init(reinit='finish_previous')\nprint(a.state, wandb.run is b)", "finished True"),
    claim(
        "reinit create_new",
        """
        a = wandb.init(config={"n": 1})
        b = wandb.init(reinit="create_new", config={"n": 2})
        for i in range(3):
            b.log({"x": i})
            a.log({"x": -i})
        print(wandb.run is a, a is b, b.config.n)
        b.finish(); a.finish()
        print(*wandb.read(a.id)["x"], *wandb.read(b.id)["x"])
        """,
        "True False 2 0.0 -1.0 -2.0 0.0 1.0 2.0",
    ),
    claim("reinit default in scripts", "a = wandb.init()\nprint(wandb.init(reinit='default') is a)", "True"),
    claim("reinit finishes all", "a = wandb.init()\nb = wandb.init(reinit='create_new')\nwandb.init(reinit=True)\nprint(a.state, b.state)", "finished finished"),
    claim("reinit checked", "print_error(lambda: wandb.init(reinit='perhaps'))", "... 'reinit' (init(reinit=)) must be one of default, return_previous, finish_previous, create_new ..."),
    claim("reinit by variable", "os.environ['WANDB_REINIT'] = 'finish_previous'\na = wandb.init()\nprint(wandb.init() is a)", "False"),
    claim("unknown argument", "print_error(lambda: wandb.init(projct='p'), TypeError)", "init() got an unexpected keyword argument 'projct'; did you mean 'project'?"),
]  # fmt: skip
PLACE = [
    claim("W1 the default project", "print(wandb.init().project)", "uncategorized"),
    claim("W1 entity, project, name, notes", "r = wandb.init(entity='me', project='p', name='n', notes='a b')\nprint(r.entity, r.project, r.name, r.notes, r.path)", "... me p n a b me/p/ ..."),
    claim("W1 names are not unique", "for i in range(2): wandb.init(name='n').finish()\nfor i in range(2): print(wandb.init(name='n', reinit=True).name)", "n n"),
    claim("W1 notes", "print_error(lambda: wandb.init(notes=3))", "... notes ... must be text, not int ..."),
    claim("W2 tags, group, job type", "r = wandb.init(tags=['a', 'b'], group='g', job_type='eval')\nprint(*r.tags, r.group, r.job_type)", "a b g eval"),
    claim("W2 tags are editable", "r = wandb.init(tags=['a'])\nr.tags += ('b',)\nr.finish()\nprint(*wandb.init(id=r.id, resume='must').tags)", "a b"),
    claim("W2 a bare tag", "print(*wandb.init(tags='abc').tags)", "abc"),
    claim("W2 tags are checked", "print_error(lambda: wandb.init(tags=['']))\nprint_error(lambda: wandb.init(tags=['x' * 65]))", "The tag is empty ... has 65 characters; at most 64 are allowed."),
    claim("W2 job type", "print(wandb.init().job_type)", "None"),
    *(claim(f"W3 no {mark!r} in ids", f"print_error(lambda: wandb.init(id='a' + {mark!r}))", f"... contains {mark!r}, which it must not ...") for mark in "/\\#?%:"),
    claim("W3 ids of eight", "import re\nprint(bool(re.fullmatch('[a-z0-9]{8}', wandb.init().id)))", "True"),
    *(claim(f"W1 no {mark!r} in projects", f"print_error(lambda: wandb.init(project='a' + {mark!r}))", f"... contains {mark!r}, which it must not ...") for mark in "/\\#?%:"),
    claim("W1 long projects", "print_error(lambda: wandb.init(project='x' * 129))", "... has 129 characters; at most 128 are allowed."),
    claim("W3 long and blank ids", "print_error(lambda: wandb.init(id='x' * 129))\nprint_error(lambda: wandb.init(id=' a'))", "... at most 128 are allowed. ... blank ..."),
    claim("W4 dir as a path", "import pathlib\nprint(pathlib.Path(wandb.init(dir=pathlib.Path('d').absolute()).dir).parents[1].parent.name)", "d"),
    claim("W4 dir as text", "print(os.path.relpath(wandb.init(dir=os.path.abspath('d')).dir).split(os.sep)[:2])", "['d', 'wandb']"),
    claim("W4 the default", "print(os.path.relpath(wandb.init().dir).split(os.sep)[0])", "wandb"),
    claim(
        "W4 dir that cannot be written",
        """
        open("file", "w").close()
        run = wandb.init(dir="file")
        run.log({"a": 1})
        print(run.directory.is_relative_to(os.getcwd()), *wandb.read(run.directory)["a"])
        """,
        "False 1.0",
    ),
    claim(
        "W5 variables",
        """
        os.environ.update(WANDB_PROJECT="p", WANDB_NAME="n", WANDB_TAGS="x,y", WANDB_NOTES="why", WANDB_RUN_GROUP="g",
                          WANDB_JOB_TYPE="eval", WANDB_RUN_ID="i", WANDB_ENTITY="me", WANDB_DIR="d")
        r = wandb.init()
        print(r.project, r.name, *r.tags, r.notes, r.group, r.job_type, r.id, r.entity, os.path.relpath(r.dir)[0])
        """,
        "p n x y why g eval i me d",
    ),
    claim("W5 an argument wins", "os.environ['WANDB_PROJECT'] = 'p'\nprint(wandb.init(project='q').project)", "q"),
    claim(
        "signature",
        "import inspect\nprint(*list(inspect.signature(wandb.init).parameters)[:24], sep=',')",
        "job_type,dir,config,project,entity,reinit,tags,group,name,notes,magic,config_exclude_keys,config_include_keys,"
        "anonymous,mode,allow_val_change,resume,force,tensorboard,sync_tensorboard,monitor_gym,save_code,id,settings",
    ),
    claim("signature: all default None", "import inspect\nprint({p.default for p in list(inspect.signature(wandb.init).parameters.values())[:24]})", "{None}"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "printed"), [*STARTING, *PLACE])
def test_starting(tmp_path: Path, source: str, printed: str) -> None:
    """A script prints what the claim means."""
    check(tmp_path, source, printed)


def test_a_script_finishes_by_itself(tmp_path: Path) -> None:
    """[S4] After the script's end its run is finished with all rows, without a call of `finish()`."""
    assert run(tmp_path, "wandb.init(id='self')\nfor i in range(3): wandb.log({'a': i})").returncode == 0
    assert [(each["id"], each["state"], each["steps"]) for each in runs(tmp_path)] == [("self", "finished", 3)]
    assert show_json(tmp_path, "self")["summary"]["a"] == 2


def test_a_child_finishes_its_own_run(tmp_path: Path) -> None:
    """[S4] A child's run ends with the child, with or without a call; the parent's run continues."""
    source = """
        import multiprocessing
        def work(name, ends):
            run = wandb.init(name=name)
            run.log({"a": 1})
            if ends: run.finish()
        if __name__ == "__main__":
            run = wandb.init(name="parent")
            for name, ends in (("ended", True), ("left", False)):
                child = multiprocessing.get_context(sys.argv[1]).Process(target=work, args=(name, ends))
                child.start(); child.join()
            print(run.state)
        """
    for method in ("fork", "spawn"):
        done = run(tmp_path, source, method)
        assert done.stdout.split() == ["running"], done.stderr
        states = {each["name"]: each["state"] for each in runs(tmp_path)[-3:]}
        assert states == {"parent": "finished", "ended": "finished", "left": "finished"}


def test_the_name_from_the_id(tmp_path: Path) -> None:
    """[S6] `run.name = run.id` and `run.save()` replace the name for all readers."""
    run(tmp_path, "wandb.init(id='theid')\nwandb.run.name = wandb.run.id\nwandb.run.save()")
    assert show_json(tmp_path)["run"]["name"] == "theid"


def test_tags_group_and_notes_are_stored(tmp_path: Path) -> None:
    """[W1] [W2] Other programs can read the run's names, group, tags and notes."""
    run(tmp_path, "wandb.init(project='p', name='n', notes='why', tags=['a'], group='g', job_type='eval')")
    facts = show_json(tmp_path)["run"]
    names = ("project", "name", "notes", "tags", "group", "jobType")
    assert [facts[name] for name in names] == ["p", "n", "why", ["a"], "g", "eval"]


def test_a_read_only_folder(tmp_path: Path) -> None:
    """[W4] If the folder cannot be written to, one line names the run's other place."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):  # root may write to any folder on a disk
        folder = Path("/proc")
    done = run(tmp_path, f"print(wandb.init(dir={str(folder)!r}).dir)")
    assert f"{folder.name} cannot be written" in done.stderr
    assert Path(done.stdout.strip()).is_dir()


def test_an_unwritable_folder_is_reported(tmp_path: Path) -> None:
    """[W4] The warning names the requested folder and its replacement."""
    (tmp_path / "file").touch()
    done = run(tmp_path, "print(wandb.init(dir='file').directory)")
    assert "file cannot be written" in done.stderr
    assert f"this run is stored in {done.stdout.strip()}" in done.stderr


def test_a_job_on_a_cluster(tmp_path: Path) -> None:
    """[W5] The job's variables configure a script without arguments, and `wandb-nb` reads the same ones."""
    variables = {"WANDB_PROJECT": "p", "WANDB_RUN_GROUP": "g", "WANDB_DIR": str(tmp_path / "jobs"), "WANDB_MODE": "offline"}  # fmt: skip
    (tmp_path / "jobs").mkdir()
    assert run(tmp_path, "wandb.init()\nwandb.log({'a': 1})", **variables).returncode == 0
    assert Path(runs(tmp_path)[0]["path"]).is_relative_to(tmp_path / "jobs")
    assert "environment WANDB_RUN_GROUP" in command(tmp_path, "settings", **variables)


def test_modules_and_stdin_finish_their_runs(tmp_path: Path) -> None:
    """[S4] A module run with `-m` and a program on stdin finish their runs too."""
    (tmp_path / "train.py").write_text("import wandb_nb as wandb\nwandb.init(id=__name__.strip('_'))\n", "utf-8")
    environment = {**os.environ, "NETRC": str(tmp_path / "netrc")}
    for arguments, typed in ((["-m", "train"], b""), (["-"], b"import wandb_nb as w; w.init(id='stdin')")):
        subprocess.run([sys.executable, *arguments], input=typed, cwd=tmp_path, env=environment, check=True, timeout=60)
    assert [(each["id"], each["state"]) for each in runs(tmp_path)] == [("main", "finished"), ("stdin", "finished")]
