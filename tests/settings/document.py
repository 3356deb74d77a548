"""The page `docs/settings.md`, generated from the table of settings.

`python tests/settings/document.py > docs/settings.md` regenerates it; a test compares the two.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.settings.fields import FIELDS

if TYPE_CHECKING:
    from wandb_nb.settings.field import Field

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

INTRODUCTION = """# Settings

Each setting can be given in several places. Later ones in this list take precedence:

1. the default, or what the host needs (Colab: `start_method` is `thread`);
2. the user's file `~/.config/wandb/settings` (`WANDB_CONFIG_DIR` sets another folder);
3. the workspace's file `wandb/settings` in the folder of the runs;
4. the environment, read at each `init()`;
5. `wandb.setup(settings=...)`;
6. `wandb.init(settings=wandb.Settings(...))`, or a dict;
7. the arguments of `wandb.init()`.

A file has the section `[default]` and lines `name = value`. An empty variable counts as not set, and so does None.
Lists in files and variables are separated by commas. An unknown name is an error in code; in a file or the environment
it is ignored. A name that W&B's client has in some version from 0.12 to 0.31, and that is not on this page, is accepted
in code; `init()` reports once that it has no effect.

`run.settings.source("project")` returns the source of a value; `run.settings.table()` and `wandb-nb settings` list all
settings. `wandb-nb online`, `offline` and `disabled` store the mode in the workspace's file. Booleans are `true` or
`false`; `1`, `yes` and `on` are accepted too.
"""

WITHOUT_EFFECT = "Without effect here"
NOTES = {
    WITHOUT_EFFECT: "These are accepted, so that scripts and files written for W&B's client work. Nothing reads them."
}
SECTIONS = {
    "entity": "Run",
    "mode": "Mode and account",
    "root_dir": "Files",
    "save_code": "Code and environment",
    "silent": "Output",
    "sync_tensorboard": "Integrations",
    "start_method": "Background process and network",
    "organization": WITHOUT_EFFECT,
}


def page() -> str:
    """Return the whole page."""
    lines = [INTRODUCTION]
    for name, field in FIELDS.items():
        if name in SECTIONS:
            lines.append(f"\n## {SECTIONS[name]}\n")
            if SECTIONS[name] in NOTES:
                lines.append(f"{NOTES[SECTIONS[name]]}\n")
            lines.append("| setting | type | default | variables | meaning |\n| --- | --- | --- | --- | --- |")
        lines.append(_row(name, field))
    return "\n".join(lines) + "\n"


def _row(name: str, field: Field[object, object]) -> str:
    argument = f"<br>`init({field.argument}=)`" if field.argument else ""
    variables = "<br>".join(f"`{variable}`" for variable in field.env)
    return f"| `{name}`{argument} | {field.kind.name} | {_default(field.default)} | {variables} | {field.doc}. |"


def _default(value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.stdout.write(page())
