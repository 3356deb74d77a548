"""`S3Store`: uploaded files in a bucket of any store that speaks S3, by boto3.

<prefix>/files/ab/abcd…      the files, laid out as in a folder
<prefix>/staging/…           what clients sent straight to the store, until the server has checked it
<prefix>/ready               written to find out whether the store can be written
"""

from __future__ import annotations

import errno
import hashlib
import logging
import tempfile
import time
from contextlib import contextmanager
from functools import cache, cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool

from wandb_nb.errors import StoreError, UsageError
from wandb_nb.server.storage.files.file_store import CHUNK_BYTES, BlobStatus, StoredFile, disk_errors, new_blob
from wandb_nb.server.storage.files.multipart_copy import can_copy, copy_parts
from wandb_nb.server.storage.files.s3_address import failure_code
from wandb_nb.server.storage.storage_errors import BusyError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from wandb_nb.server.storage.files.s3_address import S3Address

STAGING_SECONDS = 86_400.0
"""How long an object that a client sent may wait for the server, and an upload in parts for its end."""
CONTENT_TYPE = "application/octet-stream"
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 5, 60, 3
_CONNECTIONS = 32
_KEYS_PER_REQUEST = 1_000
_MISSING = frozenset({"NoSuchKey", "404", "NotFound", "PreconditionFailed"})  # the last one: replaced meanwhile
_OUT_OF_RANGE = frozenset({"InvalidRange", "416"})


