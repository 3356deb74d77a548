"""`SignedTransfers`: addresses with which clients send to and read from a bucket themselves, and what arrives there.

An address names one object and one method, and ends soon. A client writes only to a key of its own below `staging/`,
which nothing reads before the server has checked it and copied it to its final key, for which no address to write
exists. So whoever has an old address can change nothing that the server shows.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.server.storage.files.file_store import StoredFile, new_blob
from wandb_nb.server.storage.files.s3_store import CONTENT_TYPE, is_plain_tag, store_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wandb_nb.server.storage.files.s3_store import S3Store

UPLOAD_SECONDS, DOWNLOAD_SECONDS = 3_600, 300
PART_SECONDS = 6 * UPLOAD_SECONDS
"""For a part of a large file, since the addresses of all its parts are given before the first is sent."""
_MAX_KEY_BYTES = 1_024
_MD5 = re.compile(r"[0-9a-f]{32}")


class StagedObject(NamedTuple):
    """An object that a client sent, with the *token* by which the server named it."""

    key: str
    token: str
    size: int
    etag: str
    modified: float


class SignedTransfers:
    """Signs addresses of objects in the bucket of *store*."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def is_for(self, url: str) -> bool:
        """Return whether a client that reached the server at *url* may use the store: never from HTTPS to HTTP."""
        return self._store.has_tls or not url.startswith("https:")

    def upload_url(
        self, group: str, token: str, digest: str | None = None, seconds: int = UPLOAD_SECONDS
    ) -> str | None:
        """Return an address for one object, staged as *token* in *group*; None if the token is too long for a key.

        With *digest*, an MD5 in hex, the request must have it as its Content-MD5, and the store refuses other bytes.
        """
        key = f"{self._store.staging}{group}/{token}"
        if len(key.encode()) > _MAX_KEY_BYTES:
            return None
        headers = {} if digest is None else {"Content-MD5": b64encode(bytes.fromhex(digest)).decode()}
        return self._sign("PUT", key, headers, {}, seconds)

    def part_url(self, group: str, token: str, digest: str) -> str | None:
        """Return an address like `upload_url`'s for a part of a file; None if the store gives no MD5s as ETags.

        Clients name the parts of a file by the ETags that they got.
        """
        return self.upload_url(group, token, digest, PART_SECONDS) if self._store.has_plain_tags else None

    def download_url(self, blob: str, disposition: str) -> str:
        """Return an address that reads *blob*, with this Content-Disposition and a type that no browser executes."""
        parameters = {"response-content-disposition": disposition, "response-content-type": CONTENT_TYPE}
        return self._sign("GET", self._store.key(blob), {}, parameters, DOWNLOAD_SECONDS)

    def staged(self, group: str = "") -> Iterator[list[StagedObject]]:
        """Yield what clients sent, in *group* or in all, in batches."""
        prefix = self._store.staging + (f"{group}/" if group else "")
        for objects in self._store.list_objects(prefix):
            yield [
                StagedObject(key, key.rpartition("/")[2], each["Size"], each["ETag"], each["LastModified"].timestamp())
                for each in objects
                if (key := each["Key"])
            ]

    def commit(self, staged: StagedObject) -> StoredFile:
        """Copy *staged* to a new blob, and return it with the MD5 of its bytes.

        Raises:
            FileNotFoundError: It was deleted or replaced since it was listed.

        """
        blob = new_blob()
        copy = {
            "CopySource": {"Bucket": self._store.bucket, "Key": staged.key},
            "CopySourceIfMatch": staged.etag,
            "MetadataDirective": "REPLACE",
            "ContentType": CONTENT_TYPE,
        }
        with store_errors():
            answer = self._store.client.copy_object(Bucket=self._store.bucket, Key=self._store.key(blob), **copy)
        return StoredFile(blob, staged.size, self._md5(blob, answer))

    def discard(self, staged: Iterable[StagedObject]) -> None:
        """Delete staged objects."""
        self._store.delete_keys(each.key for each in staged)

    def _md5(self, blob: str, answer: dict[str, Any]) -> str:
        """Return the MD5 of *blob*: its ETag, unless the store encrypts it with a key."""
        etag = str(answer["CopyObjectResult"].get("ETag", "")).strip('"').lower()
        if _MD5.fullmatch(etag) and is_plain_tag(answer):
            return etag
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in self._store.read(blob):
            digest.update(chunk)
        return digest.hexdigest()

    def _sign(self, method: str, key: str, headers: dict[str, str], parameters: dict[str, str], seconds: int) -> str:
        """Sign a request by botocore's signer itself, which takes a quarter of the time of `generate_presigned_url`."""
        from botocore.auth import S3SigV4QueryAuth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, self._store.url_of(key), headers=headers, params=parameters)
        with store_errors():
            credentials = self._store.credentials()
            S3SigV4QueryAuth(credentials, "s3", self._store.client.meta.region_name, expires=seconds).add_auth(request)
        return str(request.url)
