"""The artifacts of a run, as its file has them and as a server has them, in one form that tests compare."""

from __future__ import annotations

from base64 import b64encode
from hashlib import md5
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.artifacts.object_files import open_object
from wandb_nb.store.format.artifact_record import read_artifact, read_used_artifact
from wandb_nb.store.format.wire import fields
from wandb_nb.store.reading.tail import Tail
from wandb_nb.sync.upload.lines.accumulator import ARTIFACT, USED_ARTIFACT

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_server import EmbeddedServer

    from wandb_nb.store.format.artifact_record import ArtifactRecord, UsedVersion

OUTPUT = """digest versionIndex state artifactSequence { name } aliases { alias }
    currentManifest { file { directUrl } } files(first: 1000) { edges { node { name directUrl } } }"""
FIELDS = f"""outputArtifacts(first: 1000) {{ edges {{ node {{ {OUTPUT} }} }} }}
    inputArtifacts(first: 1000) {{ edges {{ node {{ digest artifactSequence {{ name }} }} }} }}"""


class ArtifactState(NamedTuple):
    """Files of each version by its name, aliases of each version, and the versions that the run used."""

    files: dict[str, dict[str, bytes]]
    aliases: dict[str, set[str]]
    uses: set[tuple[str, str]]


def written_artifacts(file: Path) -> ArtifactState:
    """Return what the run's *file* and folder have; versions are numbered by their first appearance."""
    logged, uses = _records(file)
    numbers: dict[str, list[str]] = {}
    state = ArtifactState({}, {}, set())
    for record in logged:
        digests = numbers.setdefault(record.name, [])
        if record.digest not in digests:
            digests.append(record.digest)
        version = f"{record.name}:v{digests.index(record.digest)}"
        state.files[version] = {path: _content(file.parent, entry.digest) for path, entry in record.entries.items()}
        for other, aliases in state.aliases.items():
            if other.startswith(f"{record.name}:"):
                aliases.difference_update(record.aliases)
        state.aliases.setdefault(version, set()).update(record.aliases)
    names = {record.client_id: (record.name, record.digest) for record in logged}
    state.uses.update(names[used.client_id] for used in uses)
    return state


def _records(file: Path) -> tuple[list[ArtifactRecord], list[UsedVersion]]:
    tail, logged, uses = Tail(file), [], []
    while payloads := tail.read():
        for number, _, data in (each for payload in payloads for each in fields(payload)):
            if number == ARTIFACT:
                logged.append(read_artifact(data))
            elif number == USED_ARTIFACT:
                uses.append(read_used_artifact(data))
    return logged, uses


def _content(directory: Path, digest: str) -> bytes:
    with open_object(directory, digest) as content:
        return content.read()


def stored_artifacts(server: EmbeddedServer, run: str) -> ArtifactState:
    """Return what *server* has of *run*; contents and manifests must agree."""
    data = server.run(run, FIELDS)
    state = ArtifactState({}, {}, set())
    for edge in data["outputArtifacts"]["edges"]:
        node = edge["node"]
        number = f"v{node['versionIndex']}"
        version = f"{node['artifactSequence']['name']}:{number}"
        assert node["state"] == "COMMITTED"
        state.files[version] = _stored_files(server, node)
        state.aliases[version] = {each["alias"] for each in node["aliases"]} - {number}
    used = [edge["node"] for edge in data["inputArtifacts"]["edges"]]
    state.uses.update((node["artifactSequence"]["name"], node["digest"]) for node in used)
    return state


def _stored_files(server: EmbeddedServer, node: dict[str, Any]) -> dict[str, bytes]:
    files = {
        edge["node"]["name"]: server.client.get(edge["node"]["directUrl"], follow_redirects=True).content
        for edge in node["files"]["edges"]
    }
    manifest = server.client.get(node["currentManifest"]["file"]["directUrl"]).json()
    digests = {path: entry["digest"] for path, entry in manifest["contents"].items()}
    assert digests == {path: b64encode(md5(content).digest()).decode() for path, content in files.items()}  # noqa: S324 -- the protocol's digest
    return files
