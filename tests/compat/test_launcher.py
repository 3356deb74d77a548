"""`wandb-nb run`: programs behave as under `python`, import wandb_nb as wandb, and so do their children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import wandb_nb
from wandb_nb.compat.launcher import split

# As the installed script does, it does not search the working directory for modules.
CODE = "import sys; sys.path[:] = [path for path in sys.path if path]; from wandb_nb.cli import main; main()"
LAUNCHER = (sys.executable, "-c", CODE, "run")
NOTICE = "wandb_nb: import wandb gives wandb_nb; the installed wandb is not used"
PACKAGES = Path(wandb_nb.__file__).parents[1]


def environment(folder: Path) -> dict[str, str]:
    """Return an environment with a home of its own and without settings of W&B's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    return own | {"WANDB_MODE": "offline", "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}


def run(folder: Path, *arguments: str, python: bool = False) -> subprocess.CompletedProcess[str]:
    """Run *arguments* in *folder* under the launcher, or under Python alone."""
    command = (sys.executable, *arguments) if python else (*LAUNCHER, *arguments)
    return subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=120, check=False
    )


def write(folder: Path, name: str, source: str) -> str:
    """Write a program and return its name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(source))
    return name


FACTS = """
    import __main__, os, sys
    print(sys.argv, sys.path[0], __name__, __main__.__dict__.get("__file__"), __spec__ and __spec__.name, __package__)
    print(sys.flags.optimize, sys.flags.dont_write_bytecode, sys.stdin.read(), sys.executable)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("tool/facts.py", "--lr", "0.1", "-m", "x", "--", "-h"),
        ("-m", "tool.facts", "--help"),
        ("-mtool.facts", "a b"),
        ("-O", "-Bm", "tool", "-O"),
        ("-X", "dev", "tool/facts.py"),
        ("-c", "import sys; print(sys.argv, sys.path[0])", "-c", "x"),
        ("tool",),
    ],
)
def test_it_behaves_like_python(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Arguments, `sys.path[0]`, `__main__` and the interpreter's options are those of `python …`."""
    for name in ("facts.py", "__main__.py"):
        write(tmp_path, f"tool/{name}", FACTS)
    launched, plain = run(tmp_path, *arguments), run(tmp_path, *arguments, python=True)
    assert (launched.returncode, launched.stdout) == (0, plain.stdout)
    assert plain.stdout
    assert launched.stderr.splitlines() == [NOTICE]


@pytest.mark.parametrize(
    "source",
    [
        "raise SystemExit(7)",
        "raise ValueError('no')",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import sys; sys.exit('a message')",
    ],
)
def test_the_exit_code_is_the_programs(source: str, tmp_path: Path) -> None:
    """Exit codes, tracebacks and deaths by a signal are those of `python SCRIPT`."""
    name = write(tmp_path, "ends.py", source)
    launched, plain = run(tmp_path, name), run(tmp_path, name, python=True)
    assert launched.returncode == plain.returncode != 0
    assert launched.stderr.splitlines()[1:] == plain.stderr.splitlines()


def test_signals_reach_the_program(tmp_path: Path) -> None:
    """Ctrl-C interrupts the program itself, which is the launcher's process."""
    source = """
        import os, time
        print(os.getpid(), flush=True)
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """
    command = (*LAUNCHER, write(tmp_path, "waits.py", source))
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "interrupted\n"
    assert process.returncode == 0


WORK = """
    import os, sys

    def work(number):
        import wandb, wandb_nb
        from wandb.sdk.wandb_run import Run
        sys.stdout.write(f"{number} {wandb is wandb_nb} {Run is wandb_nb.Run}\\n")
        sys.stdout.flush()
        return number
"""
STARTS = {
    **{
        method: f"""
            import multiprocessing
            with multiprocessing.get_context({method!r}).Pool(2) as pool:
                pool.map(work, range(2))
        """
        for method in ("fork", "forkserver", "spawn")
    },
    "loky": """
        from joblib import Parallel, delayed
        Parallel(n_jobs=2, backend="loky")(delayed(work)(number) for number in range(2))
    """,
    "torchrun": """
        import subprocess
        command = [sys.executable, "-u", "-c", "import os, program; program.work(os.environ['RANK'])"]
        workers = [
            subprocess.Popen(command, env={**os.environ, "RANK": str(rank), "WORLD_SIZE": "2"}) for rank in range(2)
        ]
        assert [worker.wait() for worker in workers] == [0, 0]
    """,
    "shell": """
        import subprocess
        for number in range(2):
            code = f"import program; program.work({number})"
            subprocess.run(f'"{sys.executable}" -c "{code}"', shell=True, check=True)
    """,
}


@pytest.mark.parametrize("way", STARTS)
def test_children_import_it_too(way: str, tmp_path: Path) -> None:
    """Workers that a program starts in any of these ways import wandb_nb as wandb."""
    body = textwrap.indent(textwrap.dedent(STARTS[way]), "    ")
    name = write(tmp_path, "program.py", textwrap.dedent(WORK) + f"\nif __name__ == '__main__':\n{body}")
    done = run(tmp_path, name)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == ["0 True True", "1 True True"]


def test_the_command_is_on_the_path(tmp_path: Path) -> None:
    """A program finds the command `wandb`, which is ours, with its interpreter, whatever the working directory has."""
    write(tmp_path, "click.py", "raise SystemExit('the working directory was searched')")
    source = """
        import subprocess
        print(subprocess.check_output("wandb --version && wandb offline", shell=True, text=True))
    """
    done = run(tmp_path, write(tmp_path, "shell/program.py", source))
    assert done.stdout.startswith(f"wandb-nb, version {wandb_nb.__version__}\nruns of {tmp_path} are offline"), done
    assert (tmp_path / "wandb/settings").is_file()


@pytest.mark.parametrize("arguments", [("-S", "x.py"), ("-S", "-m", "x")])
def test_it_refuses_an_interpreter_that_reads_no_startup_file(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """With `-S` the launcher runs nothing, and one line names the option and the remedy."""
    write(tmp_path, "x.py", "print('ran')")
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    last = done.stderr.splitlines()[-1]
    assert "-S" in last
    assert "wandb_nb.install_as_wandb()" in last


def test_an_isolated_interpreter_works(tmp_path: Path) -> None:
    """With `-I` the startup file in the environment is still read."""
    done = run(tmp_path, "-I", "-c", "import wandb; print(wandb.__name__)")
    assert (done.returncode, done.stdout) == (0, "wandb_nb\n"), done.stderr


def test_no_program_is_a_usage_error(tmp_path: Path) -> None:
    """Without a program one line shows how to call it; `--help` prints the help."""
    done = run(tmp_path)
    assert done.returncode == 2
    assert "wandb-nb run SCRIPT" in done.stderr.splitlines()[-1]
    assert "what would follow `python`" in " ".join(run(tmp_path, "--help").stdout.split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a.py", "-m"], ([], ["a.py", "-m"])),
        (["-um", "a", "-S"], (["-u"], ["-m", "a", "-S"])),
        (["-Wc", "-c", "pass"], (["-Wc"], ["-c", "pass"])),
        (["-W", "error", "-"], (["-W", "error"], ["-"])),
        (["--check-hash-based-pycs", "never", "a"], (["--check-hash-based-pycs", "never"], ["a"])),
        (["-u"], (["-u"], [])),
    ],
)
def test_options_end_where_the_program_begins(arguments: list[str], expected: tuple[list[str], list[str]]) -> None:
    """The interpreter's options are told from the program as the interpreter does it."""
    assert split(arguments) == expected


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return the interpreter of a virtual environment without wandb and without our startup file.

    It finds wandb_nb and what it needs by PYTHONPATH, where no startup file is read.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    packages = tmp_path / "packages"
    packages.mkdir()
    for path in Path(pytest.__file__).parents[1].iterdir():
        if path.suffix != ".pth" and path.name.partition("-")[0] != "wandb":
            (packages / path.name).symlink_to(path)
    return tmp_path / "env/bin/python"


def call(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `wandb-nb` in the bare environment."""
    folder = python.parents[2]
    variables = environment(folder) | {"PYTHONPATH": os.pathsep.join((str(PACKAGES), str(folder / "packages")))}
    command = [str(python), "-c", CODE, *arguments]
    if not arguments:
        command = [str(python.parent / "wandb"), "--version"]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def test_it_refuses_where_the_startup_file_is_not_installed(bare: Path) -> None:
    """Where wandb_nb was not installed with its startup file, the launcher runs nothing and names the remedy."""
    done = call(bare, "run", "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (2, "")
    assert "install wandb-nb with pip" in done.stderr


def test_the_command_of_an_environment(bare: Path) -> None:
    """`install-command` adds `wandb` to an environment without it, twice without harm, and `--remove` removes it."""
    command = bare.parent / "wandb"
    for _ in range(2):
        assert call(bare, "install-command").stdout == f"installed {command}\n"
    assert call(bare).stdout == f"wandb-nb, version {wandb_nb.__version__}\n"
    assert call(bare, "install-command", "--remove").stdout == f"removed {command}\n"
    assert not command.exists()
    assert "there is no command" in call(bare, "install-command", "--remove").stdout


def test_a_command_of_another_package_stays(bare: Path, tmp_path: Path) -> None:
    """A file `wandb` that we did not write is neither replaced nor removed; beside the real package we write none."""
    command = bare.parent / "wandb"
    command.write_text("#!/bin/sh\necho the real one\n")
    done = call(bare, "install-command")
    assert (done.returncode, command.read_text()) == (2, "#!/bin/sh\necho the real one\n")
    assert str(command) in done.stderr
    call(bare, "install-command", "--remove")
    assert command.exists()
    beside = subprocess.run(
        (*LAUNCHER[:-1], "install-command"), env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert beside.returncode == 2
    assert "the package wandb is installed" in beside.stderr
