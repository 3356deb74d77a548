"""Signed addresses of contents and manifests of artifacts; each stands for a user, and no key is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from wandb_nb.server.http.signing import Signer
    from wandb_nb.server.storage.users import User

ADDRESS_SECONDS = 24 * 3600.0
_STAGED, _CONTENT_UPLOAD, _MANIFEST_UPLOAD, _CONTENT, _MANIFEST = (
    "staged content",
    "content upload",
    "manifest upload",
    "content download",
    "manifest download",
)


class ContentUpload(NamedTuple):
    """Permits a user, while the key is the same, to store a content with this MD5, in hex, for an artifact."""

    artifact_id: int
    digest: str
    user_id: int
    login: str


class ManifestUpload(NamedTuple):
    """Permits a user to fill a manifest of an artifact by a file with this MD5, in base64."""

    artifact_id: int
    manifest_id: int
    announced: str
    user_id: int
    login: str


class ContentDownload(NamedTuple):
    """Permits a user to read a content of an artifact."""

    artifact_id: int
    content_id: int
    user_id: int
    login: str


class ManifestDownload(NamedTuple):
    """Permits a user to read the manifest of an artifact."""

    artifact_id: int
    user_id: int
    login: str


class ArtifactAddresses:
    """Signs addresses for *user* at the server *base*."""

    def __init__(self, base: str, signer: Signer, user: User) -> None:
        self._base, self._signer, self._user = base, signer, user

    def content_upload(self, artifact_id: int, digest: str) -> str:
        """Return the address that accepts the content with the MD5 *digest*, in hex."""
        return self._address(_CONTENT_UPLOAD, "upload/content", artifact_id, digest)

    def manifest_upload(self, artifact_id: int, manifest_id: int, announced: str) -> str:
        """Return the address that accepts the file of a manifest with the MD5 *announced*, in base64."""
        return self._address(_MANIFEST_UPLOAD, "upload/manifest", artifact_id, manifest_id, announced)

    def content(self, artifact_id: int, content_id: int) -> str:
        """Return the address of a content of an artifact."""
        return self._address(_CONTENT, "artifact-content", artifact_id, content_id)

    def manifest(self, artifact_id: int) -> str:
        """Return the address of the manifest of an artifact."""
        return self._address(_MANIFEST, "artifact-manifest", artifact_id)

    def _address(self, purpose: str, path: str, *values: int | str) -> str:
        token = self._signer.sign(purpose, [*values, self._user.id, self._user.login])
        return f"{self._base}/{path}/{token}"


def staged_content_token(signer: Signer, user: User, artifact_id: int, digest: str) -> str:
    """Return a token for the content with the MD5 *digest*, in hex, that *user* sends straight to the store."""
    return signer.sign(_STAGED, list(ContentUpload(artifact_id, digest, user.id, user.login)))


def read_staged_content(signer: Signer, token: str) -> ContentUpload | None:
    """Return what a content in the store stands for; None if its token is of another kind or too old."""
    values = signer.read(_STAGED, token, 2 * ADDRESS_SECONDS)
    return ContentUpload(*values) if values is not None else None


def read_content_upload(signer: Signer, token: str) -> ContentUpload | None:
    """Return what an address for a content permits; None if it is forged or too old."""
    values = signer.read(_CONTENT_UPLOAD, token, ADDRESS_SECONDS)
    return ContentUpload(*values) if values is not None else None


def read_manifest_upload(signer: Signer, token: str) -> ManifestUpload | None:
    """Return what an address for a manifest permits; None if it is forged or too old."""
    values = signer.read(_MANIFEST_UPLOAD, token, ADDRESS_SECONDS)
    return ManifestUpload(*values) if values is not None else None


def read_content_download(signer: Signer, token: str) -> ContentDownload | None:
    """Return what the address of a content permits; None if it is forged or too old."""
    values = signer.read(_CONTENT, token, ADDRESS_SECONDS)
    return ContentDownload(*values) if values is not None else None


def read_manifest_download(signer: Signer, token: str) -> ManifestDownload | None:
    """Return what the address of a manifest permits; None if it is forged or too old."""
    values = signer.read(_MANIFEST, token, ADDRESS_SECONDS)
    return ManifestDownload(*values) if values is not None else None
