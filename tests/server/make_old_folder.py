"""Makes `folder_0.1.0`, a server's data folder, with the code that wrote it: a working tree of commit 8084075.

    PYTHONPATH=tests python tests/server/make_old_folder.py TREE

The database becomes SQL text. Key and secret are replaced by zeros.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import visiting
from visiting import Site

TARGET = Path(__file__).with_name("folder_0.1.0")
KEY = "local-" + "0" * 40
STARTED = {"e": {"w": {"startedAt": "2026-01-02T03:04:05Z"}}, "m": [{"1": "loss", "6": [3]}]}
ALERT = """mutation { notifyScriptableRunAlert(input: {runName: "first", projectName: "p", entityName: "local",
    title: "high", text: "loss above 1", severity: WARN, waitDuration: 0}) { success } }"""


def make(tree: Path) -> None:
    """Write the folder anew, by the server in *tree*."""
    os.environ["PYTHONPATH"] = str(tree)
    visiting.save_code = lambda _: None  # a column of later versions
    os.chdir(tree)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        site = Site(folder)
        fill(site)
        site.stop()
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir()
        shutil.copytree(folder / "files", TARGET / "files")
        (TARGET / "key").write_text(KEY)
        (TARGET / "secret").write_text("0" * 64)
        with closing(sqlite3.connect(folder / "server.db")) as database:
            database.execute(
                "UPDATE users SET key_hash = ? WHERE name = 'local'", [hashlib.sha256(KEY.encode()).hexdigest()]
            )
            (TARGET / "server.sql").write_text("\n".join(database.iterdump()) + "\n", "utf-8")


def fill(site: Site) -> None:
    """Store runs of each kind, files, rights and an alert."""
    config = json.dumps({"lr": {"value": 0.1}, "_wandb": {"value": STARTED}})
    facts = {"displayName": "tidal-bird-1", "notes": "é\nß", "tags": ["a", "b"], "groupName": "g", "commit": "c0ffee"}
    site.start("first", config=config, jobProgram="train.py", **facts)
    rows = [json.dumps({"_step": n, "_runtime": n / 2, "loss": 1 / (n + 1), "deep": {"x": n}}) for n in range(120)]
    events = [json.dumps({"_runtime": n, "system.cpu": n}) for n in range(9)]
    streams = {"wandb-history.jsonl": rows, "wandb-events.jsonl": events, "output.log": ["one", "two"]}
    streams["wandb-summary.json"] = [json.dumps({"loss": 1 / 120, "_runtime": 60})]
    site.stream("first", files={name: {"offset": 0, "content": lines} for name, lines in streams.items()})
    site.upload("first", {"a.txt": b"text", "media/images/x.png": bytes(range(256)), "wandb-metadata.json": b"{}"})
    site.query(ALERT)
    site.stream("first", complete=True, exitcode=0)
    site.start("second", config='{"lr": {"value": 0.2}}')
    site.stream(
        "second", files={"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "v": NaN}', '{"v": 1}']}}
    )
    site.start("third")
    deleted = site.query('{ project(name: "p") { run(name: "third") { id } } }')["project"]["run"]["id"]
    site.query("mutation D($id: ID!) { deleteRun(input: {id: $id}) { clientMutationId } }", id=deleted)
    command = [sys.executable, "-m", "wandb_nb", "server", "--dir", str(site.folder)]
    for words in (("users", "ann"), ("projects", "local/p", "--user", "ann", "--right", "read")):
        subprocess.run([*command, *words], check=True, env=site.environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    make(Path(sys.argv[1]).absolute())
