"""Values that `Settings` accepts, and the errors for others."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from wandb_nb.errors import SettingsError
from wandb_nb.settings import Moment, Settings
from wandb_nb.settings.fields import BY_NAME, FIELDS
from wandb_nb.settings.official_names import OFFICIAL


def test_only_what_is_given_counts():
    """Settings hold only the given values and return the default for everything else."""
    settings = Settings(start_method="thread", project=None)

    assert settings.as_dict() == {"start_method": "thread"}
    assert settings.start_method == "thread"
    assert settings.project is None
    assert settings.on_store_error == "warn"


def test_an_unknown_name_is_refused_with_the_nearest():
    """A misspelled name raises SettingsError with the nearest setting."""
    with pytest.raises(SettingsError, match=r"no setting 'start_metod'.*'start_method'"):
        Settings(start_metod="thread")


@pytest.mark.parametrize(
    "wrong",
    [
        {"project": 5},
        {"mode": "everywhere"},
        {"silent": "perhaps"},
        {"silent": 2},
        {"init_timeout": "soon"},
        {"init_timeout": -1},
        {"init_timeout": True},
        {"finish_timeout": float("nan")},
        {"finish_timeout": float("inf")},
        {"max_end_of_run_summary_metrics": 1.5},
        {"run_tags": 5},
        {"run_tags": [5]},
        {"root_dir": 5},
        {"root_dir": ""},
        {"base_url": "ftp://example.org"},
        {"base_url": "https://user:key@example.org"},
        {"resume": ""},
        {"resume": 3},
        {"resume_from": "abc"},
        {"fork_from": "abc?_step=x"},
        {"x_extra_http_headers": "[1]"},
        {"x_extra_http_headers": "{"},
        {"magic": 5},
        {"start_method": "teleport"},
        {"on_store_error": "ignore"},
        {"console": "loud"},
    ],
)
def test_a_value_of_the_wrong_form_is_refused(wrong):
    """An invalid value raises SettingsError with the setting's name."""
    with pytest.raises(SettingsError, match=repr(next(iter(wrong)))):
        Settings(**wrong)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("mode", "dryrun", "offline"),
        ("mode", "run", "online"),
        ("mode", "disabled", "disabled"),
        ("reinit", True, "finish_previous"),
        ("reinit", False, "return_previous"),
        ("reinit", "create_new", "create_new"),
        ("resume", True, "auto"),
        ("resume", False, None),
        ("resume", "abc123", "abc123"),
        ("resume_from", "abc?_step=7", Moment("abc", 7)),
        ("run_tags", "baseline, new", ("baseline, new",)),
        ("run_tags", ["b", "a"], ("b", "a")),
        ("root_dir", "~/runs", Path.home() / "runs"),
        ("base_url", "http://localhost:8080/", "http://localhost:8080"),
        ("console", "wrap_raw", "wrap"),
        ("anonymous", True, "allow"),
        ("x_extra_http_headers", '{"a": "b"}', {"a": "b"}),
        ("magic", "options.yaml", "options.yaml"),
    ],
)
def test_values_come_out_in_one_form(name, value, expected):
    """Older spellings and the several forms of a value are converted to one form."""
    assert Settings(**{name: value}).as_dict() == {name: expected}


@pytest.mark.parametrize("method", ["thread", "fork", "spawn", "process"])
def test_every_documented_start_method_is_taken(method):
    """The documented remedy `Settings(start_method=...)` works with each of its values."""
    assert Settings(start_method=method).start_method == method


def test_arguments_and_older_spellings_are_names_too():
    """A setting can be given by its `init()` argument's name, and an internal one by its older underscore."""
    settings = Settings(name="first", dir="/data", _disable_stats=True, tensorboard=True)

    assert settings.as_dict() == {
        "run_name": "first",
        "root_dir": Path("/data"),
        "x_disable_stats": True,
        "sync_tensorboard": True,
    }


def test_settings_can_be_changed_copied_and_sent():
    """Attributes can be assigned with the same checks; a copy and a pickled one are equal and independent."""
    settings = Settings(project="a")
    copies = [copy.deepcopy(settings), pickle.loads(pickle.dumps(settings))]  # noqa: S301 -- our own bytes
    settings.mode = "dryrun"
    settings.project = None

    assert settings == Settings(mode="offline")
    assert copies == [Settings(project="a")] * 2
    with pytest.raises(SettingsError, match="mode"):
        settings.mode = "sideways"


def test_secrets_do_not_show():
    """No secret is in the repr, or in the message about a wrong one."""
    secret = "s3cret" * 8
    settings = Settings(api_key=secret, https_proxy=f"http://u:{secret}@proxy")

    assert secret not in repr(settings)
    for name in ("api_key", "https_proxy", "x_extra_http_headers"):
        with pytest.raises(SettingsError) as caught:
            Settings(**{name: [secret]})
        assert secret not in str(caught.value)


def test_every_setting_is_declared_whole():
    """Each setting has one meaning of its own, a default of its form, and no name or variable twice."""
    assert all(field.doc and not field.doc.endswith(".") for field in FIELDS.values())
    for field in FIELDS.values():
        if field.default is not None and field.name != "root_dir":
            assert field.kind.parse(field.default) == field.default
    assert len(BY_NAME) == sum(len(field.names) for field in FIELDS.values())
    variables = [variable for field in FIELDS.values() for variable in field.env]
    assert len(variables) == len(set(variables))


@pytest.mark.parametrize("name", ["x_stats_gpu_count", "_stats_gpu_count", "launch", "relogin", "_require_core"])
def test_names_of_other_versions_are_accepted(name):
    """A name that only W&B's client has, in any of its spellings, is accepted with any value and can be read."""
    settings = Settings(**{name: ["any", {"value": 1}]})

    assert getattr(settings, name) == ["any", {"value": 1}]
    assert copy.deepcopy(settings) == settings == pickle.loads(pickle.dumps(settings))  # noqa: S301 -- our own bytes
    assert "any" not in repr(settings)
    assert not hasattr(settings, "x_no_version_had_this")


def test_older_spellings_of_a_setting_have_its_effect():
    """`_stats_sample_rate_seconds` is the interval between two samples under its name until 0.18."""
    assert Settings(_stats_sample_rate_seconds=2).x_stats_sampling_interval == 2.0


def test_no_name_is_both_with_and_without_effect():
    """The names without effect are none of the settings."""
    assert not OFFICIAL.keys() & BY_NAME.keys()
