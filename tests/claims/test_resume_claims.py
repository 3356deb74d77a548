"""[R1] [R2], rewinding and branching: the run that a later `init()` continues, each part in its own process."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from claimed import HEAD, check, claim, command, run, runs, show_json

if TYPE_CHECKING:
    from pathlib import Path

# ruff: noqa: E501 - a row's short script may stand on one line

FIRST = "with wandb.init(id='x', project='p', name='first', config={'lr': 0.1}) as r:\n    for i in range(3): r.log({'i': i})\n"
MANY = "with wandb.init(id='x') as r:\n    for i in range(6): r.log({'i': i})\n"
TABLE = [
    claim("R1 None with a known id replaces it", FIRST + "with wandb.init(id='x', project='p') as r:\n    print(r.resumed, r.step, r.config)\n    r.log({'j': 9})\nf = wandb.read('x')\nprint(list(f.columns)[-1], len(f), f.attrs['summary']['j'], 'i' in f.attrs['summary'])", "False 0 {} j 1 9 False"),
    claim(
        "R1 allow continues",
        FIRST + "with wandb.init(id='x', project='p', resume='allow', config={'b': 2}) as r:\n"
        "    print(r.resumed, r.step, r.starting_step, r.name, r.config, r.summary['i'])\n    r.log({'i': 3})\n"
        "f = wandb.read('x')\nprint(*f['_step'], *f['i'])",
        "True 3 3 first {'lr': 0.1, 'b': 2} 2 0 1 2 3 0.0 1.0 2.0 3.0",
    ),
    claim("R1 allow with an unknown id", "r = wandb.init(id='x', resume='allow')\nprint(r.id, r.resumed, r.step)", "x False 0"),
    claim("R1 allow without an id", "r = wandb.init(resume='allow')\nprint(len(r.id), r.resumed)", "8 False"),
    claim("R1 must with a known id", FIRST + "r = wandb.init(id='x', project='p', resume='must')\nprint(r.resumed, r.step)", "True 3"),
    claim("R1 must with an unknown id", "print_error(lambda: wandb.init(id='x', resume='must'), wandb.UsageError)", "resume='must' finds no run to continue (the id 'x') ... resume='allow' starts a new one"),
    claim("R1 must without an id", "print_error(lambda: wandb.init(resume='must'), wandb.UsageError)", "resume='must' finds no run to continue (no id given) ..."),
    claim("R1 must during an active run", FIRST + "wandb.init(project='p')\nprint_error(lambda: wandb.init(id='x', resume='must'), wandb.UsageError)", "resume='must' cannot continue run 'x' while run ... is active: finish() that one first, or give reinit=True"),
    claim("R1 never with a known id", FIRST + "print_error(lambda: wandb.init(id='x', project='p', resume='never'), wandb.UsageError)", "resume='never', but run 'x' (first) exists: give another id, or resume='allow' to continue it"),
    claim("R1 never with an unknown id", "print(wandb.init(id='x', resume='never').resumed)", "False"),
    claim("R1 WANDB_RUN_ID and WANDB_RESUME", FIRST + "os.environ.update(WANDB_RUN_ID='x', WANDB_RESUME='must')\nr = wandb.init()\nprint(r.id, r.step)", "x 3"),
    *(claim(f"R1 {word!r} after a good end", f"a = wandb.init(resume={word!r})\na.finish()\nprint(wandb.init(resume={word!r}).id == a.id, os.path.exists('wandb/wandb-resume.json'))", "False True") for word in ("auto", True)),
    *(claim(f"R1 {word!r} after a failure", f"a = wandb.init(resume={word!r})\na.log({{'i': 1}})\na.finish(1)\nb = wandb.init(resume={word!r})\nprint(b.id == a.id, b.step)", "True 1") for word in ("auto", True)),
    claim("R1 resume=False", FIRST + "print(wandb.init(id='x', resume=False).resumed)", "False"),
    claim("R1 auto with another id", "a = wandb.init(resume='auto')\na.finish(1)\nprint(wandb.init(id='mine', resume='auto').id)", "mine"),
    claim("R2 an id as resume", FIRST + "r = wandb.init(resume='x')\nprint(r.id, r.resumed, r.step)", "x True 3"),
    claim("R2 an unknown id as resume", "r = wandb.init(resume='mine')\nprint(r.id, r.resumed)", "mine False"),
    claim("resume_from rewinds", MANY + "with wandb.init(resume_from='x?_step=2') as r:\n    print(r.id, r.step, r.summary['i'])\n    r.log({'i': 30})\nf = wandb.read('x')\nprint(*f['_step'], *f['i'])", "x 3 2 0 1 2 3 0.0 1.0 2.0 30.0"),
    claim("fork_from branches", MANY + "with wandb.init(fork_from='x?_step=2', id='y') as r:\n    print(r.id, r.step, r.resumed)\n    r.log({'i': 30})\nprint(*wandb.read('y')['i'], len(wandb.read('x')))", "y 3 False 0.0 1.0 2.0 30.0 6"),
    claim("resume_from an unknown run", "print_error(lambda: wandb.init(resume_from='x?_step=2'), wandb.UsageError)", "resume_from names run 'x', which does not exist on this machine ..."),
    claim("resume_from a step behind the end", MANY + "print_error(lambda: wandb.init(resume_from='x?_step=9'), wandb.UsageError)", "resume_from names step 9 of run 'x' ..., whose steps end at 5"),
    claim("resume_from has a form", "for text in ('x', 'x?_step=', 'x?epoch=3'): print_error(lambda: wandb.init(resume_from=text))", "... must have the form \"id?_step=N\" ... 'x'. ... 'x?_step='. ... 'x?epoch=3'."),
    claim("resume_from and the id", MANY + "print_error(lambda: wandb.init(id='y', resume_from='x?_step=2'), wandb.UsageError)", "resume_from names the run 'x', but init(id=) gives the id 'y'; give one of them"),
    claim("fork_from itself", MANY + "print_error(lambda: wandb.init(id='x', fork_from='x?_step=2'), wandb.UsageError)", "fork_from names the run 'x' itself; give the new run another id"),
    claim("one way to continue", "print_error(lambda: wandb.init(resume='allow', fork_from='x?_step=2'), wandb.UsageError)", "give only one of resume, resume_from and fork_from, not resume from init(resume=), fork_from from init(fork_from=)"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "printed"), TABLE)
def test_resume(tmp_path: Path, source: str, printed: str) -> None:
    """A script prints what the claim means."""
    check(tmp_path, source, printed)


@pytest.mark.parametrize(
    "ending",
    ["os.kill(os.getpid(), 9)", "os._exit(0)", "1 / 0", "sys.exit(2)", "raise SystemExit(3)", "wandb.finish(1)"],
)
def test_auto_continues_an_unsuccessful_run(tmp_path: Path, ending: str) -> None:
    """[R1] "auto" continues this folder's run until it succeeds; until then `wandb-resume.json` names it."""
    source = f"run = wandb.init(resume='auto')\nprint(run.id, run.step, flush=True)\nwandb.log({{'i': run.step}})\nif run.step < 3: {ending}"
    outputs = [run(tmp_path, source).stdout.split() for _ in range(4)]
    assert [step for _, step in outputs] == ["0", "1", "2", "0"]
    assert len({name for name, _ in outputs[:3]}) == 1
    assert outputs[3][0] != outputs[0][0]


