"""`%wandb init` and the start of a `%%wandb` cell: a run from options, and what to do where no server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from wandb_nb import errors
from wandb_nb.notebook.magics import magic_options
from wandb_nb.tracking.online.server_lookup import no_answer_remedies
from wandb_nb.tracking.start.init import init

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.tracking.run import Run


def start_run(magic: str, words: Sequence[str]) -> Run | None:
    """Start the run that the *words* after *magic* describe; with `--help` print the options and return None.

    Raises:
        UsageError: An option is wrong, or the server does not answer; the message has the line that starts it offline.

    """
    options = magic_options.parse("init", list(words))
    if options.help:
        print(magic_options.init_parser().format_help())  # noqa: T201 -- the user asked for help
        return None
    arguments = magic_options.init_arguments(options)
    try:
        return init(arguments.pop("config", None), None, arguments)
    except errors.AuthenticationError:
        raise
    except errors.CommError as error:
        problem = str(error).removesuffix(f": {no_answer_remedies()}")
        raise UsageError(f"{problem}. Start it offline with '{_offline_line(magic, words)}'") from None
    except KeyboardInterrupt:
        offline = _offline_line(magic, words)
        raise UsageError(f"interrupted before the run had started. '{offline}' waits for no server") from None


def _offline_line(magic: str, words: Sequence[str]) -> str:
    """Return the line *magic* with its *words*, and the mode offline."""
    pairs = zip(("", *words), words, strict=False)
    others = [word for before, word in pairs if "--mode" not in (before, word) and not word.startswith("--mode=")]
    return " ".join([magic, "--mode offline", *others])
