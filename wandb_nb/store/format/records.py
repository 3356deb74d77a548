"""One builder per kind of record: the bytes of a `Record` without its number, which the writer adds.

Field numbers are those of the file format. As in protobuf, unset and default values write nothing. JSON texts come from
`json_value`.
"""

from __future__ import annotations

import platform
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.wire import WireMessage
from wandb_nb.store.metrics.definition import EXPANDED, to_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wandb_nb.store.metrics.definition import Metric

    Key = str | tuple[str, ...]  # the name of a top-level entry, or the path of a nested one

# The first byte of a body tells its kind where the field number is below 16.
ROW, SUMMARY, CONFIG, STATS, OUTPUT_RAW = (bytes((number << 3 | 2,)) for number in (2, 3, 5, 7, 13))

MIN_CONSUMER = "0.70.0"  # the oldest reader of this format, as the official files say

# The texts of an EnvironmentRecord by field number, under the names of wandb-metadata.json; `decode` reads by it too.
ENVIRONMENT_TEXTS = {
    1: "os",
    2: "python",
    4: "docker",
    6: "program",
    7: "codePath",
    8: "codePathLocal",
    10: "email",
    11: "root",
    12: "host",
    13: "username",
    14: "executable",
    15: "colab",
    18: "gpu",
    25: "cudaVersion",
    199: "writerId",
}

GIT_BRANCH = 100
"""Our own field of the git message, far above the official ones; other readers skip it."""

LABELS = {"code": 1, "repo": 2, "code_version": 3}
"""What programs name in `run._label()`, with the field numbers of a TelemetryRecord's labels."""
# The features and surroundings that a TelemetryRecord can tell, with their field numbers.
FEATURES = {
    "watch": 1,
    "finish": 2,
    "save": 3,
    "offline": 4,
    "resumed": 5,
    "metric": 7,
    "set_init_name": 13,
    "set_init_id": 14,
    "set_init_tags": 15,
    "set_init_config": 16,
    "set_run_name": 17,
    "set_run_tags": 18,
    "set_config_item": 19,
    "set_step_log": 61,
    "set_summary": 62,
    "metric_summary": 63,
    "metric_hidden": 65,
    "shared_mode": 67,
    "fork_mode": 71,
    "rewind_mode": 72,
    "table": 78,
}
ENVIRONMENTS = {"jupyter": 1, "windows": 3, "colab": 12, "ipython": 13}

STREAMS = {"stderr": 0, "stdout": 1}
POLICIES = {"now": 0, "end": 1, "live": 2}
FILE_TYPES = {"other": 0, "wandb": 1, "media": 2, "artifact": 3}


def header(producer: str, min_consumer: str = MIN_CONSUMER) -> bytes:
    """Begin a file: which program writes it, and the oldest reader that understands it."""
    return _record(21, WireMessage().message(1, WireMessage().text(1, producer).text(2, min_consumer)))


def run(  # noqa: D417 - the names of the arguments say what they are
    run_id: str,
    *,
    project: str = "",
    entity: str = "",
    config: Mapping[Key, str] | None = None,
    group: str = "",
    job_type: str = "",
    name: str = "",
    notes: str = "",
    tags: Iterable[str] = (),
    sweep_id: str = "",
    host: str = "",
    starting_step: int = 0,
    start_time: float = 0.0,
    resumed: bool = False,
    runtime: int = 0,
    git_remote: str = "",
    git_commit: str = "",
    forked: bool = False,
    branch_point: tuple[str, str, float] | None = None,
    telemetry: WireMessage | None = None,
) -> bytes:
    """Describe the run. A later record replaces it, since name, notes and tags may change.

    Args:
        config: JSON texts by key or path of keys.
        start_time: Unix seconds.
        runtime: Seconds that a resumed run has run before.
        branch_point: Run, metric and value where this run was forked off.
        telemetry: From `telemetry_message`.

    """
    message = WireMessage().text(1, run_id).text(2, entity).text(3, project)
    if config:
        message.message(4, _items(WireMessage(), 1, config))
    message.text(6, group).text(7, job_type).text(8, name).text(9, notes)
    for tag in tags:
        message.text(10, tag)
    message.text(12, sweep_id).text(13, host).varint(14, starting_step).message(17, _time(start_time))
    message.varint(18, resumed).message(19, telemetry).varint(20, runtime).message(21, _git(git_remote, git_commit))
    message.varint(22, forked)
    if branch_point is not None:
        parent, metric_name, value = branch_point
        message.message(23, WireMessage().text(1, parent).double(2, value).text(3, metric_name))
    return _record(17, message)