def test_auto_stays_in_its_folder(tmp_path: Path) -> None:
    """[R1] A run that failed in another folder is not continued."""
    (tmp_path / "other").mkdir()
    run(tmp_path / "other", "wandb.init(resume='auto', id='there').finish(1)")
    assert run(tmp_path, "print(wandb.init(resume='auto').id == 'there')").stdout.split() == ["False"]


@pytest.mark.kernel
def test_auto_after_a_killed_kernel(tmp_path: Path) -> None:
    """[R1] A notebook whose kernel was killed continues its run when it is executed again with "auto"."""
    from jupyter_client.manager import KernelManager

    source = (
        HEAD
        + "run = wandb.init(resume='auto', settings={'silent': True})\nprint(run.id, run.step, len(run.history()))\nfor i in range(5): run.log({'i': i})"
    )
    outputs = []
    for _ in range(2):
        manager = KernelManager()
        manager.start_kernel(cwd=str(tmp_path))
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        printed: list[str] = []
        client.execute_interactive(
            source, timeout=60, output_hook=lambda m, p=printed: p.append(m["content"].get("text", ""))
        )
        outputs.append("".join(printed).split())
        client.stop_channels()
        manager.signal_kernel(signal.SIGKILL)
        manager.shutdown_kernel(now=True)
    assert outputs[1] == [outputs[0][0], "5", "5"], "a history before the first new row is that of the part before"


def test_an_id_with_an_active_writer(tmp_path: Path) -> None:
    """While a process writes a run, no other may use its id in any way; rows are never mixed."""
    source = "import wandb_nb as wandb\nrun = wandb.init(id='busy', settings={'silent': True})\nrun.log({'a': 1})\nprint('ready', flush=True)\ninput()\nrun.log({'a': 2})"
    with subprocess.Popen(
        [sys.executable, "-c", source], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        for options in ("", ", resume='allow'", ", resume='must'", ", resume='auto'", ", resume='never'"):
            done = run(tmp_path, f"try: wandb.init(id='busy'{options})\nexcept wandb.UsageError as error: print(error)")
            assert "run 'busy'" in done.stdout, options
            assert f"is still written by a running process (pid {writer.pid} on " in done.stdout
            assert "finish it first, or give another id" in done.stdout
        writer.communicate("continue\n", timeout=60)
    assert [(each["id"], each["state"], each["steps"]) for each in runs(tmp_path)] == [("busy", "finished", 2)]


def test_a_deleted_id(tmp_path: Path) -> None:
    """[W3] A deleted id is refused forever in its project, however it is given."""
    run(tmp_path, "wandb.init(id='gone', project='p')")
    command(tmp_path, "rm", "gone", "--yes")
    assert runs(tmp_path) == []
    for options in ("", ", resume='allow'", ", resume='must'", ", resume='never'"):
        message = run(
            tmp_path,
            f"try: wandb.init(id='gone', project='p'{options})\nexcept wandb.UsageError as error: print(error)",
        ).stdout
        assert "the id 'gone' belonged to a deleted run of project 'p' and cannot be used again" in message
    assert run(tmp_path, "print(wandb.init(id='gone', project='q').id)").stdout.split() == ["gone"]


def test_a_replaced_run_is_listed_once(tmp_path: Path) -> None:
    """[R1] After an id was used twice without `resume`, lists and views have only the new run."""
    for value in (1, 2):
        run(tmp_path, f"with wandb.init(id='x', config={{'n': {value}}}) as r: r.log({{'v{value}': {value}}})")
    assert [each["id"] for each in runs(tmp_path)] == ["x"]
    fields = show_json(tmp_path, "x")
    assert fields["config"] == {"n": 2}
    assert "v1" not in fields["summary"]
