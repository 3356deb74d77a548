"""The command line as a user has it: real processes on real runs."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wandb_nb as wandb

if TYPE_CHECKING:
    from collections.abc import Sequence

HOSTILE = "evil\x1b[31m\r\nname\u202e"


def cli(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `wandb-nb` and return the result."""
    command = [sys.executable, "-c", "from wandb_nb.cli import main; main()", *arguments]
    return subprocess.run(
        command,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def stdout(*arguments: str) -> str:
    """Return what `wandb-nb` prints on success."""
    done = cli(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def track(folder: Path, rows: Sequence[dict[str, Any]] = (), **arguments: Any) -> wandb.Run:
    """Make a finished run of *rows*, and return it."""
    arguments = {"project": "digits", "mode": "offline", **arguments}
    with wandb.init(dir=folder, settings=wandb.Settings(silent=True), **arguments) as run:
        for row in rows:
            run.log(row)
    return run


@pytest.fixture
def run(tmp_path: Path) -> wandb.Run:
    """Return a finished run with a falling loss."""
    rows = [{"loss": 1 / (n + 1), "deep": {"acc": n / 10}} for n in range(10)]
    return track(tmp_path, rows, name="first", config={"lr": 0.1, "net": {"width": 8}}, tags=["t1"], notes="my notes")


def test_help_lists_commands_and_exit_codes() -> None:
    """`--help` names every command, the forms of RUN, and the exit codes."""
    text = stdout("--help")
    for word in ("ls", "show", "export", "verify", "latest", "Exit codes"):
        assert word in text
    assert stdout("--version") == f"wandb-nb, version {wandb.__version__}\n"


def test_ls_is_newest_first_and_filters(tmp_path: Path) -> None:
    """`ls` lists state, project, name and steps of each run, newest first, for one project on request."""
    for name, project in (("one", "p"), ("two", "q"), ("three", "p")):
        track(tmp_path, [{"a": 1}, {"a": 2}], name=name, project=project)
    head, *lines = stdout("ls").splitlines()
    assert head.split() == ["STATE", "PROJECT", "NAME", "ID", "STEPS", "STARTED", "DURATION"]
    assert [line.split()[:3] for line in lines] == [
        ["finished", "p", "three"],
        ["finished", "q", "two"],
        ["finished", "p", "one"],
    ]
    runs = json.loads(stdout("ls", "--project", "p", "--limit", "1", "--json"))
    assert [(run["name"], run["steps"]) for run in runs] == [("three", 2)]


def test_ls_without_runs_gives_a_hint() -> None:
    """On a fresh machine `ls` succeeds and explains how to start a run; as JSON it is an empty list."""
    done = cli("ls")
    assert (done.returncode, done.stdout) == (0, "")
    assert "wandb_nb.init()" in done.stderr
    assert json.loads(stdout("ls", "--json")) == []


CRASHING = """
import os, sys, wandb_nb
run = wandb_nb.init(project="p", mode="offline", dir=sys.argv[1], settings=wandb_nb.Settings(silent=True))
run.log({"loss": 1})
os.kill(os.getpid(), 9)
"""


def test_ls_and_show_report_a_crash(tmp_path: Path) -> None:
    """A run whose process was killed is listed as crashed, not running."""
    subprocess.run([sys.executable, "-c", CRASHING, str(tmp_path)], timeout=60, check=False)
    assert json.loads(stdout("ls", "--json"))[0]["state"] == "crashed"
    assert json.loads(stdout("show", "latest", "--json"))["run"]["state"] == "crashed"


def test_ls_marks_a_deleted_directory(tmp_path: Path) -> None:
    """A run whose directory was removed stays in the list as deleted."""
    done = track(tmp_path)
    done.directory.rename(tmp_path / "elsewhere")
    assert json.loads(stdout("ls", "--json"))[0]["state"] == "deleted"


@pytest.mark.parametrize("by", ["id", "name", "directory", "file", "latest"])
def test_show_finds_the_run(run: wandb.Run, by: str) -> None:
    """RUN may be an id, a name, the path of a directory or file, or `latest`."""
    ref = "latest" if by == "latest" else str(getattr(run, by))
    assert json.loads(stdout("show", ref, "--json"))["run"]["id"] == run.id


def test_show_prints_curves_config_and_summary(run: wandb.Run) -> None:
    """`show` has a headline, a sparkline with its trend, and the dotted config and summary."""
    text = stdout("show", run.id)
    head, *rest = text.splitlines()
    assert head.startswith("first · finished · digits")
    assert "tags: t1" in rest
    assert "notes: my notes" in rest
    (curve,) = [line for line in rest if "█" in line and line.strip().startswith("loss")]
    assert "1 → 0.1, lowest 0.1 at step 9" in curve
    assert "  net.width  8" in rest
    assert "  lr         0.1" in rest
    assert "  deep.acc  0.9" in rest


def test_show_in_an_ascii_terminal(run: wandb.Run) -> None:
    """If stdout is ASCII only, sparklines and arrows are written in ASCII."""
    done = cli("show", run.id, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert "->" in done.stdout


def test_show_json_is_strict(tmp_path: Path) -> None:
    """NaN and infinities are texts, so that every JSON parser accepts the output."""
    run = track(tmp_path, [{"nan": math.nan, "inf": -math.inf}])
    parsed = json.loads(stdout("show", run.id, "--json"), parse_constant=pytest.fail)
    assert (parsed["summary"]["nan"], parsed["summary"]["inf"]) == ("NaN", "-Infinity")


def test_hostile_texts_reach_no_terminal(tmp_path: Path) -> None:
    """No command prints control or bidirectional characters of keys, config and notes."""
    row = {"key\x1b[2J": 1.0, "text": HOSTILE}
    run = track(tmp_path, [row], notes=HOSTILE, config={"c\x07": HOSTILE})
    for arguments in (("ls",), ("ls", "--json"), ("show", run.id), ("show", run.id, "--json"), ("verify", run.id)):
        printed = stdout(*arguments)
        assert not [char for char in printed if char in "\x1b\r\x07\u202e"], arguments


def test_export_csv(tmp_path: Path) -> None:
    """CSV has one line per step; missing values are empty, NaN is the text NaN, nested values are JSON."""
    run = track(tmp_path, [{"a": 1.5, "s": 'x,"y"\nz'}, {"b": {"c": 2}}, {"a": math.nan, "l": [1, 2]}])
    table = list(csv.DictReader(io.StringIO(stdout("export", run.id))))
    assert [line["_step"] for line in table] == ["0", "1", "2"]
    assert [line["a"] for line in table] == ["1.5", "", "NaN"]
    assert [line["b.c"] for line in table] == ["", "2", ""]
    assert table[0]["s"] == 'x,"y"\nz'
    assert table[2]["l"] == "[1, 2]"
    assert float(table[0]["_timestamp"]) == pytest.approx(run.start_time, abs=60)


def test_export_json_lines_to_a_file(tmp_path: Path) -> None:
    """JSON lines contain exactly the logged values; `-o` writes them to a file."""
    run = track(tmp_path, [{"a": 1.5, "s": "é"}, {"b": {"c": 2}}, {"a": math.nan, "none": None}])
    target = tmp_path / "out.jsonl"
    assert stdout("export", run.id, "--format", "jsonl", "-o", str(target)) == ""
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    users = [{key: value for key, value in line.items() if not key.startswith("_")} for line in lines]
    assert users == [{"a": 1.5, "s": "é"}, {"b.c": 2}, {"a": "NaN", "none": None}]


def test_export_of_many_rows_is_whole(tmp_path: Path) -> None:
    """An export longer than one slice has every row once, in order."""
    run = track(tmp_path, [{"n": n, **({"rare": n} if n % 7 == 0 else {})} for n in range(25_000)])
    lines = [json.loads(line) for line in stdout("export", run.id, "--format", "jsonl").splitlines()]
    assert [line["n"] for line in lines] == list(range(25_000))
    assert [line["rare"] for line in lines if "rare" in line] == list(range(0, 25_000, 7))


def test_export_into_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    """`wandb-nb export … | head -1` ends without a traceback."""
    run = track(tmp_path, [{"n": n} for n in range(20_000)])
    command = f'"{sys.executable}" -c "from wandb_nb.cli import main; main()" export {run.id} | head -1'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)  # noqa: S602
    assert done.stderr == ""
    assert done.stdout.startswith("_step,")


def test_export_to_an_impossible_file(run: wandb.Run, tmp_path: Path) -> None:
    """A file that cannot be written gives one clear line and exit code 1."""
    done = cli("export", run.id, "-o", str(tmp_path / "no" / "such" / "folder"))
    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_unknown_run_is_one_line_and_exit_code_2(run: wandb.Run) -> None:
    """An unknown name gives exit code 2 and one line with the nearest name, without a traceback."""
    done = cli("show", "frist")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert run.name in done.stderr


def test_wrong_option_is_exit_code_2() -> None:
    """A wrong option is reported with the command's usage."""
    done = cli("ls", "--nonsense")
    assert done.returncode == 2
    assert "No such option" in done.stderr


def test_verify_of_a_whole_run(run: wandb.Run) -> None:
    """An undamaged run gives exit code 0, and every row is counted."""
    assert "whole" in stdout("verify", run.id)
    report = json.loads(stdout("verify", run.id, "--json"))
    assert (report["ok"], report["rows"], report["lost"], report["segments"]) == (True, 10, 0, [])
    assert report["records"]["history"] == 10


def test_verify_of_an_empty_file(tmp_path: Path) -> None:
    """A run file without a record is damaged, not intact."""
    file = tmp_path / "run-empty.wandb"
    file.touch()
    done = cli("verify", str(file))
    assert (done.returncode, json.loads(cli("verify", str(file), "--json").stdout)["ok"]) == (3, False)
    assert "no readable record" in done.stdout


def test_verify_of_a_damaged_run(tmp_path: Path) -> None:
    """Overwritten bytes give exit code 3 and their range; everything outside their block is still counted."""
    run = track(tmp_path, [{"n": n} for n in range(2000)])
    with Path(run.file).open("r+b") as file:
        file.seek(70_000)
        file.write(b"\xff" * 40)
    done = cli("verify", run.id)
    assert done.returncode == 3
    assert "damage:" in done.stdout
    report = json.loads(cli("verify", run.id, "--json").stdout)
    assert not report["ok"]
    assert 0 < report["lost"] <= 32_768
    assert report["rows"] > 1000


def test_rm_deletes_a_run_with_its_earlier_parts(tmp_path: Path) -> None:
    """After `rm` the run's folder and entry are gone, its id is not reused, and other runs are unchanged."""
    other = track(tmp_path, [{"a": 1}], name="other")
    first = track(tmp_path, [{"a": 1}], id="gone")
    second = track(tmp_path, [{"a": 2}], id="gone", resume="must")
    assert cli("rm", "gone").returncode == 1, "nobody confirmed"
    assert stdout("rm", "gone", "--yes") == ""
    assert (first.directory.exists(), second.directory.exists(), other.directory.exists()) == (False, False, True)
    assert (tmp_path / "wandb/latest-run").resolve() == other.directory
    assert [each["name"] for each in json.loads(stdout("ls", "--json"))] == ["other"]
    with pytest.raises(wandb.UsageError, match="deleted"):
        track(tmp_path, id="gone")


def test_rm_refuses_an_active_run(tmp_path: Path) -> None:
    """An active run, an unknown run, and a folder that is not a run of this package are refused."""
    run = wandb.init(dir=tmp_path, mode="offline", settings=wandb.Settings(silent=True))
    done = cli("rm", run.id, "--yes")
    assert (done.returncode, "living process" in done.stderr, run.directory.exists()) == (2, True, True)
    run.finish()
    assert cli("rm", "nosuchrun", "--yes").returncode == 2
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "run-a.wandb").write_bytes(run.file.read_bytes())
    assert cli("rm", str(foreign), "--yes").returncode == 2
    assert foreign.exists()


def test_show_has_the_last_step_and_the_loss(tmp_path: Path) -> None:
    """The step is that of the last row, and a damaged range of the file counts as lost."""
    with wandb.init(project="p", mode="offline", dir=tmp_path, settings=wandb.Settings(silent=True)) as done:
        for step in range(0, 2000, 2):
            done.log({"text": "x" * 100}, step=step)
    assert json.loads(stdout("show", "latest", "--json"))["run"]["step"] == 1998
    assert json.loads(stdout("show", "latest", "--json"))["run"]["lost"] == 0
    content = bytearray(done.file.read_bytes())
    content[50_000:50_100] = os.urandom(100)
    done.file.write_bytes(content)
    header = json.loads(stdout("show", "latest", "--json"))["run"]
    assert (header["step"], header["lost"], header["state"]) == (1998, 1, "finished")
    assert "1 rows lost" in stdout("show", "latest")
