"""The files of one logged media value, in each form that media have in a row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypedDict

from wandb_nb.view.objects.media_layers import image_layers, listed_layers
from wandb_nb.view.objects.table_artifacts import artifact_file, artifact_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from typing_extensions import NotRequired

    from wandb_nb.view.objects.media_layers import MediaLayer

MAX_CAPTION = 300  # characters
_MAX_KIND, _MAX_PATH = 40, 1_000  # characters
_FILE_SUFFIX = "-file"
_LINKED_TABLES = ("joined-table", "partitioned-table")  # in an artifact only
_MEDIA_FOLDER = "media"
_NO_NAMES = frozenset(("", ".", ".."))
_BAD_CHARACTERS = re.compile(r"[\\:\0]")
_NAMES_WITHOUT_FOLDER = {"object3D": "object3D", "molecule": "molecule"}  # types of lists, and where their files are


class MediaFile(TypedDict):
    """One media file: its kind ("image", "audio" …), its path below `files/`, and what is known of it.

    `width` and `height` in pixels and `size` in bytes are None where the row does not have them. `layers` are the masks
    and boxes of an image that has some. `artifact` is a table's file with all of its
    rows, `artifacts/<client id>/<path in it>`, and `increment` the number of an increment of one, from 0.
    """

    kind: str
    path: str
    caption: str
    width: int | None
    height: int | None
    size: int | None
    layers: NotRequired[list[MediaLayer]]
    artifact: NotRequired[str]
    increment: NotRequired[int]


def media_files(value: Any) -> Iterator[MediaFile]:
    """Yield the files of a logged *value*; none if it is not media, or its paths are not below `media/`."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield from media_files(item)
    elif isinstance(value, dict) and isinstance(media_type := value.get("_type"), str):
        yield from _files_of_type(value, media_type)


def _files_of_type(value: dict[str, Any], media_type: str) -> Iterator[MediaFile]:
    if media_type.endswith(_FILE_SUFFIX):
        return _checked([_file(media_type.removesuffix(_FILE_SUFFIX)[:_MAX_KIND], value)])
    if media_type in _LINKED_TABLES:
        path = artifact_file(value.get("artifact_path"))
        return iter([_file(media_type, {"path": path})] if path else [])
    if media_type == "images/separated":
        return _checked(_named(value, "image", ""))
    if media_type in _NAMES_WITHOUT_FOLDER:
        return _checked(_named(value, media_type, f"{_MEDIA_FOLDER}/{_NAMES_WITHOUT_FOLDER[media_type]}/"))
    listed = value.get(media_type)  # "audio", "videos" and "html" have their objects under their own name
    return _captioned(media_files(listed if isinstance(listed, list) else []), value.get("captions"))


def count_files(value: Any) -> int:
    """Return how many files the media *value* names; more than it has if some of their paths are not below `media/`."""
    if isinstance(value, list):
        return sum(count_files(item) for item in value if isinstance(item, dict))
    media_type = value.get("_type")
    listed = value.get("filenames") or value.get(media_type if isinstance(media_type, str) else "")
    return (len if "filenames" in value else count_files)(listed) if isinstance(listed, list) else 1


def paths_of(file: MediaFile) -> list[str]:
    """Return the paths that a view may request for *file*: its own, those of its layers, the folder of its artifact."""
    folders = filter(None, map(artifact_folder, (file["path"], file.get("artifact", ""))))
    return [file["path"], *folders, *(layer["path"] for layer in file.get("layers", ()))]


def _file(kind: str, value: dict[str, Any]) -> MediaFile:
    file: MediaFile = {
        "kind": kind,
        "path": _text(value.get("path")),
        "caption": _text(value.get("caption"))[:MAX_CAPTION],
        "width": _whole(value.get("width")),
        "height": _whole(value.get("height")),
        "size": _whole(value.get("size")),
    }
    if artifact := artifact_file(value.get("artifact_path")):
        file["artifact"] = artifact
    if (increment := _whole(value.get("increment_num"))) is not None:
        file["increment"] = increment
    return _with_layers(file, image_layers(value))


def _named(value: dict[str, Any], kind: str, folder: str) -> Iterator[MediaFile]:
    """Return the files of a list of media that has their names under `filenames`."""
    common = {name: value.get(name) for name in ("width", "height")}
    files = (
        _with_layers(_file(kind, {**common, "path": folder + _text(name)}), listed_layers(value, at))
        for at, name in enumerate(_listed(value.get("filenames")))
    )
    return _captioned(files, value.get("captions"))


def _with_layers(file: MediaFile, layers: list[MediaLayer]) -> MediaFile:
    if layers := [layer for layer in layers if _is_media_path(layer["path"])]:
        file["layers"] = layers
    return file


def _captioned(files: Iterable[MediaFile], captions: Any) -> Iterator[MediaFile]:
    texts = _listed(captions)
    for at, file in enumerate(files):
        if at < len(texts):
            file["caption"] = _text(texts[at])[:MAX_CAPTION] or file["caption"]
        yield file


def _checked(files: Iterable[MediaFile]) -> Iterator[MediaFile]:
    return (file for file in files if _is_media_path(file["path"]))


def _is_media_path(path: str) -> bool:
    """Return whether *path* leads to a file below `media/`: the row may come from anybody."""
    folder, *parts = path.split("/") if len(path) <= _MAX_PATH else ("",)
    return folder == _MEDIA_FOLDER and bool(parts) and _NO_NAMES.isdisjoint(parts) and not _BAD_CHARACTERS.search(path)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None
