"""The sources of values and their precedence."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from wandb_nb.errors import SettingsError, StoreError, UsageError
from wandb_nb.settings import Settings, resolve, save, user_file, workspace_file

# The variables of the protocol's notes, and the setting of each.
DOCUMENTED = {
    "WANDB_API_KEY": ("k", "api_key", "k"),
    "WANDB_BASE_URL": ("http://h:1", "base_url", "http://h:1"),
    "WANDB_APP_URL": ("http://h:2", "app_url", "http://h:2"),
    "WANDB_ENTITY": ("e", "entity", "e"),
    "WANDB_PROJECT": ("p", "project", "p"),
    "WANDB_ORGANIZATION": ("o", "organization", "o"),
    "WANDB_MODE": ("dryrun", "mode", "offline"),
    "WANDB_NAME": ("n", "run_name", "n"),
    "WANDB_NOTES": ("n", "run_notes", "n"),
    "WANDB_TAGS": ("a, b", "run_tags", ("a", "b")),
    "WANDB_RUN_GROUP": ("g", "run_group", "g"),
    "WANDB_JOB_TYPE": ("j", "run_job_type", "j"),
    "WANDB_RUN_ID": ("i", "run_id", "i"),
    "WANDB_RESUME": ("must", "resume", "must"),
    "WANDB_ARGS": ('["a", "b"]', "program_args", ("a", "b")),
    "WANDB_PROGRAM": ("p.py", "program", "p.py"),
    "WANDB_SWEEP_ID": ("s", "sweep_id", "s"),
    "WANDB_SILENT": ("true", "silent", True),
    "WANDB_QUIET": ("1", "quiet", True),
    "WANDB_CONSOLE": ("off", "console", "off"),
    "WANDB_CONSOLE_MULTIPART": ("true", "console_multipart", True),
    "WANDB_SAVE_CODE": ("true", "save_code", True),
    "WANDB_DISABLE_CODE": ("true", "disable_code", True),
    "WANDB_DISABLE_GIT": ("true", "disable_git", True),
    "WANDB_GIT_REMOTE": ("up", "git_remote", "up"),
    "WANDB_GIT_REMOTE_URL": ("u", "git_remote_url", "u"),
    "WANDB_GIT_COMMIT": ("c", "git_commit", "c"),
    "WANDB_IGNORE_GLOBS": ("*.a,*.b", "ignore_globs", ("*.a", "*.b")),
    "WANDB_HOST": ("h", "host", "h"),
    "WANDB_USERNAME": ("u", "username", "u"),
    "WANDB_USER_EMAIL": ("u@h", "email", "u@h"),
    "WANDB_DOCKER": ("d", "docker", "d"),
    "WANDB_NOTEBOOK_NAME": ("a.ipynb", "notebook_name", "a.ipynb"),
    "WANDB_HTTP_TIMEOUT": ("5", "x_graphql_timeout_seconds", 5),
    "WANDB_FILE_PUSHER_TIMEOUT": ("5", "x_file_transfer_timeout_seconds", 5),
    "WANDB_INIT_TIMEOUT": ("5", "init_timeout", 5),
    "WANDB_LOGIN_TIMEOUT": ("5", "login_timeout", 5),
    "WANDB_FINISH_TIMEOUT": ("0", "finish_timeout", 0),
    "WANDB_INSECURE_DISABLE_SSL": ("true", "insecure_disable_ssl", True),
    "WANDB_HTTP_PROXY": ("http://p", "http_proxy", "http://p"),
    "WANDB_HTTPS_PROXY": ("http://p", "https_proxy", "http://p"),
    "WANDB_ERROR_REPORTING": ("false", "error_reporting", False),
    "WANDB_DEBUG": ("true", "debug", True),
    "WANDB_ANONYMOUS": ("must", "anonymous", "must"),
    "WANDB_START_METHOD": ("thread", "start_method", "thread"),
    "WANDB_REINIT": ("true", "reinit", "finish_previous"),
    "WANDB_X_DISABLE_STATS": ("true", "x_disable_stats", True),
    "WANDB__DISABLE_STATS": ("true", "x_disable_stats", True),
    "WANDB_X_DISABLE_META": ("true", "x_disable_meta", True),
    "WANDB_X_DISABLE_MACHINE_INFO": ("true", "x_disable_machine_info", True),
    "WANDB_X_STATS_SAMPLING_INTERVAL": ("5", "x_stats_sampling_interval", 5),
    "WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL": ("5", "x_file_stream_transmit_interval", 5),
    "WANDB_X_FILE_STREAM_RETRY_MAX": ("5", "x_file_stream_retry_max", 5),
    "WANDB_X_EXTRA_HTTP_HEADERS": ('{"a": "b"}', "x_extra_http_headers", {"a": "b"}),
}


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """Give the test an empty home folder, so that no settings file of the machine is read."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("variable", DOCUMENTED)
def test_every_documented_variable_sets_its_setting(variable, tmp_path):
    """Each supported variable sets its setting, and the source names the variable."""
    text, name, expected = DOCUMENTED[variable]
    resolved = resolve({}, environ={variable: text}, cwd=tmp_path)

    assert getattr(resolved, name) == expected
    assert resolved.source(name) == f"environment {variable}"