def config(update: Mapping[Key, str] | None = None, remove: Iterable[Key] = ()) -> bytes:
    """Change the config: JSON texts by key or path of keys, and the keys to remove."""
    return _record(5, _changes(update or {}, remove))


def summary(update: Mapping[Key, str] | None = None, remove: Iterable[Key] = ()) -> bytes:
    """Change the summary: JSON texts by key or path of keys, and the keys to remove."""
    return _record(3, _changes(update or {}, remove))


def metric(definition: Metric, *, step_index: int = 0, overwrite: bool = False) -> bytes:
    """Define a metric. *step_index* is the position of its step metric among the definitions, counted from 1."""
    message = WireMessage()
    for number, value in to_fields(definition, step_index).items():
        if isinstance(value, str):
            message.text(number, value)
        elif isinstance(value, list):
            message.message(number, _flags(value))
        elif number == EXPANDED:
            message.message(9, WireMessage().varint(1, overwrite) if overwrite else None).varint(number, value)
        else:
            message.varint(number, value)
    return _record(12, message)


def telemetry_message(
    *,
    features: Iterable[str] = (),
    environments: Iterable[str] = (),
    cli_version: str = "",
    imports_init: Iterable[int] = (),
    labels: Mapping[str, str] | None = None,
) -> WireMessage:
    """Return which features and environments a run uses, by names of `FEATURES` and `ENVIRONMENTS`.

    *imports_init* holds the field numbers of the libraries that were imported before the run; *labels* are texts by
    names of `LABELS`.
    """
    message = WireMessage().message(1, _flags(imports_init)).message(3, _flags(FEATURES[name] for name in features))
    message.text(4, platform.python_version()).text(5, cli_version)
    message.message(8, _flags(ENVIRONMENTS[name] for name in environments))
    if labels:
        message.message(9, _labels(labels))
    return message.text(13, f"{platform.system()}-{platform.machine()}".lower())


def _labels(labels: Mapping[str, str]) -> WireMessage:
    message = WireMessage()
    for name, text in labels.items():
        message.text(LABELS[name], text)
    return message


def telemetry(**facts: Any) -> bytes:
    """Record which features a run uses; the arguments are those of `telemetry_message`."""
    return _record(11, telemetry_message(**facts))


def environment(facts: Mapping[str, Any]) -> bytes:
    """Describe where the run runs, with the names and nesting of `wandb-metadata.json`. Other names are left out.

    Numbers may be texts, as in that file. Readers merge the records of one `writerId`, so facts may come in parts.
    """
    message = WireMessage()
    for number, name in ENVIRONMENT_TEXTS.items():
        message.text(number, _optional_text(facts.get(name)))
    for number, name in ((16, "cpu_count"), (17, "cpu_count_logical"), (19, "gpu_count")):
        message.varint(number, int(facts.get(name) or 0))
    message.message(3, _time(_unix_seconds(facts.get("startedAt"))))
    for argument in facts.get("args", ()):
        message.blob(5, str(argument).encode("utf-8", "backslashreplace"))  # an empty argument is one too
    git = facts.get("git") or {}
    message.message(9, _git(git.get("remote") or "", git.get("commit") or "", git.get("branch") or ""))
    for mount, usage in (facts.get("disk") or {}).items():
        sizes = WireMessage().varint(1, int(usage["total"])).varint(2, int(usage["used"]))
        message.message(20, WireMessage().text(1, mount).message(2, sizes))
    if memory := facts.get("memory"):
        message.message(21, WireMessage().varint(1, int(memory["total"])))
    if cpu := facts.get("cpu"):
        counts = WireMessage().varint(1, cpu.get("count")).varint(2, cpu.get("countLogical"))
        message.message(22, counts.text(3, cpu.get("model")))
    for card in facts.get("gpu_nvidia") or ():
        size = WireMessage().text(1, card.get("name")).varint(2, int(card.get("memoryTotal") or 0))
        message.message(24, size.text(4, card.get("architecture")).text(5, card.get("uuid")))
    for key, value in (facts.get("slurm") or {}).items():
        message.message(27, WireMessage().text(1, key).text(2, value))
    return _record(26, message)


