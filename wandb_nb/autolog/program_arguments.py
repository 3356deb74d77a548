"""The options of the program for the config: absl flags, what argparse has parsed, or pairs on the command line."""

from __future__ import annotations

import argparse
import functools
import sys
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.autolog.autolog_options import CONFIG_KEY, SWEEP_KEY
from wandb_nb.function_hooks import FunctionHooks
from wandb_nb.surroundings import arguments as command_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.autolog.autolog_options import AutologOptions
    from wandb_nb.tracking.config.config import Config

    Function = Callable[..., Any]

_OWN_KEYS = frozenset({CONFIG_KEY, SWEEP_KEY})
_parsed: list[argparse.Namespace] = []
"""What was parsed last, while the hook is installed."""


def fill_config(config: Config, options: AutologOptions) -> None:
    """Put the program's options into *config*, unless the program put anything there."""
    if host.in_notebook() or set(config) - _OWN_KEYS or not options.is_on("args"):
        return
    sources = {"absl": _absl_flags, "argparse": _parsed_arguments, "sys": _command_line}
    for name, values_of in sources.items():
        values = values_of() if options.is_on("args", name) else {}
        if values:
            config.setdefaults({name.replace(".", "_"): value for name, value in values.items()})
            return


def remember_parsed() -> None:
    """Take the namespace that the program has parsed before, from the variables of the functions that run."""
    frame = sys._getframe().f_back  # noqa: SLF001 -- documented, and the only way to a caller's variables
    while frame is not None and not _parsed:
        _parsed.extend(value for value in frame.f_locals.values() if isinstance(value, argparse.Namespace))
        is_script = frame.f_globals.get("__name__") == "__main__" and frame.f_code.co_name == "<module>"
        frame = None if is_script else frame.f_back  # what runs the script has options of its own


def forget_parsed() -> None:
    """Forget what was parsed."""
    _parsed.clear()


def _absl_flags() -> Mapping[str, Any]:
    """Return the flags that the program itself defines, once they are parsed."""
    flags = getattr(sys.modules.get("absl.flags"), "FLAGS", None)
    if flags is None or not flags.is_parsed():
        return {}
    own = flags.flags_by_module_dict().get(sys.argv[0], ())
    return {flag.name: flag.value for flag in own}


def _parsed_arguments() -> Mapping[str, Any]:
    return dict(vars(_parsed[-1])) if _parsed else {}


def _command_line() -> Mapping[str, Any]:
    """Return the pairs `--name value` and `--name=value` of the command line; a switch alone is True."""
    values: dict[str, Any] = {}
    name = None
    for word in command_line():
        if word.startswith("--") and len(word) > len("--"):
            name, sign, value = word[2:].partition("=")
            values[name] = value if sign else True
            name = None if sign else name
        elif name is not None:
            values[name], name = word, None
    return values


def _remembering(original: Function) -> Function:
    """Return *original*, which parses, with a note of what it made of the program's own command line."""

    @functools.wraps(original)
    def parse_known_args(parser: Any, args: Any = None, namespace: Any = None, *arguments: Any, **named: Any) -> Any:
        result = original(parser, args, namespace, *arguments, **named)
        if args is None and isinstance(result[0], argparse.Namespace):
            _parsed[:] = [result[0]]
        return result

    return parse_known_args


hooks = (FunctionHooks({"argparse": "ArgumentParser.parse_known_args"}, _remembering),)