def test_each_source_beats_the_ones_below(tmp_path):
    """The order is default, user file, workspace file, environment, setup, init(settings=), argument."""
    save(user_file(), {"project": "user"})
    save(workspace_file(tmp_path), {"project": "workspace"})
    steps = [
        ({}, "workspace", f"workspace file {tmp_path / 'wandb' / 'settings'}"),
        ({"environ": {"WANDB_PROJECT": "environment"}}, "environment", "environment WANDB_PROJECT"),
        ({"setup": {"project": "setup"}}, "setup", "setup()"),
        ({"settings": Settings(project="settings")}, "settings", "init(settings=)"),
        ({"arguments": {"project": "argument"}}, "argument", "init(project=)"),
    ]
    sources = {"arguments": {}, "environ": {}}

    for added, value, source in steps:
        sources.update(added)
        resolved = resolve(**sources, cwd=tmp_path)
        assert (resolved.project, resolved.source("project")) == (value, source)
        assert resolved.is_explicit("project") == (source != "default" and " file " not in source)

    workspace_file(tmp_path).unlink()
    assert resolve({}, environ={}, cwd=tmp_path).source("project") == f"user file {user_file()}"
    user_file().unlink()
    assert resolve({}, environ={}, cwd=tmp_path).source("project") == "default"


def test_the_documented_dryrun_example(tmp_path):
    """WANDB_MODE and WANDB_API_KEY set with os.environ after the import apply to the next init."""
    code = (
        "import os\n"
        "from wandb_nb.settings import resolve\n"
        "before = resolve({})\n"
        "os.environ['WANDB_API_KEY'] = 'k' * 40\n"
        "os.environ['WANDB_MODE'] = 'dryrun'\n"
        "after = resolve({})\n"
        "print(before.mode, after.mode, after.source('mode'), after.api_key == 'k' * 40)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path,
        env={**environment, "HOME": str(tmp_path)},
    )  # fmt: skip

    assert done.stdout.strip() == "online offline environment WANDB_MODE True"


