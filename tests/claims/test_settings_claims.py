"""[I6] Settings: every source, their precedence, the source of each value, and refused values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from claimed import check, claim, command, run

if TYPE_CHECKING:
    from pathlib import Path

# ruff: noqa: E501 - a row's short script may stand on one line

TABLE = [
    *(claim(f"I6 start_method={word}", f"r = wandb.init(settings=wandb.Settings(start_method={word!r}))\nr.log({{'a': 1}})\nprint(r.settings.start_method, r.settings.source('start_method'))", f"{word} init(settings=)") for word in ("thread", "fork", "spawn", "forkserver", "process")),
    claim("I6 start_method elsewhere", "print_error(lambda: wandb.Settings(start_method='treads'))", "The setting 'start_method' (Settings) must be one of process, thread, fork, spawn, forkserver, not 'treads'."),
    claim("I6 a dict", "print(wandb.init(settings={'start_method': 'fork'}).settings.source('start_method'))", "init(settings=)"),
    claim("I6 an argument beats settings", "r = wandb.init(project='arg', settings=wandb.Settings(project='s', entity='s'))\nprint(r.project, r.settings.source('project'), r.entity)", "arg init(project=) s"),
    claim("I6 setup", "wandb.setup(settings=wandb.Settings(project='p', entity='e'))\nr = wandb.init(settings={'entity': 'f'})\nprint(r.project, r.settings.source('project'), r.entity)\nwandb.setup(None)\nprint(wandb.init(reinit=True).project)", "p setup() f uncategorized"),
    claim("I6 setup takes a dict", "wandb.setup(settings={'project': 'p'})\nprint(wandb.init().project)", "p"),
    claim("the environment at every init", "a = wandb.init()\nos.environ['WANDB_PROJECT'] = 'later'\nprint(a.project, wandb.init(reinit=True).project)", "uncategorized later"),
    claim("no link", "wandb.init(settings={'symlink': False})\nprint(os.path.lexists('wandb/latest-run'))", "False"),
    claim("an unknown setting", "print_error(lambda: wandb.Settings(start_metod='fork'))\nprint_error(lambda: wandb.init(settings={'projet': 'p'}))", "there is no setting 'start_metod' (Settings); did you mean 'start_method'? there is no setting 'projet' (...); did you mean 'project'?"),
    claim("an ill-typed setting", "print_error(lambda: wandb.Settings(silent='perhaps'))\nos.environ['WANDB_INIT_TIMEOUT'] = 'soon'\nprint_error(lambda: wandb.init())", "The setting 'silent' (Settings) must be true or false, not 'perhaps'. The setting 'init_timeout' (environment WANDB_INIT_TIMEOUT) must be a number, zero or more, not 'soon'."),
    claim("the error is of its kind", "print_error(lambda: wandb.Settings(nope=1), ValueError)\nprint(issubclass(wandb.SettingsError, wandb.UsageError))", "... True"),
    claim("a run's settings are fixed", "r = wandb.init()\nprint_error(lambda: setattr(r.settings, 'project', 'x'))", "the setting 'project' of a run cannot be changed after its start; ..."),
    claim("a key never shows", f"s = wandb.Settings(api_key={'k' * 40!r})\nr = wandb.init(mode='offline', settings=s)\nprint({'k' * 40!r} in repr(s) + repr(r.settings) + str(r.settings.table()))", "False"),
]  # fmt: skip
PLACES = (
    ("default", "default"),
    ("user file", "user file"),
    ("workspace file", "workspace file"),
    ("environment", "environment WANDB_RUN_GROUP"),
    ("setup", "setup()"),
    ("settings", "init(settings=)"),
    ("argument", "init(group=)"),
)


@pytest.mark.parametrize(("source", "printed"), TABLE)
def test_settings(tmp_path: Path, source: str, printed: str) -> None:
    """A script prints what the claim means."""
    check(tmp_path, source, printed)


@pytest.mark.parametrize(
    ("variables", "lines", "notices"),
    [
        ({}, 2, 1),
        ({"WANDB_TEXT_OUTPUT": "false"}, 0, 1),
        ({"WANDB_SHOW_INFO": "false"}, 0, 1),
        ({"WANDB_SHOW_WARNINGS": "false"}, 2, 0),
        ({"WANDB_QUIET": "true"}, 2, 1),
        ({"WANDB_SILENT": "true"}, 0, 0),
    ],
)
def test_output_settings(tmp_path: Path, variables: dict[str, str], lines: int, notices: int) -> None:
    """Each output setting suppresses exactly what its name says."""
    done = run(tmp_path, "wandb.init(name='n', magic='none=1')", **variables)
    printed = done.stderr.splitlines()
    assert sum(line.startswith("wandb_nb: run n ") for line in printed) == lines, done.stderr
    assert sum("no option 'none'" in line for line in printed) == notices
    assert len(printed) == lines + notices


@pytest.mark.parametrize("highest", range(len(PLACES)), ids=[place for place, _ in PLACES])
def test_the_order_of_the_sources(tmp_path: Path, highest: int) -> None:
    """With a value in every source up to one, that source wins, and `run.settings` names it."""
    sources = [place for place, _ in PLACES[1 : highest + 1]]
    for place, file in (("user file", tmp_path / ".config/wandb/settings"), ("workspace file", tmp_path / "wandb/settings")):  # fmt: skip
        if place in sources:
            file.parent.mkdir(parents=True)
            file.write_text(f"[default]\nrun_group = {place}\n", "utf-8")
    before = {
        "environment": "os.environ['WANDB_RUN_GROUP'] = 'environment'",
        "setup": "wandb.setup(settings={'run_group': 'setup'})",
    }
    within = {"settings": "settings=wandb.Settings(run_group='settings')", "argument": "group='argument'"}
    lines = [before[place] for place in sources if place in before]
    lines.append(f"run = wandb.init({', '.join(within[place] for place in sources if place in within)})")
    lines.append("print(run.group, run.settings.source('group'), sep=';')")
    done = run(tmp_path, "\n".join(lines))
    value, source = done.stdout.strip().split(";")
    assert value == (sources[-1] if sources else "None"), done.stderr
    assert source.startswith(PLACES[highest][1])


def test_the_command_prints_the_table(tmp_path: Path) -> None:
    """`wandb-nb settings` shows the values and sources for a run started here; secrets are hidden."""
    command(tmp_path, "offline")
    variables = {"WANDB_PROJECT": "p", "WANDB_API_KEY": "k" * 40, "WANDB_NOPE": "1"}
    listing = json.loads(command(tmp_path, "settings", "--json", **variables))
    assert listing["project"] == {"value": "p", "source": "environment WANDB_PROJECT"}
    assert listing["mode"]["value"] == "offline"
    assert listing["mode"]["source"].startswith("workspace file ")
    assert listing["quiet"] == {"value": False, "source": "default"}
    table = command(tmp_path, "settings", **variables)
    assert "environment WANDB_PROJECT" in table
    assert "k" * 40 not in table + json.dumps(listing)


def test_every_variable_sets_its_setting(tmp_path: Path) -> None:
    """Each variable in the tables of `docs/settings.md` has an effect on its setting, in a real run."""
    from wandb_nb.settings.fields import FIELDS

    odd = {
        "base_url": "http://127.0.0.1:9", "app_url": "http://127.0.0.1:9", "api_key": "k" * 40, "magic": "true",
        "mode": "offline", "resume": "allow", "resume_from": "", "fork_from": "", "config_paths": "", "config_exclude_keys": "a",
        "config_include_keys": "", "x_extra_http_headers": '{"a": "b"}', "program_args": '["a"]', "x_stats_disk_paths": "/",
    }  # fmt: skip
    forms = {"true or false": "true", "seconds": "7", "whole number": "7", "path": "d", "list of texts": "a,b"}
    forms["bytes, or a size such as 10GB"] = "7GB"

    def value(name: str) -> str:
        kind = FIELDS[name].kind.name
        return odd.get(name, kind.split(", ")[-1] if kind.startswith("one of ") else forms.get(kind, "text"))

    values = {name: value(name) for name in FIELDS}
    variables = {field.env[0]: values[name] for name, field in FIELDS.items()}
    source = "print(*(row.name for row in wandb.init().settings.table() if not row.source.startswith('environment')))"
    left = {name for name, value in values.items() if not value}
    done = run(tmp_path, source, **{name: value for name, value in variables.items() if value})
    assert set(done.stdout.split()) == left, done.stderr
