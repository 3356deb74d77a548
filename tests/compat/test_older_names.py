"""Names of wandb 0.12 to 0.31 that programs still call: arguments, values and errors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

import wandb_nb as wandb
from wandb_nb.compat.modules import (
    account,
    helper,
    sdk_artifacts,
    sdk_paths,
    sdk_printer,
    util,
    wandb_env,
    weave_support,
)
from wandb_nb.store.reading.run_state import replayed
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., wandb.Run]

KEY = "0123456789" * 4


def test_log_takes_every_form(start: Start) -> None:
    """`log()` takes `data=`, a step and commit by position, and `sync=`, as method and as function."""
    run = start()
    run.log(data={"a": 1})
    run.log({"a": 2}, 5, True)
    wandb.log({"a": 3}, step=7, sync=False)
    wandb.log(data={"a": 4}, commit=True, sync=True)
    rows = run.history()
    assert list(zip(rows["_step"], rows["a"], strict=True)) == [(0, 1), (5, 2), (7, 4)]


def test_log_code_takes_functions(start: Start, tmp_path: Path) -> None:
    """`include_fn` and `exclude_fn` get an absolute path, and the root if they take it; `name` is the artifact's."""
    source = tmp_path / "src"
    for name in ("a.py", "cache/b.py", "c.yaml", "d.txt"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("x = 1\n")
    run = start()
    logged = run.log_code(str(source), name="my/code")
    assert logged
    assert (logged.name, logged.type, paths(logged)) == ("my_code:v0", "code", ["a.py", "cache/b.py"])
    chosen = run.log_code(
        source,
        include_fn=lambda path: path.endswith((".py", ".yaml")) and Path(path).is_file(),
        exclude_fn=lambda path, root: os.path.relpath(path, root).startswith("cache"),
    )
    assert chosen
    assert paths(chosen) == ["a.py", "c.yaml"]
    assert chosen.name.startswith("source-uncategorized-")
    assert run.log_code(source, include_fn=lambda _: False) is None


def paths(artifact: wandb.Artifact) -> list[str]:
    """Return the paths of the files of *artifact*."""
    return sorted(file.path for file in artifact.files())


def test_addresses_of_an_offline_run(start: Start) -> None:
    """Without a server the addresses are None; places and older names have their values."""
    run = start(project="p")
    assert [run.get_url(), run.get_project_url(), run.project_url, run.sweep_url, run.settings.run_url] == [None] * 5
    assert (run.project_name(), run._attach_id, run.sync_dir) == ("p", run.id, str(run.directory))
    assert (run.settings.sync_dir, run.settings.files_dir, run.settings.sync_file) == (
        str(run.directory),
        run.dir,
        str(run.file),
    )
    assert run.settings.project == "p"
    assert run.settings.source("project") == "init(project=)"
    assert run.settings.is_local is False


def test_status_counts_what_is_pending(start: Start) -> None:
    """Of an offline run every row is pending and nothing was sent."""
    run = start()
    for number in range(3):
        run.log({"a": number})
    assert run.status() == (3, 3, None)
    assert run.status().sync_items_pending == 3


def test_the_static_config_is_a_copy(start: Start) -> None:
    """`config_static` is read by item and attribute, does not follow later changes, and refuses its own."""
    run = start(config={"lr": 0.1, "deep": {"a": 1}})
    static = run.config_static
    run.config["new"] = 2
    assert (static["lr"], static.lr, dict(static)) == (0.1, 0.1, {"lr": 0.1, "deep": {"a": 1}})
    with pytest.raises(AttributeError, match="config_static is for reading"):
        static.lr = 1
    with pytest.raises(AttributeError):
        _ = static.other


@pytest.mark.parametrize("console", ["wrap", "off"])
def test_write_logs_stores_without_printing(console: str, start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """`write_logs()` adds to the stored output, whether printed output is captured or not, and prints nothing."""
    run = start(settings={"silent": True, "console": console})
    run.write_logs("first")
    run.write_logs("second\n")
    run.finish()
    assert (Path(run.dir) / "output.log").read_text() == "first\nsecond\n"
    assert capsys.readouterr() == ("", "")
    with pytest.raises(wandb.UsageError):
        run.write_logs("late")


def test_html_of_a_run(start: Start) -> None:
    """`to_html()` has the run's picture, as high as asked for, closed if hidden; a name cannot break out of it."""
    run = start(name="<script>alert(1)</script>")
    run.log({"loss": 1.0})
    text = run.to_html(height=300)
    assert "max-height:300px" in text
    assert "loss" in text
    assert "<script>" not in text
    assert run.to_html(hidden=True).startswith("<details>")
    run.display(height=200, hidden=True)


def test_save_of_a_literal_path(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `glob=False` brackets and asterisks are characters of a name."""
    monkeypatch.chdir(tmp_path)
    for name in ("a[1]*.pt", "m1.pt"):
        Path(name).write_text("x")
    run = start()
    assert [Path(path).name for path in run.save("a[1]*.pt", glob=False, policy="now")] == ["a[1]*.pt"]
    assert wandb.save("m*.pt", policy="now", glob=False) == []
    assert [Path(path).name for path in wandb.save("m*.pt", policy="now")] == ["m1.pt"]


def test_labels_are_recorded(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """`_label()` records which program logs, before the run ends; a label of other characters is reported."""
    run = start(settings={"silent": False, "console": "off"})
    run._label(code="t", repo="r", anything=2)
    run._label(repo="r2", code_version="1.0")
    assert run.file
    telemetry = replayed([Tail(run.file)]).telemetry
    assert telemetry
    assert telemetry.labels == {"1": "t", "2": "r2"}
    run.log({"a": 1})
    run.finish()
    assert "the label code_version='1.0' is not recorded: use letters, digits, - and _" in capsys.readouterr().err
    assert yaml.safe_load((Path(run.dir) / "config.yaml").read_text())["_wandb"]["value"]["t"]["9"] == telemetry.labels


def test_labels_are_not_recorded_without_telemetry(start: Start) -> None:
    """With `WANDB_ERROR_REPORTING=false` labels stay unrecorded, and in disabled mode every label is swallowed."""
    run = start(settings={"error_reporting": False})
    run._label(code="t")
    assert run.file
    telemetry = replayed([Tail(run.file)]).telemetry
    assert telemetry is None or not telemetry.labels
    run.finish()
    start(mode="disabled")._label(code="not valid!")


def test_pinned_keys_are_recorded(start: Start) -> None:
    """The last `pin_config_keys()` counts, in the run file and in config.yaml; a finished run refuses it."""
    run = start(config={"lr": 1, "bs": 2})
    run.pin_config_keys(["lr"])
    wandb.pin_config_keys(("bs", "lr"))
    run.finish()
    assert run.file
    assert replayed([Tail(run.file)]).config_wandb["pinned_keys"] == ["bs", "lr"]
    own = yaml.safe_load((Path(run.dir) / "config.yaml").read_text())["_wandb"]["value"]
    assert own["pinned_keys"] == ["bs", "lr"]
    with pytest.raises(wandb.RunFinishedError):
        run.pin_config_keys([])


def test_calls_without_effect() -> None:
    """Calls that only older versions needed raise nothing."""
    wandb.ensure_configured()
    assert wandb.patched == {"tensorboard": [], "keras": [], "gym": []}


def test_the_path_that_weave_links_to(start: Start) -> None:
    """Weave gets the path of a run that is on a server, and None without a run and for an offline or disabled one."""
    assert weave_support.active_run_path() is None
    start(entity="team")
    assert weave_support.active_run_path() is None
    wandb.finish()
    start(mode="disabled")
    assert weave_support.active_run_path() is None


def test_the_cache_of_artifacts_is_empty() -> None:
    """Emptying wandb's cache of artifacts removes nothing; sizes are read with units of 1,000."""
    assert sdk_artifacts.get_artifacts_cache().cleanup(util.from_human_size("10GB")) == 0
    assert [util.from_human_size(size) for size in ("7", "1.5 MB", "2kb")] == [7, 1_500_000, 2_000]
    with pytest.raises(ValueError, match="give a number with a unit"):
        util.from_human_size("3KiB")


def test_attach_by_either_name(start: Start) -> None:
    """`attach()` takes the id by position, as `attach_id`, as `run_id`, or a run; without any it is a UsageError."""
    run = start()
    assert wandb.attach(run.id) is wandb.attach(attach_id=run.id) is wandb.attach(run_id=run.id) is run
    assert wandb._attach(run._attach_id) is wandb._attach(run=run) is run
    with pytest.raises(wandb.UsageError, match="needs the id"):
        wandb.attach()


def test_teardown_and_join_end_runs(start: Start) -> None:
    """`join()` is `finish()`; `teardown()` ends every run with the exit code and forgets `setup()`."""
    first = start()
    wandb.join()
    second = start()
    second.join(2)
    assert (first.state, second.state, second.exit_code) == ("finished", "failed", 2)
    wandb.setup({"project": "from-setup"})
    runs = [start(), start(reinit="create_new")]
    wandb.teardown(exit_code=3)
    assert [(run.exit_code, run.state, run.project) for run in runs] == [(3, "failed", "from-setup")] * 2
    assert start().project == "uncategorized"


def test_requirements_of_all_versions() -> None:
    """`require()` takes what some version had, with a version or in a list; other names raise UnsupportedError."""
    wandb.require("service")
    wandb.require("report-editing:v0")
    wandb.require(experiment=["core", "legacy-service"])
    wandb.require()
    with pytest.raises(wandb.UnsupportedError, match="no version of wandb has it"):
        wandb.require("time-travel")


def test_the_key_of_the_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`api.api_key` follows login and environment; `sagemaker_auth()` writes it readable by this user alone."""
    assert wandb.api.api_key is None
    assert wandb.api.viewer() == {}
    with pytest.raises(wandb.UsageError, match="needs a key"):
        wandb.sagemaker_auth(path=tmp_path)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    assert wandb.api.api_key == KEY
    assert wandb.api.is_authenticated
    assert wandb.api.settings("base_url") == wandb.api.settings()["base_url"] == "https://api.wandb.ai"
    wandb.sagemaker_auth({"WANDB_PROJECT": "p"}, path=tmp_path)
    file = tmp_path / "secrets.env"
    assert file.read_text() == f"WANDB_PROJECT=p\nWANDB_API_KEY={KEY}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert account.api is wandb.api


def test_login_takes_every_argument(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`login()` takes the arguments of all versions by name."""
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path))
    done = wandb.login(
        key=KEY, host="http://localhost:1", relogin=True, timeout=1, force=True, verify=False, anonymous="never",
        referrer="models",
    )  # fmt: skip
    assert done is True
    assert KEY not in capsys.readouterr().err


def test_environment_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """`env` reads variables of the process or of a given mapping, with defaults."""
    monkeypatch.setenv("WANDB_PROJECT", "p")
    monkeypatch.setenv("WANDB_SILENT", "true")
    assert (wandb_env.get_project(), wandb_env.get_entity("e"), wandb_env.get_dir(env={"WANDB_DIR": "d"})) == (
        "p",
        "e",
        "d",
    )
    assert (wandb_env.is_silent(), wandb_env.is_quiet(), wandb_env.is_debug(default="1")) == (True, False, True)
    assert wandb_env.is_offline({"WANDB_MODE": "dryrun"})


def test_small_modules(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Printer, paths, telemetry and config parsing give what their programs use."""
    printer = sdk_printer.new_printer()
    printer.display(["one", "two"], level=sdk_printer.WARN)
    assert [line.rpartition("wandb_nb: ")[2] for line in capsys.readouterr().err.splitlines()] == [
        "warning: one",
        "warning: two",
    ]
    assert sdk_paths.LogicalPath("a\\b") == "a/b"
    assert str(sdk_paths.LogicalPath(tmp_path).to_path()) == tmp_path.as_posix()
    assert sdk_paths._get_python_type() == "python"
    with weave_support.context(run=None) as telemetry:
        telemetry.feature.keras = True
    assert helper.parse_config({"a": 1, "b": 2, "c": 3}, exclude=["b"]) == {"a": 1, "c": 3}
    assert helper.parse_config({"a": 1, "b": 2}, include=["b"]) == {"b": 2}
    assert (wandb.wandb_sdk, wandb.wandb_lib) == (wandb.sdk, wandb.sdk.lib)
    with pytest.raises(AttributeError):
        _ = wandb.sdk.wandb_sdk


def test_classes_that_are_not_built(start: Start) -> None:
    """An unimplemented class works in `isinstance` and annotations; a constructor of it is a UsageError."""
    assert not isinstance(3, wandb.Trace)
    assert wandb.Trace is wandb.Trace
    assert wandb.Trace | None
    with pytest.raises(wandb.UsageError, match=r"Trace\.from_span\(\) is not implemented"):
        wandb.Trace.from_span("x")
    start(mode="disabled")
    assert not wandb.Trace().from_span("x")


def test_the_classes_of_the_public_api() -> None:
    """`wandb.apis.public` has the classes that `wandb.Api()` returns, under W&B's names."""
    assert wandb.apis.public.Api is wandb.apis.PublicApi is wandb.PublicApi is wandb.Api
    assert wandb.apis.public.Run.__module__.startswith("wandb_nb.public_api")
    assert wandb.apis.InternalApi is type(wandb.api)