def test_resolving_loads_nothing_it_does_not_need(tmp_path):
    """Without a settings file neither an INI nor a YAML reader is imported."""
    code = (
        "import sys\nfrom wandb_nb.settings import resolve\nresolve({'project': 'p'})\n"
        "print([name for name in ('configparser', 'yaml', 'difflib', 'IPython', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip

    assert done.stdout.strip() == "[]"


def test_the_documented_variable_beats_the_general_one(tmp_path):
    """Of two variables for one setting the documented one wins, in either order."""
    for names in (["WANDB_NAME", "WANDB_RUN_NAME"], ["WANDB_RUN_NAME", "WANDB_NAME"]):
        assert resolve({}, environ={name: name for name in names}, cwd=tmp_path).run_name == "WANDB_NAME"


def test_none_and_empty_are_not_values(tmp_path):
    """None as an argument and an empty variable leave the lower source in force."""
    resolved = resolve({"project": None}, environ={"WANDB_PROJECT": "p", "WANDB_ENTITY": ""}, cwd=tmp_path)

    assert resolved.project == "p"
    assert not resolved.is_set("entity")


def test_false_is_a_value(tmp_path):
    """An explicit False overrides a True below it, also for resume."""
    environ = {"WANDB_SAVE_CODE": "true", "WANDB_RESUME": "allow"}
    resolved = resolve({"save_code": False, "resume": False}, environ=environ, cwd=tmp_path)

    assert resolved.save_code is False
    assert resolved.resume is None


def test_a_wrong_variable_is_named(tmp_path):
    """The message about an ill-typed variable names it."""
    with pytest.raises(SettingsError, match=r"'mode' \(environment WANDB_MODE\)"):
        resolve({}, environ={"WANDB_MODE": "sideways"}, cwd=tmp_path)


def test_unknown_arguments_are_refused_and_unknown_variables_listed(tmp_path):
    """An unknown name in code is an error; an unknown variable or file entry is only listed."""
    with pytest.raises(SettingsError, match=r"'projekt' \(init\(projekt=\)\); did you mean 'project'"):
        resolve({"projekt": "p"}, environ={}, cwd=tmp_path)
    save(user_file(), {"project": "p"})
    user_file().write_text(user_file().read_text() + "disabled = true\n")
    resolved = resolve({}, environ={"WANDB_PROJCT": "p", "WANDB_SERVICE": "x"}, cwd=tmp_path)

    assert resolved.ignored == (f"disabled ({user_file()})", "WANDB_PROJCT (environment)")


def test_the_workspace_file_is_the_one_of_the_runs_folder(tmp_path):
    """The workspace file is in the runs' folder, in wandb/ or, if that exists, in .wandb/."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / ".wandb").mkdir(parents=True)
    save(elsewhere / ".wandb" / "settings", {"mode": "offline"})

    assert resolve({"dir": elsewhere}, environ={}, cwd=tmp_path).mode == "offline"
    assert resolve({}, environ={"WANDB_DIR": "elsewhere"}, cwd=tmp_path).mode == "offline"
    assert resolve({}, environ={}, cwd=tmp_path).mode == "online"


def test_root_dir_comes_out_absolute(tmp_path):
    """The folder is the working directory or relative to it, and its source is reported."""
    assert resolve({}, environ={}, cwd=tmp_path).root_dir == tmp_path
    resolved = resolve({"dir": "runs"}, environ={}, cwd=tmp_path)

    assert resolved.root_dir == tmp_path / "runs"
    assert resolved.source("dir") == "init(dir=)"


def test_config_dir_moves_the_user_file(tmp_path):
    """WANDB_CONFIG_DIR is the folder of the user's settings file."""
    save(user_file(tmp_path / "conf"), {"entity": "team"})

    assert resolve({}, environ={"WANDB_CONFIG_DIR": str(tmp_path / "conf")}, cwd=tmp_path).entity == "team"


def test_saving_keeps_the_other_entries(tmp_path):
    """Setting one entry leaves the others, None removes one, and lists and flags are read back the same."""
    path = workspace_file(tmp_path)
    path.parent.mkdir()
    path.write_text("[default]\nmode = offline\nforeign = unchanged\n")
    save(path, {"tags": ["a", "b"], "silent": True, "project": "p"})
    save(path, {"project": None})
    resolved = resolve({}, environ={}, cwd=tmp_path)

    assert "foreign = unchanged" in path.read_text()
    assert (resolved.mode, resolved.run_tags, resolved.silent, resolved.project) == ("offline", ("a", "b"), True, None)
    assert [entry.name for entry in path.parent.iterdir()] == ["settings"]


@pytest.mark.parametrize("content", [b"no section\n", b"[default]\n\xff = 1\n", b"[default]\nmode = sideways\n"])
def test_a_broken_file_is_named(content, tmp_path):
    """A settings file that is unreadable or has a wrong value raises SettingsError with its path."""
    path = workspace_file(tmp_path)
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(SettingsError) as caught:
        resolve({}, environ={}, cwd=tmp_path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    """Saving under a path that is not a folder raises StoreError with the path."""
    (tmp_path / "wandb").write_text("")

    with pytest.raises(StoreError, match="wandb"):
        save(tmp_path / "wandb" / "settings", {"mode": "offline"})


def test_resume_with_another_word_is_an_id(tmp_path):
    """The older `resume="<id>"` means that id with "allow"; the id must not contradict one given elsewhere."""
    resolved = resolve({"resume": "abc"}, environ={}, cwd=tmp_path)

    assert (resolved.resume, resolved.run_id) == ("allow", "abc")
    assert resolved.source("id") == "init(resume=)"
    assert resolve({"resume": "abc", "id": "abc"}, environ={}, cwd=tmp_path).run_id == "abc"
    with pytest.raises(UsageError, match="abc"):
        resolve({"resume": "abc"}, environ={"WANDB_RUN_ID": "other"}, cwd=tmp_path)


def test_rewind_and_fork_fit_their_ids(tmp_path):
    """resume_from gives the run's id, fork_from must not name the run itself, and the two exclude each other."""
    assert resolve({"resume_from": "abc?_step=3"}, environ={}, cwd=tmp_path).run_id == "abc"
    assert resolve({"fork_from": "abc?_step=3"}, environ={}, cwd=tmp_path).run_id is None
    for wrong in (
        {"resume_from": "abc?_step=3", "id": "other"},
        {"fork_from": "abc?_step=3", "id": "abc"},
        {"resume": "allow", "fork_from": "abc?_step=3"},
        {"resume_from": "abc?_step=3", "fork_from": "abc?_step=3"},
    ):
        with pytest.raises(UsageError):
            resolve(wrong, environ={}, cwd=tmp_path)


def test_resolved_settings_are_fixed(tmp_path):
    """Resolved settings cannot be assigned; a changed copy has its own source."""
    resolved = resolve({"project": "p"}, environ={}, cwd=tmp_path)
    changed = resolved.replace("no key", mode="offline")

    with pytest.raises(SettingsError, match="cannot be changed"):
        resolved.mode = "offline"
    assert (resolved.mode, changed.mode, changed.source("mode"), changed.project) == (
        "online", "offline", "no key", "p",
    )  # fmt: skip


def test_the_table_has_every_setting_and_no_secret(tmp_path):
    """The table has value, source and meaning of each setting; keys are hidden in it and in the repr."""
    secret = "s3cret" * 8
    resolved = resolve({}, environ={"WANDB_API_KEY": secret, "WANDB_PROJECT": "p"}, cwd=tmp_path)
    rows = {row.name: row for row in resolved.table()}

    assert rows["project"][1:3] == ("p", "environment WANDB_PROJECT")
    assert rows["mode"][1:3] == ("online", "default")
    assert secret not in repr(resolved) + repr(rows)


def test_colab_starts_its_background_work_in_a_thread(tmp_path):
    """In a Colab kernel start_method defaults to thread, and every source overrides that."""
    code = (
        "import sys, types\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "sys.modules['google.colab'] = types.ModuleType('google.colab')\n"
        "InteractiveShell.instance().kernel = object()\n"
        "from wandb_nb.settings import resolve\n"
        "first, second = resolve({}), resolve({}, {'start_method': 'fork'})\n"
        "print(first.start_method, first.source('start_method'), second.start_method)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path)},
    )  # fmt: skip

    assert done.stdout.strip() == "thread Colab fork"
