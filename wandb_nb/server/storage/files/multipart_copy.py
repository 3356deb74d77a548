"""`copy_parts`: one object of several others, which the store itself copies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.server.storage.files.file_store import StoredFile

MIN_PART_BYTES, MAX_PART_BYTES, MAX_PARTS = 5 << 20, 5 << 30, 10_000
"""What S3 takes as parts of an object, the last one apart: that may be smaller, but not empty."""
_THREADS = 8


def can_copy(parts: Sequence[StoredFile]) -> bool:
    """Whether the store can make one object of *parts*."""
    *others, last = (part.size for part in parts)
    is_possible = all(MIN_PART_BYTES <= size <= MAX_PART_BYTES for size in others) and 0 < last <= MAX_PART_BYTES
    return is_possible and len(parts) <= MAX_PARTS


def copy_parts(client: Any, bucket: str, key: str, sources: Sequence[str], content_type: str) -> None:
    """Make the object *key* of the objects *sources*, by boto3's *client*; after an error there is none."""
    target = {"Bucket": bucket, "Key": key}
    upload = client.create_multipart_upload(**target, ContentType=content_type)["UploadId"]

    def copy(numbered: tuple[int, str]) -> dict[str, Any]:
        number, source = numbered
        origin = {"Bucket": bucket, "Key": source}
        answer = client.upload_part_copy(**target, UploadId=upload, PartNumber=number, CopySource=origin)
        return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

    try:
        with ThreadPoolExecutor(_THREADS) as pool:
            copied = list(pool.map(copy, enumerate(sources, 1)))
        client.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": copied})
    except BaseException:
        client.abort_multipart_upload(**target, UploadId=upload)
        raise