def exit(code: int, runtime: float) -> bytes:  # noqa: A001 - the record's own name
    """End the run: its exit code and how many seconds it ran."""
    return _record(18, WireMessage().varint(1, code).varint(2, int(runtime)))


def files(entries: Iterable[tuple[str, str, str]]) -> bytes:
    """Name files of the run: `(path below files/, policy, type)`, in words of `POLICIES` and `FILE_TYPES`."""
    message = WireMessage()
    for path, policy, kind in entries:
        message.message(1, WireMessage().text(1, path).varint(2, POLICIES[policy]).varint(3, FILE_TYPES[kind]))
    return _record(6, message)


def output_raw(text: str, stream: str, timestamp: float) -> bytes:
    """Store one write to a *stream*, "stdout" or "stderr", as it came; *timestamp* in unix seconds."""
    return _record(13, WireMessage().varint(1, STREAMS[stream]).message(2, _time(timestamp)).text(3, text))


def stats(items: Mapping[str, str], timestamp: float) -> bytes:
    """Store system metrics, JSON texts by name without `system.`, at *timestamp* in unix seconds."""
    message = WireMessage().message(2, _time(timestamp))
    for key, text in items.items():
        message.message(3, WireMessage().text(1, key).text(16, text))
    return _record(7, message)


def alert(title: str, text: str, level: str = "INFO", wait_seconds: float = 60.0) -> bytes:
    """Raise an alert of *level* INFO, WARN or ERROR, at most one of its title in *wait_seconds*."""
    return _record(10, WireMessage().text(1, title).text(2, text).text(3, level).varint(4, round(wait_seconds * 1000)))


def preempting() -> bytes:
    """Record that the run is about to be preempted."""
    return _record(23, WireMessage())


def _record(number: int, message: WireMessage) -> bytes:
    return WireMessage().message(number, message).encode()


def _time(seconds: float) -> WireMessage | None:
    """Return a Timestamp of *seconds* since 1970, to the microsecond; None for 0, which means unset."""
    if not seconds:
        return None
    micros = round(seconds * 1e6)
    return WireMessage().varint(1, micros // 1_000_000).varint(2, micros % 1_000_000 * 1000)


def _git(remote: str, commit: str, branch: str = "") -> WireMessage | None:
    return (
        WireMessage().text(1, remote).text(2, commit).text(GIT_BRANCH, branch) if remote or commit or branch else None
    )


def _unix_seconds(moment: str | float | None) -> float:
    if isinstance(moment, str):
        # Python 3.10 doesn't read the Z of UTC.
        return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    return moment or 0.0


def _optional_text(value: Any) -> str | None:
    return None if value is None else str(value)


def _flags(numbers: Iterable[int]) -> WireMessage | None:
    """Return a message of bools that has the fields *numbers* set; None without any."""
    message = WireMessage()
    for number in sorted(set(numbers)):
        message.varint(number, value=True)
    return message if message.encode() else None


def _changes(update: Mapping[Key, str], remove: Iterable[Key]) -> WireMessage:
    return _items(_items(WireMessage(), 1, update), 2, dict.fromkeys(remove, ""))


def _items(message: WireMessage, number: int, items: Mapping[Key, str]) -> WireMessage:
    for key, text in items.items():
        item = WireMessage()
        if isinstance(key, str):
            item.text(1, key)
        else:
            for name in key:
                item.blob(2, name.encode("utf-8", "backslashreplace"))  # an empty name is one too
        message.message(number, item.text(16, text))
    return message
