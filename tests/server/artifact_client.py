"""What a client sends to log an artifact, step by step, so that a test can leave a step out or change it."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx
    from conftest import Client

CREATE = """mutation C($input: CreateArtifactInput!) {
    createArtifact(input: $input) { artifact { id state artifactSequence { latestArtifact { id } } } } }"""
FILES = """mutation F($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
    files { edges { node { storagePath uploadUrl uploadHeaders artifact { id } } } } } }"""
MANIFEST = """mutation M($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input) {
    artifactManifest { id file { id uploadUrl } } } }"""
COMMIT = "mutation C($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { id digest } } }"
FIELDS = "id digest state size fileCount versionIndex metadata aliases { alias }"


def md5(content: bytes) -> str:
    """Return the MD5 of *content* in base64."""
    return b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def manifest_of(files: dict[str, bytes], **changes: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of *files*; *changes* replaces values of entries."""
    contents = {path: {"digest": md5(content), "size": len(content)} for path, content in files.items()}
    for path, values in changes.items():
        contents.setdefault(path, {}).update(values)
    return {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {}, "contents": contents}


def digest_of(manifest: dict[str, Any]) -> str:
    """Return the digest of a version with this manifest."""
    lines = [f"{path}:{entry['digest']}\n" for path, entry in sorted(manifest["contents"].items())]
    text = "wandb-artifact-manifest-v1\n" + "".join(lines)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class ArtifactClient:
    """Logs artifacts of the run *run* in the project *project* of *entity*."""

    def __init__(
        self, client: Client | RemoteClient, run: str = "r", project: str = "p", entity: str = "local"
    ) -> None:
        self.client = client
        self.place = {"entityName": entity, "projectName": project}
        self.run = run

    def create(self, name: str, digest: str, **given: Any) -> dict[str, Any]:
        """Create a version; return its node."""
        return self.client.query(CREATE, input=self.creation(name, digest, **given))["createArtifact"]["artifact"]

    def creation(self, name: str, digest: str, **given: Any) -> dict[str, Any]:
        """Return the input that creates a version."""
        aliases = [{"artifactCollectionName": name, "alias": alias} for alias in ("latest", *given.pop("aliases", ()))]
        values = {"artifactTypeName": "data", "artifactCollectionName": name, "digest": digest, "aliases": aliases}
        return {**self.place, **values, "runName": self.run, "enableDigestDeduplication": True, **given}

    def announce(self, artifact: str, files: dict[str, bytes]) -> dict[str, str | None]:
        """Announce files; return their upload addresses by path."""
        specs = [{"artifactID": artifact, "name": path, "md5": md5(content)} for path, content in files.items()]
        answer = self.client.query(FILES, input={"artifactFiles": specs, "storageLayout": "V2"})
        edges = answer["createArtifactFiles"]["files"]["edges"]
        return {path: edge["node"]["uploadUrl"] for path, edge in zip(files, edges, strict=True)}

    def put(self, url: str | None, content: bytes) -> int:
        """Send *content* to an address; return the status."""
        assert url is not None
        headers = {"Content-MD5": md5(content)}
        return self.client.send("PUT", url, content=content, headers=headers).status_code

    def get(self, url: str) -> Any:
        """Return the answer at an address, without a key."""
        return self.client.send("GET", url, headers={"Authorization": ""})

    def send_manifest(
        self, artifact: str, manifest: dict[str, Any], kind: str = "FULL", base: str | None = None
    ) -> int:
        """Announce and send a manifest; return the status of the upload."""
        content = json.dumps(manifest).encode()
        values = {"artifactID": artifact, "name": "wandb_manifest.json", "digest": md5(content), "type": kind}
        answer = self.client.query(MANIFEST, input={**values, "baseArtifactID": base})
        return self.put(answer["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"], content)

    def commit(self, artifact: str) -> Any:
        """Commit a version; return the answer as received."""
        return self.client.answer(COMMIT, id=artifact)

    def log(self, name: str, files: dict[str, bytes], **given: Any) -> dict[str, Any]:
        """Log a version completely; return the node that its creation returned."""
        manifest = manifest_of(files)
        node = self.create(name, digest_of(manifest), **given)
        if node["state"] == "PENDING":
            self.upload(node["id"], files)
            assert self.send_manifest(node["id"], manifest) == 200
            assert "errors" not in self.commit(node["id"])
        return node

    def upload(self, artifact: str, files: dict[str, bytes]) -> list[str]:
        """Send the files that the server lacks; return their paths."""
        addresses = {path: url for path, url in self.announce(artifact, files).items() if url is not None}
        for path, url in addresses.items():
            assert self.put(url, files[path]) == 200
        return list(addresses)

    def version(self, name: str, fields: str = FIELDS) -> Any:
        """Return *fields* of the version `name:alias`; None if there is none."""
        query = f"""query V($e: String!, $p: String!, $n: String!) {{ project(entityName: $e, name: $p) {{
            artifactCollectionMembership(name: $n) {{ artifact {{ {fields} }} }} }} }}"""
        place = {"e": self.place["entityName"], "p": self.place["projectName"]}
        project = self.client.query(query, n=name, **place)["project"]
        membership = project and project["artifactCollectionMembership"]
        return membership and membership["artifact"]

    def read(self, name: str) -> dict[str, bytes]:
        """Return the files of a version by their paths."""
        page = self.version(name, "files(first: 5000) { edges { node { name directUrl } } }")["files"]
        return {edge["node"]["name"]: self.get(edge["node"]["directUrl"]).content for edge in page["edges"]}


class RemoteClient:
    """Speaks to a server process as `conftest.Client` speaks to an application in this one."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request and return the answer."""
        return self.http.request(method, path, **options)

    def answer(self, text: str, **variables: Any) -> Any:
        """Return a GraphQL answer as received."""
        return self.send("POST", "/graphql", json={"query": text, "variables": variables}).json()

    def query(self, text: str, **variables: Any) -> Any:
        """Return the data of a GraphQL answer, which must have no errors."""
        answer = self.answer(text, **variables)
        assert "errors" not in answer, answer
        return answer["data"]
