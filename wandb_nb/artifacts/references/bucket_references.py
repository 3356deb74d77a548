"""References to objects in buckets, over s3 and gs, by fsspec: one object, or all below a prefix.

Credentials and endpoints are those that s3fs and gcsfs find, in the environment for example.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import ArtifactError
from wandb_nb.store.format.artifact_record import ManifestEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCHEMES = frozenset(("s3", "gs"))


def bucket_entries(uri: str, max_objects: int) -> dict[str, ManifestEntry]:
    """Return the entries of the object *uri* or of all below it, by their path relative to it; "" for the object.

    Raises:
        ArtifactError: Nothing is there, there are more than *max_objects*, or the bucket cannot be read.

    """
    what = f"add_reference({uri!r})"
    files = _file_system(uri, what)
    top = _path(uri)
    objects: dict[str, Any] = _called(what, lambda: files.find(top, detail=True))
    objects = {path: info for path, info in objects.items() if info.get("type") != "directory"}
    if not objects:
        raise ArtifactError(f"{what} finds no object there: check the address")
    if len(objects) > max_objects:
        raise ArtifactError(f"{what} finds {len(objects)} objects, more than {max_objects}: raise max_objects")
    scheme = uri.partition("://")[0]
    return {path[len(top) :].strip("/"): _entry(f"{scheme}://{path}", info) for path, info in sorted(objects.items())}


def fetch_object(name: str, entry: ManifestEntry, target: Path) -> bool:
    """Copy the object of *entry*, the file *name*, to *target*; return False if it is gone.

    Raises:
        ArtifactError: The bucket cannot be read, or has another content now.

    """
    what = f"the reference {name} to {entry.ref}"
    files, path = _file_system(entry.ref, what), _path(entry.ref)
    try:
        info = _called(what, lambda: files.info(path, refresh=True))
    except FileNotFoundError:
        return False
    if entry.digest not in (_digest(info), entry.ref):
        raise ArtifactError(f"{what} has changed: log the artifact again")
    _called(what, lambda: files.get_file(path, str(target)))
    return True


def _file_system(uri: str, what: str) -> Any:
    try:
        import fsspec  # few artifacts have references to buckets

        return fsspec.filesystem(uri.partition("://")[0], skip_instance_cache=True)
    except ImportError as error:
        raise ArtifactError(f"{what} needs more packages ({error}): pip install 'wandb-nb[references]'") from error


def _called(what: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except FileNotFoundError:
        raise
    except Exception as error:  # clients of buckets may raise anything
        raise ArtifactError(f"{what} cannot be read: {type(error).__name__}: {error}; check the credentials") from error


def _entry(ref: str, info: dict[str, Any]) -> ManifestEntry:
    return ManifestEntry(_digest(info) or ref, int(info.get("size") or 0), ref=ref)


def _digest(info: dict[str, Any]) -> str:
    """Return what the bucket calls the content: the MD5 of gs, else the ETag."""
    value = info.get("md5Hash") or info.get("ETag") or info.get("etag") or ""
    return str(value).strip('"')


def _path(uri: str) -> str:
    return uri.partition("://")[2].rstrip("/")
