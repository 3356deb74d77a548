"""Media of a run read back: the JSON of a row as an object that loads what it names."""

from __future__ import annotations

import io
import json
import wave
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import MediaError
from wandb_nb.store.format.layout import FILES, run_file
from wandb_nb.untrusted_file import open_file
from wandb_nb.values import TYPE_KEY

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

MAX_LOAD_BYTES = 1 << 30
"""Larger files are not loaded as what they are, since they may come from anybody."""
_PICTURES = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
_JSON_TYPES = frozenset(("plotly-file", "bokeh-file", "graph-file", "boxes2D"))
_TEXT_TYPES = frozenset(("html-file", "molecule-file"))
_LISTS = {
    "images/separated": "filenames",
    "molecule": "filenames",
    "videos": "videos",
    "audio": "audio",
    "html": "html",
}


class StoredMedia(dict[str, Any]):
    """The JSON of one media value, with `load()`. *folders* are the run's directories, the newest last."""

    def __init__(self, value: dict[str, Any], folders: Sequence[Path]) -> None:
        super().__init__(value)
        self._folders = folders

    @property
    def type(self) -> str:
        """The kind of media, such as "image-file"."""
        return str(self.get(TYPE_KEY))

    def read_bytes(self, path: str | None = None) -> bytes:
        """Return the bytes of its file, or of the run's file *path*.

        Raises:
            MediaError: There is no such file in the run's directory.

        """
        return self._read(path=path)

    def _read(self, max_bytes: int | None = None, path: str | None = None) -> bytes:
        name = str(self.get("path", "")) if path is None else path
        for folder in reversed(self._folders) if _is_inside(name) else ():
            try:
                with open_file(folder / FILES / name, folder) as file:
                    data = file.read() if max_bytes is None else file.read(max_bytes + 1)
            except (OSError, ValueError):  # of another part of the run, or it leads out of the folder
                continue
            if max_bytes is not None and len(data) > max_bytes:
                raise MediaError(f"{name} has more than {max_bytes >> 20} MiB: use read_bytes()")
            return data
        raise MediaError(f"the run has no file {name!r}: look for it on the server that has the run")

    def load(self) -> Any:
        """Return what the value is.

        A picture is a PIL image, a sound of WAV its rate and samples (int16), a table a data frame, a histogram its
        counts and edges, a page or molecule text, a figure, graph or scene its JSON, anything else bytes; a list is a
        list of these.

        Raises:
            MediaError: Its file is missing, cannot be read, or has more than 1 GiB.

        """
        try:
            return self._load()
        except MediaError:
            raise
        except Exception as error:  # codecs may raise anything
            raise MediaError(f"{self!r} cannot be read: {error}") from error

    def _load(self) -> Any:  # noqa: PLR0911 -- one line per kind
        kind = self.type
        if kind in _LISTS:
            return [self._item(each).load() for each in self.get(_LISTS[kind], ())]
        if kind == "object3D":
            return [self._item(each).load() for each in self.get("objects", ())]
        if kind == "histogram":
            return self.get("values", []), self.get("bins", [])
        data = self._read(MAX_LOAD_BYTES)
        if kind in ("image-file", "mask"):
            from PIL import Image as PillowImage  # takes long to import

            return PillowImage.open(io.BytesIO(data), formats=_PICTURES)
        if kind in ("table-file", "incremental-table-file"):
            import pandas as pd  # takes long to import

            table = json.loads(data)
            return pd.DataFrame(table["data"], columns=table["columns"])
        if kind == "audio-file" and str(self.get("path")).endswith(".wav"):
            return _samples(data)
        if kind in _JSON_TYPES or str(self.get("path")).endswith(".json"):
            return json.loads(data)
        return data.decode("utf-8", "replace") if kind in _TEXT_TYPES else data

    def _item(self, value: Any) -> StoredMedia:
        """Return an item of a list, which is the JSON of a file or only its path."""
        if isinstance(value, dict):
            return StoredMedia(value, self._folders)
        kind = {"images/separated": "image-file", "molecule": "molecule-file"}.get(self.type, "")
        return StoredMedia({TYPE_KEY: kind, "path": str(value)}, self._folders)

    def __repr__(self) -> str:
        path = self.get("path") or f"{self.get('count', '')}".strip()
        return f"<{self.type} {path}>" if path else f"<{self.type}>"


def read(ref: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the history of the run *ref* as `store.runs.frame.read` does, its media as `StoredMedia`.

    Raises:
        RunNotFoundError: There is no such run.
        StoreError: A file cannot be read.

    """
    from wandb_nb.store.reading.run_state import replayed  # numpy and pandas take long to import
    from wandb_nb.store.runs.find import find_run
    from wandb_nb.store.runs.frame import to_frame
    from wandb_nb.store.runs.run_chain import parts
    from wandb_nb.store.runs.run_source import sources

    chain = parts(find_run(ref))
    frame = to_frame(replayed(sources(chain)))
    folders = [run_file(part.folder).parent for part in chain]
    for name in (column for column in frame.columns if frame[column].dtype.kind == "O"):
        values = [_with_media(value, folders) for value in frame[name]]
        if any(isinstance(value, (StoredMedia, list)) for value in values):
            frame[name] = values
    return frame


def _is_inside(name: str) -> bool:
    """Return whether the path *name*, which somebody else may have written, stays below the folder of files."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _with_media(value: Any, folders: Sequence[Path]) -> Any:
    if isinstance(value, dict) and isinstance(value.get(TYPE_KEY), str):
        return StoredMedia(value, folders)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_with_media(each, folders) for each in value]
    return value


def _samples(data: bytes) -> tuple[int, Any]:
    import numpy as np  # sounds only

    with wave.open(io.BytesIO(data)) as reader:
        samples = np.frombuffer(reader.readframes(reader.getnframes()), "<i2")
        channels = reader.getnchannels()
        return reader.getframerate(), samples if channels == 1 else samples.reshape(-1, channels)
