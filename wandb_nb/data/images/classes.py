"""Class labels: ids and their names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import WBValue
from wandb_nb.errors import RowTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.data.artifact_contents import ArtifactContents
    from wandb_nb.data.media_store import MediaTarget


class Classes(WBValue):
    """The classes of a data set, `[{"id": 0, "name": "cat"}, …]`.

    Raises:
        RowTypeError: It is not a list of entries, or one has no id or no name.

    """

    log_type = "classes"

    def __init__(self, class_set: Iterable[Mapping[str, Any]]) -> None:
        if not isinstance(class_set, Iterable):
            raise RowTypeError(f"classes are a list of entries, got {class_set!r}: give [{{'id': 0, 'name': 'cat'}}]")
        entries: list[Any] = list(class_set)
        for entry in entries:
            if not isinstance(entry, Mapping) or "id" not in entry or "name" not in entry:
                raise RowTypeError(f"a class needs an id and a name, got {entry!r}: give {{'id': 0, 'name': 'cat'}}")
        self._class_set = [dict(entry) for entry in entries]

    @property
    def labels(self) -> dict[int, str]:
        """The names by id."""
        return {int(entry["id"]): str(entry["name"]) for entry in self._class_set}

    def to_row(self, _target: MediaTarget) -> dict[str, Any]:
        """Return the classes as JSON."""
        return {"_type": self.log_type, "class_set": self._class_set}


def classes_file(
    labels: Mapping[str, str], contents: ArtifactContents, clean: Callable[[Any, str], Any]
) -> dict[str, str]:
    """Put the file of class *labels* into *contents*, and return the JSON that names it there."""
    entries = [{"id": int(key), "name": clean(name, "name")} for key, name in labels.items()]
    content = MediaContent(json.dumps({"_type": Classes.log_type, "class_set": entries}).encode())
    path = f"media/classes/{content.sha256[:32]}_cls.classes.json"
    contents.files[path] = content
    return {"type": "classes-file", "path": path, "digest": content.md5}