class S3Store:
    """Files in the bucket of *address*; the methods are `FileStore`'s. Bodies wait in *spool*, a folder, for their end.

    The credentials are those that boto3 finds: in the environment, in its files, or of the machine.
    """

    def __init__(self, address: S3Address, spool: Path) -> None:
        self.address, self.bucket = address, address.bucket
        self.client, self._credentials = _open_client(address.endpoint, address.path_style)
        self._spool = spool
        self._files = f"{address.prefix}files/"
        self.staging = f"{address.prefix}staging/"

    async def write(self, chunks: AsyncIterator[bytes], limit: int) -> StoredFile:
        """Write a temporary file, which the system deletes in any case, and send it when it is complete."""
        blob = new_blob()
        digest, size = hashlib.md5(usedforsecurity=False), 0
        with disk_errors(), tempfile.TemporaryFile(dir=self._spool) as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLargeError(f"the file is larger than the limit of {limit} bytes")
                digest.update(chunk)
                file.write(chunk)
            file.seek(0)
            await run_in_threadpool(self.put, blob, file)
        return StoredFile(blob, size, digest.hexdigest())

    def put(self, blob: str, file: BinaryIO) -> None:
        """Send *file*, a large one in parts."""
        with store_errors():
            self.client.upload_fileobj(file, self.bucket, self.key(blob), ExtraArgs={"ContentType": CONTENT_TYPE})

    def join(self, parts: Sequence[StoredFile]) -> StoredFile:
        """Let the store copy *parts* into one object, unless they are too small for that, and read it for its MD5."""
        blob = new_blob()
        if can_copy(parts):
            with store_errors():
                keys = [self.key(part.blob) for part in parts]
                copy_parts(self.client, self.bucket, self.key(blob), keys, CONTENT_TYPE)
        else:
            with disk_errors(), tempfile.TemporaryFile(dir=self._spool) as file:
                file.writelines(chain.from_iterable(self.read(part.blob) for part in parts))
                file.seek(0)
                self.put(blob, file)
        digest, size = hashlib.md5(usedforsecurity=False), 0
        for chunk in self.read(blob):
            digest.update(chunk)
            size += len(chunk)
        return StoredFile(blob, size, digest.hexdigest())

    def read(self, blob: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Begin to receive the object of *blob*."""
        if end is not None and end <= start:
            return iter(())
        span = f"bytes={start}-{'' if end is None else end - 1}"
        with store_errors():
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=self.key(blob), Range=span)
            except self.client.exceptions.ClientError as error:
                if failure_code(error) in _OUT_OF_RANGE:  # also for an empty object
                    return iter(())
                raise
        chunks = _chunks(answer["Body"])
        next(chunks)
        return chunks

    def stat(self, blob: str) -> BlobStatus | None:
        """Ask for the object of *blob*."""
        try:
            with store_errors():
                answer = self.client.head_object(Bucket=self.bucket, Key=self.key(blob))
        except FileNotFoundError:
            return None
        return BlobStatus(blob, answer["ContentLength"], answer["LastModified"].timestamp())

    def delete(self, blobs: Iterable[str]) -> None:
        """Delete the objects of *blobs*."""
        self.delete_keys(self.key(blob) for blob in blobs)

    def list_blobs(self) -> Iterator[list[BlobStatus]]:
        """List the objects."""
        for objects in self.list_objects(self._files):
            yield [
                BlobStatus(each["Key"].rpartition("/")[2], each["Size"], each["LastModified"].timestamp())
                for each in objects
            ]

    def delete_unfinished(self, before: float) -> int:
        """Delete staged objects and end uploads in parts, if they are older than a day, too."""
        limit = min(before, time.time() - STAGING_SECONDS)
        count = 0
        for objects in self.list_objects(self.staging):
            outdated = [each["Key"] for each in objects if each["LastModified"].timestamp() < limit]
            self.delete_keys(outdated)
            count += len(outdated)
        for upload in self._unfinished_uploads():
            if upload["Initiated"].timestamp() < limit:
                with store_errors():
                    ids = {"Key": upload["Key"], "UploadId": upload["UploadId"]}
                    self.client.abort_multipart_upload(Bucket=self.bucket, **ids)
                count += 1
        return count

    def check(self) -> None:
        """Write an empty object."""
        self._write_ready()

    @cached_property
    def has_plain_tags(self) -> bool:
        """Whether ETags are MD5s; they are not where the bucket encrypts by a key of its own."""
        return is_plain_tag(self._write_ready())

    @property
    def has_tls(self) -> bool:
        """Whether clients reach it by HTTPS."""
        return self._base_url.startswith("https:")

    def _write_ready(self) -> dict[str, Any]:
        with store_errors():
            key = f"{self.address.prefix}ready"
            answer: dict[str, Any] = self.client.put_object(Bucket=self.bucket, Key=key, Body=b"")
        return answer

    def key(self, blob: str) -> str:
        """Return the key of *blob*."""
        return f"{self._files}{blob[:2]}/{blob}"

    def url_of(self, key: str) -> str:
        """Return the address of the object with *key*."""
        return self._base_url + quote(key, safe="/-_.~")

    def credentials(self) -> Any:
        """Return the present credentials, which those of a machine's role replace from time to time."""
        return self._credentials.get_frozen_credentials()

    @cached_property
    def _base_url(self) -> str:
        """The address of the bucket, as boto3 makes it, with a slash at the end."""
        with store_errors():
            example = self.client.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "key"})
        return str(example).partition("?")[0].removesuffix("key")

    def delete_keys(self, keys: Iterable[str]) -> None:
        """Delete the objects with *keys*."""
        remaining = iter(keys)
        while batch := list(islice(remaining, _KEYS_PER_REQUEST)):
            objects = [{"Key": key} for key in batch]
            with store_errors():
                answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
            if errors := answer.get("Errors"):
                _log(str(errors[0].get("Code")))

    def list_objects(self, prefix: str) -> Iterator[list[dict[str, Any]]]:
        """Yield what the store has below *prefix*, in batches."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        with store_errors():
            for page in pages:
                yield page.get("Contents", [])

    def _unfinished_uploads(self) -> list[dict[str, Any]]:
        paginator = self.client.get_paginator("list_multipart_uploads")
        with store_errors():
            pages = paginator.paginate(Bucket=self.bucket, Prefix=self.address.prefix)
            return [upload for page in pages for upload in page.get("Uploads", [])]


def is_plain_tag(answer: dict[str, Any]) -> bool:
    """Whether the ETag in the answer to a request that wrote one object is the MD5 of its bytes."""
    encryption = str(answer.get("ServerSideEncryption") or "AES256")
    return encryption == "AES256" and "SSECustomerAlgorithm" not in answer


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise an error of the store as one that a client understands: the object is missing, or try again.

    Raises:
        FileNotFoundError: The store does not have the object.
        BusyError: It does not answer, or refuses.

    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        code = failure_code(error)
        if code in _MISSING:
            raise FileNotFoundError(errno.ENOENT, "the store does not have this file") from error
        _log(code)
        raise BusyError("the server's file store does not answer; try again in some seconds") from error


def _log(code: str) -> None:
    logging.getLogger(__name__).error("the file store failed: %s", code)


def _chunks(body: Any) -> Iterator[bytes]:
    """Yield nothing, so that *body* is closed even if nobody reads it, then its bytes."""
    try:
        yield b""
        with store_errors():
            yield from body.iter_chunks(CHUNK_BYTES)
    finally:
        body.close()


@cache  # boto3 takes half a second to make one
def _open_client(endpoint: str | None, path_style: bool) -> tuple[Any, Any]:
    """Return boto3's client for the store, and the credentials that it uses.

    Raises:
        UsageError: boto3 is not installed, or refuses the address.
        StoreError: There are no credentials.

    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise UsageError(
            'files in a bucket need the package boto3, which is not installed; run: pip install "wandb-nb[server,s3]"'
        ) from error
    settings = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if path_style else "auto"},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=_CONNECTIONS,
        request_checksum_calculation="when_required",  # other stores than Amazon's refuse the newer checksums
        response_checksum_validation="when_required",
    )
    session = boto3.session.Session()
    try:
        region = session.region_name or "us-east-1"
        client = session.client("s3", region_name=region, endpoint_url=endpoint, config=settings)
    except ValueError as error:
        raise UsageError("boto3 cannot use the endpoint of the file store; it is https://HOST:PORT") from error
    if (credentials := session.get_credentials()) is None:
        raise StoreError(
            "there are no credentials for the bucket; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what else "
            "boto3 reads, such as ~/.aws/credentials"
        )
    return client, credentials
